//! Rows of roles that are made in the console.

use diesel::prelude::*;

use crate::{
    access::{Permissions, Who},
    db::{self, AnyConn},
    error::Result,
    ids::RoleId,
    operators::within,
    schema::{operators, roles},
};

/// How many operators that exist for `who` have each role; a role that nobody has is not in it.
pub fn held_by(conn: &mut AnyConn, who: &Who) -> Result<Vec<(RoleId, i64)>> {
    let rows: Vec<(i64, i64)> = operators::table
        .inner_join(roles::table)
        .filter(within(&who.scope, who.operator))
        .group_by(operators::role_id)
        .select((operators::role_id, diesel::dsl::count_star()))
        .load(conn)?;
    Ok(rows.into_iter().map(|(role, count)| (RoleId(role), count)).collect())
}

/// Stores a new role.
///
/// # Errors
/// `Database`; [`db::is_taken`] tells if the name is.
pub fn insert(conn: &mut AnyConn, name: &str, held: Permissions) -> Result<RoleId> {
    let id: i64 = diesel::insert_into(roles::table)
        .values((
            roles::name.eq(name),
            roles::name_key.eq(db::key(name)),
            roles::built_in.eq(false),
            roles::permissions.eq(held.to_names()),
        ))
        .returning(roles::id)
        .get_result(conn)?;
    Ok(RoleId(id))
}

/// Changes name and permissions of a role that is not built in, if it is still at `version`; false if it is not.
///
/// # Errors
/// `Database`; [`db::is_taken`] tells if the name is.
pub fn update(conn: &mut AnyConn, id: RoleId, version: i64, name: &str, held: Permissions) -> Result<bool> {
    let same = roles::built_in.eq(false).and(roles::version.eq(version));
    let rows = diesel::update(roles::table.find(id.0).filter(same))
        .set((
            roles::name.eq(name),
            roles::name_key.eq(db::key(name)),
            roles::permissions.eq(held.to_names()),
            roles::version.eq(version + 1),
        ))
        .execute(conn)?;
    Ok(rows == 1)
}

/// Moves the operators that were removed to another role, so that their old one can go; their rows stay.
pub fn leave(conn: &mut AnyConn, from: RoleId, to: RoleId) -> Result<()> {
    let gone = operators::role_id.eq(from.0).and(operators::removed_at.is_not_null());
    diesel::update(operators::table.filter(gone)).set(operators::role_id.eq(to.0)).execute(conn)?;
    Ok(())
}

/// Removes a role that is not built in and that nobody has.
///
/// # Errors
/// `Database` also if somebody has it.
pub fn delete(conn: &mut AnyConn, id: RoleId) -> Result<()> {
    diesel::delete(roles::table.find(id.0).filter(roles::built_in.eq(false))).execute(conn)?;
    Ok(())
}
