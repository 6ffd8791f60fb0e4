//! Changing the Self-Enrollment Policy, which the counts of open tasks follow.

use crate::{clock::Timestamp, counts, desk::Desk, error::Result, operators::Who, policy};

/// Changes the Self-Enrollment Policy. Existing Stop Dates stay; where the attempts allowed change, users become Locked
/// or Active again at once, and the open tasks count them anew. What is different now.
///
/// # Errors
/// As [`policy::change_in`].
pub fn change_policy(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    typed: &policy::PolicyForm,
    version: i64,
) -> Result<Vec<policy::Difference>> {
    desk.db.write(|conn| {
        let before = policy::current(conn)?.attempts_allowed;
        let differences = policy::change_in(conn, who, now, typed, version)?;
        if policy::current(conn)?.attempts_allowed != before {
            counts::recount_locked(conn)?;
        }
        Ok(differences)
    })
}
