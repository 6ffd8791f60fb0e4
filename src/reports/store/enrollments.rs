//! The users of the last weeks, counted for charts: by status from the counts that stand with the parts of their tasks, and
//! how long they took from each of them who enrolled.

use chrono::NaiveDate;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};

use super::{Basis, history, query, within};
use crate::{
    db::{self, AnyConn},
    error::Result,
    reports::{
        enrollments::{ByStatus, Enrollments, MOST_NAMES, Named, SPANS, WEEKS, by_week, first_day},
        filter::Filter,
    },
};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    completed: i64,
    #[diesel(sql_type = BigInt)]
    locked: i64,
    #[diesel(sql_type = BigInt)]
    expired: i64,
    #[diesel(sql_type = BigInt)]
    users: i64,
}

#[derive(QueryableByName)]
struct Span {
    #[diesel(sql_type = BigInt)]
    span: i64,
    #[diesel(sql_type = BigInt)]
    users: i64,
}

/// ` AND …`: the tasks `t` of the last weeks that are meant, as far as `container` is in what is asked for.
fn recent(basis: &Basis, filter: &Filter, container: &str) -> String {
    let from = first_day(basis.today);
    let kind = filter
        .authentication_type
        .map_or(String::new(), |kind| format!(" AND t.authentication_type = '{}'", kind.code()));
    format!("t.start_on >= '{from}' AND t.removed_at IS NULL{kind}{}", within(container, basis.containers.as_deref()))
}

/// The users by what `name` says of them, those with most first: at most `limit` names.
fn by(conn: &mut AnyConn, basis: &Basis, filter: &Filter, name: &str, limit: usize) -> Result<Vec<Named>> {
    let people = "enrollments e JOIN users u ON u.id = e.user_id WHERE e.task_id = c.task_id AND u.container_id = c.container_id";
    let expired = history::expired(basis, 'c', "c.removed", people);
    let sum = |what: &str, word: &str| format!("CAST(COALESCE(SUM({what}), 0) AS BIGINT) AS {word}");
    let rows: Vec<Row> = query(format!(
        "SELECT {name} AS name, {}, {}, {}, {} FROM tasks t JOIN task_containers c ON c.task_id = t.id WHERE {} \
         GROUP BY {name} ORDER BY users DESC, {name} LIMIT {limit}",
        sum("c.used", "completed"),
        sum("c.locked", "locked"),
        sum(&expired, "expired"),
        sum("c.users", "users"),
        recent(basis, filter, "c.container_id")
    ))
    .load(conn)?;
    let named = |row: Row| {
        let active = row.users - row.completed - row.locked - row.expired;
        (row.name, ByStatus { completed: row.completed, active, locked: row.locked, expired: row.expired })
    };
    Ok(rows.into_iter().map(named).collect())
}

/// Those who enrolled, by how long it took from their task on.
fn spans(conn: &mut AnyConn, basis: &Basis, filter: &Filter) -> Result<Vec<i64>> {
    let hours = db::hours_between(conn, "t.created_at", "e.enrolled_at");
    let ends = SPANS.iter().enumerate().filter(|(_, (end, ..))| *end < i64::MAX);
    let cases: Vec<String> = ends.map(|(at, (end, ..))| format!("WHEN {hours} < {end} THEN {at}")).collect();
    let span = format!("CAST(CASE {} ELSE {} END AS BIGINT)", cases.join(" "), SPANS.len() - 1);
    let rows: Vec<Span> = query(format!(
        "SELECT {span} AS span, COUNT(*) AS users FROM tasks t JOIN enrollments e ON e.task_id = t.id \
           JOIN users u ON u.id = e.user_id \
         WHERE {} AND e.removed_at IS NULL AND e.enrolled_at IS NOT NULL GROUP BY {span}",
        recent(basis, filter, "u.container_id")
    ))
    .load(conn)?;
    let users = |at: usize| {
        rows.iter().find(|row| usize::try_from(row.span).is_ok_and(|span| span == at)).map_or(0, |row| row.users)
    };
    Ok((0..SPANS.len()).map(users).collect())
}

/// All of it.
pub fn count(conn: &mut AnyConn, basis: &Basis, filter: &Filter) -> Result<Enrollments> {
    // A line a day.
    let days = by(conn, basis, filter, "CAST(t.start_on AS TEXT)", 7 * WEEKS)?;
    let days: Vec<(NaiveDate, ByStatus)> =
        days.into_iter().filter_map(|(day, users)| Some((day.parse().ok()?, users))).collect();
    let container = "(SELECT n.name FROM containers n WHERE n.id = c.container_id)";
    Ok(Enrollments {
        weeks: by_week(basis.today, &days),
        containers: by(conn, basis, filter, container, MOST_NAMES)?,
        operators: by(conn, basis, filter, "t.operator", MOST_NAMES)?,
        types: by(conn, basis, filter, "t.authentication_type", MOST_NAMES)?,
        spans: spans(conn, basis, filter)?,
    })
}
