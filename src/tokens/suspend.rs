//! Suspend, and what undoes it: Resume and Unlock.

use super::guard::{find, hold, holder, post, read_reason, record, step};
use crate::{
    audit::{Entry, Verb},
    clock::Timestamp,
    desk::Desk,
    error::{Error, Result},
    mail::Kind,
    operators::{Permission, Who},
    tokens::{Token, lifecycle::Change, report_of},
};

/// Takes an Active token out of use for a while.
///
/// # Errors
/// `NotFound` out of scope, `Invalid` without a reason, `Refused` if it is not Active.
pub fn suspend(desk: &Desk, who: &Who, now: Timestamp, serial: &str, reason: &str) -> Result<Token> {
    who.need(Permission::SuspendTokens)?;
    let reason = read_reason(reason)?;
    desk.db.write(|conn| {
        let token = hold(conn, who, serial)?.token;
        step(conn, &token, Change::Suspend, &reason)?;
        let user = holder(conn, &token)?;
        let entry = Entry::done(&who.actor, Verb::TokensSuspend, format!("Suspended the token {}", token.serial));
        record(conn, now, entry.fact("Reason", &reason), &token, user.as_ref())?;
        post(desk, conn, now, who, Kind::TokenSuspended, &token, user.as_ref())?;
        Ok(find(conn, who, serial)?.token)
    })
}

/// Takes a Suspended token back into use.
///
/// # Errors
/// `NotFound` out of scope, `Refused` if it is not Suspended, or was reported lost.
pub fn resume(desk: &Desk, who: &Who, now: Timestamp, serial: &str) -> Result<Token> {
    who.need(Permission::SuspendTokens)?;
    desk.db.write(|conn| {
        let token = hold(conn, who, serial)?.token;
        if report_of(conn, &token)?.is_some() {
            let sentence = format!("{} was reported lost: “It was found” puts it back.", token.serial);
            return Err(Error::Refused(sentence));
        }
        step(conn, &token, Change::Resume, "")?;
        let user = holder(conn, &token)?;
        let entry = Entry::done(&who.actor, Verb::TokensResume, format!("Resumed the token {}", token.serial));
        record(conn, now, entry, &token, user.as_ref())?;
        Ok(find(conn, who, serial)?.token)
    })
}

/// Forgives the wrong one-time passwords of a Locked token.
///
/// # Errors
/// `NotFound` out of scope, `Invalid` without a reason, `Refused` if it is not Locked.
pub fn unlock(desk: &Desk, who: &Who, now: Timestamp, serial: &str, reason: &str) -> Result<Token> {
    who.need(Permission::Unlock)?;
    let reason = read_reason(reason)?;
    desk.db.write(|conn| {
        let token = hold(conn, who, serial)?.token;
        step(conn, &token, Change::Unlock, "")?;
        let user = holder(conn, &token)?;
        let entry = Entry::done(&who.actor, Verb::TokensUnlock, format!("Unlocked the token {}", token.serial));
        record(conn, now, entry.fact("Reason", &reason), &token, user.as_ref())?;
        Ok(find(conn, who, serial)?.token)
    })
}
