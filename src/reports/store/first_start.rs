//! What the list of the first start asks for: whether there is one of a kind, and not how many of 100,000 there are.

use diesel::{prelude::*, sql_types::BigInt};

use super::{query, within};
use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    ids::ContainerId,
    reports::first_start::Noted,
    schema::{auth_nodes, first_start, operators, tasks},
    tokens::AuthenticationType,
};

/// Users and devices are counted so far: beyond it "more than" says enough.
pub const COUNTED: i64 = 1_000;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn counted(conn: &mut AnyConn, rows: &str) -> Result<i64> {
    let most = COUNTED + 1;
    let row: Count = query(format!("SELECT COUNT(*) AS count FROM ({rows} LIMIT {most}) r")).get_result(conn)?;
    Ok(row.count)
}

/// Users in these containers, up to one more than [`COUNTED`].
pub fn users(conn: &mut AnyConn, containers: Option<&[ContainerId]>) -> Result<i64> {
    counted(conn, &format!("SELECT u.id FROM users u WHERE u.id > 0{}", within("u.container_id", containers)))
}

/// Hardware tokens, whatever became of them, in these containers or for all; counted as [`users`].
pub fn devices(conn: &mut AnyConn, containers: Option<&[ContainerId]>) -> Result<i64> {
    let kind = AuthenticationType::HardwareToken.code();
    let inside = within("t.container_id", containers);
    counted(conn, &format!("SELECT t.id FROM tokens t WHERE t.authentication_type = '{kind}'{inside}"))
}

/// Operators who are neither suspended nor removed.
pub fn operators(conn: &mut AnyConn) -> Result<i64> {
    let open = operators::suspended_at.is_null().and(operators::removed_at.is_null());
    Ok(operators::table.filter(open).count().get_result(conn)?)
}

/// How many auth nodes there are, and when one of them last asked.
pub fn nodes(conn: &mut AnyConn) -> Result<(i64, Option<Timestamp>)> {
    let count = auth_nodes::table.count().get_result(conn)?;
    let asked = auth_nodes::table.select(diesel::dsl::max(auth_nodes::last_used_at)).first(conn)?;
    Ok((count, asked))
}

/// True if no task was ever made.
pub fn no_task(conn: &mut AnyConn) -> Result<bool> {
    let first: Option<i64> = tasks::table.select(tasks::id).first(conn).optional()?;
    Ok(first.is_none())
}

/// What was noted under this name.
pub fn noted(conn: &mut AnyConn, fact: &str) -> Result<Option<Noted>> {
    let row: Option<(Timestamp, String)> =
        first_start::table.find(fact).select((first_start::at, first_start::noted_by)).first(conn).optional()?;
    Ok(row.map(|(at, by)| Noted { at, by }))
}

/// Notes it, instead of what was noted before.
pub fn note(conn: &mut AnyConn, fact: &str, noted: &Noted) -> Result<()> {
    diesel::delete(first_start::table.find(fact)).execute(conn)?;
    diesel::insert_into(first_start::table)
        .values((first_start::fact.eq(fact), first_start::at.eq(noted.at), first_start::noted_by.eq(&noted.by)))
        .execute(conn)?;
    Ok(())
}
