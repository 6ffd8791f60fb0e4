//! `tokendesk check`: settings, database, counts, mail server, clock, each with a line of its own.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    os::unix::fs::MetadataExt as _,
};

use chrono::Duration;

use crate::{
    clock::Clock,
    commands::{ConfigArgs, certify, overheard, radius, server},
    config::{Settings, is_postgres},
    counts,
    desk::{
        Desk, folder,
        master::{self, Match},
    },
    error::{Error, Result},
    mail::courier::Carrier,
    operators::{self, Scope},
    rounds, tls, users,
};

/// The most that this machine's clock may differ from the database server's, in seconds: one step of a one-time
/// password either side is accepted (RFC 6238 §5.2), so half a step is the alarm.
const CLOCK_SECONDS: i64 = 15;

/// Checks everything, and fails at the end if anything is not well.
///
/// # Errors
/// `Internal` with the number of things that are not well.
pub fn run(args: &ConfigArgs) -> Result<()> {
    let settings = args.settings()?;
    let mut report = Report::default();
    report.line("settings", Ok("read".into()));
    let carrier = Carrier::of(&settings);
    certificate(&mut report, &settings);
    if let Some(address) = settings.radius_listen {
        report.line("RADIUS", radius_port(address));
    }
    let sslmode = std::env::var("PGSSLMODE").ok();
    if let Some(host) = overheard::database(&settings.database_url, sslmode.as_deref()) {
        report.warning(
            "database",
            &format!("what goes to {host} may be read on the way. Add ?sslmode=verify-full to database_url."),
        );
    }
    let args = if is_postgres(&settings.database_url) { "PostgreSQL" } else { "SQLite" };
    let own = folder::require_own(&settings);
    match own.and_then(|()| Desk::inspect(settings)) {
        Err(error) => report.line("database", Err(error)),
        Ok(desk) => {
            report.line("database", migrations(&desk, args));
            if let Some(acme) = &desk.settings.acme {
                let (certificate, trouble) = certify::standing(&desk, acme);
                report.line("certificate", certificate);
                if let Some(sentence) = trouble {
                    report.warning("certificate", &sentence);
                }
            }
            report.line("disk", disk(&desk));
            report.line("rounds", background(&desk));
            report.line("master key", key(&desk));
            report.line("files", files(&desk));
            report.line("operators", somebody(&desk));
            report.line("counts", counts(&desk));
            report.line("User IDs", user_ids(&desk));
            report.line("clock", clock(&desk));
        }
    }
    if carrier.as_ref().is_ok_and(Carrier::may_be_overheard) {
        report.warning(
            "mail server",
            "emails carry links and codes, and may be read on the way. Add ?tls=required to smtp_url, or use smtps://.",
        );
    }
    report.line("mail server", carrier.and_then(|carrier| mail(&carrier)));
    match report.problems {
        0 => Ok(()),
        1 => Err(Error::Internal("1 check failed.".into())),
        n => Err(Error::Internal(format!("{n} checks failed."))),
    }
}

#[derive(Default)]
struct Report {
    problems: usize,
}

impl Report {
    /// Says what could be better. It does not count as a problem: there are networks where it is meant so.
    fn warning(&self, what: &str, words: &str) {
        println!("warning   {what}: {words}");
    }

    fn line(&mut self, what: &str, outcome: Result<String>) {
        match outcome {
            Ok(words) => println!("OK        {what}: {words}"),
            Err(error) => {
                self.problems += 1;
                println!("FAILED    {what}: {error}");
            }
        }
    }
}

/// What everybody on this machine who is neither the owner nor in the group may do to a file, in the bits of its mode.
const EVERYBODY: u32 = 0o007;

/// The certificate of https, if the server speaks it itself: whether it is good now, for how long, and for which host.
fn certificate(report: &mut Report, settings: &Settings) {
    let Some(files) = &settings.tls else { return };
    let now = Clock::System.now();
    let found = tls::Found::of(files).certificate(files, settings.zone, now);
    if let Ok(certificate) = &found {
        let unfit = certificate.unfit_for(&settings.public_url);
        for sentence in unfit.into_iter().chain(tls::ending(files, certificate, settings.zone, now)) {
            report.warning("certificate", &sentence);
        }
    }
    let until = |good: tls::Certificate| format!("good until {}", tls::day_and_time(settings.zone, good.ends_at));
    report.line("certificate", found.map(until));
    let open = std::fs::metadata(&files.key).is_ok_and(|about| about.mode() & EVERYBODY != 0);
    if open {
        let key = files.key.display();
        report.line(
            "private key",
            Err(Error::Internal(format!("{key} can be read by others on this machine: chmod o= {key} closes it."))),
        );
    }
}

/// Whether RADIUS can be answered; a server that runs has the port.
fn radius_port(address: SocketAddr) -> Result<String> {
    match UdpSocket::bind(address) {
        Ok(_) => Ok(format!("{address} is free; the server takes it when it starts")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            Ok(format!("{address} is in use, as it is while Tokendesk serves; if it does not, another program has it"))
        }
        Err(error) => Err(Error::Internal(radius::refused(address, &error))),
    }
}

fn migrations(desk: &Desk, args: &str) -> Result<String> {
    match desk.db.pending_migrations()? {
        0 => Ok(format!("{args} answers and is at this version")),
        1 => Err(Error::Internal("1 migration is waiting; run `tokendesk migrate`.".into())),
        n => Err(Error::Internal(format!("{n} migrations are waiting; run `tokendesk migrate`."))),
    }
}

/// A write goes through; that others write is as good.
fn disk(desk: &Desk) -> Result<String> {
    let room = desk.db.room().map(|bytes| format!(", and {} MB are free", bytes / 1_000_000)).unwrap_or_default();
    match rounds::try_write(desk, desk.now()) {
        Ok(()) => Ok(format!("the database takes writes{room}")),
        Err(Error::Busy) => Ok(format!("somebody else writes just now{room}")),
        Err(error) => Err(error),
    }
}

fn background(desk: &Desk) -> Result<String> {
    let failing = desk.db.read(rounds::failing)?;
    if failing.is_empty() {
        return Ok("what the server does by itself works".into());
    }
    let zone = desk.settings.zone;
    let line = |failing: &rounds::Failing| {
        format!("{} last failed at {}", failing.round.label(), zone.local(failing.failed_at).format("%Y-%m-%d %H:%M"))
    };
    let list: Vec<String> = failing.iter().map(line).collect();
    Err(Error::Internal(format!("{}; the server's log says why.", list.join("; "))))
}

fn key(desk: &Desk) -> Result<String> {
    let found = desk.db.read(|conn| master::compare(conn, &desk.settings, &desk.keys))?;
    let id = desk.keys.id();
    Ok(match found {
        Match::Known => format!("{id} is the one of this database"),
        Match::New => format!("{id} opens what is sealed; the database notes it at the next start"),
    })
}

fn files(desk: &Desk) -> Result<String> {
    match folder::open_to_others(&desk.settings).as_slice() {
        [] => Ok("their owner alone can read them".into()),
        [(first, _), ..] => Err(Error::Internal(format!(
            "{} can be read by others on this machine; the next start of the server closes it.",
            first.display()
        ))),
    }
}

fn somebody(desk: &Desk) -> Result<String> {
    if desk.db.read(operators::none_yet)? {
        return Err(Error::Internal("nobody can sign in yet; run `tokendesk operator add`.".into()));
    }
    Ok("someone can sign in".into())
}

fn counts(desk: &Desk) -> Result<String> {
    let wrong = desk.db.read(counts::miscounted)?;
    if wrong.is_empty() {
        return Ok("those kept with tasks are right".into());
    }
    let list: Vec<String> =
        wrong.iter().map(|task| format!("task {} keeps {} but has {}", task.task, task.kept, task.counted)).collect();
    Err(Error::Internal(format!("{} (users, enrolled, used, locked).", list.join("; "))))
}

/// Users whom an older version took for two, named so that one of each pair is given another User ID.
fn user_ids(desk: &Desk) -> Result<String> {
    let twins = desk.db.read(|conn| users::twins(conn, &Scope::All))?;
    if twins.is_empty() {
        return Ok("each is there once, however it is written".into());
    }
    let pairs: Vec<String> = twins.iter().map(|(one, other)| format!("{one} and {other}")).collect();
    Err(Error::Internal(format!(
        "written in two ways, and one User ID: {}. Change one of each pair.",
        pairs.join("; ")
    )))
}

fn clock(desk: &Desk) -> Result<String> {
    let Some(theirs) = desk.db.server_time()? else { return Ok("the database uses this machine's".into()) };
    let apart = desk.now() - theirs;
    if apart.abs() > Duration::seconds(CLOCK_SECONDS) {
        let seconds = apart.num_seconds();
        return Err(Error::Internal(format!("this machine's is {seconds} seconds from the database server's.")));
    }
    Ok("agrees with the database server's".into())
}

fn mail(carrier: &Carrier) -> Result<String> {
    if matches!(carrier, Carrier::None) {
        return Err(Error::Internal("the setting smtp_url is missing: email waits in the outbox.".into()));
    }
    server::wait_for(carrier.check())?;
    Ok(format!("{} takes mail", carrier.label()))
}
