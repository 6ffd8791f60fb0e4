//! Rows of files that are kept.

use diesel::prelude::*;

use crate::{clock::Timestamp, db::AnyConn, error::Result, ids::OperatorId, imports::Kind, schema::imports};

/// A row, its file still sealed.
#[derive(Queryable)]
pub struct Row {
    /// The name of the file.
    pub file_name: String,
    /// Choices and file, or the outcomes.
    pub sealed: Vec<u8>,
    /// When it was sent.
    pub made_at: Timestamp,
    /// When it was imported.
    pub done_at: Option<Timestamp>,
}

/// Keeps a file until `ends_at`.
#[allow(clippy::too_many_arguments, reason = "the columns of one row")]
pub fn insert(
    conn: &mut AnyConn,
    now: Timestamp,
    ends_at: Timestamp,
    id: &str,
    kind: Kind,
    operator: OperatorId,
    file_name: &str,
    sealed: &[u8],
) -> Result<()> {
    diesel::insert_into(imports::table)
        .values((
            imports::id.eq(id),
            imports::kind.eq(kind.code()),
            imports::operator_id.eq(operator.0),
            imports::file_name.eq(file_name),
            imports::sealed.eq(sealed),
            imports::made_at.eq(now),
            imports::ends_at.eq(ends_at),
        ))
        .execute(conn)?;
    Ok(())
}

/// The file of this handle, if it is this operator's and has not ended.
pub fn find(conn: &mut AnyConn, now: Timestamp, id: &str, kind: Kind, operator: OperatorId) -> Result<Option<Row>> {
    let own = imports::operator_id.eq(operator.0).and(imports::kind.eq(kind.code())).and(imports::ends_at.gt(now));
    let columns = (imports::file_name, imports::sealed, imports::made_at, imports::done_at);
    Ok(imports::table.find(id).filter(own).select(columns).first(conn).optional()?)
}

/// Puts the outcomes instead of the file.
pub fn finish(conn: &mut AnyConn, now: Timestamp, id: &str, sealed: &[u8]) -> Result<()> {
    diesel::update(imports::table.find(id))
        .set((imports::sealed.eq(sealed), imports::done_at.eq(now)))
        .execute(conn)?;
    Ok(())
}

/// Throws away what has ended.
pub fn sweep(conn: &mut AnyConn, now: Timestamp) -> Result<()> {
    diesel::delete(imports::table.filter(imports::ends_at.le(now))).execute(conn)?;
    Ok(())
}

/// Throws away all of an operator's but the newest `most`.
pub fn keep_newest(conn: &mut AnyConn, operator: OperatorId, most: i64) -> Result<()> {
    let own = imports::table.filter(imports::operator_id.eq(operator.0));
    let old: Vec<String> =
        own.order((imports::made_at.desc(), imports::id)).offset(most).limit(100).select(imports::id).load(conn)?;
    diesel::delete(imports::table.filter(imports::id.eq_any(old))).execute(conn)?;
    Ok(())
}
