//! Edit: name, email, role and scope of an operator.

use super::scope_words;
use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    desk::Desk,
    error::{Error, Mistakes, Result},
    operators::{Details, Operator, Permission, Scope, Who, change, grantable, keep_one, known, scope_of, store},
};

/// Changes name, email, role and scope of an operator; role and scope count from their next request on. True if
/// anything was changed.
///
/// # Errors
/// `NotFound`; `Invalid` with a sentence for each wrong field; `Forbidden` if they have, or would get, more than `who`;
/// `Conflict` if someone else changed them since `version`, or if this is the last unsuspended `Operator`.
pub fn edit(desk: &Desk, who: &Who, now: Timestamp, user_id: &str, version: i64, details: Details) -> Result<bool> {
    who.need(Permission::ManageOperators)?;
    let details = details.trimmed();
    let mistakes = details.mistakes();
    let changed = std::cell::Cell::new(false);
    change(desk, who, now, Verb::OperatorsEdit, user_id, |conn, operator| {
        if operator.version != version {
            return Err(meanwhile(operator));
        }
        let mut mistakes = mistakes.clone();
        let role = known(conn, who, &mut mistakes, &details.role, details.containers.as_deref())?;
        let scope = scope_of(details.containers.clone());
        let scope_before = match operator.all_containers {
            true => Scope::All,
            false => Scope::Containers(store::containers_of(conn, operator.id)?),
        };
        let moves_role = role.as_ref().is_some_and(|role| role.name != operator.role);
        let moves_scope = !scope.covers(&scope_before) || !scope_before.covers(&scope);
        own_stays(&mut mistakes, who, operator, moves_role, moves_scope);
        mistakes.into_result()?;
        let role = role.ok_or_else(|| Error::not_found("role", &details.role))?;
        let facts = [
            ("Name", operator.name.clone(), details.name.clone(), operator.name != details.name),
            (
                "Email",
                operator.email.clone().unwrap_or_default(),
                details.email.clone(),
                operator.email.clone().unwrap_or_default() != details.email,
            ),
            ("Role", operator.role.clone(), role.name.clone(), moves_role),
            ("Scope", scope_words(conn, &scope_before)?, scope_words(conn, &scope)?, moves_scope),
        ];
        changed.set(facts.iter().any(|(.., moved)| *moved));
        if !changed.get() {
            return Ok(());
        }
        if moves_role || moves_scope {
            grantable(who, role.permissions, &scope)?;
        }
        if moves_role {
            keep_one(conn, operator)?;
        }
        if !store::managing::update(conn, operator.id, version, &details, role.id)? {
            return Err(meanwhile(operator));
        }
        let mut entry = Entry::done(&who.actor, Verb::OperatorsEdit, "Edited an operator").subject(&operator.user_id);
        for (name, old, new, _) in facts.into_iter().filter(|(.., moved)| *moved) {
            let shown = |text: String| if text.is_empty() { "none".to_owned() } else { text };
            entry = entry.fact(name, format!("{} → {}", shown(old), shown(new)));
        }
        audit::record(conn, now, &entry)
    })?;
    Ok(changed.get())
}

/// Nobody changes what they themselves may do: a slip would need somebody else to mend it.
fn own_stays(mistakes: &mut Mistakes, who: &Who, operator: &Operator, moves_role: bool, moves_scope: bool) {
    if who.operator != Some(operator.id) {
        return;
    }
    if moves_role {
        mistakes.add("role", "Nobody changes their own role. Ask another operator to do it.");
    }
    if moves_scope {
        mistakes.add("containers", "Nobody changes their own scope. Ask another operator to do it.");
    }
}

fn meanwhile(operator: &Operator) -> Error {
    Error::Conflict(format!("Someone else changed {} meanwhile.", operator.user_id))
}
