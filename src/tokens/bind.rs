//! Bind: a credential becomes a user’s, in the portal.

use super::{
    AuthenticationType, Judgment, Making, Outside, Seed, Standing, Token, TokenState, Validity, by_serial, one_time,
    open_seed, seal_seed, store, token,
};
use crate::{
    clock::{self, Timestamp},
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Result},
    ids::{ContainerId, UserId},
};

/// How often a serial number is drawn before something must be wrong with the randomness.
const DRAWS: usize = 20;

/// A fresh 160-bit seed, the length RFC 4226 §4 (R6) recommends and every authenticator app takes.
pub fn new_seed(desk: &Desk) -> Seed {
    Seed::new(desk.random.bytes::<20>())
}

/// Makes an Active token of a seed that the user has just proven to have; the proof is used up with it.
pub fn enroll_app(
    desk: &Desk,
    conn: &mut AnyConn,
    now: Timestamp,
    user: UserId,
    container: ContainerId,
    seed: &Seed,
    proof: &Standing,
) -> Result<Token> {
    let serial = unused_serial(desk, conn)?;
    let row = store::NewToken {
        sealed_seed: seal_seed(desk, &serial, seed),
        serial: serial.clone(),
        authentication_type: AuthenticationType::AuthenticatorApp,
        making: Making::APP,
        state: TokenState::Active,
        container: Some(container),
        user: Some(user),
        standing: *proof,
        validity: Validity::ALWAYS,
    };
    store::insert(conn, now, &[row])?;
    by_serial(conn, &serial)?
        .ok_or_else(|| Error::Internal(format!("the token {serial} was not there after it was made")))
}

/// What becomes of a user's claim to a device from inventory.
#[derive(Clone, Debug)]
pub enum Binding {
    /// It is theirs now, and Active.
    Bound(Token),
    /// It is not, for a reason that operators see.
    Refused(BindingRefusal),
}

/// Why a device was not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingRefusal {
    /// There is no device of this serial number.
    NoSuchDevice,
    /// The device of this serial number is for another container.
    Elsewhere,
    /// The token of this serial number is of another authentication type.
    OtherType,
    /// Somebody else has it.
    NotInInventory,
    /// The user has it already.
    Own,
    /// It is out of use.
    Retired,
    /// The one-time password is not one of the device's near here; the seconds that its clock is off, if it is one from
    /// another time.
    Wrong(Option<i64>),
    /// It is from far ahead; the next one will do.
    FarAhead,
    /// The device is not valid at this time.
    NotValid(Outside),
}

/// Gives a device from inventory to a user who has it in hand: its serial number and one of its values say so. Two users
/// cannot take the same one.
///
/// # Errors
/// `Internal` if a seed does not open.
pub fn bind_hardware(
    desk: &Desk,
    conn: &mut AnyConn,
    now: Timestamp,
    user: UserId,
    container: ContainerId,
    serial: &str,
    typed: &str,
) -> Result<Binding> {
    db::hold(conn, Lock::Provision)?;
    let refused = |why| Ok(Binding::Refused(why));
    let Some(held) = store::device(conn, &token::serial_key(serial))? else {
        return refused(BindingRefusal::NoSuchDevice);
    };
    if held.token.authentication_type != AuthenticationType::HardwareToken {
        return refused(BindingRefusal::OtherType);
    }
    if held.token.container.is_some_and(|of| of != container) {
        return refused(BindingRefusal::Elsewhere);
    }
    // One that was given to this very user by hand waits for them.
    let theirs = held.token.state == TokenState::Assigned && held.token.user == Some(user);
    if held.token.state != TokenState::Inventory && !theirs {
        return refused(match held.token.state {
            TokenState::Lost | TokenState::Faulty => BindingRefusal::Retired,
            _ if held.token.user == Some(user) => BindingRefusal::Own,
            _ => BindingRefusal::NotInInventory,
        });
    }
    if let Err(outside) = held.token.validity.at(now) {
        return refused(BindingRefusal::NotValid(outside));
    }
    let seed = open_seed(desk, &held.token.serial, &held.sealed_seed)?;
    let seconds = clock::unix_seconds(now);
    match one_time::judge_new_device(&seed, &held.token.making, &held.standing, seconds, typed) {
        Judgment::Right(standing) => {
            if !store::take_from_inventory(conn, now, held.token.id, user, container, &standing)? {
                return refused(BindingRefusal::NotInInventory);
            }
            let (state, user, bound_at) = (TokenState::Active, Some(user), Some(now));
            Ok(Binding::Bound(Token { state, user, bound_at, container: Some(container), ..held.token }))
        }
        Judgment::FarAhead(standing) => {
            store::await_next(conn, held.token.id, &standing)?;
            refused(BindingRefusal::FarAhead)
        }
        Judgment::Repeated | Judgment::Used | Judgment::Wrong => {
            refused(BindingRefusal::Wrong(one_time::off::off_by(&seed, &held.token.making, seconds, typed)))
        }
    }
}

fn unused_serial(desk: &Desk, conn: &mut AnyConn) -> Result<String> {
    for _ in 0..DRAWS {
        let serial = token::draw_serial(&desk.random);
        if by_serial(conn, &serial)?.is_none() {
            return Ok(serial);
        }
    }
    Err(Error::Internal("every serial number that was drawn is there already".into()))
}
