//! Assign: a device from inventory is given to a user by hand.

use super::guard::{find, hold, moved_meanwhile, post, record};
use crate::{
    audit::{Entry, Verb},
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::{Error, Result},
    mail::Kind,
    operators::{Permission, Who},
    tokens::{Outside, Token, lifecycle::Change, store},
    users::User,
};

/// Gives a device from inventory to `user` by hand, in the caller's transaction, who has seen that one is left. The
/// user is told, and still has to enroll it.
///
/// # Errors
/// `NotFound` out of scope, `Invalid` if it is for another container, `Refused` if it is not in Inventory.
pub fn assign(desk: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp, serial: &str, user: &User) -> Result<Token> {
    if !who.may_any(&[Permission::ImportTokens, Permission::Provision]) {
        return Err(Error::Forbidden(Permission::ImportTokens.label()));
    }
    let token = hold(conn, who, serial)?.token;
    Change::Assign.of(&token).map_err(Error::Refused)?;
    if token.container.is_some_and(|container| container != user.container) {
        let sentence = format!("{} is for another container than {}.", token.serial, user.container_name);
        return Err(Error::mistake("serial", sentence));
    }
    if let Err(outside @ Outside::Over(_)) = token.validity.at(now) {
        let words = outside.label(desk.settings.zone, now);
        return Err(Error::mistake("serial", format!("{} was {words}: nobody can enroll it.", token.serial)));
    }
    if !user.is_enabled() {
        return Err(Error::mistake("user_id", format!("The account {} is disabled.", user.user_id)));
    }
    if !store::change::assign(conn, token.id, user.id)? {
        return Err(moved_meanwhile(&token));
    }
    let sentence = format!("Assigned the token {} to {}", token.serial, user.user_id);
    record(conn, now, Entry::done(&who.actor, Verb::TokensAssign, sentence), &token, Some(user))?;
    post(desk, conn, now, who, Kind::TokenAssigned, &token, Some(user))?;
    Ok(find(conn, who, serial)?.token)
}
