//! The rows of a new task, for one user or for 100,000 at once.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{BigInt, Date, Text, Timestamp as SqlTimestamp},
};

use crate::{
    clock::Timestamp,
    db::{self, AnyConn, ROWS_A_STATEMENT},
    error::Result,
    ids::{EnrollmentId, TaskId, UserId, WorkId},
    insert_rows,
    operators::Who,
    provision::plan::{Candidate, Plan},
    schema::{enrollments, tasks},
};

/// A task that is about to be made.
pub struct NewTask<'a> {
    plan: &'a Plan,
    users: i64,
}

impl<'a> NewTask<'a> {
    /// For `users` of `plan`.
    pub fn of(plan: &'a Plan, users: usize) -> Self {
        NewTask { plan, users: i64::try_from(users).unwrap_or(i64::MAX) }
    }
}

/// Makes the task; its number.
pub fn insert_task(conn: &mut AnyConn, now: Timestamp, who: &Who, new: &NewTask<'_>) -> Result<TaskId> {
    let choice = &new.plan.choice;
    let id: i64 = diesel::insert_into(tasks::table)
        .values((
            (
                tasks::operator_id.eq(who.operator.map(|operator| operator.0)),
                tasks::operator.eq(who.name()),
                tasks::operator_key.eq(db::key(who.name())),
                tasks::authentication_type.eq(choice.authentication_type.code()),
                tasks::description.eq(choice.description.as_str()),
                tasks::start_on.eq(new.plan.start_on),
                tasks::created_at.eq(now),
                tasks::removed_by.eq(""),
            ),
            (
                tasks::users.eq(new.users),
                tasks::enrolled.eq(0),
                tasks::used.eq(0),
                tasks::locked.eq(0),
                tasks::earliest_stop_on.eq(choice.stop_on),
                tasks::latest_stop_on.eq(choice.stop_on),
                tasks::emailed_to.eq(""),
                tasks::emailed_to_key.eq(""),
                tasks::emailed_users.eq(0),
                tasks::version.eq(1),
            ),
        ))
        .returning(tasks::id)
        .get_result(conn)?;
    Ok(TaskId(id))
}

/// Gives each user for whom `work` prepared an email an enrollment; how many.
pub fn insert_prepared(conn: &mut AnyConn, now: Timestamp, task: TaskId, plan: &Plan, work: WorkId) -> Result<usize> {
    let made = sql_query(
        "INSERT INTO enrollments (task_id, user_id, authentication_type, stop_on, failures, removed_by, removed_why, \
           emailed_to, emailed_at, version) \
         SELECT $1, s.user_id, $2, $3, 0, '', '', s.shown_to, $4, 1 \
         FROM work_emails s WHERE s.work_id = $5 ORDER BY s.nth",
    )
    .bind::<BigInt, _>(task.0)
    .bind::<Text, _>(plan.choice.authentication_type.code())
    .bind::<Date, _>(plan.choice.stop_on)
    .bind::<SqlTimestamp, _>(now)
    .bind::<BigInt, _>(work.0)
    .execute(conn)?;
    Ok(made)
}

#[derive(Insertable)]
#[diesel(table_name = enrollments)]
#[diesel(treat_none_as_default_value = false)]
struct NewEnrollment<'a> {
    task_id: i64,
    user_id: i64,
    authentication_type: &'static str,
    stop_on: NaiveDate,
    failures: i64,
    removed_by: &'static str,
    removed_why: &'static str,
    emailed_to: &'a str,
    emailed_at: Option<Timestamp>,
    version: i64,
}

/// Gives each of these users an enrollment; their enrollments.
pub fn insert_enrollments(
    conn: &mut AnyConn,
    now: Timestamp,
    task: TaskId,
    plan: &Plan,
    getting: &[&Candidate],
) -> Result<HashMap<UserId, EnrollmentId>> {
    for part in getting.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<NewEnrollment<'_>> = part
            .iter()
            .map(|user| NewEnrollment {
                task_id: task.0,
                user_id: user.user.0,
                authentication_type: plan.choice.authentication_type.code(),
                stop_on: plan.choice.stop_on,
                failures: 0,
                removed_by: "",
                removed_why: "",
                emailed_to: &user.email,
                emailed_at: Some(now).filter(|_| !user.email.is_empty()),
                version: 1,
            })
            .collect();
        insert_rows!(conn, enrollments::table, &rows)?;
    }
    let ids: Vec<(i64, i64)> = enrollments::table
        .filter(enrollments::task_id.eq(task.0))
        .select((enrollments::user_id, enrollments::id))
        .load(conn)?;
    Ok(ids.into_iter().map(|(user, id)| (UserId(user), EnrollmentId(id))).collect())
}
