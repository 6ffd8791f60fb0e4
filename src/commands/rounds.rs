//! What the server does by itself, and how often; where the demo's clock is moved, it does the same.

use crate::{
    alerts, authentication,
    clock::Timestamp,
    commands::renew,
    counts,
    desk::Desk,
    error::Result,
    imports, operators, provision, reports,
    rounds::{self, Round},
    tasks,
    work::{self, Kind},
};

/// What a round does, at this time.
pub type Work = fn(&Desk, Timestamp) -> Result<()>;

/// How often sessions that have ended are swept out of the database and reminders are looked for, in seconds.
const SWEEP_SECONDS: u64 = 600;

/// How often operators are told what happened, in seconds: "at once", for somebody who then opens an email.
const ALERT_SECONDS: u64 = 60;

/// How often a write is tried, in seconds: monitors and load balancers ask about as often.
const PROBE_SECONDS: u64 = 10;

/// How often the large numbers of the Snapshot are counted, in seconds: the page says when, and a minute is what somebody
/// waits for a mail server to answer.
const COUNT_SECONDS: u64 = 60;

/// How often it is looked whether a server of an older version left something behind, in seconds: while both run it takes
/// as long until the newer one shows what the older one changed, and a million tasks are compared in about 40 s.
const RENEW_SECONDS: u64 = 1_800;

/// How often it is looked for long work that another server was asked for or left behind, in seconds. What this one is asked for
/// begins at once.
const WORK_SECONDS: u64 = 10;

/// How often it is kept what auth nodes asked, in seconds (PRODUCT.md §10): a page of today's answers may lag behind by it.
const NOTE_SECONDS: u64 = 60;

/// All rounds: the seconds between two, which it is, and its work.
pub const ROUNDS: [(u64, Round, Work); 7] = [
    (SWEEP_SECONDS, Round::Sweep, sweep),
    (ALERT_SECONDS, Round::Alert, alert),
    (PROBE_SECONDS, Round::Probe, rounds::probe),
    (COUNT_SECONDS, Round::Count, reports::fold_numbers),
    (RENEW_SECONDS, Round::Renew, renew_beside_older),
    (WORK_SECONDS, Round::Work, long_work),
    (NOTE_SECONDS, Round::Note, authentication::note),
];

/// Sweeps out what has ended, and posts the reminders that are due.
fn sweep(desk: &Desk, now: Timestamp) -> Result<()> {
    operators::sessions::sweep(desk, now)?;
    imports::sweep(desk, now)?;
    tasks::send_reminders(desk, now)?;
    Ok(())
}

/// Tells operators what happened.
fn alert(desk: &Desk, now: Timestamp) -> Result<()> {
    alerts::send(desk, now)?;
    Ok(())
}

/// Makes right what a server of an older version left behind.
fn renew_beside_older(desk: &Desk, now: Timestamp) -> Result<()> {
    counts::restore_beside_older(desk, now)?;
    renew(desk)
}

/// Does the long work that waits.
fn long_work(desk: &Desk, _: Timestamp) -> Result<()> {
    work::run_waiting(desk, |kind| match kind {
        Kind::Provision => provision::work::apply,
        Kind::Resend | Kind::Unlock | Kind::StopDate | Kind::Remove => tasks::work::apply,
    })
}
