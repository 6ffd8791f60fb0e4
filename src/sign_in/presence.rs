//! Proof of presence: before something that would hand a console left open, or a stolen session, over to somebody else, the
//! operator proves once more who they are, by the password or a one-time password (ASVS 5.0, 7.5.2 and 7.5.3).

use crate::{
    audit::{self, Entry, Verb},
    clock::{self, Timestamp},
    desk::Desk,
    error::{Error, Result},
    operators::{Who, password},
    sign_in::{
        second_factor::{self, Judgment},
        store::{self, throttle},
        throttle::Bucket,
    },
};

/// How long a proof holds, in minutes: long enough to do a few things in a row, short enough for a way to the printer.
pub const MINUTES: i64 = 5;

/// True if a proof given at `proved`, in seconds since 1970, still holds. One from ahead of now holds nothing: the clock
/// was put back.
pub fn holds(proved: i64, now: Timestamp) -> bool {
    (0..MINUTES * 60).contains(&(clock::unix_seconds(now) - proved))
}

/// Checks what an operator who is signed in typed, a one-time password or their password; true: it is them.
///
/// # Errors
/// `TooMany` after wrong ones: a session left open must not be a way to guess; `SignedOut` for who is no
/// operator; `Busy` if too many passwords are being hashed.
pub fn confirm(desk: &Desk, who: &Who, now: Timestamp, typed: &str) -> Result<bool> {
    let id = who.operator.ok_or(Error::SignedOut)?;
    let bucket = Bucket::own(who.name());
    let (stored, factor) = desk.db.read(|conn| {
        throttle::check(conn, now, std::slice::from_ref(&bucket))?;
        Ok((store::password_hash(conn, id)?, store::second_factor(conn, id)?))
    })?;
    let factor = factor.ok_or(Error::SignedOut)?;
    // A password is never as short as a one-time password, so that what was typed says which of them it is.
    let value = second_factor::digits(typed).zip(factor.sealed);
    let by = if value.is_some() { "one-time password" } else { "password" };
    let slot = if value.is_none() { Some(desk.hashers.slot()?) } else { None };
    desk.db.write(|conn| throttle::count(conn, now, &bucket))?;
    let judgment = match (&value, &slot) {
        (None, Some(slot)) if password::is_right(slot, typed, stored.as_deref())? => None,
        (None, _) => Some(Judgment::Wrong),
        (Some((digits, sealed)), _) => {
            let seed = desk.keys.open(&second_factor::seal_context(id), sealed)?;
            Some(second_factor::judge(&seed, digits, now, factor.last_step))
        }
    };
    desk.db.write(|conn| {
        let right = match judgment {
            None => true,
            Some(Judgment::Right(step)) => store::use_step(conn, id, step)?,
            Some(Judgment::Repeated | Judgment::Wrong) => false,
        };
        match judgment {
            _ if right => throttle::reset(conn, &bucket)?,
            // A form that was sent twice is no guess.
            Some(Judgment::Repeated) => throttle::forgive(conn, now, &bucket)?,
            _ => {}
        }
        let entry = match right {
            true => Entry::done(&who.actor, Verb::OperatorsConfirm, "Confirmed who they are"),
            false => {
                Entry::refused(&who.actor, Verb::OperatorsConfirm, format!("Did not confirm who they are, wrong {by}"))
            }
        };
        audit::record(conn, now, &entry.fact("By", by))?;
        Ok(right)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_holds_for_five_minutes() {
        let now: Timestamp = "2026-11-20T13:32:00".parse().unwrap();
        let at = |minutes: i64| clock::unix_seconds(now) - 60 * minutes;
        assert!(holds(at(0), now) && holds(at(4), now) && !holds(at(5), now) && !holds(at(-1), now));
    }
}
