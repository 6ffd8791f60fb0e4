//! Operator alerts: what each role is told of by email, at once or once a day; off until somebody chooses it.

use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Result},
    operators::{Permission, Role, Who, all_roles},
};

pub mod alert;
pub mod choice;
mod delivery;
mod event;
pub mod pages;
mod round;
mod store;
mod telling;

pub use alert::{Delivery, Event};
pub use choice::{AlertChoice, AlertForm, Change, Difference, RoleChoices};
pub use round::send;
pub use store::{changes, changes_since, events, version};

/// All roles, built-in ones first, and how each is told.
pub fn choices(conn: &mut AnyConn) -> Result<Vec<RoleChoices>> {
    let on = store::choices(conn)?;
    let mut all = Vec::new();
    for Role { id: role, name, permissions, .. } in all_roles(conn)? {
        let mut on: Vec<AlertChoice> = on.iter().filter(|(of, _)| *of == role).map(|(_, choice)| *choice).collect();
        on.sort_by_key(|choice| choice.event);
        all.push(RoleChoices { role, name, permissions, on });
    }
    Ok(all)
}

/// Changes what roles are told, and keeps who, when, old and new value. `version` is the one the form was opened with.
/// What is turned on begins now: nobody is told the past. What is different now; nothing if all was as typed already.
///
/// # Errors
/// `Forbidden`; `Invalid` with a sentence for each kind of event; `Conflict` if someone else changed it meanwhile.
pub fn change(desk: &Desk, who: &Who, now: Timestamp, typed: &AlertForm, version: i64) -> Result<Vec<Difference>> {
    who.need_everywhere(Permission::EditPolicies)?;
    desk.db.write(|conn| {
        db::hold(conn, Lock::Alerts)?;
        if store::version(conn)? != version {
            return Err(Error::Conflict("Someone else changed the operator alerts meanwhile.".into()));
        }
        let differences = typed.differences(&choices(conn)?)?;
        if differences.is_empty() {
            return Ok(differences);
        }
        store::choose(conn, now, version + 1, &differences)?;
        store::keep(conn, now, who.name(), version + 1, &differences)?;
        let mut entry = Entry::done(&who.actor, Verb::AlertsChange, "Changed the operator alerts");
        for Difference { name, event, old, new, .. } in &differences {
            entry = entry.fact(event.label(), format!("{name}: {} → {}", old.label(), new.label()));
        }
        audit::record(conn, now, &entry)?;
        Ok(differences)
    })
}
