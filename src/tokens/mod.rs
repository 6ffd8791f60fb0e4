//! Tokens: one credential each, with a serial number, a type, a state and at most one user.

use crate::{
    clock::{self, Timestamp},
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Result},
    ids::{ContainerId, TokenId, UserId},
    policy,
};

mod authentication_type;
mod changing;
pub mod import;
pub mod inventory;
pub mod lifecycle;
pub mod one_time;
pub mod pages;
pub mod rejected;
mod store;
pub mod token;
mod validity;

pub use changing::{assign, find, resume, resync, revoke, suspend, unlock};

pub use one_time::{Judgment, Making, MovingFactor, Seed, Standing};
pub use rejected::{Rejected, Rejection};
pub use store::{
    available, by_serial,
    list::{counts as state_counts, ends, holders, page as list_page},
    of_user,
    rejections::of_user as rejections_of,
};
pub use token::{AuthenticationType, Token, TokenState, serial_key};
pub use validity::{Outside, Validity};

/// How often a serial number is drawn before something must be wrong with the randomness.
const DRAWS: usize = 20;

/// What becomes of a one-time password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was right, and is used up.
    Accepted {
        /// The token it came from.
        token: TokenId,
        /// Its serial number.
        serial: String,
        /// True if this is the first one since enrollment.
        first: bool,
    },
    /// It was not, for a reason that operators see and the one who asks does not.
    Rejected(Reason),
}

/// Why a one-time password was rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The user has no token that is Active.
    NoToken,
    /// The user's tokens are Locked.
    Locked,
    /// It was wrong, and was the last straw for the tokens of these serial numbers.
    JustLocked(Vec<String>),
    /// It was accepted just before, and came again: a client that sends twice. It counts towards no lock.
    Repeated,
    /// It was accepted before, or one after it was.
    Used,
    /// It is from far ahead; the next one brings the token back into step.
    FarAhead,
    /// It is not a value of the user's tokens.
    Wrong,
    /// The user's tokens are not valid at this time.
    NotValid(Outside),
}

impl Reason {
    /// The reason in words, for the audit log.
    pub fn label(&self) -> String {
        match self {
            Reason::NoToken => "The user has no active token".into(),
            Reason::Locked => "The token is locked".into(),
            Reason::JustLocked(serials) => format!("Wrong one-time password; locked {}", serials.join(", ")),
            Reason::Repeated => {
                "The one-time password accepted last came again; this does not count towards the lock".into()
            }
            Reason::Used => "The one-time password was used before".into(),
            Reason::FarAhead => "Far ahead of the counter; the next one-time password brings it back into step".into(),
            Reason::Wrong => "Wrong one-time password".into(),
            Reason::NotValid(outside) => format!("The token is out of its time: {}", outside.recorded()),
        }
    }
}

/// Checks what `user` typed against all of their Active tokens (PRODUCT.md §4): every value is accepted once, on all
/// servers; when none matches, it counts against each token tried, and the policy's number of them in a row locks. The
/// one accepted last that comes again counts against none: whoever sends it knew it, so that it is no guess.
///
/// # Errors
/// `Internal` if a seed does not open.
pub fn check(desk: &Desk, conn: &mut AnyConn, now: Timestamp, user: UserId, typed: &str) -> Result<Verdict> {
    let all = store::held_by(conn, user)?;
    let is_active = |held: &&store::StoredToken| held.token.state == TokenState::Active;
    let active: Vec<_> = all.iter().filter(is_active).filter(|held| held.token.validity.at(now).is_ok()).collect();
    let seconds = clock::unix_seconds(now);
    if active.is_empty() {
        // The time it takes should not tell who has a token.
        let nobodys = Seed::new([0; 20]);
        one_time::judge(&nobodys, &Making::APP, &Standing::default(), seconds, typed);
        one_time::off::off_by(&nobodys, &Making::APP, seconds, typed);
        let outside =
            all.iter().filter(is_active).find_map(|held| Some((held.token.id, held.token.validity.at(now).err()?)));
        if let Some((token, outside)) = outside {
            store::rejections::note(conn, now, token, Rejected::NotValid)?;
            return Ok(Verdict::Rejected(Reason::NotValid(outside)));
        }
        let locked = all.iter().any(|held| held.token.state == TokenState::Locked);
        return Ok(Verdict::Rejected(if locked { Reason::Locked } else { Reason::NoToken }));
    }
    let (mut reason, mut far_ahead, mut rejected) = (Reason::Wrong, Vec::new(), Vec::new());
    let mut repeated = Vec::new();
    for held in &active {
        let seed = open_seed(desk, &held.token.serial, &held.sealed_seed)?;
        let what = match one_time::judge(&seed, &held.token.making, &held.standing, seconds, typed) {
            Judgment::Right(standing) => {
                if !store::accept(conn, now, held.token.id, &standing)? {
                    // Another check was faster with it.
                    repeated.push(held.token.id);
                    continue;
                }
                let others = active.iter().filter(|other| other.token.failures > 0).map(|other| other.token.id);
                store::forgive(conn, others.filter(|id| *id != held.token.id))?;
                let first = held.token.first_used_at.is_none() && store::note_first_use(conn, now, held.token.id)?;
                return Ok(Verdict::Accepted { token: held.token.id, serial: held.token.serial.clone(), first });
            }
            Judgment::FarAhead(standing) => {
                far_ahead.push((held.token.id, standing));
                reason = Reason::FarAhead;
                Rejected::FarAhead
            }
            Judgment::Repeated => {
                repeated.push(held.token.id);
                continue;
            }
            Judgment::Used => {
                if reason == Reason::Wrong {
                    reason = Reason::Used;
                }
                Rejected::Used
            }
            Judgment::Wrong => Rejected::Wrong,
        };
        rejected.push((held, what, seed));
    }
    if !repeated.is_empty() {
        for token in repeated {
            store::rejections::note(conn, now, token, Rejected::Used)?;
        }
        return Ok(Verdict::Rejected(Reason::Repeated));
    }
    for (token, standing) in far_ahead {
        store::await_next(conn, token, &standing)?;
    }
    let allowed = policy::current(conn)?.token_failures_allowed;
    let mut locked = Vec::new();
    for (held, what, seed) in rejected {
        // For operators to read; it accepts nothing.
        let off = one_time::off::off_by(&seed, &held.token.making, seconds, typed).filter(|_| what == Rejected::Wrong);
        if store::charge(conn, now, held.token.id, what, off, allowed)? {
            locked.push(held.token.serial.clone());
        }
    }
    Ok(Verdict::Rejected(if locked.is_empty() { reason } else { Reason::JustLocked(locked) }))
}

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

/// A device that comes into inventory.
pub struct Device {
    /// The serial number on its back.
    pub serial: String,
    /// Its secret.
    pub seed: Seed,
    /// How it makes its values.
    pub making: Making,
    /// The container it is for; `None`: for the whole organization.
    pub container: Option<ContainerId>,
}

/// Puts devices into inventory.
///
/// # Errors
/// `Database`, also if a serial number is there already (`db::is_taken`).
pub fn insert_inventory(desk: &Desk, conn: &mut AnyConn, now: Timestamp, devices: &[Device]) -> Result<()> {
    let rows: Vec<_> = devices
        .iter()
        .map(|device| store::NewToken {
            serial: device.serial.trim().to_owned(),
            sealed_seed: seal_seed(desk, device.serial.trim(), &device.seed),
            authentication_type: AuthenticationType::HardwareToken,
            making: device.making,
            state: TokenState::Inventory,
            container: device.container,
            user: None,
            standing: Standing::default(),
            validity: Validity::ALWAYS,
        })
        .collect();
    store::insert(conn, now, &rows)
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

fn seal_context(serial: &str) -> String {
    format!("tokens.seed:{serial}")
}

/// The seed as it is kept with the token of this serial number.
pub(crate) fn seal_seed(desk: &Desk, serial: &str, seed: &Seed) -> Vec<u8> {
    desk.keys.seal(&desk.random, &seal_context(serial), seed.bytes())
}

fn open_seed(desk: &Desk, serial: &str, sealed: &[u8]) -> Result<Seed> {
    Ok(desk.keys.open(&seal_context(serial), sealed)?.into())
}
