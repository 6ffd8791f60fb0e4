//! Resync: two values in a row say where a device is.

use super::guard::{find, hold, holder, record};
use crate::{
    audit::{Entry, Verb},
    clock::{self, Timestamp},
    desk::Desk,
    error::{Error, Result},
    operators::{Permission, Who},
    tokens::{Standing, Token, lifecycle::Change, one_time::resync::resynchronize, open_seed, store},
};

/// Brings a token back into step with two one-time passwords in a row, as its user reads them out. They are used up.
///
/// # Errors
/// `NotFound` out of scope, `Invalid` if they are not two new values of this token in a row, `Refused` if nobody has
/// enrolled it.
pub fn resync(desk: &Desk, who: &Who, now: Timestamp, serial: &str, first: &str, second: &str) -> Result<Token> {
    who.need(Permission::Unlock)?;
    let outcome = desk.db.write(|conn| {
        let held = hold(conn, who, serial)?;
        let token = &held.token;
        Change::Resync.of(token).map_err(Error::Refused)?;
        if let Err(outside) = token.validity.at(now) {
            let words = outside.label(desk.settings.zone, now);
            return Err(Error::Refused(format!(
                "{} is {words}: its one-time passwords do not count now.",
                token.serial
            )));
        }
        let user = holder(conn, token)?;
        let seed = open_seed(desk, &token.serial, &held.sealed_seed)?;
        let seconds = clock::unix_seconds(now);
        let found = resynchronize(&seed, &token.making, &held.standing, seconds, first, second);
        if let Some(standing) = found
            && store::change::set_standing(conn, token.id, &standing)?
        {
            let sentence = format!("Resynchronized the token {}", token.serial);
            let entry = Entry::done(&who.actor, Verb::TokensResync, sentence)
                .fact("Moved", moved(&held.standing, &standing, token));
            record(conn, now, entry, token, user.as_ref())?;
            return Ok(Some(find(conn, who, serial)?.token));
        }
        let sentence = format!("Did not resynchronize the token {}: wrong one-time passwords", token.serial);
        record(conn, now, Entry::refused(&who.actor, Verb::TokensResync, sentence), token, user.as_ref())?;
        Ok(None)
    })?;
    outcome.ok_or_else(|| {
        Error::mistake("first", "These are not two new one-time passwords of this token in a row. Take the next two.")
    })
}

/// "Drift 0 → -3 steps" or "Counter 100 → 802".
pub(super) fn moved(before: &Standing, after: &Standing, token: &Token) -> String {
    match token.making.moving_factor {
        crate::tokens::MovingFactor::Counter => format!("Counter {} → {}", before.next_counter, after.next_counter),
        crate::tokens::MovingFactor::Time => format!("Drift {} → {} steps", before.drift, after.drift),
    }
}
