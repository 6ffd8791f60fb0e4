//! Tasks for operators who work in some containers: a task is what of it lies in them, the sum of what stands with it for
//! each. Few of them are read whole, filtered and sorted; many are walked along the indexes of the tasks.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Date, Nullable},
};

use super::inside::within;
use crate::{
    db::{AnyConn, Span, Total},
    error::Result,
    ids::{ContainerId, TaskId},
    schema::{emails, tasks},
    tasks::{
        list::{Query, Row},
        store::{
            list::{self, TaskRow},
            matching::Matching,
        },
        task::{Counts, Task},
    },
};

/// The rows of a span of what is asked for and how many match, where many are open in these containers. The
/// order must be one by what is the same in all containers of a task.
pub fn page(
    conn: &mut AnyConn,
    query: &Query,
    containers: &[ContainerId],
    attempts: i64,
    today: NaiveDate,
    span: Span,
) -> Result<(Vec<Row>, Total)> {
    let (matching, total) = Matching::of(conn, query, today, Some(containers))?;
    if total.rows == 0 {
        return Ok((Vec::new(), total));
    }
    let ids: Vec<i64> = span.in_order(matching.span(span).select(tasks::id).load(conn)?);
    let rows = rows(conn, &ids, containers, attempts, today)?;
    let mut rows: HashMap<i64, Row> = rows.into_iter().map(|row| (row.task.id.0, row)).collect();
    Ok((ids.iter().filter_map(|id| rows.remove(id)).collect(), total))
}

/// What of one task lies in `containers`, whatever its state; `None` if nobody of it does.
pub fn find(
    conn: &mut AnyConn,
    id: TaskId,
    containers: &[ContainerId],
    attempts: i64,
    today: NaiveDate,
) -> Result<Option<Row>> {
    Ok(rows(conn, &[id.0], containers, attempts, today)?.pop())
}

#[derive(QueryableByName)]
struct Part {
    #[diesel(sql_type = BigInt)]
    task_id: i64,
    #[diesel(sql_type = BigInt)]
    users: i64,
    #[diesel(sql_type = BigInt)]
    enrolled: i64,
    #[diesel(sql_type = BigInt)]
    used: i64,
    #[diesel(sql_type = BigInt)]
    locked: i64,
    #[diesel(sql_type = Date)]
    earliest_stop_on: NaiveDate,
    #[diesel(sql_type = Date)]
    latest_stop_on: NaiveDate,
    #[diesel(sql_type = BigInt)]
    emailed_users: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_email_id: Option<i64>,
}

/// What of these tasks lies in `containers`, in no order.
pub fn rows(
    conn: &mut AnyConn,
    ids: &[i64],
    containers: &[ContainerId],
    attempts: i64,
    today: NaiveDate,
) -> Result<Vec<Row>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let these = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let sum = |column: &str| format!("CAST(SUM(c.{column}) AS BIGINT) AS {column}");
    let sums = ["users", "enrolled", "used", "locked", "emailed_users"].map(sum).join(", ");
    let parts: Vec<Part> = diesel::sql_query(format!(
        "SELECT c.task_id, {sums}, MIN(c.earliest_stop_on) AS earliest_stop_on, MAX(c.latest_stop_on) AS latest_stop_on, \
           MAX(c.last_email_id) AS last_email_id FROM task_containers c \
         WHERE c.task_id IN ({these}) AND c.container_id IN ({}) GROUP BY c.task_id",
        within(containers)
    ))
    .load(conn)?;
    let newest: Vec<i64> = parts.iter().filter_map(|part| part.last_email_id).collect();
    let to: HashMap<i64, String> = emails::table
        .filter(emails::id.eq_any(newest))
        .select((emails::id, emails::shown_to))
        .load::<(i64, String)>(conn)?
        .into_iter()
        .collect();
    let whole: Vec<TaskRow> = tasks::table.filter(tasks::id.eq_any(ids)).select(TaskRow::as_select()).load(conn)?;
    let mut whole: HashMap<i64, Task> =
        whole.into_iter().map(|row| Task::try_from(row).map(|task| (task.id.0, task))).collect::<Result<_>>()?;
    let mut inside = Vec::with_capacity(parts.len());
    for part in parts {
        let Some(task) = whole.remove(&part.task_id) else { continue };
        let counts = Counts {
            users: part.users,
            enrolled: part.enrolled,
            used: part.used,
            locked: part.locked,
            earliest_stop_on: part.earliest_stop_on,
            latest_stop_on: part.latest_stop_on,
        };
        let emailed_to = part.last_email_id.and_then(|id| to.get(&id)).cloned().unwrap_or_default();
        inside.push(Task { counts, emailed_users: part.emailed_users, emailed_to, ..task });
    }
    list::with_progress(conn, inside, Some(containers), attempts, today)
}
