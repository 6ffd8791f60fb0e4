//! Tasks of all times, with their numbers as far as a scope goes.

use chrono::NaiveDate;
use diesel::{prelude::*, sql_types::BigInt};

use super::{Basis, of_operator, query, within};
use crate::{
    db::AnyConn,
    error::Result,
    ids::{ContainerId, TaskId},
    reports::{
        filter::Filter,
        history::{Counts, Row, Totals},
    },
};

mod row;
mod which;

#[derive(QueryableByName)]
struct TotalsRow {
    #[diesel(sql_type = BigInt)]
    tasks: i64,
    #[diesel(sql_type = BigInt)]
    users: i64,
    #[diesel(sql_type = BigInt)]
    used: i64,
    #[diesel(sql_type = BigInt)]
    locked: i64,
    #[diesel(sql_type = BigInt)]
    expired: i64,
    #[diesel(sql_type = BigInt)]
    removed: i64,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// The users `e` who may still enroll, or could if they were in time.
fn waiting(basis: &Basis) -> String {
    format!("e.removed_at IS NULL AND e.enrolled_at IS NULL AND e.failures < {}", basis.attempts_allowed)
}

/// The expired users of a task or of what of it lies in the scope, `table`. They are counted where some of its Stop Dates
/// have passed and some have not, by `inside`. Nobody of a removed task is expired.
pub(super) fn expired(basis: &Basis, table: char, removed: &str, inside: &str) -> String {
    let (today, waiting) = (basis.today, waiting(basis));
    format!(
        "CASE WHEN {removed} OR {table}.earliest_stop_on >= '{today}' OR {table}.enrolled >= {table}.users THEN 0 \
           WHEN {table}.latest_stop_on < '{today}' THEN {table}.users - {table}.enrolled - {table}.locked \
           ELSE (SELECT COUNT(*) FROM {inside} AND {waiting} AND e.stop_on < '{today}') END"
    )
}

/// The condition that a task is removed, as its row has it.
const REMOVED: &str = "t.removed_at IS NOT NULL";

/// These tasks as far as they exist in the scope, in no order: with the counts that stand with them, or with what of them lies
/// in each container.
pub fn of(conn: &mut AnyConn, basis: &Basis, tasks: &[TaskId]) -> Result<Vec<Row>> {
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    let ids = tasks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (counts, email, from, people) = match &basis.containers {
        None => (
            't',
            "t.emailed_to".to_owned(),
            format!("tasks t WHERE t.id IN ({ids})"),
            "enrollments e WHERE e.task_id = t.id".to_owned(),
        ),
        Some(containers) => (
            'g',
            "COALESCE((SELECT m.shown_to FROM emails m WHERE m.id = g.last_email_id), '')".to_owned(),
            format!("tasks t JOIN {} g ON g.task_id = t.id", parts(&format!(" AND c.task_id IN ({ids})"), containers)),
            format!(
                "enrollments e JOIN users u ON u.id = e.user_id WHERE e.task_id = t.id{}",
                within("u.container_id", Some(containers))
            ),
        ),
    };
    let expired = expired(basis, counts, REMOVED, &people);
    let rows: Vec<row::TaskRow> = query(format!(
        "SELECT t.id, t.operator, t.authentication_type, t.description, t.start_on, t.created_at, t.removed_at, \
           t.removed_by, t.version, {counts}.users, {counts}.enrolled, {counts}.used, {counts}.earliest_stop_on, \
           {counts}.latest_stop_on, {email} AS emailed_to, {counts}.emailed_users, \
           CASE WHEN {REMOVED} THEN 0 ELSE {counts}.locked END AS locked, {expired} AS expired, \
           (SELECT COUNT(*) FROM {people} AND e.removed_at IS NOT NULL) AS removed, \
           (SELECT MAX(e.enrolled_at) FROM {people}) AS last_enrolled_at, \
           (SELECT MAX(e.removed_at) FROM {people}) AS last_removed_at \
         FROM {from}"
    ))
    .load(conn)?;
    rows.into_iter().map(Row::try_from).collect()
}

/// What of the tasks lies in these containers, a row a task.
fn parts(conditions: &str, containers: &[ContainerId]) -> String {
    let sum = |column: &str| format!("CAST(SUM(c.{column}) AS BIGINT) AS {column}");
    let sums = ["users", "enrolled", "used", "locked", "emailed_users"].map(sum).join(", ");
    let inside = within("c.container_id", Some(containers));
    format!(
        "(SELECT c.task_id, {sums}, MIN(c.earliest_stop_on) AS earliest_stop_on, MAX(c.latest_stop_on) AS latest_stop_on, \
           MAX(c.last_email_id) AS last_email_id FROM task_containers c WHERE 1 = 1{conditions}{inside} GROUP BY c.task_id)"
    )
}

/// The rows `offset..offset + limit` after the one of this Start Date and number, the newest first.
fn rows(
    conn: &mut AnyConn,
    basis: &Basis,
    filter: &Filter,
    after: Option<(NaiveDate, TaskId)>,
    (offset, limit): (i64, i64),
) -> Result<Vec<Row>> {
    let ids: Vec<Number> = which::ids(basis, filter, after, offset, limit).load(conn)?;
    let ids: Vec<TaskId> = ids.into_iter().map(|row| TaskId(row.id)).collect();
    let mut rows = of(conn, basis, &ids)?;
    rows.sort_by_key(|row| std::cmp::Reverse((row.task.start_on, row.task.id)));
    Ok(rows)
}

/// The rows of a page, the newest first.
pub fn page(conn: &mut AnyConn, basis: &Basis, filter: &Filter, offset: i64, limit: i64) -> Result<Vec<Row>> {
    rows(conn, basis, filter, None, (offset, limit))
}

/// The next rows after the one of this Start Date and number, for files of any length.
pub fn batch(
    conn: &mut AnyConn,
    basis: &Basis,
    filter: &Filter,
    after: Option<(NaiveDate, TaskId)>,
    limit: i64,
) -> Result<Vec<Row>> {
    rows(conn, basis, filter, after, (0, limit))
}

/// The sums over everything the filter finds, from an index that holds what is summed: that of the tasks, or that of what lies
/// in each container. Those taken out come from the index of these.
pub fn totals(conn: &mut AnyConn, basis: &Basis, filter: &Filter) -> Result<Totals> {
    let sum = |what: &str, name: &str| format!("CAST(COALESCE(SUM({what}), 0) AS BIGINT) AS {name}");
    let sums = |table: char, removed: &str, people: &str| {
        let expired = expired(basis, table, removed, people);
        let locked = format!("CASE WHEN {removed} THEN 0 ELSE {table}.locked END");
        [
            sum(&format!("{table}.users"), "users"),
            sum(&format!("{table}.used"), "used"),
            sum(&locked, "locked"),
            sum(&expired, "expired"),
        ]
        .join(", ")
    };
    let meant = which::of_tasks(basis, filter);
    // CROSS: those taken out are few beside the tasks, and looked through first.
    let text = match &basis.containers {
        None => format!(
            "SELECT COUNT(*) AS tasks, {}, (SELECT COUNT(*) FROM enrollments e CROSS JOIN tasks t WHERE t.id = e.task_id \
               AND e.removed_at IS NOT NULL{meant}) AS removed \
             FROM tasks t WHERE 1 = 1{meant}",
            sums('t', REMOVED, "enrollments e WHERE e.task_id = t.id")
        ),
        Some(containers) => {
            let tasks = if which::asks_the_task(filter) { " JOIN tasks t ON t.id = c.task_id" } else { "" };
            let people = "enrollments e JOIN users u ON u.id = e.user_id \
                 WHERE e.task_id = c.task_id AND u.container_id = c.container_id";
            let count = if containers.len() == 1 { "COUNT(*)" } else { "COUNT(DISTINCT c.task_id)" };
            format!(
                "SELECT {count} AS tasks, {}, (SELECT COUNT(*) FROM enrollments e CROSS JOIN users u CROSS JOIN tasks t \
                   WHERE u.id = e.user_id AND t.id = e.task_id AND e.removed_at IS NOT NULL{}{meant}{}) AS removed \
                 FROM task_containers c{tasks} WHERE 1 = 1{}{}",
                sums('c', "c.removed", people),
                within("u.container_id", Some(containers)),
                which::in_scope(containers),
                within("c.container_id", Some(containers)),
                which::of_parts(basis, filter)
            )
        }
    };
    let row: TotalsRow = of_operator(text, filter).get_result(conn)?;
    Ok(Totals {
        tasks: row.tasks,
        counts: Counts {
            users: row.users,
            completed: row.used,
            locked: row.locked,
            expired: row.expired,
            removed: row.removed,
        },
    })
}
