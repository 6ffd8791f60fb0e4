//! Rows of operator alerts: what roles chose, and the Change Log.

use diesel::{prelude::*, upsert::excluded};

use crate::{
    alerts::{
        alert::{Delivery, Event},
        choice::{AlertChoice, Change, Difference},
    },
    clock::Timestamp,
    db::AnyConn,
    error::{Error, Result},
    ids::RoleId,
    insert_all,
    schema::{alert_changes, alert_choices, alert_rules},
    upsert_all,
};

pub mod events;
pub mod told;

/// The only row of `alert_rules`.
const RULES: i64 = 1;

/// How often the choices were changed.
pub fn version(conn: &mut AnyConn) -> Result<i64> {
    Ok(alert_rules::table.find(RULES).select(alert_rules::version).first(conn)?)
}

/// True if no role is told anything.
pub fn all_off(conn: &mut AnyConn) -> Result<bool> {
    let on = alert_choices::table.filter(alert_choices::delivery.ne(Delivery::Off.code()));
    Ok(on.select(alert_choices::role_id).first::<i64>(conn).optional()?.is_none())
}

/// All choices that are not Off.
pub fn choices(conn: &mut AnyConn) -> Result<Vec<(RoleId, AlertChoice)>> {
    let rows: Vec<(i64, String, String, Timestamp)> = alert_choices::table
        .filter(alert_choices::delivery.ne(Delivery::Off.code()))
        .select((alert_choices::role_id, alert_choices::event, alert_choices::delivery, alert_choices::since))
        .load(conn)?;
    rows.into_iter()
        .map(|(role, event, delivery, since)| {
            let (event, delivery) = Event::from_code(&event)
                .zip(Delivery::from_code(&delivery))
                .ok_or_else(|| Error::Internal(format!("role {role} chose {delivery} for {event}")))?;
            Ok((RoleId(role), AlertChoice { event, delivery, since }))
        })
        .collect()
}

#[derive(Insertable)]
#[diesel(table_name = alert_choices)]
struct NewChoice {
    role_id: i64,
    event: &'static str,
    delivery: &'static str,
    since: Timestamp,
}

/// Carries out `differences`. What was Off until now begins now; between at once and daily nothing is lost.
pub fn choose(conn: &mut AnyConn, now: Timestamp, version: i64, differences: &[Difference]) -> Result<()> {
    let row = |difference: &Difference| NewChoice {
        role_id: difference.role.0,
        event: difference.event.code(),
        delivery: difference.new.code(),
        since: now,
    };
    let key = (alert_choices::role_id, alert_choices::event);
    let delivery = alert_choices::delivery.eq(excluded(alert_choices::delivery));
    let (begun, other): (Vec<_>, Vec<_>) = differences.iter().partition(|one| one.old == Delivery::Off);
    let (begun, other): (Vec<_>, Vec<_>) = (begun.into_iter().map(row).collect(), other.into_iter().map(row).collect());
    upsert_all!(
        conn,
        alert_choices::table,
        begun,
        key,
        (delivery, alert_choices::since.eq(excluded(alert_choices::since)))
    )?;
    upsert_all!(conn, alert_choices::table, other, key, delivery)?;
    diesel::update(alert_rules::table.find(RULES)).set(alert_rules::version.eq(version)).execute(conn)?;
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = alert_changes)]
struct NewChange<'a> {
    at: Timestamp,
    operator: &'a str,
    role: &'a str,
    event: &'static str,
    old_value: &'static str,
    new_value: &'static str,
    version: i64,
}

/// Keeps what was changed, for the Change Log.
pub fn keep(
    conn: &mut AnyConn,
    now: Timestamp,
    operator: &str,
    version: i64,
    differences: &[Difference],
) -> Result<()> {
    let rows: Vec<NewChange<'_>> = differences
        .iter()
        .map(|difference| NewChange {
            at: now,
            operator,
            role: &difference.name,
            event: difference.event.label(),
            old_value: difference.old.label(),
            new_value: difference.new.label(),
            version,
        })
        .collect();
    insert_all!(conn, alert_changes::table, rows)?;
    Ok(())
}

const LINE: (
    alert_changes::at,
    alert_changes::operator,
    alert_changes::role,
    alert_changes::event,
    alert_changes::old_value,
    alert_changes::new_value,
) = (
    alert_changes::at,
    alert_changes::operator,
    alert_changes::role,
    alert_changes::event,
    alert_changes::old_value,
    alert_changes::new_value,
);

type Line = (Timestamp, String, String, String, String, String);

fn change((at, operator, role, event, old, new): Line) -> Change {
    Change { at, operator, role, event, old, new }
}

/// The Change Log, newest first: lines `offset..offset + limit`, and how many there are in all.
pub fn changes(conn: &mut AnyConn, offset: i64, limit: i64) -> Result<(Vec<Change>, i64)> {
    let total = alert_changes::table.count().get_result(conn)?;
    let newest_first = alert_changes::table.order((alert_changes::version.desc(), alert_changes::id));
    let lines: Vec<Line> = newest_first.offset(offset).limit(limit).select(LINE).load(conn)?;
    Ok((lines.into_iter().map(change).collect(), total))
}

/// What was changed after `version`, oldest first.
pub fn changes_since(conn: &mut AnyConn, version: i64) -> Result<Vec<Change>> {
    let since = alert_changes::table.filter(alert_changes::version.gt(version));
    let lines: Vec<Line> = since.order((alert_changes::version, alert_changes::id)).select(LINE).load(conn)?;
    Ok(lines.into_iter().map(change).collect())
}
