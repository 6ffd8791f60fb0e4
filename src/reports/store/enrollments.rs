//! The users of the last weeks, counted for charts along the Start Dates. It reads each of their enrollments.

use chrono::NaiveDate;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};

use super::{Basis, query, within};
use crate::{
    db::{self, AnyConn},
    error::Result,
    reports::enrollments::{ByStatus, Enrollments, MOST_NAMES, Named, SPANS, by_week, first_day},
};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    completed: i64,
    #[diesel(sql_type = BigInt)]
    active: i64,
    #[diesel(sql_type = BigInt)]
    locked: i64,
    #[diesel(sql_type = BigInt)]
    expired: i64,
}

#[derive(QueryableByName)]
struct Span {
    #[diesel(sql_type = BigInt)]
    span: i64,
    #[diesel(sql_type = BigInt)]
    users: i64,
}

/// Tables and condition of the users in tasks of the last weeks, in the containers that exist for who asks.
fn recent(basis: &Basis) -> String {
    let from = first_day(basis.today);
    format!(
        "FROM tasks t JOIN enrollments e ON e.task_id = t.id JOIN users u ON u.id = e.user_id \
         WHERE t.start_on >= '{from}' AND t.removed_at IS NULL AND e.removed_at IS NULL{}",
        within("u.container_id", basis.containers.as_deref())
    )
}

/// The users by what `name` says of them, those with most first: at most `limit` names.
fn by(conn: &mut AnyConn, basis: &Basis, name: &str, limit: usize) -> Result<Vec<Named>> {
    let (today, attempts) = (basis.today, basis.attempts_allowed);
    // In the order of PRODUCT.md §2: who has enrolled is never Locked or Expired.
    let status = format!(
        "CASE WHEN e.used_at IS NOT NULL THEN 0 WHEN e.enrolled_at IS NOT NULL THEN 1 WHEN e.failures >= {attempts} THEN 2 \
           WHEN e.stop_on < '{today}' THEN 3 ELSE 1 END"
    );
    let count = |code: usize, word: &str| format!("COUNT(CASE WHEN {status} = {code} THEN 1 END) AS {word}");
    let counts = ["completed", "active", "locked", "expired"].iter().enumerate();
    let counts: Vec<String> = counts.map(|(code, word)| count(code, word)).collect();
    let rows: Vec<Row> = query(format!(
        "SELECT {name} AS name, {} {} GROUP BY {name} ORDER BY COUNT(*) DESC, {name} LIMIT {limit}",
        counts.join(", "),
        recent(basis)
    ))
    .load(conn)?;
    let named = |row: Row| {
        let users = ByStatus { completed: row.completed, active: row.active, locked: row.locked, expired: row.expired };
        (row.name, users)
    };
    Ok(rows.into_iter().map(named).collect())
}

/// Those who enrolled, by how long it took from their task on.
fn spans(conn: &mut AnyConn, basis: &Basis) -> Result<Vec<i64>> {
    let hours = db::hours_between(conn, "t.created_at", "e.enrolled_at");
    let ends = SPANS.iter().enumerate().filter(|(_, (end, ..))| *end < i64::MAX);
    let cases: Vec<String> = ends.map(|(at, (end, ..))| format!("WHEN {hours} < {end} THEN {at}")).collect();
    let span = format!("CAST(CASE {} ELSE {} END AS BIGINT)", cases.join(" "), SPANS.len() - 1);
    let rows: Vec<Span> = query(format!(
        "SELECT {span} AS span, COUNT(*) AS users {} AND e.enrolled_at IS NOT NULL GROUP BY {span}",
        recent(basis)
    ))
    .load(conn)?;
    let users = |at: usize| {
        rows.iter().find(|row| usize::try_from(row.span).is_ok_and(|span| span == at)).map_or(0, |row| row.users)
    };
    Ok((0..SPANS.len()).map(users).collect())
}

/// All of it.
pub fn count(conn: &mut AnyConn, basis: &Basis) -> Result<Enrollments> {
    let days = by(conn, basis, "CAST(t.start_on AS TEXT)", usize::try_from(i32::MAX).unwrap_or(usize::MAX))?;
    let days: Vec<(NaiveDate, ByStatus)> =
        days.into_iter().filter_map(|(day, users)| Some((day.parse().ok()?, users))).collect();
    let container = "(SELECT c.name FROM containers c WHERE c.id = u.container_id)";
    Ok(Enrollments {
        weeks: by_week(basis.today, &days),
        containers: by(conn, basis, container, MOST_NAMES)?,
        operators: by(conn, basis, "t.operator", MOST_NAMES)?,
        types: by(conn, basis, "t.authentication_type", MOST_NAMES)?,
        spans: spans(conn, basis)?,
    })
}
