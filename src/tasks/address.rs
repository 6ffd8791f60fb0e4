//! A changed address (PRODUCT.md §2): a link ends with the address in the profile that it was sent to. That is worked out
//! from facts, as a status is: every way in which a profile is changed (form, file, command line) only notes when, so that
//! none can forget the links. Who may Resend is offered to send to the new address, for one user or for a whole import.

use super::enrollment::left_at;
use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    counts,
    db::{AnyConn, ROWS_A_STATEMENT},
    desk::Desk,
    error::{Error, Result},
    ids::{EnrollmentId, TaskId},
    mail,
    operators::{Permission, Who},
    policy::{self, Policy},
    tasks::{
        addressee::Addressee,
        enrollment::Enrollment,
        resend::{self, Renewal},
        store, ticked_users,
    },
    ticked,
};

pub use super::links_of::LinksOf;

/// When the newest link of this enrollment ended with the address it was sent to; `None` if it did not.
pub fn link_left_at(conn: &mut AnyConn, enrollment: &Enrollment) -> Result<Option<Timestamp>> {
    // What was handed over went to no address.
    if enrollment.email_changed_at.is_none() || enrollment.is_handed_over() {
        return Ok(None);
    }
    Ok(mail::links_sent(conn, &[enrollment.id])?.pop().and_then(|sent| left_at(enrollment, &sent)))
}

/// Who has yet to enroll, and whose link has ended with an older address.
pub struct EndedLinks {
    /// Those who can be sent to at the new address.
    pub ready: Vec<Enrollment>,
    /// The others, and why.
    pub left_out: Vec<(Enrollment, String)>,
    /// What the button sends back: who, where to, until when.
    pub shown: String,
}

impl EndedLinks {
    /// How many links ended.
    pub fn links(&self) -> usize {
        self.ready.len() + self.left_out.len()
    }
}

/// The page that offers to send to everybody whose address was changed at this moment.
pub fn page_at(at: Timestamp) -> String {
    format!("/tasks/readdressed?at={}", at.and_utc().timestamp_micros())
}

/// "2 links that were sent to the older address have ended."; empty for none.
pub fn words(links: usize) -> String {
    match links {
        0 => String::new(),
        1 => "1 link that was sent to an older address has ended.".into(),
        many => format!("{many} links that were sent to older addresses have ended."),
    }
}

/// How many links have ended with an older address, within the scope of `who`.
pub fn count(conn: &mut AnyConn, who: &Who, whose: LinksOf) -> Result<usize> {
    Ok(store::address::ended(conn, &who.scope, whose)?.len())
}

/// Whose links have ended with an older address, within the scope of `who`, and which of them can be sent to.
pub fn preview(desk: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp, whose: LinksOf) -> Result<EndedLinks> {
    let ids = store::address::ended(conn, &who.scope, whose)?;
    preview_of(desk, conn, now, &ids)
}

fn preview_of(desk: &Desk, conn: &mut AnyConn, now: Timestamp, ids: &[EnrollmentId]) -> Result<EndedLinks> {
    let (policy, today) = (policy::current(conn)?, desk.settings.zone.today(now));
    let mut ended = EndedLinks { ready: Vec::new(), left_out: Vec::new(), shown: String::new() };
    let mut parts = vec!["resend to new addresses".to_owned()];
    for part in ids.chunks(ROWS_A_STATEMENT) {
        for enrollment in store::enrollments::of(conn, part)? {
            let why = match resend::refusal(&enrollment, &policy, today) {
                None if enrollment.email.is_empty() => Some(format!("{} has no email address.", enrollment.user_id)),
                refusal => refusal,
            };
            parts.push(format!("{}\u{1f}{}\u{1f}{}", enrollment.id, enrollment.email, why.is_some()));
            match why {
                None => ended.ready.push(enrollment),
                Some(why) => ended.left_out.push((enrollment, why)),
            }
        }
    }
    ended.shown = ticked::shown(&desk.keys, parts);
    Ok(ended)
}

/// Sends a fresh email to the address in the profile to each whose link has ended with an older one; to how many.
///
/// # Errors
/// `Forbidden`; `Conflict` if anything differs from what was `shown`, or nobody can be sent to.
pub fn resend_to_new(desk: &Desk, who: &Who, now: Timestamp, whose: LinksOf, shown: &str) -> Result<usize> {
    who.need(Permission::Resend)?;
    desk.db.write_alone(|conn| {
        // By number, as everybody holds enrollments.
        let mut ids = store::address::ended(conn, &who.scope, whose)?;
        ids.sort_unstable();
        for part in ids.chunks(ROWS_A_STATEMENT) {
            store::hold::these(conn, part)?;
        }
        let ended = preview_of(desk, conn, now, &ids)?;
        if ended.shown != shown || ended.ready.is_empty() {
            return Err(Error::Conflict(
                "Some of these users changed since the page was shown. Nothing was sent.".into(),
            ));
        }
        let policy = policy::current(conn)?;
        for part in ended.ready.chunks(ROWS_A_STATEMENT) {
            write(desk, conn, who, now, &policy, part)?;
        }
        let mut tasks: Vec<TaskId> = ended.ready.iter().map(|enrollment| enrollment.task).collect();
        tasks.sort_unstable();
        for same in tasks.chunk_by(|a, b| a == b) {
            counts::recount(conn, same[0])?;
            let sentence = format!("Resent to the new addresses of {}", ticked_users::users(same.len()));
            audit::record(conn, now, &Entry::done(&who.actor, Verb::TasksResend, sentence).task(same[0]))?;
        }
        Ok(ended.ready.len())
    })
}

fn write(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    policy: &Policy,
    enrollments: &[Enrollment],
) -> Result<()> {
    let today = desk.settings.zone.today(now);
    let fresh: Vec<_> = enrollments
        .iter()
        .map(|enrollment| (Addressee::from(enrollment), resend::stop_after(enrollment, policy, today)))
        .collect();
    resend::write_anew(desk, conn, who, now, policy, &fresh, None)?;
    let entry = |renewal: &Renewal<'_>| {
        let sentence = format!("Resent task {} to {}", renewal.0.task, renewal.0.email);
        resend::renewed(who, Verb::TasksResendUser, sentence, renewal)
    };
    audit::record_all(conn, now, fresh.iter().map(entry))
}
