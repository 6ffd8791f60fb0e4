//! Rows of call-back codes, and of what came of checking callers.

use diesel::prelude::*;

use super::limits::CODE_TRIES;
use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    ids::UserId,
    schema::{call_backs, caller_checks},
};

/// A call-back code that was sent, without its digits.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = call_backs)]
pub struct CallBack {
    /// The row.
    pub id: i64,
    /// The keyed hash.
    #[diesel(column_name = code_hash)]
    pub hash: Vec<u8>,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Until when it is good.
    pub ends_at: Timestamp,
}

/// What came of checking a caller.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = caller_checks)]
pub struct CallerCheck {
    /// When.
    pub at: Timestamp,
    /// The UserID of who checked.
    pub operator: String,
    /// The caller had what only the user has.
    pub passed: bool,
    /// "with a one-time password of TD-7K2M-40917".
    pub how: String,
}

/// The newest check of a user's caller that was right.
pub fn newest_right(conn: &mut AnyConn, user: UserId) -> Result<Option<CallerCheck>> {
    let newest = caller_checks::table
        .filter(caller_checks::user_id.eq(user.0))
        .filter(caller_checks::passed.eq(true))
        .order(caller_checks::id.desc())
        .select(CallerCheck::as_select())
        .first(conn)
        .optional()?;
    Ok(newest)
}

/// The last `most` checks of a user's caller, the newest first.
pub fn latest(conn: &mut AnyConn, user: UserId, most: i64) -> Result<Vec<CallerCheck>> {
    let rows = caller_checks::table
        .filter(caller_checks::user_id.eq(user.0))
        .order(caller_checks::id.desc())
        .limit(most)
        .select(CallerCheck::as_select())
        .load(conn)?;
    Ok(rows)
}

/// Keeps what came of a check.
pub fn note(conn: &mut AnyConn, now: Timestamp, user: UserId, by: &str, passed: bool, how: &str) -> Result<()> {
    diesel::insert_into(caller_checks::table)
        .values((
            caller_checks::user_id.eq(user.0),
            caller_checks::at.eq(now),
            caller_checks::operator.eq(by),
            caller_checks::passed.eq(passed),
            caller_checks::how.eq(how),
        ))
        .execute(conn)?;
    Ok(())
}

/// The call-back code of a user that was not read out yet, nor tried too often; its time may have run out.
pub fn open(conn: &mut AnyConn, user: UserId) -> Result<Option<CallBack>> {
    let newest = call_backs::table
        .filter(call_backs::user_id.eq(user.0))
        .filter(call_backs::ended_at.is_null())
        .order(call_backs::id.desc())
        .select(CallBack::as_select())
        .first(conn)
        .optional()?;
    Ok(newest)
}

/// Keeps a new code.
pub fn insert(
    conn: &mut AnyConn,
    now: Timestamp,
    user: UserId,
    hash: &[u8],
    by: &str,
    ends_at: Timestamp,
) -> Result<()> {
    diesel::insert_into(call_backs::table)
        .values((
            call_backs::user_id.eq(user.0),
            call_backs::code_hash.eq(hash),
            call_backs::sent_at.eq(now),
            call_backs::sent_by.eq(by),
            call_backs::ends_at.eq(ends_at),
            call_backs::tries.eq(0),
        ))
        .execute(conn)?;
    Ok(())
}

/// Ends what a user was sent.
pub fn end(conn: &mut AnyConn, now: Timestamp, user: UserId) -> Result<()> {
    let open = call_backs::table.filter(call_backs::user_id.eq(user.0)).filter(call_backs::ended_at.is_null());
    diesel::update(open).set(call_backs::ended_at.eq(now)).execute(conn)?;
    Ok(())
}

/// Counts a try, and how many are left after it; `None` if none was left.
pub fn count_try(conn: &mut AnyConn, id: i64) -> Result<Option<i64>> {
    let open =
        call_backs::table.find(id).filter(call_backs::ended_at.is_null()).filter(call_backs::tries.lt(CODE_TRIES));
    if diesel::update(open).set(call_backs::tries.eq(call_backs::tries + 1)).execute(conn)? == 0 {
        return Ok(None);
    }
    let tries: i64 = call_backs::table.find(id).select(call_backs::tries).first(conn)?;
    Ok(Some(CODE_TRIES - tries))
}
