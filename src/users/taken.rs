//! That a User ID is taken can be learned of users out of scope, since User IDs are unique over all containers (PRODUCT.md
//! §7): each refused try stands in the audit log, and many of one operator have to wait.

use chrono::Duration;

use crate::{
    audit::{self, Entry},
    clock::Timestamp,
    db,
    desk::Desk,
    error::{Error, Result},
    operators::{Scope, Who},
    sign_in::{store::throttle, throttle::Bucket},
};

/// User IDs that one entry names; a file may hold more.
const MOST_NAMED: usize = 20;

/// Tries that cost nothing: a person mistypes or meets a namesake so often in a day, a program oftener.
const FREE_TRIES: i64 = 20;

/// Refuses who tried too many User IDs of users out of their scope and has to wait. Who works everywhere learns nothing.
///
/// # Errors
/// `TooMany` with the seconds to wait.
pub(super) fn refuse_guessing(desk: &Desk, who: &Who, now: Timestamp) -> Result<()> {
    if who.scope == Scope::All {
        return Ok(());
    }
    desk.db.read(|conn| throttle::check(conn, now, &[bucket(who)]))
}

/// Writes down that these User IDs were refused since they are taken, `elsewhere` of them by users out of scope.
pub(super) fn note(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    verb: &'static str,
    taken: &[String],
    elsewhere: usize,
) -> Result<()> {
    let Some(first) = taken.first() else { return Ok(()) };
    let sentence = match taken.len() {
        1 => format!("Refused the User ID {first}, which is taken"),
        n => format!("Refused {n} User IDs, which are taken"),
    };
    let named: Vec<&str> = taken.iter().take(MOST_NAMED).map(String::as_str).collect();
    let entry = Entry::refused(&who.actor, verb, sentence)
        .subject(first)
        .fact("User IDs", named.join(", "))
        .fact("Out of scope", elsewhere.to_string());
    desk.db.write(|conn| audit::record(conn, now, &entry))?;
    for _ in 0..elsewhere {
        match desk.db.write(|conn| throttle::count(conn, now, &bucket(who))) {
            Err(Error::TooMany(_)) => break,
            counted => counted.map(|_| ())?,
        }
    }
    Ok(())
}

/// Of one operator, for a day.
fn bucket(who: &Who) -> Bucket {
    Bucket { name: format!("taken:{}", db::key(who.name())), free: FREE_TRIES, forgets_after: Duration::days(1) }
}
