//! The form of an operator: who they are, what they may do, and where.

use crate::{
    access::role::Role,
    db::AnyConn,
    error::{Mistakes, Result},
    ids::ContainerId,
    operators::{self, Details, Operator, Permission, Scope, Who, store},
    users,
    web::Fields,
};

/// What was typed, with the choices beside it.
#[derive(Default)]
pub struct Form {
    /// The UserID; only typed for a new one.
    pub user_id: String,
    /// Name, email, role and containers.
    pub details: Typed,
    /// The roles that may be given.
    pub roles: Vec<Choice>,
    /// The containers there are for who looks.
    pub containers: Vec<(ContainerId, String, bool)>,
    /// True if the scope may be everything.
    pub may_be_everywhere: bool,
    /// What is wrong.
    pub mistakes: Mistakes,
}

/// The details as they stand in the fields.
#[derive(Clone, Default)]
pub struct Typed {
    /// Their name.
    pub name: String,
    /// Where to write to them.
    pub email: String,
    /// The name of the role.
    pub role: String,
    /// True if the scope is everything.
    pub everywhere: bool,
    /// The ticked containers.
    pub containers: Vec<ContainerId>,
}

/// A role that may be given.
pub struct Choice {
    /// Its name.
    pub name: String,
    /// What it holds, in short.
    pub hint: String,
    /// True if it is chosen.
    pub chosen: bool,
}

impl Form {
    /// An empty one.
    pub fn new() -> Self {
        Form { details: Typed { everywhere: true, ..Typed::default() }, ..Form::default() }
    }

    /// One with what is there.
    pub fn of(operator: &Operator, scope: &Scope) -> Self {
        let containers = operators::containers_of(scope);
        Form {
            user_id: operator.user_id.clone(),
            details: Typed {
                name: operator.name.clone(),
                email: operator.email.clone().unwrap_or_default(),
                role: operator.role.clone(),
                everywhere: containers.is_none(),
                containers: containers.unwrap_or_default(),
            },
            ..Form::default()
        }
    }

    /// What was sent.
    pub fn read(fields: &Fields) -> Self {
        let containers = fields.all("containers").iter().filter_map(|id| id.parse().ok().map(ContainerId)).collect();
        Form {
            user_id: fields.text("user_id"),
            details: Typed {
                name: fields.text("name"),
                email: fields.text("email"),
                role: fields.text("role"),
                everywhere: fields.text("scope") == "all",
                containers,
            },
            ..Form::default()
        }
    }

    /// What was typed, as the verbs take it.
    pub fn details(&self) -> Details {
        let Typed { name, email, role, everywhere, containers } = self.details.clone();
        Details { name, email, role, containers: (!everywhere).then_some(containers) }
    }

    /// Puts the choices beside it: nothing that `who` cannot grant is offered.
    pub fn with_choices(mut self, conn: &mut AnyConn, who: &Who) -> Result<Self> {
        let grantable = |role: &Role| role.permissions.beyond(who.permissions).next().is_none();
        self.roles = store::role::all(conn)?
            .into_iter()
            .filter(grantable)
            .map(|role| Choice { hint: in_short(&role), chosen: role.name == self.details.role, name: role.name })
            .collect();
        self.containers = users::containers(conn, &who.scope)?
            .into_iter()
            .map(|(id, name)| (id, name, self.details.containers.contains(&id)))
            .collect();
        self.may_be_everywhere = who.scope == Scope::All;
        if !self.may_be_everywhere {
            self.details.everywhere = false;
        }
        Ok(self)
    }
}

/// "all permissions", "5 of 17 permissions".
pub fn in_short(role: &Role) -> String {
    match (role.permissions.count() as usize, Permission::ALL.len()) {
        (held, all) if held == all => "all permissions".into(),
        (held, all) => format!("{held} of {all} permissions"),
    }
}
