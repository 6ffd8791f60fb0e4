//! Reading across all features: reports, the Snapshot, Find. Nothing is changed here but the audit log, which keeps
//! who took data away as a file.

use crate::{
    clock::{Timestamp, Zone},
    db::{AnyConn, total::CAP},
    error::Result,
    operators::{Permission, Who},
    policy,
};

pub mod activity;
pub mod download;
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
pub use glance::{Glance, glance};
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
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    zone: Zone,
    filter: &Filter,
    (offset, limit): (i64, i64),
) -> Result<Listed<history::Row, history::Totals>> {
    who.need(Permission::Reports)?;
    let basis = basis(conn, who, now, zone)?.narrowed(conn, who, filter)?;
    Ok(Listed {
        rows: store::history::page(conn, &basis, filter, offset, limit)?,
        totals: store::history::totals(conn, &basis, filter)?,
        attempts_allowed: basis.attempts_allowed,
    })
}

/// Users not enrolled: the rows `offset..offset + limit` of what the filter finds, the earliest Stop Date first.
pub fn not_enrolled(
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    zone: Zone,
    filter: &Filter,
    (offset, limit): (i64, i64),
) -> Result<Listed<not_enrolled::Row, not_enrolled::Totals>> {
    who.need(Permission::Reports)?;
    let basis = basis(conn, who, now, zone)?.narrowed(conn, who, filter)?;
    let totals = store::not_enrolled::totals(conn, &basis, filter)?;
    let few = totals.enrollments <= CAP;
    Ok(Listed {
        rows: store::not_enrolled::page(conn, &basis, filter, few, (offset, limit))?,
        totals,
        attempts_allowed: basis.attempts_allowed,
    })
}

/// How many tokens of which type are in which state.
pub fn tokens(conn: &mut AnyConn, who: &Who, now: Timestamp, zone: Zone, filter: &Filter) -> Result<Vec<StockLine>> {
    who.need(Permission::Reports)?;
    let basis = basis(conn, who, now, zone)?.narrowed(conn, who, filter)?;
    let mut stands = store::activity::stands(conn, &basis, filter)?;
    stands.sort_by_key(|stand| (stand.authentication_type, stand.state.code()));
    Ok(stands)
}

/// What operators did in the period, by operator and verb.
pub fn deeds(conn: &mut AnyConn, who: &Who, now: Timestamp, zone: Zone, filter: &Filter) -> Result<Vec<ActionCount>> {
    who.need(Permission::Reports)?;
    let basis = basis(conn, who, now, zone)?;
    store::activity::deeds(conn, &basis, who, zone, filter)
}
