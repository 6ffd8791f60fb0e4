//! Screens of the audit log.

use crate::{
    audit::{ActorKind, Line, Visible},
    operators::{Permission, Scope, Who},
    web::segment,
};

pub mod entry;
pub mod file;
pub mod list;

/// What of the log someone sees: all of it, what is in their scope, or their own entries (PRODUCT.md §5).
fn sight(who: &Who) -> Visible {
    if !who.may(Permission::SeeAudit) {
        return Visible::Own(who.name().to_owned());
    }
    match &who.scope {
        Scope::All => Visible::All,
        Scope::Containers(containers) => Visible::Within { containers: containers.clone(), own: who.name().to_owned() },
    }
}

/// A name and a value, and the value before if it changed.
struct Fact {
    name: String,
    before: Option<String>,
    now: String,
}

fn fact((name, value): (String, String)) -> Fact {
    match value.split_once(" → ") {
        Some((before, now)) => Fact { name, before: Some(before.to_owned()), now: now.to_owned() },
        None => Fact { name, before: None, now: value },
    }
}

/// What stands beside a name. Operators and the server go by their names; a user or an auth node might have the name of
/// an operator.
fn kind(line: &Line) -> &'static str {
    let told = [ActorKind::User, ActorKind::AuthNode];
    told.into_iter().find(|kind| kind.code() == line.actor_kind).map_or("", ActorKind::code)
}

/// Where the user is that an entry is about.
fn user_address(line: &Line, see_users: bool) -> Option<String> {
    line.user.filter(|_| see_users).map(|_| format!("/users/{}", segment(&line.subject)))
}
