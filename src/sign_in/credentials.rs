//! First passwords and second factors that are given anew by those who manage operators (PRODUCT.md §5).

use crate::{
    access::{Permission, Who},
    audit::{self, Entry, Verb},
    clock::Timestamp,
    desk::Desk,
    error::{Error, Result},
    operators::{self, change, first_password, own_words, password, sessions},
    sign_in::{store::throttle, throttle::Bucket},
};

/// Gives an operator a new first password, to be changed at the next sign-in, and ends their sessions at once.
///
/// # Errors
/// `NotFound`; `Invalid` for the password; `Forbidden` if they may do more than `who`.
pub fn reset_password(desk: &Desk, who: &Who, now: Timestamp, user_id: &str, password: &str) -> Result<()> {
    who.need(Permission::ManageOperators)?;
    let own = own_words(desk, who, user_id)?;
    if let Some(sentence) = password::mistake(password, &own) {
        return Err(Error::mistake("password", sentence));
    }
    let hash = password::hash(&desk.hashers.slot()?, &desk.random, password)?;
    change(desk, who, now, Verb::OperatorsResetPassword, user_id, |conn, operator| {
        operators::set_password(conn, operator.id, &hash, Some(now))?;
        throttle::reset(conn, &Bucket::user(&operator.user_id))?;
        sessions::delete_all_of(conn, operator.id)?;
        let entry = Entry::done(&who.actor, Verb::OperatorsResetPassword, "Reset the password of an operator");
        audit::record(conn, now, &entry.subject(&operator.user_id))
    })
}

/// Gives an operator a new first password, which is shown this once, and ends their sessions.
///
/// # Errors
/// As [`reset_password`].
pub fn give_password(desk: &Desk, who: &Who, now: Timestamp, user_id: &str) -> Result<String> {
    who.need(Permission::ManageOperators)?;
    let password = first_password(&desk.random, &own_words(desk, who, user_id)?);
    reset_password(desk, who, now, user_id, &password)?;
    Ok(password)
}

/// Takes an operator's second factor away, so that a new one is set up at the next sign-in (a lost phone), and ends
/// their sessions at once.
///
/// # Errors
/// `NotFound`; `Forbidden` if they may do more than `who`.
pub fn reset_second_factor(desk: &Desk, who: &Who, now: Timestamp, user_id: &str) -> Result<()> {
    change(desk, who, now, Verb::OperatorsResetSecondFactor, user_id, |conn, operator| {
        operators::forget_second_factor(conn, operator.id)?;
        throttle::reset(conn, &Bucket::second_factor(&operator.user_id))?;
        sessions::delete_all_of(conn, operator.id)?;
        let entry = Entry::done(&who.actor, Verb::OperatorsResetSecondFactor, "Reset the second factor of an operator");
        audit::record(conn, now, &entry.subject(&operator.user_id))
    })
}
