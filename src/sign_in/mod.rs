//! Signing in: the password, then a one-time password. Whoever fails learns nothing but that it failed.

use chrono::Duration;

use crate::{
    audit::{self, Actor, ActorKind, Entry, Verb},
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::{Error, Result},
    ids::OperatorId,
    oath,
    operators::{self, Who, password},
};

pub mod account;
pub mod browser;
pub mod credentials;
pub mod known;
pub mod pages;
pub mod presence;
pub mod second_factor;
mod store;
pub mod throttle;

use second_factor::Judgment;
use throttle::Bucket;

/// The audit log's name for it.
const VERB: Verb = Verb::OperatorsSignIn;

/// What the first step leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// Unknown, wrong or suspended: which of them is nobody's business.
    Wrong,
    /// Signed in; no second factor is asked for.
    SignedIn(OperatorId),
    /// A one-time password is asked for next.
    Verify(OperatorId),
    /// The authenticator app has to be set up first.
    SetUp(OperatorId),
}

/// What the page that sets up an authenticator app shows.
pub struct SetUp {
    /// The operator's UserID.
    pub user_id: String,
    /// The key URI for the QR code.
    pub uri: String,
    /// The seed in groups of four, to be typed.
    pub manual_key: String,
}

/// Checks UserID and password; `who` is the visitor, `cookie` what their browser is known by.
///
/// # Errors
/// `TooMany` if this UserID or this address has to wait, and then the password was not looked at. A browser that is known
/// waits for its own failures alone. `Busy` if too many sign in at once; then nothing was looked at.
pub fn with_password(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    cookie: Option<&str>,
    user_id: &str,
    typed: &str,
) -> Result<First> {
    let first = first_step(desk, who, now, cookie, user_id, typed);
    if matches!(first, Ok(First::Wrong) | Err(Error::TooMany(_))) {
        desk.meter.note_sign_in_failure();
    }
    first
}

/// The failures that a try counts among: those at one's own, and those of the address, which a known browser has no part in.
struct Counted {
    bucket: Bucket,
    address: Option<Bucket>,
}

impl Counted {
    fn of(who: &Who, known: bool, bucket: Bucket) -> Self {
        Counted { bucket, address: (!known).then(|| Bucket::address(&who.actor.address)) }
    }

    fn all(&self) -> Vec<Bucket> {
        std::iter::once(&self.bucket).chain(&self.address).cloned().collect()
    }

    fn count(&self, conn: &mut AnyConn, now: Timestamp) -> Result<i64> {
        if let Some(address) = &self.address {
            store::throttle::count(conn, now, address)?;
        }
        store::throttle::count(conn, now, &self.bucket)
    }

    fn succeed(&self, conn: &mut AnyConn, now: Timestamp) -> Result<()> {
        store::throttle::reset(conn, &self.bucket)?;
        self.address.as_ref().map_or(Ok(()), |address| store::throttle::forgive(conn, now, address))
    }
}

fn first_step(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    cookie: Option<&str>,
    user_id: &str,
    typed: &str,
) -> Result<First> {
    // Before anything else, and held to the end: a flood must queue neither for the hash nor for the one writer.
    let slot = desk.hashers.slot()?;
    let browser = known::browser(&desk.keys, cookie, user_id, now);
    let bucket = browser.as_ref().map_or_else(|| Bucket::user(user_id), |browser| Bucket::known(user_id, browser));
    let counted = Counted::of(who, browser.is_some(), bucket);
    // Read first: a flood of tries that have to wait anyway must not queue for the one writer.
    let found = desk.db.read(|conn| {
        store::throttle::check(conn, now, &counted.all())?;
        store::candidate(conn, user_id)
    })?;
    let failures = desk.db.write(|conn| counted.count(conn, now))?;
    let right = password::is_right(&slot, typed, found.as_ref().map(|found| found.password_hash.as_str()))?;
    let reason = match &found {
        None => "no such operator",
        Some(_) if !right => "wrong password",
        Some(found) if found.suspended_at.is_some() => "suspended",
        Some(found) if found.has_ended(now) => "the first password has ended",
        Some(_) => "changed meanwhile",
    };
    desk.db.write(|conn| {
        if let Some(found) = found.as_ref().filter(|found| right && !found.has_ended(now))
            && store::still_right(conn, found)?
        {
            counted.succeed(conn, now)?;
            if !desk.settings.require_second_factor {
                return signed_in(conn, who, now, found.id()).map(|()| First::SignedIn(found.id()));
            }
            if found.has_second_factor() {
                return Ok(First::Verify(found.id()));
            }
            let slot = second_factor::seal_context(found.id());
            let seed = zeroize::Zeroizing::new(desk.random.bytes::<{ second_factor::SEED_BYTES }>());
            store::keep_pending(conn, found.id(), &desk.keys.seal(&desk.random, &slot, &*seed))?;
            return Ok(First::SetUp(found.id()));
        }
        refuse(conn, who, now, &shown(user_id, reason), reason, &counted.bucket, failures).map(|()| First::Wrong)
    })
}

/// The UserID of someone half signed in, for the page that asks for the one-time password.
/// `None` if the operator is suspended or gone, or has no authenticator app yet.
pub fn verifying(conn: &mut AnyConn, id: OperatorId) -> Result<Option<String>> {
    let factor = store::second_factor(conn, id)?;
    Ok(factor.filter(|factor| factor.sealed.is_some()).map(|factor| factor.user_id))
}

/// What the set-up page shows, the same each time until the app is proven.
///
/// # Errors
/// `Database`, `Internal`; `None` if the operator is suspended or gone, or there is nothing to be set up.
pub fn setting_up(desk: &Desk, id: OperatorId) -> Result<Option<SetUp>> {
    let factor = desk.db.read(|conn| store::second_factor(conn, id))?;
    let Some((user_id, pending)) = factor.and_then(|factor| Some((factor.user_id, factor.pending?))) else {
        return Ok(None);
    };
    let seed = desk.keys.open(&second_factor::seal_context(id), &pending)?;
    let uri = second_factor::uri(&desk.settings.organization, &user_id, &seed);
    Ok(Some(SetUp { user_id, uri, manual_key: oath::manual_key(&seed) }))
}

/// Checks the one-time password of someone half signed in; true: signed in.
///
/// # Errors
/// `TooMany` if it has to wait; `SignedOut` if the operator is suspended, gone or has no authenticator app.
pub fn with_one_time_password(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    cookie: Option<&str>,
    id: OperatorId,
    typed: &str,
) -> Result<bool> {
    metered(desk, second_step(desk, who, now, cookie, id, typed, false))
}

/// Proves the authenticator app that was set up just now; true: it is the second factor, and the operator is signed in.
///
/// # Errors
/// As [`with_one_time_password`].
pub fn prove(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    cookie: Option<&str>,
    id: OperatorId,
    typed: &str,
) -> Result<bool> {
    metered(desk, second_step(desk, who, now, cookie, id, typed, true))
}

/// Counts what was refused, for monitors.
fn metered(desk: &Desk, second: Result<bool>) -> Result<bool> {
    if matches!(second, Ok(false) | Err(Error::TooMany(_))) {
        desk.meter.note_sign_in_failure();
    }
    second
}

fn second_step(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    cookie: Option<&str>,
    id: OperatorId,
    typed: &str,
    new: bool,
) -> Result<bool> {
    // Not a value at all: a slip, and no guess worth counting.
    let Some(typed) = second_factor::digits(typed) else { return Ok(false) };
    let factor = desk.db.read(|conn| store::second_factor(conn, id))?.ok_or(Error::SignedOut)?;
    let browser = known::browser(&desk.keys, cookie, &factor.user_id, now);
    let bucket = match &browser {
        Some(browser) => Bucket::known_second_factor(&factor.user_id, browser),
        None => Bucket::second_factor(&factor.user_id),
    };
    let counted = Counted::of(who, browser.is_some(), bucket);
    desk.db.read(|conn| store::throttle::check(conn, now, &counted.all()))?;
    let sealed = if new { factor.pending } else { factor.sealed }.ok_or(Error::SignedOut)?;
    let seed = desk.keys.open(&second_factor::seal_context(id), &sealed)?;
    let judgment = second_factor::judge(&seed, &typed, now, factor.last_step.filter(|_| !new));
    if judgment == Judgment::Repeated {
        let sentence = "Sign-in refused, the one-time password accepted last came again";
        let entry = Entry::refused(&who.actor, VERB, sentence).subject(&factor.user_id);
        return desk.db.write(|conn| audit::record(conn, now, &entry)).map(|()| false);
    }
    desk.db.write(|conn| {
        let failures = counted.count(conn, now)?;
        let taken = match judgment {
            Judgment::Right(step) if new => store::adopt(conn, id, &sealed, step)?,
            Judgment::Right(step) => store::use_step(conn, id, step)?,
            Judgment::Repeated | Judgment::Wrong => false,
        };
        if !taken {
            let reason = "wrong one-time password";
            return refuse(conn, who, now, &factor.user_id, reason, &counted.bucket, failures).map(|()| false);
        }
        counted.succeed(conn, now)?;
        if new {
            let actor = actor(conn, who, id)?;
            let entry = Entry::done(&actor, Verb::OperatorsSetUpSecondFactor, "Set up an authenticator app to sign in");
            audit::record(conn, now, &entry)?;
        }
        signed_in(conn, who, now, id).map(|()| true)
    })
}

/// Writes down that the operator signed out; the page ends the session.
///
/// # Errors
/// Nothing happens for someone who is suspended or gone.
pub fn sign_out(desk: &Desk, who: &Who, now: Timestamp, id: OperatorId) -> Result<()> {
    desk.db.write(|conn| {
        if operators::row_at_work(conn, id)?.is_none() {
            return Ok(());
        }
        let actor = actor(conn, who, id)?;
        audit::record(conn, now, &Entry::done(&actor, Verb::OperatorsSignOut, "Signed out"))
    })
}

/// What every sign-in ends with, in its transaction.
fn signed_in(conn: &mut AnyConn, who: &Who, now: Timestamp, id: OperatorId) -> Result<()> {
    store::note_sign_in(conn, id, now)?;
    let actor = actor(conn, who, id)?;
    audit::record(conn, now, &Entry::done(&actor, VERB, "Signed in"))
}

/// The operator who proved to be the visitor.
fn actor(conn: &mut AnyConn, who: &Who, id: OperatorId) -> Result<Actor> {
    let row = operators::row_at_work(conn, id)?.ok_or(Error::SignedOut)?;
    Ok(Actor { kind: ActorKind::Operator, name: row.user_id, role: row.role, ..who.actor.clone() })
}

fn refuse(
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    user_id: &str,
    reason: &str,
    bucket: &Bucket,
    failures: i64,
) -> Result<()> {
    let wait = bucket.wait(failures).num_seconds();
    let mut entry = Entry::refused(&who.actor, VERB, format!("Sign-in refused, {reason}")).subject(user_id);
    if wait > 0 {
        entry = entry.fact("Failures in a row", failures.to_string()).fact("Next try", format!("after {wait} s"));
    }
    audit::record(conn, now, &entry)?;
    store::throttle::sweep(conn, now - Duration::days(1))
}

/// The UserID as the log keeps it. One that nobody has may be a password typed into the wrong field, and secrets are
/// in no log: only its beginning is kept.
fn shown(user_id: &str, reason: &str) -> String {
    if reason != "no such operator" {
        return user_id.trim().to_owned();
    }
    let beginning: String = user_id.trim().chars().take(3).filter(|letter| !letter.is_control()).collect();
    format!("{beginning}…")
}
