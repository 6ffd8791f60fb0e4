//! The Self-Enrollment Policy: the numbers that Provision, the portal and the checks go by.

use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    db::{self, AnyConn, Lock},
    error::{Error, Result},
    operators::{Permission, Who},
};

pub mod lost_phones;
pub mod pages;
pub mod self_enrollment;
mod stop_date;
mod store;
pub mod typed;

pub use self_enrollment::{Policy, Reminder};
pub use stop_date::{STOP_ON, check_not_passed, typed_stop};
pub use store::{Change, changes, changes_since, current};
pub use typed::{Difference, PolicyForm};

/// The policy as it is now, and as it stays until the caller's transaction ends: for what counts by its limits.
pub fn held(conn: &mut AnyConn) -> Result<Policy> {
    db::share(conn, Lock::Policy)?;
    current(conn)
}

/// Changes the policy in the caller's transaction (`tasks::change_policy` is the verb: open tasks count their locked
/// users by it) and keeps who, when, old and new value of each field. `version` is the one the form was opened with.
/// What is different now; nothing if all was as typed already.
///
/// # Errors
/// `Forbidden`; `Invalid` with a sentence for each field; `Conflict` if someone else changed it meanwhile.
pub fn change_in(
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    typed: &PolicyForm,
    version: i64,
) -> Result<Vec<Difference>> {
    who.need_everywhere(Permission::EditPolicies)?;
    let after = typed.check(version)?;
    db::hold(conn, Lock::Policy)?;
    let before = current(conn)?;
    if before.version != version {
        return Err(Error::Conflict("Someone else changed the Self-Enrollment Policy meanwhile.".into()));
    }
    let differences = typed::differences(&before, &after);
    if differences.is_empty() {
        return Ok(differences);
    }
    store::update(conn, &after)?;
    store::keep(conn, now, who.name(), after.version, &differences)?;
    let mut entry = Entry::done(&who.actor, Verb::PolicyChange, "Changed the Self-Enrollment Policy");
    for difference in &differences {
        entry = entry.fact(difference.field, format!("{} → {}", difference.old, difference.new));
    }
    audit::record(conn, now, &entry)?;
    Ok(differences)
}
