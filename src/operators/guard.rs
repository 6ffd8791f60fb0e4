//! What is asked before an operator is changed: who exists for whom, who may change whom, and that one stays.

use super::password::OwnWords;
use super::{BuiltIn, Operator, Permission, Role, Scope, Who, grantable, store};
use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Mistakes, Result},
    ids::{ContainerId, OperatorId},
};

/// The role of this name; a mistake if there is none, or if the containers are none, or not there for `who`.
pub(super) fn known(
    conn: &mut AnyConn,
    who: &Who,
    mistakes: &mut Mistakes,
    role: &str,
    containers: Option<&[ContainerId]>,
) -> Result<Option<Role>> {
    let found = store::role::named(conn, role)?;
    if found.is_none() && role.is_empty() {
        mistakes.add("role", "Choose a role.");
    } else if found.is_none() {
        let names: Vec<String> = store::role::all(conn)?.into_iter().map(|role| role.name).collect();
        mistakes.add("role", format!("There is no role “{role}”. There are: {}.", names.join(", ")));
    }
    if let Some(list) = containers
        && (list.is_empty()
            || !list.iter().all(|container| who.scope.holds(*container))
            || usize::try_from(store::count_containers(conn, list)?) != Ok(list.len()))
    {
        mistakes.add("containers", "Choose one or more of the containers there are.");
    }
    Ok(found)
}

pub(super) fn scope_of(containers: Option<Vec<ContainerId>>) -> Scope {
    containers.map_or(Scope::All, Scope::Containers)
}

/// The words that may not make up the password of this operator.
pub(crate) fn own_words(desk: &Desk, who: &Who, user_id: &str) -> Result<OwnWords> {
    let (operator, _) = desk.db.read(|conn| find(conn, who, user_id))?;
    let email = operator.email.unwrap_or_default();
    Ok(OwnWords::of(&desk.settings).and_of(&operator.user_id, &operator.name, &email))
}

/// What all changes to an operator begin with: permission, the lock, the row, and that `who` is not below them.
pub(crate) fn change(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    verb: Verb,
    user_id: &str,
    f: impl Fn(&mut AnyConn, &Operator) -> Result<()>,
) -> Result<()> {
    who.need(Permission::ManageOperators)?;
    let outcome = desk.db.write(|conn| {
        db::hold(conn, Lock::Operators)?;
        let (operator, scope) = find(conn, who, user_id)?;
        // Whoever resets the password of someone above them could sign in as them.
        grantable(who, operator.permissions, &scope)?;
        f(conn, &operator)
    });
    outcome.or_else(|error| refused(desk, who, now, verb, user_id, error))
}

/// Writes down that a change was refused (its own transaction was rolled back), and passes the reason on.
pub(super) fn refused<T>(desk: &Desk, who: &Who, now: Timestamp, verb: Verb, user_id: &str, error: Error) -> Result<T> {
    if matches!(error, Error::Forbidden(_) | Error::Conflict(_) | Error::Refused(_)) {
        let entry = Entry::refused(&who.actor, verb, "Refused to change an operator").subject(user_id);
        let entry = entry.fact("Reason", error.to_string());
        desk.db.write(|conn| audit::record(conn, now, &entry))?;
    }
    Err(error)
}

/// The last unsuspended `Operator` can be neither suspended, removed nor demoted (PRODUCT.md §5).
pub(super) fn keep_one(conn: &mut AnyConn, operator: &Operator) -> Result<()> {
    let full = operator.role == BuiltIn::Operator.name() && operator.suspended_at.is_none();
    if full && store::count_full(conn)? < 2 {
        return Err(Error::Refused(format!(
            "{} is the last one with the role Operator who can sign in. Give the role to someone else first.",
            operator.user_id
        )));
    }
    Ok(())
}

/// The operator of this UserID and their scope. Who works in a part only knows no operator from outside of it: the names
/// of containers and people there do not exist for them (PRODUCT.md §1).
///
/// # Errors
/// `NotFound`, also if the operator's scope is not inside that of `who`.
pub fn find(conn: &mut AnyConn, who: &Who, user_id: &str) -> Result<(Operator, Scope)> {
    let nobody = || Error::not_found("operator", user_id);
    let operator = store::find(conn, user_id)?.ok_or_else(nobody)?;
    let scope = match operator.all_containers {
        true => Scope::All,
        false => Scope::Containers(store::containers_of(conn, operator.id)?),
    };
    let exists = who.scope.covers(&scope) || who.operator == Some(operator.id);
    if exists { Ok((operator, scope)) } else { Err(nobody()) }
}

/// True if `who` may change this operator: nobody takes over someone who has more (PRODUCT.md §5).
pub fn may_change(who: &Who, operator: &Operator, scope: &Scope) -> bool {
    who.may(Permission::ManageOperators) && grantable(who, operator.permissions, scope).is_ok()
}

/// A scope in words: "all containers", or their names.
pub fn scope_words(conn: &mut AnyConn, scope: &Scope) -> Result<String> {
    match scope {
        Scope::All => Ok("all containers".into()),
        Scope::Containers(list) if list.is_empty() => Ok("no container".into()),
        Scope::Containers(list) => Ok(store::container_names(conn, list)?.join(", ")),
    }
}

/// What cannot be done to oneself.
pub(super) fn not_oneself(who: &Who, operator: OperatorId, verb: &str) -> Result<()> {
    if who.operator == Some(operator) {
        return Err(Error::Refused(format!("Nobody can {verb} themselves. Ask another operator to do it.")));
    }
    Ok(())
}

/// The containers of a scope as a form sends them.
pub fn containers_of(scope: &Scope) -> Option<Vec<ContainerId>> {
    match scope {
        Scope::All => None,
        Scope::Containers(list) => Some(list.clone()),
    }
}
