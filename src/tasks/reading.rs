//! What screens ask of tasks: the list, one task, the numbers beside the navigation; each within the scope.

use chrono::NaiveDate;

use crate::{
    clock::{Timestamp, Zone},
    db::{self, AnyConn, Begin, Span, Total},
    desk::Desk,
    error::{Error, Result},
    ids::{ContainerId, TaskId},
    operators::{self, Scope, Who},
    order::Column as _,
    policy,
    tasks::{
        list::{Column, Order, Query, Row, View},
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
    /// The columns that sort it.
    pub sorts: Vec<Column>,
    /// What stands beside it, where the rows told already.
    beside: Option<Beside>,
}

/// What stands beside the list, whatever it is narrowed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// How many tasks each view holds.
    pub views: Vec<(View, Total)>,
    /// Operators who made open tasks.
    pub operators: Vec<String>,
}

/// The rows of a span of what is asked for, within the scope of `who`.
pub fn list(
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    zone: Zone,
    query: &Query,
    span: impl Into<Span>,
) -> Result<Listed> {
    let span = span.into();
    let today = zone.today(now);
    let attempts = policy::current(conn)?.attempts_allowed;
    let Scope::Containers(containers) = &who.scope else {
        let (rows, total) = store::list::page(conn, query, today, attempts, span)?;
        return Ok(Listed { rows, total, sorts: Column::ALL.to_vec(), beside: None });
    };
    let Some(ids) = store::inside::few(conn, containers)? else {
        return many(conn, query, containers, (today, attempts), span);
    };
    let all = store::scoped::rows(conn, &ids, containers, attempts, today)?;
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
    // Few have numbered pages only.
    let numbered = matches!(span.begin, Begin::Row(_));
    let take = usize::try_from(span.limit).unwrap_or(0);
    let skip = if numbered { usize::try_from(span.offset()).unwrap_or(usize::MAX) } else { usize::MAX };
    let rows = rows.into_iter().skip(skip).take(take).collect();
    let beside = Some(Beside { views: views.to_vec(), operators });
    Ok(Listed { rows, total, sorts: Column::ALL.to_vec(), beside })
}

/// What stands beside `listed`: numbers of many rows may be a minute old.
pub fn beside(desk: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp, me: &str, listed: &Listed) -> Result<Beside> {
    if let Some(beside) = &listed.beside {
        return Ok(beside.clone());
    }
    let today = desk.settings.zone.today(now);
    let containers = who.scope.containers();
    let count = |view: View| {
        let question = format!("tasks {} {today} {containers:?} {me}", view.code());
        let of_view = |conn: &mut AnyConn| store::list::count_view(conn, view, me, today, containers);
        let ((total, _), _) = desk.kept.or_count(&question, now, |(_, rows)| *rows, || of_view(conn))?;
        Ok((view, total))
    };
    let views = View::ALL.into_iter().map(count).collect::<Result<_>>()?;
    let offered = || match containers {
        None => store::list::operators(conn, OPERATORS_OFFERED),
        Some(_) => operators::working_in(conn, &who.scope, OPERATORS_OFFERED),
    };
    let (operators, _) = desk.kept.or_count(&format!("operators of tasks {containers:?}"), now, |_| 0, offered)?;
    Ok(Beside { views, operators })
}

/// The list of who works in some containers, where more tasks are open in them than are read whole.
fn many(
    conn: &mut AnyConn,
    query: &Query,
    containers: &[ContainerId],
    (today, attempts): (NaiveDate, i64),
    span: Span,
) -> Result<Listed> {
    // What is the same in all containers of a task has an index; what lies in some of them has none.
    let sorts = vec![Column::Task, Column::Operator, Column::Start];
    let mut query = query.clone();
    if !sorts.contains(&query.order.column) {
        query.order = Order::default();
    }
    let (rows, total) = store::scoped::page(conn, &query, containers, attempts, today, span)?;
    Ok(Listed { rows, total, sorts, beside: None })
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
    store::list::with_progress(conn, vec![task], None, attempts, today)?.pop().ok_or_else(missing)
}

/// Reads a task number from an address.
///
/// # Errors
/// `NotFound` if it is none.
pub fn number(typed: &str) -> Result<TaskId> {
    typed.parse().map(TaskId).map_err(|_| Error::not_found("task", typed))
}

/// How many open tasks there are within the scope of `who`: the number beside the navigation.
pub fn count_open(desk: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp) -> Result<Total> {
    let question = format!("open tasks {:?}", who.scope.containers());
    desk.kept.total(&question, now, || match &who.scope {
        Scope::All => store::list::count_open(conn),
        Scope::Containers(containers) => store::inside::count_open(conn, containers),
    })
}
