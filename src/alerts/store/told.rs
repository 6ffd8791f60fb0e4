//! Up to which event each operator was told.

use diesel::{prelude::*, upsert::excluded};

use crate::{
    alerts::alert::Event, clock::Timestamp, db::AnyConn, error::Result, ids::OperatorId, schema::alert_told, upsert_all,
};

/// What one operator was told of one kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The operator.
    pub operator: OperatorId,
    /// The kind.
    pub event: Event,
    /// The number of the last event they were told, or that was none of theirs.
    pub to: i64,
    /// When they got the last email at once, or the last digest was due.
    pub at: Timestamp,
}

/// All of it.
pub fn all(conn: &mut AnyConn) -> Result<Vec<Progress>> {
    let rows: Vec<(i64, String, i64, Timestamp)> = alert_told::table
        .select((alert_told::operator_id, alert_told::event, alert_told::told_to, alert_told::told_at))
        .load(conn)?;
    let known = |(operator, event, to, at): (i64, String, i64, Timestamp)| {
        Event::from_code(&event).map(|event| Progress { operator: OperatorId(operator), event, to, at })
    };
    Ok(rows.into_iter().filter_map(known).collect())
}

#[derive(Insertable)]
#[diesel(table_name = alert_told)]
struct Row {
    operator_id: i64,
    event: &'static str,
    told_to: i64,
    told_at: Timestamp,
}

/// Keeps what operators were told.
pub fn keep(conn: &mut AnyConn, told: &[Progress]) -> Result<()> {
    let rows: Vec<Row> = told
        .iter()
        .map(|one| Row { operator_id: one.operator.0, event: one.event.code(), told_to: one.to, told_at: one.at })
        .collect();
    let key = (alert_told::operator_id, alert_told::event);
    let set =
        (alert_told::told_to.eq(excluded(alert_told::told_to)), alert_told::told_at.eq(excluded(alert_told::told_at)));
    Ok(upsert_all!(conn, alert_told::table, rows, key, set)?)
}

/// Forgets what these operators were told of `event`: they are told no more, and begin anew should that change.
pub fn forget(conn: &mut AnyConn, event: Event, operators: &[OperatorId]) -> Result<()> {
    let ids: Vec<i64> = operators.iter().map(|id| id.0).collect();
    let theirs = alert_told::table.filter(alert_told::operator_id.eq_any(ids).and(alert_told::event.eq(event.code())));
    diesel::delete(theirs).execute(conn)?;
    Ok(())
}
