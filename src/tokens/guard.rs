//! What every change of a token by an operator begins and ends with: the token held, its step, its entry, its letter.

use chrono::Duration;

use crate::{
    audit::{self, Entry},
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::{Error, Result},
    mail::{self, Facts, Kind, NewEmail},
    operators::{Scope, Who},
    tokens::{
        AuthenticationType, Token,
        lifecycle::{self, Change},
        store,
        token::serial_key,
    },
    users::{self, User},
};

/// How long a letter about a token is tried, in days: later it would only confuse.
pub(super) const LETTER_DAYS: i64 = 3;

/// The token of this serial number with what is remembered of its values, in the scope of `who`.
///
/// # Errors
/// `NotFound` if there is none, or none in scope, which is the same (PRODUCT.md §1).
pub fn find(conn: &mut AnyConn, who: &Who, serial: &str) -> Result<store::StoredToken> {
    find_by(conn, who, serial, store::list::one)
}

/// As [`find`]; it is held until the transaction ends.
pub(super) fn hold(conn: &mut AnyConn, who: &Who, serial: &str) -> Result<store::StoredToken> {
    find_by(conn, who, serial, store::device)
}

fn find_by(
    conn: &mut AnyConn,
    who: &Who,
    serial: &str,
    look: impl FnOnce(&mut AnyConn, &str) -> Result<Option<store::StoredToken>>,
) -> Result<store::StoredToken> {
    let missing = || Error::not_found("token", serial);
    let key = serial_key(serial);
    // What is no serial number is not asked of the database: PostgreSQL refuses some of it.
    if key.is_empty() || key.chars().any(char::is_control) {
        return Err(missing());
    }
    let held = look(conn, &key)?.ok_or_else(missing)?;
    // A token goes with its user, who may have moved since they got it.
    let container = match held.token.user {
        Some(user) => store::list::container_of(conn, user)?,
        None => held.token.container,
    };
    let visible = match (&who.scope, container) {
        (Scope::All, _) => true,
        (scope, Some(container)) => scope.holds(container),
        (Scope::Containers(_), None) => true,
    };
    if visible { Ok(held) } else { Err(missing()) }
}

pub(super) fn read_reason(typed: &str) -> Result<String> {
    lifecycle::reason(typed).map_err(|why| Error::mistake("reason", why))
}

/// Moves the token on by the rules, if it is still as it was found.
pub(super) fn step(conn: &mut AnyConn, token: &Token, change: Change, reason: &str) -> Result<()> {
    let to = change.of(token).map_err(Error::Refused)?;
    if store::change::set_state(conn, token.id, token.state, to, reason)? {
        Ok(())
    } else {
        Err(moved_meanwhile(token))
    }
}

pub(super) fn moved_meanwhile(token: &Token) -> Error {
    Error::Conflict(format!("{} is no longer {}.", token.serial, token.state.code()))
}

pub(super) fn holder(conn: &mut AnyConn, token: &Token) -> Result<Option<User>> {
    token.user.map(|user| users::find_by_id(conn, user)).transpose()
}

/// Writes an entry that is found under the serial number and under the user.
pub(super) fn record(
    conn: &mut AnyConn,
    now: Timestamp,
    entry: Entry<'_>,
    token: &Token,
    user: Option<&User>,
) -> Result<()> {
    let entry = match user {
        Some(user) => entry.user(user.id, &user.user_id).fact("User ID", &user.user_id),
        None => entry,
    };
    audit::record(conn, now, &entry.subject(&token.serial))
}

/// Puts a letter to the user into the outbox, if they have an address.
pub(super) fn post(
    desk: &Desk,
    conn: &mut AnyConn,
    now: Timestamp,
    who: &Who,
    kind: Kind,
    token: &Token,
    user: Option<&User>,
) -> Result<()> {
    let Some(user) = user.filter(|user| !user.email.is_empty()) else { return Ok(()) };
    let facts = Facts {
        first_name: user.first_name.clone(),
        name: user.name(),
        user_id: user.user_id.clone(),
        authentication_type: AuthenticationType::plain(token.authentication_type).to_owned(),
        requester: who.name().to_owned(),
        serial: Some(token.serial.clone()),
        ..Facts::default()
    };
    let email = NewEmail {
        user: Some(user.id),
        container: Some(user.container),
        ..NewEmail::new(kind, &user.email, facts, now + Duration::days(LETTER_DAYS))
    };
    mail::post(desk, conn, now, who.name(), &[email])
}
