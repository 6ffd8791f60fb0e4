//! Who may do a thing, so that somebody who may not knows whom to ask.

use diesel::prelude::*;

use super::permissions;
use crate::{
    access::permission::{Permission, Permissions},
    db::AnyConn,
    error::Result,
    ids::ContainerId,
    schema::{operator_containers, operators, roles},
};

/// The roles that hold `permission` and have an unsuspended operator who works in `container`; the one that may do
/// least besides comes first, since it is the one to ask.
pub fn roles_with(conn: &mut AnyConn, permission: Permission, container: ContainerId) -> Result<Vec<String>> {
    let there = operator_containers::table
        .filter(operator_containers::container_id.eq(container.0))
        .select(operator_containers::operator_id);
    let rows: Vec<(i64, String, bool, String)> = operators::table
        .inner_join(roles::table)
        .filter(operators::suspended_at.is_null())
        .filter(operators::all_containers.eq(true).or(operators::id.eq_any(there)))
        .select((roles::id, roles::name, roles::built_in, roles::permissions))
        .distinct()
        .order(roles::id)
        .load(conn)?;
    let count = |held: Permissions| Permission::ALL.iter().filter(|one| held.has(**one)).count();
    let mut holders: Vec<(usize, String)> = rows
        .into_iter()
        .map(|(_, name, built_in, names)| (permissions(&name, built_in, &names), name))
        .filter(|(held, _)| held.has(permission))
        .map(|(held, name)| (count(held), name))
        .collect();
    holders.sort_by_key(|(count, _)| *count);
    Ok(holders.into_iter().map(|(_, name)| name).collect())
}
