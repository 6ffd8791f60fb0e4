//! Rows of temporary codes.

use diesel::prelude::*;

use super::limits::MOST_WRONG;
use crate::{clock::Timestamp, db::AnyConn, error::Result, ids::UserId, schema::temporary_codes};

/// A temporary code, without its digits.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = temporary_codes)]
pub struct TemporaryCode {
    /// The row.
    pub id: i64,
    /// The keyed hash.
    #[diesel(column_name = code_hash)]
    pub hash: Vec<u8>,
    /// When it was given.
    pub given_at: Timestamp,
    /// The UserID of the operator who gave it.
    pub given_by: String,
    /// Until when it works.
    pub ends_at: Timestamp,
    /// How often it may be used.
    pub most_uses: i64,
    /// How often it was.
    pub uses: i64,
    /// Wrong values of the user since it was given.
    pub wrong: i64,
    /// When it was used last.
    pub last_used_at: Option<Timestamp>,
    /// When it was ended before its time.
    pub ended_at: Option<Timestamp>,
    /// What ended it.
    pub ended_why: String,
}

impl TemporaryCode {
    /// Why it works no more; `None` while it does.
    pub fn ended(&self, now: Timestamp) -> Option<&str> {
        if self.ended_at.is_some() {
            Some(&self.ended_why)
        } else if self.uses >= self.most_uses {
            Some("it was used as often as it may be")
        } else if self.wrong >= MOST_WRONG {
            Some("too many wrong values were typed")
        } else if now >= self.ends_at {
            Some("its time ran out")
        } else {
            None
        }
    }
}

/// The newest code of a user, whether it works or not.
pub fn newest_of(conn: &mut AnyConn, user: UserId) -> Result<Option<TemporaryCode>> {
    let newest = temporary_codes::table
        .filter(temporary_codes::user_id.eq(user.0))
        .order(temporary_codes::id.desc())
        .select(TemporaryCode::as_select())
        .first(conn)
        .optional()?;
    Ok(newest)
}

/// The code of a user that works.
pub fn live_of(conn: &mut AnyConn, now: Timestamp, user: UserId) -> Result<Option<TemporaryCode>> {
    Ok(newest_of(conn, user)?.filter(|code| code.ended(now).is_none()))
}

/// Keeps a new code.
pub fn insert(
    conn: &mut AnyConn,
    now: Timestamp,
    user: UserId,
    hash: &[u8],
    by: &str,
    ends_at: Timestamp,
    most_uses: i64,
) -> Result<()> {
    diesel::insert_into(temporary_codes::table)
        .values((
            temporary_codes::user_id.eq(user.0),
            temporary_codes::code_hash.eq(hash),
            temporary_codes::given_at.eq(now),
            temporary_codes::given_by.eq(by),
            temporary_codes::ends_at.eq(ends_at),
            temporary_codes::most_uses.eq(most_uses),
            temporary_codes::uses.eq(0),
            temporary_codes::wrong.eq(0),
            temporary_codes::ended_why.eq(""),
        ))
        .execute(conn)?;
    Ok(())
}

/// Ends what a user has.
pub fn end(conn: &mut AnyConn, now: Timestamp, user: UserId, why: &str) -> Result<()> {
    let open =
        temporary_codes::table.filter(temporary_codes::user_id.eq(user.0)).filter(temporary_codes::ended_at.is_null());
    diesel::update(open).set((temporary_codes::ended_at.eq(now), temporary_codes::ended_why.eq(why))).execute(conn)?;
    Ok(())
}

/// Uses a code once; false if it works no more.
pub fn take(conn: &mut AnyConn, now: Timestamp, id: i64) -> Result<bool> {
    let live = temporary_codes::table
        .find(id)
        .filter(temporary_codes::ended_at.is_null())
        .filter(temporary_codes::ends_at.gt(now))
        .filter(temporary_codes::wrong.lt(MOST_WRONG))
        .filter(temporary_codes::uses.lt(temporary_codes::most_uses));
    let changed = diesel::update(live)
        .set((temporary_codes::uses.eq(temporary_codes::uses + 1), temporary_codes::last_used_at.eq(now)))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Counts a wrong value at what a user has.
pub fn charge(conn: &mut AnyConn, now: Timestamp, user: UserId) -> Result<()> {
    let live = temporary_codes::table
        .filter(temporary_codes::user_id.eq(user.0))
        .filter(temporary_codes::ended_at.is_null())
        .filter(temporary_codes::ends_at.gt(now));
    diesel::update(live).set(temporary_codes::wrong.eq(temporary_codes::wrong + 1)).execute(conn)?;
    Ok(())
}
