//! Rows of containers.

use crate::{
    clock::Timestamp,
    db::{self, AnyConn},
    error::Result,
    ids::ContainerId,
    operators::Scope,
    schema::containers,
};
use diesel::prelude::*;

/// The containers of a scope: row and name, by name.
pub fn containers(conn: &mut AnyConn, scope: &Scope) -> Result<Vec<(ContainerId, String)>> {
    let all: Vec<(i64, String)> =
        containers::table.order(containers::name_key).select((containers::id, containers::name)).load(conn)?;
    Ok(all.into_iter().map(|(id, name)| (ContainerId(id), name)).filter(|(id, _)| scope.holds(*id)).collect())
}

/// The container of this name, whatever the scope.
pub fn container(conn: &mut AnyConn, name: &str) -> Result<Option<ContainerId>> {
    let keys = db::keys(name);
    let mut rows: Vec<(String, i64)> = containers::table
        .filter(containers::name_key.eq_any(&keys))
        .select((containers::name_key, containers::id))
        .load(conn)?;
    rows.sort_by_key(|(known, _)| keys.iter().position(|key| key == known));
    Ok(rows.first().map(|(_, id)| ContainerId(*id)))
}

/// A new container.
///
/// # Errors
/// `Database`, with a taken name if there is one of this name.
pub fn insert_container(conn: &mut AnyConn, now: Timestamp, name: &str) -> Result<ContainerId> {
    let id: i64 = diesel::insert_into(containers::table)
        .values((containers::name.eq(name), containers::name_key.eq(db::key(name)), containers::created_at.eq(now)))
        .returning(containers::id)
        .get_result(conn)?;
    Ok(ContainerId(id))
}
