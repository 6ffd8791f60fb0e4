//! Rows of operators and roles.

use diesel::prelude::*;

use crate::{
    db::AnyConn,
    error::Result,
    ids::{ContainerId, OperatorId},
    operators::role::{BuiltIn, Permissions},
    schema::{operator_containers, operators, roles},
};

/// What every request asks of the operator behind it.
pub struct AtWork {
    /// The UserID.
    pub user_id: String,
    /// The name of the role.
    pub role: String,
    /// What the role holds.
    pub permissions: Permissions,
    /// True if the scope is everything.
    pub all_containers: bool,
}

/// The operator's role as it is now; `None` if suspended or gone.
///
/// # Errors
/// `Database` only.
pub fn at_work(conn: &mut AnyConn, id: OperatorId) -> Result<Option<AtWork>> {
    let row: Option<(String, bool, String, bool, String)> = operators::table
        .inner_join(roles::table)
        .filter(operators::id.eq(id.0).and(operators::suspended_at.is_null()))
        .select((operators::user_id, operators::all_containers, roles::name, roles::built_in, roles::permissions))
        .first(conn)
        .optional()?;
    Ok(row.map(|(user_id, all_containers, role, built_in, names)| {
        let known = if built_in { BuiltIn::named(&role) } else { None };
        let permissions = known.map_or_else(|| Permissions::parse(&names), BuiltIn::permissions);
        AtWork { user_id, role, permissions, all_containers }
    }))
}

/// The containers of an operator whose scope is not everything.
///
/// # Errors
/// `Database` only.
pub fn containers_of(conn: &mut AnyConn, id: OperatorId) -> Result<Vec<ContainerId>> {
    let ids: Vec<i64> = operator_containers::table
        .filter(operator_containers::operator_id.eq(id.0))
        .order(operator_containers::container_id)
        .select(operator_containers::container_id)
        .load(conn)?;
    Ok(ids.into_iter().map(ContainerId).collect())
}
