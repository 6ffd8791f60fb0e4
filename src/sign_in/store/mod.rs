//! What signing in reads and writes of an operator's row.

pub mod throttle;

use diesel::prelude::*;

use crate::{
    clock::Timestamp,
    db::{self, AnyConn},
    error::Result,
    ids::OperatorId,
    operators::operator::first_password_end,
    schema::operators,
};

/// The row that a typed UserID names.
#[derive(Queryable, Clone)]
pub struct Candidate {
    id: i64,
    /// The hash of the password.
    pub password_hash: String,
    /// Set if the operator may not sign in.
    pub suspended_at: Option<Timestamp>,
    second_factor: Option<Vec<u8>>,
    must_change_password: bool,
    first_password_at: Option<Timestamp>,
}

impl Candidate {
    /// The row's id.
    pub fn id(&self) -> OperatorId {
        OperatorId(self.id)
    }

    /// True if the password was given by someone else, and too long ago.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        let given_at = self.first_password_at.filter(|_| self.must_change_password);
        given_at.is_some_and(|given_at| now >= first_password_end(given_at))
    }

    /// True if an authenticator app has been set up.
    pub fn has_second_factor(&self) -> bool {
        self.second_factor.is_some()
    }
}

/// The second factor of an operator who may sign in.
#[derive(Queryable)]
pub struct SecondFactor {
    /// The UserID.
    pub user_id: String,
    /// The sealed seed, once it is proven.
    pub sealed: Option<Vec<u8>>,
    /// The sealed seed on the way to be proven.
    pub pending: Option<Vec<u8>>,
    /// The last step whose value was accepted.
    pub last_step: Option<i64>,
}

/// The operator of this UserID, suspended or not.
pub fn candidate(conn: &mut AnyConn, user_id: &str) -> Result<Option<Candidate>> {
    Ok(operators::table
        .filter(operators::user_id_key.eq(db::key(user_id)))
        .select((
            operators::id,
            operators::password_hash,
            operators::suspended_at,
            operators::second_factor,
            operators::must_change_password,
            operators::first_password_at,
        ))
        .first(conn)
        .optional()?)
}

/// The hash of an operator's password; `None` if suspended or gone.
pub fn password_hash(conn: &mut AnyConn, id: OperatorId) -> Result<Option<String>> {
    let mine = operators::table.filter(operators::id.eq(id.0).and(operators::suspended_at.is_null()));
    Ok(mine.select(operators::password_hash).first(conn).optional()?)
}

/// The second factor; `None` if the operator is suspended or gone.
pub fn second_factor(conn: &mut AnyConn, id: OperatorId) -> Result<Option<SecondFactor>> {
    Ok(operators::table
        .filter(operators::id.eq(id.0).and(operators::suspended_at.is_null()))
        .select((
            operators::user_id,
            operators::second_factor,
            operators::second_factor_pending,
            operators::second_factor_last_step,
        ))
        .first(conn)
        .optional()?)
}

/// True if the operator may still sign in and the password is still the one that was verified: hashing takes long
/// enough for both to change meanwhile.
pub fn still_right(conn: &mut AnyConn, seen: &Candidate) -> Result<bool> {
    let same = operators::suspended_at.is_null().and(operators::password_hash.eq(&seen.password_hash));
    // An update that changes nothing: on PostgreSQL it also holds the row until the transaction ends.
    let rows = diesel::update(operators::table.find(seen.id).filter(same))
        .set(operators::password_hash.eq(&seen.password_hash))
        .execute(conn)?;
    Ok(rows == 1)
}

/// Writes down when the operator signed in.
pub fn note_sign_in(conn: &mut AnyConn, id: OperatorId, now: Timestamp) -> Result<()> {
    diesel::update(operators::table.find(id.0)).set(operators::last_sign_in_at.eq(now)).execute(conn)?;
    Ok(())
}

/// Keeps a seed on the way to be proven, unless there is one.
pub fn keep_pending(conn: &mut AnyConn, id: OperatorId, sealed: &[u8]) -> Result<()> {
    let none_yet = operators::second_factor.is_null().and(operators::second_factor_pending.is_null());
    diesel::update(operators::table.find(id.0).filter(none_yet))
        .set(operators::second_factor_pending.eq(sealed))
        .execute(conn)?;
    Ok(())
}

/// Uses up the value of `step`; false if it, or a later one, has been used at the same instant.
pub fn use_step(conn: &mut AnyConn, id: OperatorId, step: i64) -> Result<bool> {
    let unused = operators::second_factor_last_step.is_null().or(operators::second_factor_last_step.lt(step));
    let rows = diesel::update(operators::table.find(id.0).filter(operators::suspended_at.is_null().and(unused)))
        .set(operators::second_factor_last_step.eq(step))
        .execute(conn)?;
    Ok(rows == 1)
}

/// Makes the proven seed the second factor; false if it is no longer the pending one.
pub fn adopt(conn: &mut AnyConn, id: OperatorId, pending: &[u8], step: i64) -> Result<bool> {
    let same = operators::second_factor_pending.eq(pending).and(operators::suspended_at.is_null());
    let rows = diesel::update(operators::table.find(id.0).filter(same))
        .set((
            operators::second_factor.eq(Some(pending)),
            operators::second_factor_pending.eq(None::<Vec<u8>>),
            operators::second_factor_last_step.eq(step),
        ))
        .execute(conn)?;
    Ok(rows == 1)
}
