//! Rows of roles.

use diesel::prelude::*;

use super::permissions;
use crate::{
    access::role::{BuiltIn, Role},
    db::{self, AnyConn},
    error::Result,
    ids::RoleId,
    schema::roles,
};

type Columns = (i64, String, bool, String, i64);

const COLUMNS: (roles::id, roles::name, roles::built_in, roles::permissions, roles::version) =
    (roles::id, roles::name, roles::built_in, roles::permissions, roles::version);

impl From<Columns> for Role {
    fn from((id, name, built_in, names, version): Columns) -> Self {
        let permissions = permissions(&name, built_in, &names);
        Role { id: RoleId(id), name, built_in, permissions, version }
    }
}

/// The role of this name, compared without case.
pub fn named(conn: &mut AnyConn, name: &str) -> Result<Option<Role>> {
    let row: Option<Columns> =
        roles::table.filter(roles::name_key.eq(db::key(name))).select(COLUMNS).first(conn).optional()?;
    Ok(row.map(Role::from))
}

/// The role of this row.
pub fn find(conn: &mut AnyConn, id: RoleId) -> Result<Option<Role>> {
    let row: Option<Columns> = roles::table.find(id.0).select(COLUMNS).first(conn).optional()?;
    Ok(row.map(Role::from))
}

/// All roles: the built-in ones in the order of the table in PRODUCT.md §5, then the others by name.
pub fn all(conn: &mut AnyConn) -> Result<Vec<Role>> {
    let rows: Vec<Columns> = roles::table.order(roles::name_key).select(COLUMNS).load(conn)?;
    let mut list: Vec<Role> = rows.into_iter().map(Role::from).collect();
    // Stable: what is not built in stays in the order of the names.
    list.sort_by_key(|role| {
        let position = BuiltIn::ALL.iter().position(|one| role.built_in && one.name() == role.name);
        position.unwrap_or(BuiltIn::ALL.len())
    });
    Ok(list)
}
