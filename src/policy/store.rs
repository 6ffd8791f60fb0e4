//! The row of the Self-Enrollment Policy, and its Change Log.

use diesel::prelude::*;

use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    insert_all,
    policy::{
        Policy,
        typed::{Difference, list},
    },
    schema::{policy_changes, self_enrollment_policy},
};

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

/// Sets the policy. The caller holds `Lock::Policy` and has compared the version.
pub fn update(conn: &mut AnyConn, policy: &Policy) -> Result<()> {
    diesel::update(self_enrollment_policy::table.find(1))
        .set((
            self_enrollment_policy::days_to_enroll.eq(policy.days_to_enroll),
            self_enrollment_policy::longest_period.eq(policy.longest_period),
            self_enrollment_policy::attempts_allowed.eq(policy.attempts_allowed),
            self_enrollment_policy::code_length.eq(policy.code_length),
            self_enrollment_policy::link_carries_code.eq(policy.link_carries_code),
            self_enrollment_policy::reminder_days.eq(list(&policy.reminder_days, ",")),
            self_enrollment_policy::skip_weekends.eq(policy.skip_weekends),
            self_enrollment_policy::token_failures_allowed.eq(policy.token_failures_allowed),
            self_enrollment_policy::version.eq(policy.version),
        ))
        .execute(conn)?;
    Ok(())
}

/// A line of the Change Log.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = policy_changes)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// The UserID of who changed it.
    pub operator: String,
    /// The field's words.
    pub field: String,
    /// Before, in words.
    #[diesel(column_name = old_value)]
    pub old: String,
    /// After, in words.
    #[diesel(column_name = new_value)]
    pub new: String,
}

#[derive(Insertable)]
#[diesel(table_name = policy_changes)]
struct NewChange<'a> {
    at: Timestamp,
    operator: &'a str,
    field: &'a str,
    old_value: &'a str,
    new_value: &'a str,
    version: i64,
}

/// Keeps what was changed, for the Change Log.
pub fn keep(
    conn: &mut AnyConn,
    now: Timestamp,
    operator: &str,
    version: i64,
    differences: &[Difference],
) -> Result<()> {
    let rows: Vec<NewChange<'_>> = differences
        .iter()
        .map(|difference| NewChange {
            at: now,
            operator,
            field: difference.field,
            old_value: &difference.old,
            new_value: &difference.new,
            version,
        })
        .collect();
    insert_all!(conn, policy_changes::table, rows)?;
    Ok(())
}

/// The Change Log, newest first: lines `offset..offset + limit`, and how many there are in all.
pub fn changes(conn: &mut AnyConn, offset: i64, limit: i64) -> Result<(Vec<Change>, i64)> {
    let total = policy_changes::table.count().get_result(conn)?;
    let lines = policy_changes::table
        .order((policy_changes::version.desc(), policy_changes::id))
        .offset(offset)
        .limit(limit)
        .select(Change::as_select())
        .load(conn)?;
    Ok((lines, total))
}

/// What was changed after `version`, oldest first.
pub fn changes_since(conn: &mut AnyConn, version: i64) -> Result<Vec<Change>> {
    let lines = policy_changes::table
        .filter(policy_changes::version.gt(version))
        .order((policy_changes::version, policy_changes::id))
        .select(Change::as_select())
        .load(conn)?;
    Ok(lines)
}
