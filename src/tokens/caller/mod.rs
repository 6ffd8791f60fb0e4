//! Check the caller: whether somebody on the phone is who they say, by a one-time password that they read out or by
//! digits that went to the address on file (PRODUCT.md §11).

use chrono::Duration;

use super::check;
use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    english::{continued, counted_as},
    error::{Error, Result},
    ids::UserId,
    keys::Purpose,
    mail::{self, Facts, Kind, NewEmail, Secret},
    operators::{Permission, Who},
    tokens::Verdict,
    users::{self, User},
};

mod limits;
mod store;

use limits::DIGITS;
pub use limits::{CODE_MINUTES, CODE_TRIES, FRESH_ADDRESS_DAYS, STANDS_MINUTES};
pub use store::{CallBack, CallerCheck, latest as earlier, open as call_back};

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The caller has what only the user has.
    Right,
    /// What was read out is wrong; what to say of it at the field.
    Wrong(String),
}

/// The check that still stands, if the newest one that was right is so fresh.
pub fn checked(conn: &mut AnyConn, now: Timestamp, user: UserId) -> Result<Option<CallerCheck>> {
    let since = now - Duration::minutes(STANDS_MINUTES);
    Ok(store::newest_right(conn, user)?.filter(|check| check.at > since))
}

/// Checks a one-time password that the caller reads out. A right one is used up, and completes nothing; a wrong one counts
/// at the tokens as at an auth node.
///
/// # Errors
/// `NotFound` out of scope; `Invalid` if nothing was typed; `Refused` if the user is disabled.
pub fn by_one_time_password(desk: &Desk, who: &Who, now: Timestamp, user_id: &str, typed: &str) -> Result<Outcome> {
    who.need(Permission::CheckCaller)?;
    if typed.trim().is_empty() {
        return Err(Error::mistake("otp", "Enter the one-time password that the caller reads out."));
    }
    desk.db.write(|conn| {
        let user = enabled(conn, who, user_id)?;
        match check::check_only(desk, conn, now, user.id, typed)? {
            Verdict::Accepted { serial, .. } => {
                note(conn, who, now, &user, true, &format!("with a one-time password of {serial}"))?;
                Ok(Outcome::Right)
            }
            Verdict::Rejected(reason) => {
                note(
                    conn,
                    who,
                    now,
                    &user,
                    false,
                    &format!("with a one-time password: {}", continued(&reason.label())),
                )?;
                Ok(Outcome::Wrong(format!("Not right. {}.", reason.label())))
            }
        }
    })
}

/// Sends a call-back code to the address on file; an earlier one ends.
///
/// # Errors
/// `NotFound` out of scope; `Refused` without an address, or if the user is disabled.
pub fn send_code(desk: &Desk, who: &Who, now: Timestamp, user_id: &str) -> Result<User> {
    who.need(Permission::CheckCaller)?;
    desk.db.write(|conn| {
        let user = enabled(conn, who, user_id)?;
        if user.email.is_empty() {
            return Err(Error::Refused("Nothing is on file to send to.".into()));
        }
        let (code, ends_at) = (desk.random.digits(DIGITS), now + Duration::minutes(CODE_MINUTES));
        store::end(conn, now, user.id)?;
        let hash = desk.keys.hash(Purpose::CallBackCode, hashed(user.id, &code).as_bytes());
        store::insert(conn, now, user.id, &hash, who.name(), ends_at)?;
        let facts = Facts {
            first_name: user.first_name.clone(),
            name: user.name(),
            user_id: user.user_id.clone(),
            requester: who.name().to_owned(),
            works_until: Some(ends_at),
            ..Facts::default()
        };
        let email = NewEmail {
            user: Some(user.id),
            container: Some(user.container),
            secret: Some(Secret { code: Some(code), ..Secret::default() }),
            ..NewEmail::new(Kind::CallBackCode, &user.email, facts, ends_at)
        };
        mail::post(desk, conn, now, who.name(), &[email])?;
        let entry = Entry::done(&who.actor, Verb::UsersSendCallBack, "Sent a call-back code");
        audit::record(conn, now, &entry.user(user.id, &user.user_id).fact("To", &user.email))?;
        Ok(user)
    })
}

/// Checks the call-back code that the caller reads out. Late digits are neither compared nor counted.
///
/// # Errors
/// `NotFound` out of scope; `Invalid` if nothing was typed; `Refused` if the user is disabled.
pub fn by_call_back(desk: &Desk, who: &Who, now: Timestamp, user_id: &str, typed: &str) -> Result<Outcome> {
    who.need(Permission::CheckCaller)?;
    let typed: String = typed.split_whitespace().collect();
    if typed.is_empty() {
        return Err(Error::mistake("code", "Enter the six digits that the caller reads out."));
    }
    desk.db.write(|conn| {
        let user = enabled(conn, who, user_id)?;
        let Some(open) = store::open(conn, user.id)? else {
            return Ok(Outcome::Wrong("No code waits to be read out. Send a new one.".into()));
        };
        if now >= open.ends_at {
            let sentence = "The code ran out before. These digits were neither compared nor counted. Send a new one.";
            return Ok(Outcome::Wrong(sentence.into()));
        }
        // The try is counted before anything is compared, so that two at once are two.
        let Some(left) = store::count_try(conn, open.id)? else {
            return Ok(Outcome::Wrong("It was tried too often and has ended. Send a new one.".into()));
        };
        if desk.keys.matches(Purpose::CallBackCode, hashed(user.id, &typed).as_bytes(), &open.hash) {
            store::end(conn, now, user.id)?;
            note(conn, who, now, &user, true, &format!("with a call-back code to {}", user.email))?;
            return Ok(Outcome::Right);
        }
        note(conn, who, now, &user, false, "with a call-back code: wrong digits")?;
        if left == 0 {
            store::end(conn, now, user.id)?;
            return Ok(Outcome::Wrong(format!("Not right, {CODE_TRIES} times: the code has ended. Send a new one.")));
        }
        let tries = counted_as(left, "try is", "tries are");
        Ok(Outcome::Wrong(format!("Not the code that was sent. {tries} left.")))
    })
}

fn hashed(user: UserId, code: &str) -> String {
    format!("{user}:{code}")
}

fn enabled(conn: &mut AnyConn, who: &Who, user_id: &str) -> Result<User> {
    let user = users::find(conn, who, user_id)?;
    if user.is_enabled() {
        return Ok(user);
    }
    Err(Error::Refused(format!("{} is disabled, so that nothing of theirs is accepted.", user.user_id)))
}

/// Keeps what came of it, for the page and for the audit log.
fn note(conn: &mut AnyConn, who: &Who, now: Timestamp, user: &User, passed: bool, how: &str) -> Result<()> {
    store::note(conn, now, user.id, who.name(), passed, how)?;
    let entry = if passed {
        Entry::done(&who.actor, Verb::UsersCheckCaller, format!("Checked the caller {how}"))
    } else {
        Entry::refused(&who.actor, Verb::UsersCheckCaller, format!("Could not check the caller {how}"))
    };
    audit::record(conn, now, &entry.user(user.id, &user.user_id))
}
