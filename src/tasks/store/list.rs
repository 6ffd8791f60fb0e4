//! The list for operators who work everywhere: every view is a walk along an index of the open tasks.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::{
    dsl::{count_star, sql},
    prelude::*,
    sql_types::Bool,
};

use crate::{
    clock::Timestamp,
    db::{self, AnyConn, Total},
    error::{Error, Result},
    ids::TaskId,
    schema::{emails, enrollments, tasks},
    tasks::{
        list::{Column, Query, Row, View, last_soon_day},
        store::enrollments::type_of,
        task::{Counts, Task},
    },
};

type Backend = <AnyConn as diesel::Connection>::Backend;
type Boxed = tasks::BoxedQuery<'static, Backend>;

/// Emails in trouble. Written out, since an index with a condition is not found through bound values.
pub const IN_TROUBLE: &str = "emails.state IN ('Deferred', 'Failed', 'Bounced')";

/// The tasks in which someone who has yet to enroll was not reached by the newest email. Driven by emails_attention.
const WITH_TROUBLE: &str = "tasks.id IN (SELECT e.task_id FROM emails JOIN enrollments e ON e.id = emails.enrollment_id \
     AND e.last_email_id = emails.id WHERE emails.state IN ('Deferred', 'Failed', 'Bounced') \
     AND e.removed_at IS NULL AND e.enrolled_at IS NULL)";

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

/// The rows `offset..offset + limit` of what is asked for, and how many match.
pub fn page(
    conn: &mut AnyConn,
    query: &Query,
    today: NaiveDate,
    attempts: i64,
    offset: i64,
    limit: i64,
) -> Result<(Vec<Row>, Total)> {
    let total = crate::total!(conn, filtered(query, today).select(tasks::id))?;
    let rows: Vec<TaskRow> =
        ordered(filtered(query, today), query).offset(offset).limit(limit).select(TaskRow::as_select()).load(conn)?;
    let list: Vec<Task> = rows.into_iter().map(Task::try_from).collect::<Result<_>>()?;
    let ids: Vec<i64> = list.iter().map(|task| task.id.0).collect();
    let mixed: Vec<i64> = list.iter().filter(|task| task.counts.is_mixed(today)).map(|task| task.id.0).collect();
    let expired = expired(conn, &mixed, attempts, today)?;
    let trouble = with_trouble(conn, &ids)?;
    let rows = list
        .into_iter()
        .map(|task| {
            let progress = task.progress(today, expired.get(&task.id.0).copied().unwrap_or(0));
            Row { mail_trouble: trouble.contains(&task.id.0), progress, task }
        })
        .collect();
    Ok((rows, total))
}

/// How many tasks each view holds.
pub fn count_views(conn: &mut AnyConn, me: &str, today: NaiveDate) -> Result<Vec<(View, Total)>> {
    View::ALL
        .into_iter()
        .map(|view| {
            let query = Query { view, me: me.to_owned(), ..Query::default() };
            Ok((view, crate::total!(conn, filtered(&query, today).select(tasks::id))?))
        })
        .collect()
}

/// The operators who made open tasks, by name, at most `limit`.
pub fn operators(conn: &mut AnyConn, limit: i64) -> Result<Vec<String>> {
    Ok(open().select(tasks::operator).distinct().order(tasks::operator).limit(limit).load(conn)?)
}

/// How many users of these tasks are Expired, for tasks in which some Stop Dates have passed and some have not.
pub fn expired(conn: &mut AnyConn, ids: &[i64], attempts: i64, today: NaiveDate) -> Result<HashMap<i64, i64>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let counts: Vec<(i64, i64)> = enrollments::table
        .filter(enrollments::task_id.eq_any(ids))
        .filter(enrollments::removed_at.is_null().and(enrollments::enrolled_at.is_null()))
        .filter(enrollments::failures.lt(attempts).and(enrollments::stop_on.lt(today)))
        .group_by(enrollments::task_id)
        .select((enrollments::task_id, count_star()))
        .load(conn)?;
    Ok(counts.into_iter().collect())
}

/// Which of these tasks have mail trouble.
fn with_trouble(conn: &mut AnyConn, ids: &[i64]) -> Result<HashSet<i64>> {
    let ids: Vec<i64> = emails::table
        .inner_join(enrollments::table.on(enrollments::id.nullable().eq(emails::enrollment_id)))
        .filter(sql::<Bool>(IN_TROUBLE))
        .filter(emails::task_id.eq_any(ids))
        .filter(enrollments::last_email_id.eq(emails::id.nullable()))
        .filter(enrollments::removed_at.is_null().and(enrollments::enrolled_at.is_null()))
        .select(enrollments::task_id)
        .distinct()
        .load(conn)?;
    Ok(ids.into_iter().collect())
}

fn open() -> Boxed {
    tasks::table.filter(tasks::removed_at.is_null()).filter(tasks::enrolled.lt(tasks::users)).into_boxed()
}

fn filtered(query: &Query, today: NaiveDate) -> Boxed {
    let mut tasks = match query.view {
        View::Open => open(),
        View::Stopping => {
            open().filter(tasks::latest_stop_on.ge(today)).filter(tasks::latest_stop_on.le(last_soon_day(today)))
        }
        // As the index has it.
        View::Locked => open().filter(sql::<Bool>("tasks.locked > 0")),
        View::Mail => open().filter(sql::<Bool>(WITH_TROUBLE)),
        View::Past => open().filter(tasks::latest_stop_on.lt(today)),
        View::Mine => open().filter(tasks::operator_key.eq(query.me.clone())),
    };
    if !query.operator.is_empty() {
        tasks = tasks.filter(tasks::operator_key.eq(query.operator.clone()));
    }
    if let Some(kind) = query.authentication_type {
        tasks = tasks.filter(tasks::authentication_type.eq(kind.code()));
    }
    if let Some(within) = query.stop {
        let (from, to) = within.days(today);
        tasks = tasks.filter(tasks::latest_stop_on.ge(from)).filter(tasks::latest_stop_on.le(to));
    }
    if query.q.is_empty() {
        return tasks;
    }
    let (from, to) = (query.q.clone(), db::after(&query.q).unwrap_or_default());
    // A number that is none of a task finds nothing by number.
    let number = query.q.parse::<i64>().unwrap_or(-1);
    let operator = tasks::operator_key.ge(from.clone()).and(tasks::operator_key.lt(to.clone()));
    let email = tasks::emailed_to_key.ge(from).and(tasks::emailed_to_key.lt(to));
    tasks.filter(tasks::id.eq(number).or(operator).or(email))
}

/// The key of the order, then the number, as the indexes have it.
fn ordered(tasks: Boxed, query: &Query) -> Boxed {
    let (asc, order) = (!query.order.descending, query.order.column);
    match (order, asc) {
        (Column::Task, true) => tasks.order(tasks::id.asc()),
        (Column::Task, false) => tasks.order(tasks::id.desc()),
        (Column::Operator, true) => tasks.order((tasks::operator_key.asc(), tasks::id.asc())),
        (Column::Operator, false) => tasks.order((tasks::operator_key.desc(), tasks::id.desc())),
        (Column::EmailedTo, true) => tasks.order((tasks::emailed_to_key.asc(), tasks::id.asc())),
        (Column::EmailedTo, false) => tasks.order((tasks::emailed_to_key.desc(), tasks::id.desc())),
        (Column::Start, true) => tasks.order((tasks::start_on.asc(), tasks::id.asc())),
        (Column::Start, false) => tasks.order((tasks::start_on.desc(), tasks::id.desc())),
        (Column::Stop, true) => tasks.order((tasks::latest_stop_on.asc(), tasks::id.asc())),
        (Column::Stop, false) => tasks.order((tasks::latest_stop_on.desc(), tasks::id.desc())),
        (Column::Count, true) => tasks.order((tasks::users.asc(), tasks::id.asc())),
        (Column::Count, false) => tasks.order((tasks::users.desc(), tasks::id.desc())),
        (Column::Completed, true) => tasks.order((tasks::used.asc(), tasks::id.asc())),
        (Column::Completed, false) => tasks.order((tasks::used.desc(), tasks::id.desc())),
    }
}

/// How many open tasks there are.
pub fn count_open(conn: &mut AnyConn) -> Result<Total> {
    crate::total!(conn, open().select(tasks::id))
}
