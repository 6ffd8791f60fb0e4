//! Revoke: a token is taken from its user for good.

use super::guard::{find, hold, holder, moved_meanwhile, post, read_reason, record, step};
use crate::{
    audit::{Actor, Entry, Verb},
    clock::Timestamp,
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Result},
    ids::{TaskId, TokenId},
    mail::Kind,
    operators::{Permission, Who},
    tokens::{
        Token, TokenState,
        lifecycle::{self, Change, Fate},
        store, temporary,
    },
};

/// Takes a token from its user, or a device out of stock, for good; a device may go back to inventory. `seen` is the
/// state that the one who decided saw.
///
/// # Errors
/// `NotFound` out of scope, `Invalid` without a reason, `Conflict` if its state is another one by now, `Refused`
/// if that does not allow it.
pub fn revoke(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    serial: &str,
    seen: TokenState,
    fate: Fate,
    reason: &str,
) -> Result<Token> {
    who.need(Permission::SuspendTokens)?;
    let reason = read_reason(reason)?;
    desk.db.write(|conn| {
        // What Provision counts as available must not change while it decides.
        db::hold(conn, Lock::Provision)?;
        let token = hold(conn, who, serial)?.token;
        if token.state != seen {
            let sentence = format!(
                "{} was {} when you opened the page, and is {} now.",
                token.serial,
                seen.code(),
                token.state.code()
            );
            return Err(Error::Conflict(sentence));
        }
        let user = holder(conn, &token)?;
        if fate == Fate::Inventory {
            Change::Revoke(fate).of(&token).map_err(Error::Refused)?;
            if !store::change::put_back(conn, token.id, token.state)? {
                return Err(moved_meanwhile(&token));
            }
        } else {
            step(conn, &token, Change::Revoke(fate), &reason)?;
        }
        let sentence = format!("Revoked the token {}: {}", token.serial, fate.state().code());
        let entry = Entry::done(&who.actor, Verb::TokensRevoke, sentence)
            .fact("State", format!("{} → {}", token.state.code(), fate.state().code()))
            .fact("Reason", &reason);
        record(conn, now, entry, &token, user.as_ref())?;
        if lifecycle::concerns_user(token.state) {
            post(desk, conn, now, who, Kind::TokenRevoked, &token, user.as_ref())?;
        }
        Ok(find(conn, who, serial)?.token)
    })
}

/// Takes a token out of use for good, since the one of `task` works: in the transaction of that one's first use.
pub(crate) fn end_replaced(conn: &mut AnyConn, now: Timestamp, old: TokenId, task: TaskId) -> Result<()> {
    if let Some(user) = store::by_id(conn, old)?.and_then(|token| token.user) {
        temporary::end_by_use(conn, now, user)?;
    }
    let Some(token) = store::by_id(conn, old)?.filter(|token| lifecycle::is_in_use(token.state)) else { return Ok(()) };
    let fate = if store::lost::of_token(conn, old)?.is_some() { Fate::Lost } else { Fate::Faulty };
    let reason = match token.state_reason.as_str() {
        "" => format!("Replaced in task {task}"),
        before => format!("{before}; replaced in task {task}"),
    };
    step(conn, &token, Change::Revoke(fate), &reason)?;
    let user = holder(conn, &token)?;
    let actor = Actor::system();
    let sentence = format!("Revoked the token {}: {}, since the new one works", token.serial, fate.state().code());
    let entry = Entry::done(&actor, Verb::TokensRevoke, sentence)
        .task(task)
        .fact("State", format!("{} → {}", token.state.code(), fate.state().code()))
        .fact("Reason", &reason);
    record(conn, now, entry, &token, user.as_ref())
}
