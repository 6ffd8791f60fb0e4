//! What operators do to a token: each one transaction with its guard, its change, its entry and its letter.

use chrono::Duration;

use crate::{
    audit::{self, Entry},
    clock::{self, Timestamp},
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Result},
    mail::{self, Facts, Kind, NewEmail},
    operators::{Permission, Scope, Who},
    tokens::{
        AuthenticationType, Outside, Standing, Token, TokenState, lifecycle,
        lifecycle::{Change, Fate},
        one_time::resync::resynchronize,
        open_seed, store,
        token::serial_key,
    },
    users::{self, User},
};

/// How long a letter about a token is tried, in days: later it would only confuse.
const LETTER_DAYS: i64 = 3;

/// The token of this serial number with what is remembered of its values, in the scope of `who`.
///
/// # Errors
/// `NotFound` if there is none, or none in scope, which is the same (PRODUCT.md §1).
pub fn find(conn: &mut AnyConn, who: &Who, serial: &str) -> Result<store::StoredToken> {
    find_by(conn, who, serial, store::list::one)
}

/// As [`find`]; it is held until the transaction ends.
fn hold(conn: &mut AnyConn, who: &Who, serial: &str) -> Result<store::StoredToken> {
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
        let entry = Entry::done(&who.actor, "tokens.suspend", format!("Suspended the token {}", token.serial));
        record(conn, now, entry.fact("Reason", &reason), &token, user.as_ref())?;
        post(desk, conn, now, who, Kind::TokenSuspended, &token, user.as_ref())?;
        Ok(find(conn, who, serial)?.token)
    })
}

/// Takes a Suspended token back into use.
///
/// # Errors
/// `NotFound` out of scope, `Refused` if it is not Suspended.
pub fn resume(desk: &Desk, who: &Who, now: Timestamp, serial: &str) -> Result<Token> {
    who.need(Permission::SuspendTokens)?;
    desk.db.write(|conn| {
        let token = hold(conn, who, serial)?.token;
        step(conn, &token, Change::Resume, "")?;
        let user = holder(conn, &token)?;
        let entry = Entry::done(&who.actor, "tokens.resume", format!("Resumed the token {}", token.serial));
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
        let entry = Entry::done(&who.actor, "tokens.unlock", format!("Unlocked the token {}", token.serial));
        record(conn, now, entry.fact("Reason", &reason), &token, user.as_ref())?;
        Ok(find(conn, who, serial)?.token)
    })
}

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
            let entry = Entry::done(&who.actor, "tokens.resync", sentence)
                .fact("Moved", moved(&held.standing, &standing, token));
            record(conn, now, entry, token, user.as_ref())?;
            return Ok(Some(find(conn, who, serial)?.token));
        }
        let sentence = format!("Did not resynchronize the token {}: wrong one-time passwords", token.serial);
        record(conn, now, Entry::refused(&who.actor, "tokens.resync", sentence), token, user.as_ref())?;
        Ok(None)
    })?;
    outcome.ok_or_else(|| {
        Error::mistake("first", "These are not two new one-time passwords of this token in a row. Take the next two.")
    })
}

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
        let entry = Entry::done(&who.actor, "tokens.revoke", sentence)
            .fact("State", format!("{} → {}", token.state.code(), fate.state().code()))
            .fact("Reason", &reason);
        record(conn, now, entry, &token, user.as_ref())?;
        if lifecycle::concerns_user(token.state) {
            post(desk, conn, now, who, Kind::TokenRevoked, &token, user.as_ref())?;
        }
        Ok(find(conn, who, serial)?.token)
    })
}

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
    record(conn, now, Entry::done(&who.actor, "tokens.assign", sentence), &token, Some(user))?;
    post(desk, conn, now, who, Kind::TokenAssigned, &token, Some(user))?;
    Ok(find(conn, who, serial)?.token)
}

fn read_reason(typed: &str) -> Result<String> {
    lifecycle::reason(typed).map_err(|why| Error::mistake("reason", why))
}

/// Moves the token on by the rules, if it is still as it was found.
fn step(conn: &mut AnyConn, token: &Token, change: Change, reason: &str) -> Result<()> {
    let to = change.of(token).map_err(Error::Refused)?;
    if store::change::set_state(conn, token.id, token.state, to, reason)? {
        Ok(())
    } else {
        Err(moved_meanwhile(token))
    }
}

fn moved_meanwhile(token: &Token) -> Error {
    Error::Conflict(format!("{} is no longer {}.", token.serial, token.state.code()))
}

fn holder(conn: &mut AnyConn, token: &Token) -> Result<Option<User>> {
    token.user.map(|user| users::find_by_id(conn, user)).transpose()
}

/// Writes an entry that is found under the serial number and under the user.
fn record(conn: &mut AnyConn, now: Timestamp, entry: Entry<'_>, token: &Token, user: Option<&User>) -> Result<()> {
    let entry = match user {
        Some(user) => entry.user(user.id, &user.user_id).fact("User ID", &user.user_id),
        None => entry,
    };
    audit::record(conn, now, &entry.subject(&token.serial))
}

/// Puts a letter to the user into the outbox, if they have an address.
fn post(
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

/// "Drift 0 → -3 steps" or "Counter 100 → 802".
fn moved(before: &Standing, after: &Standing, token: &Token) -> String {
    match token.making.moving_factor {
        crate::tokens::MovingFactor::Counter => format!("Counter {} → {}", before.next_counter, after.next_counter),
        crate::tokens::MovingFactor::Time => format!("Drift {} → {} steps", before.drift, after.drift),
    }
}
