//! The rows of the list for operators who work everywhere.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::{
    dsl::{count_star, sql},
    prelude::*,
    sql_types::{Bool, Text},
};

use super::inside;
use crate::{
    clock::Timestamp,
    db::{AnyConn, Span, Total},
    error::{Error, Result},
    ids::{ContainerId, TaskId},
    schema::{emails, enrollments, tasks, users},
    tasks::{
        list::{Query, Row, View},
        store::{
            enrollments::type_of,
            matching::{self, IN_TROUBLE, Matching},
        },
        task::{Counts, Task},
    },
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = tasks)]
pub(super) struct TaskRow {
    id: i64,
    operator: String,
    authentication_type: String,
    description: String,
    start_on: NaiveDate,
    created_at: Timestamp,
    removed_at: Option<Timestamp>,
    removed_by: String,
    users: i64,
    enrolled: i64,
    used: i64,
    locked: i64,
    earliest_stop_on: NaiveDate,
    latest_stop_on: NaiveDate,
    emailed_to: String,
    emailed_users: i64,
    version: i64,
}

impl TryFrom<TaskRow> for Task {
    type Error = Error;

    fn try_from(row: TaskRow) -> Result<Self> {
        Ok(Task {
            id: TaskId(row.id),
            operator: row.operator,
            authentication_type: type_of(&row.authentication_type)?,
            description: row.description,
            start_on: row.start_on,
            created_at: row.created_at,
            removed_at: row.removed_at,
            removed_by: row.removed_by,
            counts: Counts {
                users: row.users,
                enrolled: row.enrolled,
                used: row.used,
                locked: row.locked,
                earliest_stop_on: row.earliest_stop_on,
                latest_stop_on: row.latest_stop_on,
            },
            emailed_to: row.emailed_to,
            emailed_users: row.emailed_users,
            version: row.version,
        })
    }
}

/// The task of this number, whatever its state and the scope.
/// `None` if there is none.
pub fn find(conn: &mut AnyConn, id: TaskId) -> Result<Option<Task>> {
    let row: Option<TaskRow> = tasks::table.find(id.0).select(TaskRow::as_select()).first(conn).optional()?;
    row.map(Task::try_from).transpose()
}

/// The rows of a span of what is asked for, and how many match.
pub fn page(
    conn: &mut AnyConn,
    query: &Query,
    today: NaiveDate,
    attempts: i64,
    span: Span,
) -> Result<(Vec<Row>, Total)> {
    let (matching, total) = Matching::of(conn, query, today, None)?;
    if total.rows == 0 {
        return Ok((Vec::new(), total));
    }
    let rows: Vec<TaskRow> = matching.span(span).select(TaskRow::as_select()).load(conn)?;
    let list = span.in_order(rows).into_iter().map(Task::try_from).collect::<Result<_>>()?;
    Ok((with_progress(conn, list, None, attempts, today)?, total))
}

/// Tasks, whose counts go as far as `scope`, with the statuses of their users and their mail trouble.
pub fn with_progress(
    conn: &mut AnyConn,
    list: Vec<Task>,
    scope: Option<&[ContainerId]>,
    attempts: i64,
    today: NaiveDate,
) -> Result<Vec<Row>> {
    let ids: Vec<i64> = list.iter().map(|task| task.id.0).collect();
    let mixed: Vec<i64> = list.iter().filter(|task| task.counts.is_mixed(today)).map(|task| task.id.0).collect();
    let expired = expired(conn, &mixed, scope, attempts, today)?;
    let trouble = with_trouble(conn, &ids, scope)?;
    let row = |task: Task| {
        let progress = task.progress(today, expired.get(&task.id.0).copied().unwrap_or(0));
        Row { mail_trouble: trouble.contains(&task.id.0), progress, task }
    };
    Ok(list.into_iter().map(row).collect())
}

/// How many tasks a view holds, of those in `scope` if one is given; and how many rows that took, as far as they are counted.
pub fn count_view(
    conn: &mut AnyConn,
    view: View,
    me: &str,
    today: NaiveDate,
    scope: Option<&[ContainerId]>,
) -> Result<(Total, i64)> {
    let query = Query { view, me: me.to_owned(), ..Query::default() };
    let total = Matching::total(conn, &query, today, scope)?;
    let looked_at = match view {
        // Many emails of the past may lead to few open tasks.
        View::Mail => crate::total!(conn, emails::table.filter(sql::<Bool>(IN_TROUBLE)).select(emails::id))?,
        _ => total,
    };
    Ok((total, looked_at.rows + i64::from(looked_at.more)))
}

/// A name.
#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The operators who made open tasks, by name, at most `limit`: from one to the next along the index, past all tasks of
/// each.
pub fn operators(conn: &mut AnyConn, limit: i64) -> Result<Vec<String>> {
    let open = "removed_at IS NULL AND enrolled < users";
    let names: Vec<Name> = diesel::sql_query(format!(
        "WITH RECURSIVE keys (key) AS (SELECT MIN(operator_key) FROM tasks WHERE {open} UNION ALL \
           SELECT (SELECT MIN(t.operator_key) FROM tasks t WHERE {open} AND t.operator_key > keys.key) \
           FROM keys WHERE keys.key IS NOT NULL) \
         SELECT (SELECT t.operator FROM tasks t WHERE {open} AND t.operator_key = keys.key ORDER BY t.id DESC LIMIT 1) AS name \
         FROM keys WHERE keys.key IS NOT NULL LIMIT {limit}"
    ))
    .load(conn)?;
    Ok(names.into_iter().map(|row| row.name).collect())
}

/// How many users of these tasks are Expired, for tasks in which some Stop Dates have passed and some have not.
fn expired(
    conn: &mut AnyConn,
    ids: &[i64],
    scope: Option<&[ContainerId]>,
    attempts: i64,
    today: NaiveDate,
) -> Result<HashMap<i64, i64>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let inside = |scope: &[ContainerId]| format!("users.container_id IN ({})", inside::within(scope));
    let inside = scope.map_or_else(|| "1 = 1".to_owned(), inside);
    let counts: Vec<(i64, i64)> = enrollments::table
        .inner_join(users::table)
        .filter(sql::<Bool>(&inside))
        .filter(enrollments::task_id.eq_any(ids))
        .filter(enrollments::removed_at.is_null().and(enrollments::enrolled_at.is_null()))
        .filter(enrollments::failures.lt(attempts).and(enrollments::stop_on.lt(today)))
        .group_by(enrollments::task_id)
        .select((enrollments::task_id, count_star()))
        .load(conn)?;
    Ok(counts.into_iter().collect())
}

/// Which of these tasks have mail trouble.
fn with_trouble(conn: &mut AnyConn, ids: &[i64], scope: Option<&[ContainerId]>) -> Result<HashSet<i64>> {
    let inside = scope.map_or_else(|| "1 = 1".to_owned(), inside::went_to);
    let ids: Vec<i64> = emails::table
        .inner_join(enrollments::table.on(enrollments::id.nullable().eq(emails::enrollment_id)))
        .filter(sql::<Bool>(IN_TROUBLE))
        .filter(sql::<Bool>(&inside))
        .filter(emails::task_id.eq_any(ids))
        .filter(enrollments::last_email_id.eq(emails::id.nullable()))
        .filter(enrollments::removed_at.is_null().and(enrollments::enrolled_at.is_null()))
        .select(enrollments::task_id)
        .distinct()
        .load(conn)?;
    Ok(ids.into_iter().collect())
}

/// How many open tasks there are.
pub fn count_open(conn: &mut AnyConn) -> Result<Total> {
    crate::total!(conn, matching::open().select(tasks::id))
}
