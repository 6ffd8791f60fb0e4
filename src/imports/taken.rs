//! That a User ID or a serial number is taken can be learned of what is out of scope, since they are unique over all
//! containers (PRODUCT.md §7): each refused try stands in the audit log, and many of one operator have to wait.

use chrono::Duration;

use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    db,
    desk::Desk,
    error::{Error, Result},
    operators::{Scope, Who},
    sign_in::throttle::{self, Bucket},
};

/// Names that one entry lists; a file may hold more.
const MOST_NAMED: usize = 20;

/// Tries that cost nothing: a person mistypes or meets a namesake so often in a day, a program oftener.
const FREE_TRIES: i64 = 20;

/// What is unique over all containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unique {
    /// Of a user.
    UserId,
    /// Of a token.
    SerialNumber,
}

impl Unique {
    /// One and many in a sentence, and the name of the fact.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Unique::UserId => ("User ID", "User IDs", "User IDs"),
            Unique::SerialNumber => ("serial number", "serial numbers", "Serial Numbers"),
        }
    }

    /// What an operator tried of these in a day. Each has a count of its own, so that an import of devices that are there
    /// keeps nobody from creating users.
    fn bucket(self, who: &Who) -> Bucket {
        let code = match self {
            Unique::UserId => "taken",
            Unique::SerialNumber => "taken serial",
        };
        Bucket { name: format!("{code}:{}", db::key(who.name())), free: FREE_TRIES, forgets_after: Duration::days(1) }
    }
}

/// Refuses who tried too many that are taken out of their scope and has to wait. Who works everywhere learns nothing.
///
/// # Errors
/// `TooMany` with the seconds to wait.
pub fn refuse_guessing(desk: &Desk, who: &Who, now: Timestamp, what: Unique) -> Result<()> {
    if who.scope == Scope::All {
        return Ok(());
    }
    desk.db.read(|conn| throttle::check(conn, now, &[what.bucket(who)]))
}

/// Writes down that these were refused since they are taken, `elsewhere` of them out of scope.
pub fn note(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    what: Unique,
    verb: Verb,
    taken: &[String],
    elsewhere: usize,
) -> Result<()> {
    let Some(first) = taken.first() else { return Ok(()) };
    let (one, many, fact) = what.words();
    let sentence = match taken.len() {
        1 => format!("Refused the {one} {first}, which is taken"),
        n => format!("Refused {n} {many}, which are taken"),
    };
    let named: Vec<&str> = taken.iter().take(MOST_NAMED).map(String::as_str).collect();
    let entry = Entry::refused(&who.actor, verb, sentence)
        .subject(first)
        .fact(fact, named.join(", "))
        .fact("Out of scope", elsewhere.to_string());
    desk.db.write(|conn| audit::record(conn, now, &entry))?;
    for _ in 0..elsewhere {
        match desk.db.write(|conn| throttle::count(conn, now, &what.bucket(who))) {
            Err(Error::TooMany(_)) => break,
            counted => counted.map(|_| ())?,
        }
    }
    Ok(())
}
