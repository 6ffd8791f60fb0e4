//! The row of the Self-Enrollment Policy.

use diesel::prelude::*;

use crate::{db::AnyConn, error::Result, policy::Policy, schema::self_enrollment_policy};

#[derive(Queryable)]
struct Row {
    _id: i64,
    days_to_enroll: i64,
    longest_period: i64,
    attempts_allowed: i64,
    code_length: i64,
    link_carries_code: bool,
    reminder_days: String,
    skip_weekends: bool,
    token_failures_allowed: i64,
    version: i64,
}

/// The policy as it is now.
///
/// # Errors
/// `Database` only.
pub fn current(conn: &mut AnyConn) -> Result<Policy> {
    let row: Row = self_enrollment_policy::table.find(1).first(conn)?;
    Ok(Policy {
        days_to_enroll: row.days_to_enroll,
        longest_period: row.longest_period,
        attempts_allowed: row.attempts_allowed,
        code_length: row.code_length,
        link_carries_code: row.link_carries_code,
        reminder_days: row.reminder_days.split(',').filter_map(|days| days.trim().parse().ok()).collect(),
        skip_weekends: row.skip_weekends,
        token_failures_allowed: row.token_failures_allowed,
        version: row.version,
    })
}
