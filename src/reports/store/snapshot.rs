//! The numbers of the Snapshot. Those over open tasks and over users who are yet to enroll walk along partial indexes
//! that hold nothing else; those over the last 30 days along the days.

use chrono::NaiveDate;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Date},
};

use super::{Basis, history, query, within};
use crate::{
    clock::Zone,
    db::AnyConn,
    error::Result,
    ids::TaskId,
    reports::snapshot::{Day, Funnel, Locked, Open, Soon, Stopping, StoppingTask},
    schema::{enrollments, users},
};

#[derive(QueryableByName)]
struct Pair {
    #[diesel(sql_type = BigInt)]
    first: i64,
    #[diesel(sql_type = BigInt)]
    second: i64,
}

#[derive(QueryableByName)]
struct StoppingRow {
    #[diesel(sql_type = BigInt)]
    task_id: i64,
    #[diesel(sql_type = Date)]
    stop_on: NaiveDate,
    #[diesel(sql_type = BigInt)]
    users: i64,
}

#[derive(QueryableByName)]
struct FunnelRow {
    #[diesel(sql_type = BigInt)]
    provisioned: i64,
    #[diesel(sql_type = BigInt)]
    accepted: i64,
    #[diesel(sql_type = BigInt)]
    opened: i64,
    #[diesel(sql_type = BigInt)]
    enrolled: i64,
    #[diesel(sql_type = BigInt)]
    completed: i64,
}

const OPEN: &str = "t.removed_at IS NULL AND t.enrolled < t.users";
const WAITING: &str = "e.removed_at IS NULL AND e.enrolled_at IS NULL";

/// Tables and condition of enrollments in the containers that exist for who asks.
fn scoped(basis: &Basis) -> (&'static str, String) {
    match &basis.containers {
        None => ("enrollments e", String::new()),
        Some(containers) => {
            ("enrollments e JOIN users u ON u.id = e.user_id", within("u.container_id", Some(containers)))
        }
    }
}

fn pair(conn: &mut AnyConn, text: String) -> Result<(i64, i64)> {
    let row: Pair = query(text).get_result(conn)?;
    Ok((row.first, row.second))
}

/// The open tasks and the users in them.
pub fn open(conn: &mut AnyConn, basis: &Basis) -> Result<Open> {
    let text = match &basis.containers {
        None => format!(
            "SELECT COUNT(*) AS first, CAST(COALESCE(SUM(t.users), 0) AS BIGINT) AS second FROM tasks t WHERE {OPEN}"
        ),
        // In a scope a task is open if someone of the scope has yet to enroll.
        Some(containers) => format!(
            "SELECT COUNT(*) AS first, CAST(COALESCE(SUM(g.users), 0) AS BIGINT) AS second \
             FROM (SELECT COUNT(*) AS users FROM tasks t JOIN enrollments e ON e.task_id = t.id \
                 JOIN users u ON u.id = e.user_id \
               WHERE {OPEN} AND e.removed_at IS NULL{} \
               GROUP BY t.id HAVING COUNT(e.enrolled_at) < COUNT(*)) g",
            within("u.container_id", Some(containers))
        ),
    };
    let (tasks, users) = pair(conn, text)?;
    Ok(Open { tasks, users })
}

/// How many tasks were made since `from`, whatever became of them.
pub fn started(conn: &mut AnyConn, basis: &Basis, from: NaiveDate) -> Result<i64> {
    let text = match &basis.containers {
        None => format!("SELECT COUNT(*) AS first, COUNT(*) AS second FROM tasks t WHERE t.start_on >= '{from}'"),
        Some(containers) => format!(
            "SELECT COUNT(DISTINCT t.id) AS first, COUNT(*) AS second FROM tasks t \
             JOIN enrollments e ON e.task_id = t.id JOIN users u ON u.id = e.user_id \
             WHERE t.start_on >= '{from}'{}",
            within("u.container_id", Some(containers))
        ),
    };
    Ok(pair(conn, text)?.0)
}

/// How many enrollments wait for their users.
pub fn waiting(conn: &mut AnyConn, basis: &Basis) -> Result<i64> {
    let (tables, inside) = scoped(basis);
    Ok(pair(
        conn,
        format!("SELECT COUNT(*) AS first, CAST(0 AS BIGINT) AS second FROM {tables} WHERE {WAITING}{inside}"),
    )?
    .0)
}

/// Users who may still enroll and whose time ends until `last`.
fn ends(basis: &Basis, last: NaiveDate) -> String {
    let (today, limit) = (basis.today, basis.attempts_allowed);
    format!("{WAITING} AND e.stop_on >= '{today}' AND e.stop_on <= '{last}' AND e.failures < {limit}")
}

/// Users whose time ends until `last`, and the tasks they are in.
pub fn soon(conn: &mut AnyConn, basis: &Basis, last: NaiveDate) -> Result<Soon> {
    let ((tables, inside), ends) = (scoped(basis), ends(basis, last));
    let text =
        format!("SELECT COUNT(*) AS first, COUNT(DISTINCT e.task_id) AS second FROM {tables} WHERE {ends}{inside}");
    let (users, tasks) = pair(conn, text)?;
    Ok(Soon { users, tasks })
}

/// The first `most` tasks with users whose time ends until `last`, the earliest first.
pub fn stopping(conn: &mut AnyConn, basis: &Basis, last: NaiveDate, most: i64) -> Result<Vec<StoppingTask>> {
    let ((tables, inside), ends) = (scoped(basis), ends(basis, last));
    let rows: Vec<StoppingRow> = query(format!(
        "SELECT e.task_id, MIN(e.stop_on) AS stop_on, COUNT(*) AS users FROM {tables} WHERE {ends}{inside} \
         GROUP BY e.task_id ORDER BY MIN(e.stop_on), e.task_id LIMIT {most}"
    ))
    .load(conn)?;
    Ok(rows.into_iter().map(|row| (TaskId(row.task_id), row.stop_on, row.users)).collect())
}

/// These tasks, with how far they are.
pub fn with_rows(conn: &mut AnyConn, basis: &Basis, stopping: &[StoppingTask]) -> Result<Vec<Stopping>> {
    let ids: Vec<TaskId> = stopping.iter().map(|(task, ..)| *task).collect();
    let tasks = history::of(conn, basis, &ids)?;
    let row = |(task, stop_on, users): &StoppingTask| {
        let row = tasks.iter().find(|row| row.task.id == *task)?.clone();
        Some(Stopping { row, stop_on: *stop_on, users: *users })
    };
    Ok(stopping.iter().filter_map(row).collect())
}

/// Users in open tasks whose failed attempts reached the limit.
pub fn locked(conn: &mut AnyConn, basis: &Basis) -> Result<Locked> {
    let limit = basis.attempts_allowed;
    let text = match &basis.containers {
        None => format!(
            "SELECT COUNT(*) AS first, CAST(COALESCE(SUM(t.locked), 0) AS BIGINT) AS second \
             FROM tasks t WHERE {OPEN} AND t.locked > 0"
        ),
        Some(containers) => format!(
            "SELECT COUNT(DISTINCT e.task_id) AS first, COUNT(*) AS second FROM tasks t \
             JOIN enrollments e ON e.task_id = t.id JOIN users u ON u.id = e.user_id \
             WHERE {OPEN} AND t.locked > 0 AND {WAITING} AND e.failures >= {limit}{}",
            within("u.container_id", Some(containers))
        ),
    };
    let (tasks, users) = pair(conn, text)?;
    Ok(Locked { users, tasks })
}

/// How far those came who were provisioned since `from`. It reads each of their enrollments.
pub fn funnel(conn: &mut AnyConn, basis: &Basis, from: NaiveDate) -> Result<Funnel> {
    let (users, inside) = match &basis.containers {
        None => ("", String::new()),
        Some(containers) => (" JOIN users u ON u.id = e.user_id", within("u.container_id", Some(containers))),
    };
    // Who came further came past the earlier lines too, whatever was noted there.
    let opened = "(e.enrolled_at IS NOT NULL OR e.code_accepted_at IS NOT NULL OR e.opened_at IS NOT NULL)";
    let accepted = "EXISTS (SELECT 1 FROM emails m WHERE m.enrollment_id = e.id AND m.sent_at IS NOT NULL)";
    let row: FunnelRow = query(format!(
        "SELECT COUNT(*) AS provisioned, \
           COUNT(CASE WHEN {opened} THEN 1 WHEN {accepted} THEN 1 END) AS accepted, \
           COUNT(CASE WHEN {opened} THEN 1 END) AS opened, \
           COUNT(e.enrolled_at) AS enrolled, COUNT(e.used_at) AS completed \
         FROM tasks t JOIN enrollments e ON e.task_id = t.id{users} \
         WHERE t.start_on >= '{from}' AND e.removed_why <> 'replaced'{inside}"
    ))
    .get_result(conn)?;
    Ok(Funnel {
        provisioned: row.provisioned,
        accepted: row.accepted,
        opened: row.opened,
        enrolled: row.enrolled,
        completed: row.completed,
    })
}

/// Completed enrollments on each of `days` days up to today.
pub fn completed(conn: &mut AnyConn, basis: &Basis, zone: Zone, days: usize) -> Result<Vec<Day>> {
    let mut list: Vec<NaiveDate> =
        std::iter::successors(Some(basis.today), |day| day.pred_opt()).take(days + 1).collect();
    list.reverse();
    list.windows(2)
        .map(|pair| {
            let (begins, ends) = (zone.end_of(pair[0]), zone.end_of(pair[1]));
            let used = enrollments::used_at.is_not_null().and(
                enrollments::used_at.assume_not_null().ge(begins).and(enrollments::used_at.assume_not_null().lt(ends)),
            );
            let completed = match &basis.containers {
                None => enrollments::table.filter(used).count().get_result(conn)?,
                Some(containers) => {
                    let ids: Vec<i64> = containers.iter().map(|id| id.0).collect();
                    enrollments::table
                        .inner_join(users::table)
                        .filter(used)
                        .filter(users::container_id.eq_any(ids))
                        .count()
                        .get_result(conn)?
                }
            };
            Ok(Day { on: pair[1], completed })
        })
        .collect()
}
