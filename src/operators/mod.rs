//! Operators: who may sign in to the console and what each may do there.

use guard::{keep_one, known, not_oneself, scope_of};
use password::OwnWords;

use crate::{
    audit::{self, Actor, ActorKind, Entry, Verb},
    clock::Timestamp,
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Mistakes, Result},
    ids::OperatorId,
};

mod details;
mod edit;
mod end_sessions;
mod guard;
mod invite;
pub mod operator;
pub mod pages;
pub mod password;
mod remove;
pub mod search;
mod store;

pub use crate::access::{ALL_CONTAINERS, BuiltIn, Permission, Permissions, Role, Scope, Who, grantable, may};
pub use operator::{Details, NewOperator, Operator};
pub use store::{
    at_work as row_at_work, container_names, containers_of as containers_of_operator, find as row, find_by_id,
    forget_second_factor,
    holders::roles_with,
    list,
    managing::{within, working_in},
    none_yet,
    role::{all as all_roles, find as find_role, named as role_named},
    sessions, set_password,
};

pub use edit::edit;
pub use end_sessions::{end_own, end_sessions};
pub(crate) use guard::{change, own_words};
pub use guard::{containers_of, find, may_change, scope_words};
pub(crate) use invite::first_password;
pub use invite::invite;
pub use remove::remove;

/// The operator of a session, as they are now.
#[derive(Clone)]
pub struct Working {
    /// Who it is, with role and scope.
    pub who: Who,
    /// True if the first thing to do is to choose a password of one's own.
    pub must_change_password: bool,
}

/// The operator of a session, with role and scope as they are now: a change takes effect with the next request.
///
/// # Errors
/// `Database` only; `None` if the operator is suspended or gone.
pub fn at_work(conn: &mut AnyConn, id: OperatorId, address: &str, request: &str) -> Result<Option<Working>> {
    let Some(row) = store::at_work(conn, id)? else { return Ok(None) };
    let scope = if row.all_containers { Scope::All } else { Scope::Containers(store::containers_of(conn, id)?) };
    let actor = Actor {
        kind: ActorKind::Operator,
        name: row.user_id,
        role: row.role,
        address: address.into(),
        request: request.into(),
    };
    let who = Who { operator: Some(id), actor, permissions: row.permissions, scope };
    Ok(Some(Working { who, must_change_password: row.must_change_password }))
}

/// Adds an operator.
///
/// # Errors
/// `Invalid` with a sentence for each wrong field; `Forbidden` if the role or the scope is more than `who` has.
pub fn add(desk: &Desk, who: &Who, now: Timestamp, new: NewOperator) -> Result<OperatorId> {
    who.need(Permission::ManageOperators)?;
    let new = new.trimmed();
    let mut mistakes = new.mistakes();
    let own = OwnWords::of(&desk.settings).and_of(&new.user_id, &new.name, &new.email);
    if let Some(sentence) = password::mistake(&new.password, &own) {
        mistakes.add("password", sentence);
    }
    mistakes.into_result()?;
    let hash = password::hash(&desk.hashers.slot()?, &desk.random, &new.password)?;
    let outcome = desk.db.write(|conn| {
        db::hold(conn, Lock::Operators)?;
        let mut mistakes = Mistakes::default();
        if store::find(conn, &new.user_id)?.is_some() {
            mistakes.add("user_id", taken(&new.user_id));
        }
        let role = known(conn, who, &mut mistakes, &new.role, new.containers.as_deref())?;
        mistakes.into_result()?;
        let role = role.ok_or_else(|| Error::not_found("role", &new.role))?;
        grantable(who, role.permissions, &scope_of(new.containers.clone()))?;
        let id = store::insert(conn, now, &new, role.id, &hash)?;
        let scope =
            new.containers.as_ref().map_or("all containers".into(), |list| format!("{} containers", list.len()));
        let entry = Entry::done(&who.actor, Verb::OperatorsAdd, "Added an operator").subject(&new.user_id);
        audit::record(conn, now, &entry.fact("Role", role.name).fact("Scope", scope))?;
        Ok(id)
    });
    outcome.map_err(|error| if db::is_taken(&error) { Error::mistake("user_id", taken(&new.user_id)) } else { error })
}

fn taken(user_id: &str) -> String {
    format!(
        "There is an operator {user_id} already. UserIDs are compared without case, and none is given to a second \
         person, even after the first was removed."
    )
}

/// Keeps an operator from signing in, and ends their sessions at once.
///
/// # Errors
/// `NotFound`; `Conflict` if this is the last unsuspended `Operator`; `Forbidden` if they may do more than `who`.
pub fn suspend(desk: &Desk, who: &Who, now: Timestamp, user_id: &str) -> Result<()> {
    change(desk, who, now, Verb::OperatorsSuspend, user_id, |conn, operator| {
        if operator.suspended_at.is_some() {
            return Ok(());
        }
        not_oneself(who, operator.id, "suspend")?;
        keep_one(conn, operator)?;
        store::set_suspended(conn, operator.id, Some(now))?;
        store::sessions::delete_all_of(conn, operator.id)?;
        let entry = Entry::done(&who.actor, Verb::OperatorsSuspend, "Suspended an operator").subject(&operator.user_id);
        audit::record(conn, now, &entry)
    })
}

/// Lets a suspended operator sign in again.
///
/// # Errors
/// `NotFound`; `Forbidden` if they may do more than `who`.
pub fn resume(desk: &Desk, who: &Who, now: Timestamp, user_id: &str) -> Result<()> {
    change(desk, who, now, Verb::OperatorsResume, user_id, |conn, operator| {
        if operator.suspended_at.is_none() {
            return Ok(());
        }
        store::set_suspended(conn, operator.id, None)?;
        let entry = Entry::done(&who.actor, Verb::OperatorsResume, "Let an operator sign in again");
        audit::record(conn, now, &entry.subject(&operator.user_id))
    })
}
