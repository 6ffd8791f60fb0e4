//! The large numbers of the Snapshot. Few enrollments are counted when somebody looks; many are counted once a minute for
//! each scope in which operators work at present, and the page says when.

use chrono::{Datelike as _, Days, Duration};

use crate::{
    clock::{Timestamp, Zone},
    db::AnyConn,
    desk::Desk,
    error::Result,
    operators, policy,
    reports::store::{self, Basis},
    tasks::status::last_soon_day,
};

pub use super::large::Numbers;

/// Tasks shown that stop soon.
const MOST_STOPPING: i64 = 8;

/// Days the chart and the funnel go back, today included.
pub const DAYS_BACK: usize = 30;

/// Minutes since an operator's last request for which the numbers of their scope are kept: as long as somebody may still
/// look at the page they left open.
const WORKS_MINUTES: i64 = 15;

/// Seconds for which numbers are not counted again: less than a round, so that several servers count once.
const FRESH_SECONDS: i64 = 45;

/// The numbers of a scope, and when they were counted if that was not just now.
pub fn of(conn: &mut AnyConn, basis: &Basis, zone: Zone) -> Result<(Numbers, Option<Timestamp>)> {
    if store::numbers::are_large(conn)?
        && let Some((numbers, at)) = store::numbers::find(conn, basis)?
    {
        return Ok((numbers, Some(at)));
    }
    Ok((count(conn, basis, zone)?, None))
}

fn count(conn: &mut AnyConn, basis: &Basis, zone: Zone) -> Result<Numbers> {
    let today = basis.today;
    let ago = |days: u64| today.checked_sub_days(Days::new(days)).unwrap_or(today);
    let monday = ago(u64::from(today.weekday().num_days_from_monday()));
    let first_day = ago(u64::try_from(DAYS_BACK).unwrap_or(1).saturating_sub(1));
    Ok(Numbers {
        open: store::snapshot::open(conn, basis)?,
        started: store::snapshot::started(conn, basis, monday)?,
        waiting: store::snapshot::waiting(conn, basis)?,
        soon: store::snapshot::soon(conn, basis, last_soon_day(today))?,
        stopping: store::snapshot::stopping(conn, basis, last_soon_day(today), MOST_STOPPING)?,
        locked: store::snapshot::locked(conn, basis)?,
        funnel: store::snapshot::funnel(conn, basis, first_day)?,
        days: store::snapshot::completed(conn, basis, zone, DAYS_BACK)?,
    })
}

/// Counts the numbers of all scopes in which operators work at present, where they are large; those of other scopes go.
pub fn fold(desk: &Desk, now: Timestamp) -> Result<()> {
    if !desk.db.read(store::numbers::are_large)? {
        return Ok(());
    }
    let since = now - Duration::minutes(WORKS_MINUTES);
    let scopes = desk.db.read(|conn| operators::sessions::scopes(conn, since))?;
    let mut kept = Vec::with_capacity(scopes.len());
    for scope in scopes {
        let counted = desk.db.read(|conn| {
            let basis = Basis {
                today: desk.settings.zone.today(now),
                attempts_allowed: policy::current(conn)?.attempts_allowed,
                containers: Basis::containers_of(&scope),
            };
            let fresh = now - Duration::seconds(FRESH_SECONDS);
            let found = store::numbers::find(conn, &basis)?.filter(|(_, at)| *at >= fresh && *at <= now);
            let counted = if found.is_none() { Some(count(conn, &basis, desk.settings.zone)?) } else { None };
            Ok((store::numbers::scope(&basis), counted))
        })?;
        kept.push(counted);
    }
    desk.db.write(|conn| store::numbers::keep(conn, now, &kept))
}
