//! Which tasks the history is asked for, and the next of them by Start Date: of everything along the index of the tasks, of
//! some containers along that of what lies in each.

use std::fmt::Write as _;

use chrono::NaiveDate;

use crate::{
    ids::{ContainerId, TaskId},
    reports::{
        filter::Filter,
        history::Outcome,
        store::{Basis, Query, of_operator, within},
    },
};

/// What is asked of the Start Date, which stands with a task `t` and with each part `c` of it.
fn period(table: char, filter: &Filter) -> String {
    let mut text = String::new();
    if let Some(from) = filter.period.from {
        let _ = write!(text, " AND {table}.start_on >= '{from}'");
    }
    if let Some(to) = filter.period.to {
        let _ = write!(text, " AND {table}.start_on <= '{to}'");
    }
    text
}

/// What is asked of a task `t` beside its Start Date.
fn made(filter: &Filter) -> String {
    let mut text = String::new();
    if let Some(kind) = filter.authentication_type {
        let _ = write!(text, " AND t.authentication_type = '{}'", kind.code());
    }
    if !filter.operator.is_empty() {
        text.push_str(" AND t.operator_key = $1");
    }
    text
}

/// True if the filter asks for what stands with the task and not with its parts.
pub fn asks_the_task(filter: &Filter) -> bool {
    filter.authentication_type.is_some() || !filter.operator.is_empty()
}

/// Which tasks `t` are meant: ` AND …`, or nothing for all.
pub fn of_tasks(basis: &Basis, filter: &Filter) -> String {
    period('t', filter) + &made(filter) + &outcome(basis, filter, "t.id", "t.removed_at IS NOT NULL")
}

/// The tasks `t` of which something lies in the scope.
pub fn in_scope(containers: &[ContainerId]) -> String {
    let inside = within("p.container_id", Some(containers));
    format!(" AND EXISTS (SELECT 1 FROM task_containers p WHERE p.task_id = t.id{inside})")
}

/// Which parts `c` are meant, with their tasks `t` where the filter asks for something of these.
pub fn of_parts(basis: &Basis, filter: &Filter) -> String {
    period('c', filter) + &made(filter) + &outcome(basis, filter, "c.task_id", "c.removed")
}

/// How the task `id` ended, as far as the scope goes; `removed`: the condition that it was.
fn outcome(basis: &Basis, filter: &Filter, id: &str, removed: &str) -> String {
    let Some(outcome) = filter.outcome else { return String::new() };
    let today = basis.today;
    let (open, stop, empty) = match &basis.containers {
        None => ("t.enrolled < t.users".to_owned(), "t.latest_stop_on".to_owned(), "t.users = 0"),
        Some(containers) => {
            let parts =
                format!("FROM task_containers p WHERE p.task_id = {id}{}", within("p.container_id", Some(containers)));
            // A part has somebody in it.
            (
                format!("EXISTS (SELECT 1 {parts} AND p.enrolled < p.users)"),
                format!("(SELECT MAX(p.latest_stop_on) {parts})"),
                "1 = 0",
            )
        }
    };
    match outcome {
        Outcome::Removed => format!(" AND ({removed} OR {empty})"),
        Outcome::Completed => format!(" AND NOT ({removed}) AND NOT ({empty}) AND NOT ({open})"),
        Outcome::Open => format!(" AND NOT ({removed}) AND {open} AND {stop} >= '{today}'"),
        Outcome::Incomplete => format!(" AND NOT ({removed}) AND {open} AND {stop} < '{today}'"),
    }
}

/// The statement for the numbers of the tasks `offset..offset + limit` after the one of this Start Date and number, the
/// newest first.
pub fn ids(basis: &Basis, filter: &Filter, after: Option<(NaiveDate, TaskId)>, offset: i64, limit: i64) -> Query {
    let next = |table: char, id: &str| {
        after.map_or(String::new(), |(day, task)| {
            format!(" AND {table}.start_on <= '{day}' AND ({table}.start_on < '{day}' OR {table}.{id} < {task})")
        })
    };
    let text = match &basis.containers {
        // One operator's tasks are fewer than those of a container, and have an index in this order.
        Some(containers) if filter.operator.is_empty() => {
            let meant = of_parts(basis, filter) + &next('c', "task_id");
            let tasks = if asks_the_task(filter) { " JOIN tasks t ON t.id = c.task_id" } else { "" };
            // Of each container the first; a task that lies in several is one.
            let of = |container: &ContainerId| {
                format!(
                    "SELECT id, start_on FROM (SELECT c.task_id AS id, c.start_on FROM task_containers c{tasks} \
                       WHERE c.container_id = {container}{meant} \
                       ORDER BY c.start_on DESC, c.task_id DESC LIMIT {}) AS first_of_{container}",
                    offset + limit
                )
            };
            let parts = containers.iter().map(of).collect::<Vec<_>>().join(" UNION ");
            let parts = if parts.is_empty() { "SELECT id, start_on FROM tasks WHERE 1 = 0".into() } else { parts };
            format!("SELECT id FROM ({parts}) AS parts ORDER BY start_on DESC, id DESC LIMIT {limit} OFFSET {offset}")
        }
        scope => {
            let inside = scope.as_deref().map_or(String::new(), in_scope);
            format!(
                "SELECT t.id FROM tasks t WHERE 1 = 1{}{inside}{} ORDER BY t.start_on DESC, t.id DESC \
                 LIMIT {limit} OFFSET {offset}",
                of_tasks(basis, filter),
                next('t', "id")
            )
        }
    };
    of_operator(text, filter)
}
