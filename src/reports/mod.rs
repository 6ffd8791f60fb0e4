//! Reading across all features: reports, the Snapshot, Find. Nothing is changed here but the audit log, which keeps
//! who took data away as a file.

use crate::{
    clock::{Timestamp, Zone},
    db::{AnyConn, total::CAP},
    desk::Desk,
    error::Result,
    operators::{Permission, Who},
    policy, provision,
};

pub mod activity;
pub mod download;
pub mod enrollments;
pub mod filter;
pub mod find;
pub mod first_start;
mod glance;
pub mod history;
mod large;
pub mod metrics;
pub mod not_enrolled;
mod numbers;
pub mod pages;
pub mod snapshot;
mod stock;
mod store;

pub use activity::{ActionCount, StockLine};
pub use download::{Download, Report, download};
pub use filter::{Filter, Period};
pub use find::find;
pub use glance::{FEW_TOKENS, Glance, glance};
pub use numbers::fold as fold_numbers;

use store::Basis;

/// Days a report of tasks goes back where an address names no period.
pub const USUAL_DAYS: u64 = 90;

/// Days a report of operators goes back where an address names no period.
pub const USUAL_DAYS_OF_WORK: u64 = 30;

/// A page of a report.
pub struct Listed<R, T> {
    /// The rows.
    pub rows: Vec<R>,
    /// The sums over everything the filter finds.
    pub totals: T,
    /// When these were added up, if that was not just now.
    pub counted_at: Option<Timestamp>,
    /// Failed attempts that lock, for statuses.
    pub attempts_allowed: i64,
}

fn basis(conn: &mut AnyConn, who: &Who, now: Timestamp, zone: Zone) -> Result<Basis> {
    Ok(Basis {
        today: zone.today(now),
        attempts_allowed: policy::current(conn)?.attempts_allowed,
        containers: Basis::containers_of(&who.scope),
    })
}

/// Provisioning history: the rows `offset..offset + limit` of what the filter finds, the newest first.
pub fn provisioning(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    filter: &Filter,
    (offset, limit): (i64, i64),
) -> Result<Listed<history::Row, history::Totals>> {
    who.need(Permission::Reports)?;
    let basis = basis(conn, who, now, desk.settings.zone)?.narrowed(conn, who, filter)?;
    let question = format!("provisioning {basis:?} {filter:?}");
    let (totals, counted_at) = desk.kept.or_count(
        &question,
        now,
        |totals: &history::Totals| totals.tasks,
        || store::history::totals(conn, &basis, filter),
    )?;
    Ok(Listed {
        rows: store::history::page(conn, &basis, filter, offset, limit)?,
        totals,
        counted_at,
        attempts_allowed: basis.attempts_allowed,
    })
}

/// Users not enrolled: the rows `offset..offset + limit` of what the filter finds, the earliest Stop Date first.
pub fn not_enrolled(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    filter: &Filter,
    (offset, limit): (i64, i64),
) -> Result<Listed<not_enrolled::Row, not_enrolled::Totals>> {
    who.need(Permission::Reports)?;
    let basis = basis(conn, who, now, desk.settings.zone)?.narrowed(conn, who, filter)?;
    let question = format!("not enrolled {basis:?} {filter:?}");
    let (totals, counted_at) = desk.kept.or_count(
        &question,
        now,
        |totals: &not_enrolled::Totals| totals.enrollments,
        || store::not_enrolled::totals(conn, &basis, filter),
    )?;
    let few = totals.enrollments <= CAP;
    Ok(Listed {
        rows: store::not_enrolled::page(conn, &basis, filter, few, (offset, limit))?,
        totals,
        counted_at,
        attempts_allowed: basis.attempts_allowed,
    })
}

/// How the users of the last weeks are doing; and when they were counted, if that was not just now.
pub fn enrollments_of(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    filter: &Filter,
) -> Result<(enrollments::Enrollments, Option<Timestamp>)> {
    who.need(Permission::Reports)?;
    let basis = basis(conn, who, now, desk.settings.zone)?.narrowed(conn, who, filter)?;
    let question = format!("enrollments {basis:?} {:?}", filter.authentication_type);
    let users = |enrollments: &enrollments::Enrollments| enrollments.all().all();
    desk.kept.or_count(&question, now, users, || store::enrollments::count(conn, &basis, filter))
}

/// Hardware tokens in inventory and those of them that are reserved; `None` where they are not in use.
pub fn stock_of(desk: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp) -> Result<Option<(i64, i64)>> {
    let stock = provision::stock_lately(desk, conn, &who.scope, now)?;
    let inventory = stock.inventory.unwrap_or(0);
    Ok((inventory + stock.reserved > 0).then_some((inventory, stock.reserved)))
}

/// How many tokens of which type are in which state; and when they were counted, if that was not just now.
pub fn tokens(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    filter: &Filter,
) -> Result<(Vec<StockLine>, Option<Timestamp>)> {
    who.need(Permission::Reports)?;
    let basis = basis(conn, who, now, desk.settings.zone)?.narrowed(conn, who, filter)?;
    let question = format!("tokens {basis:?} {filter:?}");
    let tokens = |lines: &Vec<StockLine>| lines.iter().map(|line| line.tokens).sum();
    desk.kept.or_count(&question, now, tokens, || {
        let mut stands = store::activity::stands(conn, &basis, filter)?;
        stands.sort_by_key(|stand| (stand.authentication_type, stand.state.code()));
        Ok(stands)
    })
}

/// What operators did in the period, by operator and verb; and when it was counted, if that was not just now.
pub fn deeds(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    filter: &Filter,
) -> Result<(Vec<ActionCount>, Option<Timestamp>)> {
    who.need(Permission::Reports)?;
    let zone = desk.settings.zone;
    let basis = basis(conn, who, now, zone)?;
    // Within some containers everybody sees their own deeds beside.
    let name = if basis.containers.is_some() { who.name() } else { "" };
    let question = format!("deeds {basis:?} {filter:?} {name}");
    let deeds = |lines: &Vec<ActionCount>| lines.iter().map(|line| line.done + line.refused).sum();
    desk.kept.or_count(&question, now, deeds, || store::activity::deeds(conn, &basis, who, zone, filter))
}
