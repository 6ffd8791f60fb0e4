//! Operators: who may sign in to the console and what each may do there.

use crate::{
    audit::{Actor, ActorKind},
    db::AnyConn,
    error::Result,
    ids::OperatorId,
};

pub mod role;
pub mod sessions;
pub mod store;
pub mod who;

pub use role::{BuiltIn, Permission, Permissions, may};
pub use who::{Scope, Who};

/// The operator of a session, with role and scope as they are now: a change takes effect with the next request.
///
/// # Errors
/// `Database` only; `None` if the operator is suspended or gone.
pub fn at_work(conn: &mut AnyConn, id: OperatorId, address: &str, request: &str) -> Result<Option<Who>> {
    let Some(row) = store::at_work(conn, id)? else { return Ok(None) };
    let scope = if row.all_containers { Scope::All } else { Scope::Containers(store::containers_of(conn, id)?) };
    Ok(Some(Who {
        operator: Some(id),
        actor: Actor {
            kind: ActorKind::Operator,
            name: row.user_id,
            role: row.role,
            address: address.into(),
            request: request.into(),
        },
        permissions: row.permissions,
        scope,
    }))
}
