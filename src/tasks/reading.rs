//! What screens ask of tasks: the list, one task, the numbers beside the navigation; each within the scope.

use crate::{
    clock::{Timestamp, Zone},
    db::{self, AnyConn, Total},
    error::{Error, Result},
    ids::TaskId,
    operators::{Scope, Who},
    policy,
    tasks::{
        list::{Query, Row, View},
        store,
    },
};

/// Operators offered by the filter.
const OPERATORS_OFFERED: i64 = 100;

/// A page of the list.
pub struct Listed {
    /// The rows.
    pub rows: Vec<Row>,
    /// Rows in all.
    pub total: Total,
    /// How many tasks each view holds.
    pub views: Vec<(View, Total)>,
    /// Operators who made open tasks.
    pub operators: Vec<String>,
}

/// The rows `offset..offset + limit` of what is asked for, within the scope of `who`.
pub fn list(
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    zone: Zone,
    query: &Query,
    offset: i64,
    limit: i64,
) -> Result<Listed> {
    let today = zone.today(now);
    let attempts = policy::current(conn)?.attempts_allowed;
    let Scope::Containers(containers) = &who.scope else {
        let (rows, total) = store::list::page(conn, query, today, attempts, offset, limit)?;
        return Ok(Listed {
            rows,
            total,
            views: store::list::count_views(conn, &query.me, today)?,
            operators: store::list::operators(conn, OPERATORS_OFFERED)?,
        });
    };
    let all = store::scoped::open(conn, containers, attempts, today)?;
    let views = View::ALL.map(|view| {
        let query = Query { view, me: query.me.clone(), ..Query::default() };
        let count = all.iter().filter(|row| query.holds(row, today, db::key)).count();
        (view, Total::from(i64::try_from(count).unwrap_or(i64::MAX)))
    });
    let mut operators: Vec<String> = all.iter().map(|row| row.task.operator.clone()).collect();
    operators.sort();
    operators.dedup();
    let mut rows: Vec<Row> = all.into_iter().filter(|row| query.holds(row, today, db::key)).collect();
    rows.sort_by(|a, b| query.compare(a, b));
    let total = Total::from(i64::try_from(rows.len()).unwrap_or(i64::MAX));
    let skip = usize::try_from(offset).unwrap_or(usize::MAX);
    let rows = rows.into_iter().skip(skip).take(usize::try_from(limit).unwrap_or(0)).collect();
    Ok(Listed { rows, total, views: views.to_vec(), operators })
}

/// One task with its users by status, within the scope of `who`; completed and removed ones too.
///
/// # Errors
/// `NotFound` if there is none, or nobody of it is in scope.
pub fn find(conn: &mut AnyConn, who: &Who, now: Timestamp, zone: Zone, id: TaskId) -> Result<Row> {
    let today = zone.today(now);
    let attempts = policy::current(conn)?.attempts_allowed;
    let missing = || Error::not_found("task", id.to_string());
    if let Scope::Containers(containers) = &who.scope {
        return store::scoped::find(conn, id, containers, attempts, today)?.ok_or_else(missing);
    }
    let task = store::list::find(conn, id)?.ok_or_else(missing)?;
    let expired = if task.counts.is_mixed(today) {
        store::list::expired(conn, &[id.0], attempts, today)?.get(&id.0).copied().unwrap_or(0)
    } else {
        0
    };
    Ok(Row { progress: task.progress(today, expired), mail_trouble: false, task })
}

/// Reads a task number from an address.
///
/// # Errors
/// `NotFound` if it is none.
pub fn number(typed: &str) -> Result<TaskId> {
    typed.parse().map(TaskId).map_err(|_| Error::not_found("task", typed))
}

/// How many open tasks there are within the scope of `who`: the number beside the navigation.
pub fn count_open(conn: &mut AnyConn, who: &Who, now: Timestamp, zone: Zone) -> Result<Total> {
    let Scope::Containers(containers) = &who.scope else { return store::list::count_open(conn) };
    let attempts = policy::current(conn)?.attempts_allowed;
    let rows = store::scoped::open(conn, containers, attempts, zone.today(now))?;
    Ok(Total::from(i64::try_from(rows.len()).unwrap_or(i64::MAX)))
}
