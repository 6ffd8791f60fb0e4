//! Remove: an operator leaves; what they did stays in the log.

use super::guard::not_oneself;
use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    desk::Desk,
    error::Result,
    operators::{
        Who, change, keep_one,
        store::{self, sessions},
    },
};

/// Removes an operator for good: they are signed out, and their UserID is not used again. What they did stays.
///
/// # Errors
/// `NotFound`; `Refused` if this is the last unsuspended `Operator`, or oneself; `Forbidden` if they may do more.
pub fn remove(desk: &Desk, who: &Who, now: Timestamp, user_id: &str) -> Result<()> {
    change(desk, who, now, Verb::OperatorsRemove, user_id, |conn, operator| {
        not_oneself(who, operator.id, "remove")?;
        keep_one(conn, operator)?;
        sessions::delete_all_of(conn, operator.id)?;
        store::managing::remove(conn, operator.id, now)?;
        let entry = Entry::done(&who.actor, Verb::OperatorsRemove, "Removed an operator").subject(&operator.user_id);
        audit::record(conn, now, &entry.fact("Role", operator.role.clone()))
    })
}
