//! Roles made in the console from check boxes (PRODUCT.md §5). The four built-in ones can be neither edited nor removed.

use crate::{
    access::role,
    audit::{self, Entry, Verb},
    clock::Timestamp,
    db::{self, AnyConn, Lock},
    desk::Desk,
    english::counted_as,
    error::{Error, Result},
    ids::RoleId,
    operators::{self, BuiltIn, Permission, Permissions, Role, Scope, Who, grantable},
};

pub mod pages;
mod store;

pub use store::{held_by, insert};

/// The role of this row.
///
/// # Errors
/// `NotFound`.
pub fn find(conn: &mut AnyConn, id: RoleId) -> Result<Role> {
    operators::find_role(conn, id)?.ok_or_else(|| Error::not_found("role", id.to_string()))
}

/// Makes a role.
///
/// # Errors
/// `Invalid` with a sentence for each wrong field, also if the name is taken; `Forbidden` if it holds more than `who`.
pub fn add(desk: &Desk, who: &Who, now: Timestamp, name: &str, held: Permissions) -> Result<RoleId> {
    who.need_everywhere(Permission::ManageOperators)?;
    let name = name.trim();
    role::mistakes(name, held).into_result()?;
    grantable(who, held, &Scope::Containers(Vec::new()))?;
    let outcome = desk.db.write(|conn| {
        db::hold(conn, Lock::Operators)?;
        let id = store::insert(conn, name, held)?;
        let entry = Entry::done(&who.actor, Verb::RolesAdd, "Made a role").subject(name);
        audit::record(conn, now, &entry.fact("Permissions", words(held)))?;
        Ok(id)
    });
    outcome.map_err(|error| refused_name(error, name))
}

/// Changes name and permissions of a role; they count from the next request of whoever has it. True if anything was
/// changed.
///
/// # Errors
/// `NotFound`; `Invalid` with a sentence for each wrong field; `Forbidden` if it holds, or would hold, more than `who`;
/// `Refused` if it is built in or one's own; `Conflict` if someone else changed it since `version`.
pub fn edit(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    id: RoleId,
    version: i64,
    name: &str,
    held: Permissions,
) -> Result<bool> {
    who.need_everywhere(Permission::ManageOperators)?;
    let name = name.trim();
    let outcome = desk.db.write(|conn| {
        db::hold(conn, Lock::Operators)?;
        let before = changeable(conn, who, id)?;
        if before.version != version {
            return Err(Error::Conflict(format!("Someone else changed the role {} meanwhile.", before.name)));
        }
        role::mistakes(name, held).into_result()?;
        grantable(who, held, &Scope::Containers(Vec::new()))?;
        if before.name == name && before.permissions == held {
            return Ok(false);
        }
        if !store::update(conn, id, version, name, held)? {
            return Err(Error::Conflict(format!("Someone else changed the role {} meanwhile.", before.name)));
        }
        let mut entry = Entry::done(&who.actor, Verb::RolesEdit, "Edited a role").subject(&before.name);
        if before.name != name {
            entry = entry.fact("Name", format!("{} → {name}", before.name));
        }
        let gained: Permissions = held.beyond(before.permissions).collect();
        let lost: Permissions = before.permissions.beyond(held).collect();
        for (fact, list) in [("Gained", gained), ("Lost", lost)] {
            if list != Permissions::default() {
                entry = entry.fact(fact, words(list));
            }
        }
        audit::record(conn, now, &entry)?;
        Ok(true)
    });
    outcome.map_err(|error| refused_name(error, name))
}

/// Removes a role that nobody has.
///
/// # Errors
/// `NotFound`; `Forbidden` if it holds more than `who`; `Refused` if it is built in, or if somebody has it.
pub fn remove(desk: &Desk, who: &Who, now: Timestamp, id: RoleId) -> Result<Role> {
    who.need_everywhere(Permission::ManageOperators)?;
    desk.db.write(|conn| {
        db::hold(conn, Lock::Operators)?;
        let role = changeable(conn, who, id)?;
        let holders = store::held_by(conn, who)?.into_iter().find(|(one, _)| *one == id).map_or(0, |(_, count)| count);
        if holders > 0 {
            let them = counted_as(holders, "operator has", "operators have");
            return Err(Error::Refused(format!("{them} the role {}. Give them another one first.", role.name)));
        }
        if let Some(auditor) = operators::role_named(conn, BuiltIn::Auditor.name())? {
            store::leave(conn, id, auditor.id)?;
        }
        store::delete(conn, id)?;
        let entry = Entry::done(&who.actor, Verb::RolesRemove, "Removed a role").subject(&role.name);
        audit::record(conn, now, &entry.fact("Permissions", words(role.permissions)))?;
        Ok(role)
    })
}

/// Why `who` cannot change this role; `None` if they can.
pub fn fixed(who: &Who, role: &Role) -> Option<String> {
    if role.built_in {
        return Some("This role is built in: it can be neither edited nor removed.".into());
    }
    if who.scope != Scope::All {
        return Some(
            "Roles count in all containers, and you work in some: who works in all of them changes roles.".into(),
        );
    }
    if role.name == who.actor.role && who.operator.is_some() {
        return Some("This is your own role. Nobody changes what they themselves may do.".into());
    }
    let lacking = role.permissions.beyond(who.permissions).next()?;
    Some(format!("This role holds “{}”, which you lack. Nobody grants or takes what they lack.", lacking.label()))
}

/// The role, if `who` may change it.
fn changeable(conn: &mut AnyConn, who: &Who, id: RoleId) -> Result<Role> {
    let role = find(conn, id)?;
    if let Some(lacking) = role.permissions.beyond(who.permissions).next() {
        return Err(Error::Forbidden(lacking.label()));
    }
    match fixed(who, &role) {
        Some(sentence) => Err(Error::Refused(sentence)),
        None => Ok(role),
    }
}

fn refused_name(error: Error, name: &str) -> Error {
    if db::is_taken(&error) {
        return Error::mistake("name", format!("There is a role {name} already. Names are compared without case."));
    }
    error
}

fn words(held: Permissions) -> String {
    held.beyond(Permissions::default()).map(Permission::label).collect::<Vec<_>>().join(", ")
}
