//! Who is at work: the person (or the server itself) a verb is carried out for, with what they may do and see.

use crate::{
    access::permission::{Permission, Permissions},
    audit::{Actor, ActorKind},
    error::{Error, Result},
    ids::{ContainerId, OperatorId},
};

/// What is missing where a role holds what is needed, and the scope is not everything.
pub const ALL_CONTAINERS: &str = "all containers";

/// The containers an operator works in; what is outside does not exist for them (PRODUCT.md §1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    All,
    /// Users and tokens in these containers.
    Containers(Vec<ContainerId>),
}

impl Scope {
    /// True if things in `container` exist for this scope.
    pub fn holds(&self, container: ContainerId) -> bool {
        match self {
            Scope::All => true,
            Scope::Containers(list) => list.contains(&container),
        }
    }

    /// True if all that exists for `other` exists for this scope.
    pub fn covers(&self, other: &Scope) -> bool {
        match other {
            Scope::All => *self == Scope::All,
            Scope::Containers(list) => list.iter().all(|container| self.holds(*container)),
        }
    }

    /// The containers it is confined to; `None`: all there are.
    pub fn containers(&self) -> Option<&[ContainerId]> {
        match self {
            Scope::All => None,
            Scope::Containers(list) => Some(list),
        }
    }
}

/// The person, or the server itself, that a verb is carried out for.
#[derive(Clone, Debug)]
pub struct Who {
    /// The operator's row; `None` for the server and the command line.
    pub operator: Option<OperatorId>,
    /// How the audit log remembers them.
    pub actor: Actor,
    /// What they may do.
    pub permissions: Permissions,
    /// Where they may do it.
    pub scope: Scope,
}

impl Who {
    /// The server itself: workers and clocks.
    pub fn system() -> Self {
        Who { operator: None, actor: Actor::system(), permissions: Permissions::all(), scope: Scope::All }
    }

    /// Someone at the server's command line, who could change the database anyway.
    pub fn command_line() -> Self {
        Who { actor: Actor::command_line(), ..Who::system() }
    }

    /// A user in the portal, or someone on the way to prove who they are: may do nothing in the console.
    pub fn outsider(kind: ActorKind, name: impl Into<String>, address: &str, request: &str) -> Self {
        Who {
            operator: None,
            actor: Actor {
                kind,
                name: name.into(),
                role: String::new(),
                address: address.into(),
                request: request.into(),
            },
            permissions: Permissions::default(),
            scope: Scope::Containers(Vec::new()),
        }
    }

    /// The UserID, as lists and emails show it.
    pub fn name(&self) -> &str {
        &self.actor.name
    }

    /// True if the role holds `permission`.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.has(permission)
    }

    /// True if the role holds any of `permissions`, or if there are none to hold.
    pub fn may_any(&self, permissions: &[Permission]) -> bool {
        permissions.is_empty() || permissions.iter().any(|permission| self.may(*permission))
    }

    /// For verbs: refuses unless the role holds `permission`.
    pub fn need(&self, permission: Permission) -> Result<()> {
        if self.may(permission) { Ok(()) } else { Err(Error::Forbidden(permission.label())) }
    }

    /// For verbs on what is in no container and counts in all of them: refuses unless the scope is everything, too.
    ///
    /// # Errors
    /// `Forbidden` with what is missing.
    pub fn need_everywhere(&self, permission: Permission) -> Result<()> {
        self.need(permission)?;
        if self.scope == Scope::All { Ok(()) } else { Err(Error::Forbidden(ALL_CONTAINERS)) }
    }
}

/// Nobody grants what they lack (PRODUCT.md §5), nor takes over someone who has more.
pub fn grantable(who: &Who, permissions: Permissions, scope: &Scope) -> Result<()> {
    if let Some(lacking) = permissions.beyond(who.permissions).next() {
        return Err(Error::Forbidden(lacking.label()));
    }
    if who.scope.covers(scope) { Ok(()) } else { Err(Error::Forbidden(ALL_CONTAINERS)) }
}
