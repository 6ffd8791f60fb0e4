//! Tasks for operators who work in some containers: a task is what of it lies in them, counted live.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    ids::{ContainerId, TaskId},
    mail::State,
    schema::{emails, enrollments, tasks, users},
    tasks::{
        enrollment::{EnrollmentFacts, Status, status},
        list::Row,
        store::list::TaskRow,
        task::{Progress, Task},
    },
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = enrollments)]
struct ScopedEnrollment {
    task_id: i64,
    stop_on: NaiveDate,
    failures: i64,
    enrolled_at: Option<Timestamp>,
    used_at: Option<Timestamp>,
    emailed_at: Option<Timestamp>,
}

/// What of the open tasks lies in `containers`: those in which someone there has yet to enroll.
pub fn open(conn: &mut AnyConn, containers: &[ContainerId], attempts: i64, today: NaiveDate) -> Result<Vec<Row>> {
    let inside: Vec<(ScopedEnrollment, Option<String>)> = enrollments::table
        .inner_join(users::table)
        .inner_join(tasks::table)
        .left_join(emails::table)
        .filter(users::container_id.eq_any(ids(containers)))
        .filter(tasks::removed_at.is_null().and(tasks::enrolled.lt(tasks::users)))
        .filter(enrollments::removed_at.is_null())
        .select((ScopedEnrollment::as_select(), emails::state.nullable()))
        .load(conn)?;
    let rows = count(conn, inside, containers, attempts, today)?;
    Ok(rows.into_iter().filter(|row| row.task.is_open()).collect())
}

/// What of one task lies in `containers`, whatever its state; `None` if nobody of it does.
pub fn find(
    conn: &mut AnyConn,
    id: TaskId,
    containers: &[ContainerId],
    attempts: i64,
    today: NaiveDate,
) -> Result<Option<Row>> {
    let inside: Vec<(ScopedEnrollment, Option<String>)> = enrollments::table
        .inner_join(users::table)
        .left_join(emails::table)
        .filter(enrollments::task_id.eq(id.0))
        .filter(users::container_id.eq_any(ids(containers)))
        .filter(enrollments::removed_at.is_null().or(enrollments::removed_why.eq("task removed")))
        .select((ScopedEnrollment::as_select(), emails::state.nullable()))
        .load(conn)?;
    Ok(count(conn, inside, containers, attempts, today)?.pop())
}

fn ids(containers: &[ContainerId]) -> Vec<i64> {
    containers.iter().map(|container| container.0).collect()
}

/// Puts the live counts instead of those that stand with the tasks.
fn count(
    conn: &mut AnyConn,
    inside: Vec<(ScopedEnrollment, Option<String>)>,
    containers: &[ContainerId],
    attempts: i64,
    today: NaiveDate,
) -> Result<Vec<Row>> {
    let mut by_task: BTreeMap<i64, Vec<(ScopedEnrollment, Option<String>)>> = BTreeMap::new();
    for (row, state) in inside {
        by_task.entry(row.task_id).or_default().push((row, state));
    }
    let numbers: Vec<i64> = by_task.keys().copied().collect();
    let mut found = Vec::with_capacity(numbers.len());
    for part in numbers.chunks(crate::db::ROWS_A_STATEMENT) {
        let newest = newest_emails(conn, part, containers)?;
        let rows: Vec<TaskRow> = tasks::table.filter(tasks::id.eq_any(part)).select(TaskRow::as_select()).load(conn)?;
        for row in rows {
            let task = Task::try_from(row)?;
            if let Some(enrollments) = by_task.remove(&task.id.0) {
                let to = newest.get(&task.id.0).cloned().unwrap_or_default();
                found.push(narrow(Task { emailed_to: to, ..task }, &enrollments, attempts, today));
            }
        }
    }
    Ok(found)
}

/// The address of the newest email to somebody in `containers` who is in the task, for each of these tasks.
fn newest_emails(conn: &mut AnyConn, tasks: &[i64], containers: &[ContainerId]) -> Result<HashMap<i64, String>> {
    let in_it = enrollments::removed_at.is_null().or(enrollments::removed_why.eq("task removed"));
    let newest: Vec<(Option<i64>, Option<i64>)> = emails::table
        .inner_join(enrollments::table.on(emails::enrollment_id.eq(enrollments::id.nullable())))
        .inner_join(users::table.on(enrollments::user_id.eq(users::id)))
        .filter(emails::task_id.eq_any(tasks))
        .filter(users::container_id.eq_any(ids(containers)))
        .filter(in_it)
        .group_by(emails::task_id)
        .select((emails::task_id, diesel::dsl::max(emails::id)))
        .load(conn)?;
    let newest: Vec<i64> = newest.into_iter().filter_map(|(_, email)| email).collect();
    let rows: Vec<(Option<i64>, String)> =
        emails::table.filter(emails::id.eq_any(newest)).select((emails::task_id, emails::shown_to)).load(conn)?;
    Ok(rows.into_iter().filter_map(|(task, to)| Some((task?, to))).collect())
}

fn narrow(mut task: Task, enrollments: &[(ScopedEnrollment, Option<String>)], attempts: i64, today: NaiveDate) -> Row {
    let mut progress = Progress::default();
    let counts = &mut task.counts;
    (counts.users, counts.enrolled, counts.used) = (0, 0, 0);
    task.emailed_users = 0;
    let mut mail_trouble = false;
    let stops = || enrollments.iter().map(|(enrollment, _)| enrollment.stop_on);
    counts.earliest_stop_on = stops().min().unwrap_or(counts.earliest_stop_on);
    counts.latest_stop_on = stops().max().unwrap_or(counts.latest_stop_on);
    for (enrollment, state) in enrollments {
        counts.users += 1;
        counts.enrolled += i64::from(enrollment.enrolled_at.is_some());
        counts.used += i64::from(enrollment.used_at.is_some());
        let facts = EnrollmentFacts {
            stop_on: enrollment.stop_on,
            failures: enrollment.failures,
            enrolled_at: enrollment.enrolled_at,
            used_at: enrollment.used_at,
        };
        match status(&facts, attempts, today) {
            _ if task.removed_at.is_some() && enrollment.enrolled_at.is_none() => progress.removed += 1,
            Status::Active => progress.active += 1,
            Status::Completed => progress.completed += 1,
            Status::Locked => progress.locked += 1,
            Status::Expired => progress.expired += 1,
        }
        task.emailed_users += i64::from(enrollment.emailed_at.is_some());
        let trouble = state.as_deref().and_then(State::from_code).is_some_and(State::is_trouble);
        mail_trouble |= enrollment.enrolled_at.is_none() && trouble;
    }
    counts.locked = progress.locked;
    Row { task, progress, mail_trouble }
}
