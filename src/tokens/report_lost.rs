//! Report as lost, and what undoes it: It was found (PRODUCT.md §11).

use super::guard::{find, hold, holder, post, read_reason, record, step};
use crate::{
    audit::{Entry, Verb},
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::{Error, Result},
    mail::Kind,
    operators::{Permission, Who},
    tokens::{LostReport, Token, TokenState, lifecycle::Change, store::lost},
};

/// Takes a token that its user no longer has out of use at once; `tell`: its user gets an email.
///
/// # Errors
/// `NotFound` out of scope, `Invalid` without a reason, `Refused` if it is neither Active nor Locked.
pub fn report_lost(desk: &Desk, who: &Who, now: Timestamp, serial: &str, reason: &str, tell: bool) -> Result<Token> {
    who.need(Permission::ReportLost)?;
    let reason = read_reason(reason)?;
    desk.db.write(|conn| {
        let token = hold(conn, who, serial)?.token;
        // Replace takes one that an operator has suspended as well.
        Change::ReportLost.of(&token).map_err(Error::Refused)?;
        lose(conn, who, now, &token, &reason)?;
        if tell {
            let user = holder(conn, &token)?;
            post(desk, conn, now, who, Kind::ReportedLost, &token, user.as_ref())?;
        }
        Ok(find(conn, who, serial)?.token)
    })
}

/// The same within the transaction of Replace, for a token that is held. One that an operator has suspended stays so, and
/// is put back only as a lost one is.
pub(crate) fn lose(conn: &mut AnyConn, who: &Who, now: Timestamp, token: &Token, reason: &str) -> Result<()> {
    if token.state != TokenState::Suspended {
        step(conn, token, Change::ReportLost, reason)?;
    }
    lost::note(conn, now, token.id, who.name())?;
    let user = holder(conn, token)?;
    let sentence = format!("Reported the token {} as lost", token.serial);
    let entry = Entry::done(&who.actor, Verb::TokensReportLost, sentence).fact("Reason", reason);
    record(conn, now, entry, token, user.as_ref())
}

/// Takes a token that was reported lost back into use.
///
/// # Errors
/// `NotFound` out of scope, `Refused` if it was not reported lost, or is out of use for good by now.
pub fn found(desk: &Desk, who: &Who, now: Timestamp, serial: &str) -> Result<Token> {
    who.need(Permission::ReplaceToken)?;
    desk.db.write(|conn| {
        let token = hold(conn, who, serial)?.token;
        if token.state != TokenState::Suspended || lost::of_token(conn, token.id)?.is_none() {
            return Err(Error::Refused(format!(
                "{} does not wait to be found: it is {}.",
                token.serial,
                token.state.code()
            )));
        }
        step(conn, &token, Change::Resume, "")?;
        lost::forget(conn, token.id)?;
        let user = holder(conn, &token)?;
        let sentence = format!("Put the token {} back into use: it was found", token.serial);
        let entry = Entry::done(&who.actor, Verb::TokensFound, sentence);
        record(conn, now, entry, &token, user.as_ref())?;
        Ok(find(conn, who, serial)?.token)
    })
}

/// The report of a token that is Suspended since it was reported lost.
pub fn report_of(conn: &mut AnyConn, token: &Token) -> Result<Option<LostReport>> {
    if token.state == TokenState::Suspended { lost::of_token(conn, token.id) } else { Ok(None) }
}
