//! Counts the facts that stand with tasks again, to see that they are right.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};

use crate::{db::AnyConn, error::Result};

/// Tasks that are named at the most: one is enough to know that something is wrong.
const NAMED: usize = 20;

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
    /// Users, enrolled, used, locked, as they stand with the task or with a container of it.
    pub kept: String,
    /// The same, counted.
    pub counted: String,
}

/// The four counts in the columns of a table, as one text.
fn four(table: &str) -> String {
    let text = |column: &str| format!("CAST(COALESCE({table}.{column}, 0) AS TEXT)");
    ["users", "enrolled", "used", "locked"].map(text).join(" || ', ' || ")
}

/// Enrollments, counted by `columns`.
fn counted(columns: &str) -> String {
    format!(
        "(SELECT {columns}, COUNT(*) AS users, COUNT(e.enrolled_at) AS enrolled, COUNT(e.used_at) AS used, \
           COUNT(CASE WHEN e.enrolled_at IS NULL AND e.failures >= p.attempts_allowed THEN 1 END) AS locked \
         FROM enrollments e JOIN users u ON u.id = e.user_id JOIN self_enrollment_policy p ON p.id = 1 \
         WHERE e.removed_at IS NULL OR e.removed_why = 'task removed' GROUP BY {columns}) n"
    )
}

/// The tasks whose counts are wrong, as a whole or in a container, the lowest numbers first. Reads every enrollment twice.
pub fn miscounted(conn: &mut AnyConn) -> Result<Vec<Miscount>> {
    let (whole, parts) = (counted("e.task_id"), counted("e.task_id, u.container_id"));
    let same = "n.task_id = c.task_id AND n.container_id = c.container_id";
    let (task, container, right) = (four("t"), four("c"), four("n"));
    let as_whole = format!(
        "SELECT t.id AS id, {task} AS kept, {right} AS counted FROM tasks t LEFT JOIN {whole} ON n.task_id = t.id \
         WHERE {task} <> {right} ORDER BY t.id LIMIT {NAMED}"
    );
    let in_containers = format!(
        "SELECT id, kept, counted FROM (SELECT c.task_id AS id, {container} AS kept, {right} AS counted \
           FROM task_containers c LEFT JOIN {parts} ON {same} \
         UNION ALL SELECT n.task_id, {container}, {right} FROM {parts} LEFT JOIN task_containers c ON {same}) x \
         WHERE kept <> counted ORDER BY id LIMIT {NAMED}"
    );
    let mut found = Vec::new();
    for text in [as_whole, in_containers] {
        let rows: Vec<Row> = diesel::sql_query(text).load(conn)?;
        found.extend(rows.into_iter().map(|row| Miscount { task: row.id, kept: row.kept, counted: row.counted }));
    }
    found.sort_by_key(|wrong| wrong.task);
    found.dedup();
    found.truncate(NAMED);
    Ok(found)
}
