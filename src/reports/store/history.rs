//! Tasks of all times, with their numbers as far as a scope goes.

use std::fmt::Write as _;

use chrono::NaiveDate;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Date, Nullable, Text, Timestamp as Moment},
};

use super::{Basis, query, within};
use crate::{
    clock::Timestamp,
    db::{self, AnyConn},
    error::{Error, Result},
    ids::TaskId,
    reports::{
        filter::Filter,
        history::{Counts, Outcome, Row, Totals},
    },
    tasks::task,
    tokens::AuthenticationType,
};

#[derive(QueryableByName)]
struct TaskRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    operator: String,
    #[diesel(sql_type = Text)]
    authentication_type: String,
    #[diesel(sql_type = Text)]
    description: String,
    #[diesel(sql_type = Date)]
    start_on: NaiveDate,
    #[diesel(sql_type = Moment)]
    created_at: Timestamp,
    #[diesel(sql_type = Nullable<Moment>)]
    removed_at: Option<Timestamp>,
    #[diesel(sql_type = Text)]
    removed_by: String,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = BigInt)]
    users: i64,
    #[diesel(sql_type = BigInt)]
    enrolled: i64,
    #[diesel(sql_type = BigInt)]
    used: i64,
    #[diesel(sql_type = BigInt)]
    locked: i64,
    #[diesel(sql_type = BigInt)]
    expired: i64,
    #[diesel(sql_type = BigInt)]
    removed: i64,
    #[diesel(sql_type = Date)]
    earliest_stop_on: NaiveDate,
    #[diesel(sql_type = Date)]
    latest_stop_on: NaiveDate,
    #[diesel(sql_type = Text)]
    emailed_to: String,
    #[diesel(sql_type = BigInt)]
    emailed_users: i64,
    #[diesel(sql_type = Nullable<Moment>)]
    last_enrolled_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Moment>)]
    last_removed_at: Option<Timestamp>,
}

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

impl TryFrom<TaskRow> for Row {
    type Error = Error;

    fn try_from(row: TaskRow) -> Result<Self> {
        let authentication_type = AuthenticationType::from_code(&row.authentication_type).ok_or_else(|| {
            Error::Internal(format!("task {} has the unknown type {:?}", row.id, row.authentication_type))
        })?;
        Ok(Row {
            task: task::Task {
                id: TaskId(row.id),
                operator: row.operator,
                authentication_type,
                description: row.description,
                start_on: row.start_on,
                created_at: row.created_at,
                removed_at: row.removed_at,
                removed_by: row.removed_by,
                counts: task::Counts {
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
            },
            expired: row.expired,
            removed: row.removed,
            last_enrolled_at: row.last_enrolled_at,
            last_removed_at: row.last_removed_at,
        })
    }
}

/// Which tasks are meant, by what stands in their rows. The operator's key, if there is one, is the only value.
fn task_conditions(filter: &Filter) -> String {
    let mut text = String::new();
    if let Some(from) = filter.period.from {
        let _ = write!(text, " AND t.start_on >= '{from}'");
    }
    if let Some(to) = filter.period.to {
        let _ = write!(text, " AND t.start_on <= '{to}'");
    }
    if let Some(kind) = filter.authentication_type {
        let _ = write!(text, " AND t.authentication_type = '{}'", kind.code());
    }
    if !filter.operator.is_empty() {
        text.push_str(" AND t.operator_key = $1");
    }
    text
}

/// The locked users of a task `t`.
const LOCKED: &str = "CASE WHEN t.removed_at IS NULL THEN t.locked ELSE 0 END";

/// The users `e` who may still enroll, or could if they were in time.
fn waiting(basis: &Basis) -> String {
    format!("e.removed_at IS NULL AND e.enrolled_at IS NULL AND e.failures < {}", basis.attempts_allowed)
}

/// The expired users of a task `t`, counted where some of its Stop Dates have passed and some have not.
fn expired(basis: &Basis) -> String {
    let (today, waiting) = (basis.today, waiting(basis));
    format!(
        "CASE WHEN t.removed_at IS NOT NULL OR t.earliest_stop_on >= '{today}' OR t.enrolled >= t.users THEN 0 \
           WHEN t.latest_stop_on < '{today}' THEN t.users - t.enrolled - t.locked \
           ELSE (SELECT COUNT(*) FROM enrollments e WHERE e.task_id = t.id AND {waiting} AND e.stop_on < '{today}') END"
    )
}

/// The tasks with their numbers as a table called `x`: for those who see everything from the counts that stand with
/// the tasks, for a scope counted live in it. Nobody of a removed task is locked or expired.
fn source(basis: &Basis, conditions: &str) -> String {
    let (today, limit, waiting) = (basis.today, basis.attempts_allowed, waiting(basis));
    let Some(containers) = &basis.containers else {
        let expired = expired(basis);
        return format!(
            "(SELECT t.id, t.operator, t.authentication_type, t.description, t.start_on, t.created_at, t.removed_at, \
               t.removed_by, t.version, t.users, t.enrolled, t.used, t.earliest_stop_on, t.latest_stop_on, \
               t.emailed_to, t.emailed_users, \
               {LOCKED} AS locked, {expired} AS expired, \
               (SELECT COUNT(*) FROM enrollments e WHERE e.task_id = t.id AND e.removed_at IS NOT NULL) AS removed, \
               (SELECT MAX(e.enrolled_at) FROM enrollments e WHERE e.task_id = t.id) AS last_enrolled_at, \
               (SELECT MAX(e.removed_at) FROM enrollments e WHERE e.task_id = t.id) AS last_removed_at \
             FROM tasks t WHERE 1 = 1{conditions}) x"
        );
    };
    let inside = within("u.container_id", Some(containers));
    let in_it = "(e.removed_at IS NULL OR e.removed_why = 'task removed')";
    format!(
        "(SELECT t.id, t.operator, t.authentication_type, t.description, t.start_on, t.created_at, t.removed_at, \
           t.removed_by, t.version, g.users, g.enrolled, g.used, g.earliest_stop_on, g.latest_stop_on, \
           COALESCE((SELECT m.shown_to FROM emails m JOIN enrollments e ON e.id = m.enrollment_id \
             JOIN users u ON u.id = e.user_id WHERE m.task_id = t.id AND {in_it}{inside} ORDER BY m.id DESC LIMIT 1), \
             '') AS emailed_to, \
           g.emailed_users, g.locked, g.expired, g.removed, g.last_enrolled_at, g.last_removed_at \
         FROM (SELECT e.task_id, \
             COUNT(CASE WHEN {in_it} THEN 1 END) AS users, \
             COUNT(CASE WHEN {in_it} THEN e.enrolled_at END) AS enrolled, \
             COUNT(CASE WHEN {in_it} THEN e.used_at END) AS used, \
             COUNT(CASE WHEN {in_it} THEN e.emailed_at END) AS emailed_users, \
             COUNT(CASE WHEN e.removed_at IS NULL AND e.enrolled_at IS NULL AND e.failures >= {limit} THEN 1 END) \
               AS locked, \
             COUNT(CASE WHEN {waiting} AND e.stop_on < '{today}' THEN 1 END) AS expired, \
             COUNT(e.removed_at) AS removed, \
             MIN(CASE WHEN {in_it} THEN e.stop_on END) AS earliest_stop_on, \
             MAX(CASE WHEN {in_it} THEN e.stop_on END) AS latest_stop_on, \
             MAX(e.enrolled_at) AS last_enrolled_at, \
             MAX(e.removed_at) AS last_removed_at \
           FROM enrollments e JOIN users u ON u.id = e.user_id JOIN tasks t ON t.id = e.task_id \
           WHERE 1 = 1{inside}{conditions} \
           GROUP BY e.task_id HAVING COUNT(CASE WHEN {in_it} THEN 1 END) > 0) g \
         JOIN tasks t ON t.id = g.task_id) x"
    )
}

/// ` AND …` on the tasks called `table`, or nothing if any outcome is meant.
fn outcome_condition(table: char, outcome: Option<Outcome>, today: NaiveDate) -> String {
    match outcome {
        None => String::new(),
        Some(Outcome::Removed) => format!(" AND ({table}.removed_at IS NOT NULL OR {table}.users = 0)"),
        Some(Outcome::Completed) => {
            format!(" AND {table}.removed_at IS NULL AND {table}.users > 0 AND {table}.enrolled >= {table}.users")
        }
        Some(Outcome::Open) => {
            format!(
                " AND {table}.removed_at IS NULL AND {table}.enrolled < {table}.users AND {table}.latest_stop_on >= '{today}'"
            )
        }
        Some(Outcome::Incomplete) => {
            format!(
                " AND {table}.removed_at IS NULL AND {table}.enrolled < {table}.users AND {table}.latest_stop_on < '{today}'"
            )
        }
    }
}

fn load(conn: &mut AnyConn, text: String, filter: &Filter) -> Result<Vec<Row>> {
    let mut query = query(text);
    if !filter.operator.is_empty() {
        query = query.bind::<Text, _>(db::key(&filter.operator));
    }
    let rows: Vec<TaskRow> = query.load(conn)?;
    rows.into_iter().map(Row::try_from).collect()
}

/// The rows of a page, the newest first.
pub fn page(conn: &mut AnyConn, basis: &Basis, filter: &Filter, offset: i64, limit: i64) -> Result<Vec<Row>> {
    let source = source(basis, &task_conditions(filter));
    let outcome = outcome_condition('x', filter.outcome, basis.today);
    let text = format!(
        "SELECT x.* FROM {source} WHERE 1 = 1{outcome} ORDER BY x.start_on DESC, x.id DESC LIMIT {limit} OFFSET {offset}"
    );
    load(conn, text, filter)
}

/// The next rows after the one of this Start Date and number, for files of any length.
pub fn batch(
    conn: &mut AnyConn,
    basis: &Basis,
    filter: &Filter,
    after: Option<(NaiveDate, TaskId)>,
    limit: i64,
) -> Result<Vec<Row>> {
    let mut conditions = task_conditions(filter);
    if let Some((start_on, task)) = after {
        let _ = write!(conditions, " AND (t.start_on, t.id) < ('{start_on}', {task})");
    }
    let source = source(basis, &conditions);
    let outcome = outcome_condition('x', filter.outcome, basis.today);
    let text =
        format!("SELECT x.* FROM {source} WHERE 1 = 1{outcome} ORDER BY x.start_on DESC, x.id DESC LIMIT {limit}");
    load(conn, text, filter)
}

/// These tasks as far as they exist in the scope, in no order.
pub fn of(conn: &mut AnyConn, basis: &Basis, tasks: &[TaskId]) -> Result<Vec<Row>> {
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = tasks.iter().map(ToString::to_string).collect();
    let source = source(basis, &format!(" AND t.id IN ({})", ids.join(", ")));
    load(conn, format!("SELECT x.* FROM {source}"), &Filter::default())
}

/// The sums over everything the filter finds: of the whole from an index that holds what is summed, and with it those
/// taken out from the index of these; of a scope counted.
pub fn totals(conn: &mut AnyConn, basis: &Basis, filter: &Filter) -> Result<Totals> {
    let conditions = task_conditions(filter);
    let outcome = |table| outcome_condition(table, filter.outcome, basis.today);
    let sum = |what: &str, name: &str| format!("CAST(COALESCE(SUM({what}), 0) AS BIGINT) AS {name}");
    let text = if basis.containers.is_some() {
        let source = source(basis, &conditions);
        let sums =
            ["users", "used", "locked", "expired", "removed"].map(|name| sum(&format!("x.{name}"), name)).join(", ");
        format!("SELECT COUNT(*) AS tasks, {sums} FROM {source} WHERE 1 = 1{}", outcome('x'))
    } else {
        let outcome = outcome('t');
        let sums = [("t.users", "users"), ("t.used", "used"), (LOCKED, "locked"), (&expired(basis), "expired")]
            .map(|(what, name)| sum(what, name))
            .join(", ");
        // CROSS: those taken out are few beside the tasks, and looked through first.
        format!(
            "SELECT COUNT(*) AS tasks, {sums}, (SELECT COUNT(*) FROM enrollments e CROSS JOIN tasks t WHERE t.id = e.task_id \
               AND e.removed_at IS NOT NULL{conditions}{outcome}) AS removed \
             FROM tasks t WHERE 1 = 1{conditions}{outcome}"
        )
    };
    let mut query = query(text);
    if !filter.operator.is_empty() {
        query = query.bind::<Text, _>(db::key(&filter.operator));
    }
    let row: TotalsRow = query.get_result(conn)?;
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
