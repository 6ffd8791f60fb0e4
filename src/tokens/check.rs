//! Check: whether a one-time password is right, and uses it up.

use super::{Judgment, Making, Outside, Rejected, Seed, Standing, TokenState, one_time, open_seed, store};
use crate::{
    clock::{self, Timestamp},
    db::AnyConn,
    desk::Desk,
    error::Result,
    ids::{TokenId, UserId},
    policy,
};

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
    check_for(desk, conn, now, user, typed, true)
}

/// As [`check`], of a value that is read out on the phone: it is used up, and is no first use, so that it completes nothing.
///
/// # Errors
/// As [`check`].
pub(super) fn check_only(
    desk: &Desk,
    conn: &mut AnyConn,
    now: Timestamp,
    user: UserId,
    typed: &str,
) -> Result<Verdict> {
    check_for(desk, conn, now, user, typed, false)
}

fn check_for(
    desk: &Desk,
    conn: &mut AnyConn,
    now: Timestamp,
    user: UserId,
    typed: &str,
    signs_in: bool,
) -> Result<Verdict> {
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
                let first =
                    signs_in && held.token.first_used_at.is_none() && store::note_first_use(conn, now, held.token.id)?;
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
