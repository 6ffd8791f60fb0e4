//! Counts the facts that stand with tasks again, to see that they are right.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};

use crate::{db::AnyConn, error::Result};

/// Tasks that are named at the most: one is enough to know that something is wrong.
const NAMED: i64 = 20;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    kept: String,
    #[diesel(sql_type = Text)]
    counted: String,
}

/// A task whose kept counts differ from its enrollments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miscount {
    /// The task's number.
    pub task: i64,
    /// Users, enrolled, used, locked, as they stand with the task.
    pub kept: String,
    /// The same, counted.
    pub counted: String,
}

/// The tasks whose counts are wrong, the lowest numbers first. Reads every enrollment once.
pub fn miscounted(conn: &mut AnyConn) -> Result<Vec<Miscount>> {
    let four = |a: &str, b: &str, c: &str, d: &str| {
        let text = |column: &str| format!("CAST({column} AS TEXT)");
        [text(a), text(b), text(c), text(d)].join(" || ', ' || ")
    };
    let kept = four("t.users", "t.enrolled", "t.used", "t.locked");
    let counted =
        four("COALESCE(n.users, 0)", "COALESCE(n.enrolled, 0)", "COALESCE(n.used, 0)", "COALESCE(n.locked, 0)");
    let rows: Vec<Row> = diesel::sql_query(format!(
        "SELECT t.id AS id, {kept} AS kept, {counted} AS counted FROM tasks t LEFT JOIN ( \
           SELECT e.task_id AS task, COUNT(*) AS users, COUNT(e.enrolled_at) AS enrolled, COUNT(e.used_at) AS used, \
             COUNT(CASE WHEN e.enrolled_at IS NULL AND e.failures >= p.attempts_allowed THEN 1 END) AS locked \
           FROM enrollments e JOIN self_enrollment_policy p ON p.id = 1 \
           WHERE e.removed_at IS NULL OR e.removed_why = 'task removed' GROUP BY e.task_id \
         ) n ON n.task = t.id WHERE {kept} <> {counted} ORDER BY t.id LIMIT {NAMED}"
    ))
    .load(conn)?;
    Ok(rows.into_iter().map(|row| Miscount { task: row.id, kept: row.kept, counted: row.counted }).collect())
}
