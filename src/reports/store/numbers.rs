//! The numbers that are kept for the Snapshot, a row a scope.

use diesel::prelude::*;

use super::Basis;
use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    on,
    reports::numbers::Numbers,
    schema::{enrollments, snapshot_numbers},
};

/// True if there are more enrollments than are counted while somebody waits.
pub fn are_large(conn: &mut AnyConn) -> Result<bool> {
    Ok(crate::total!(conn, enrollments::table.select(enrollments::id))?.more)
}

/// The name of a scope: "all", or its containers in order.
pub fn scope(basis: &Basis) -> String {
    let Some(containers) = &basis.containers else { return "all".into() };
    let mut ids: Vec<i64> = containers.iter().map(|container| container.0).collect();
    ids.sort_unstable();
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}

/// The numbers kept for a scope, and when they were counted. Those that an older version wrote otherwise are none.
pub fn find(conn: &mut AnyConn, basis: &Basis) -> Result<Option<(Numbers, Timestamp)>> {
    let row: Option<(String, Timestamp)> = snapshot_numbers::table
        .find(scope(basis))
        .select((snapshot_numbers::numbers, snapshot_numbers::counted_at))
        .first(conn)
        .optional()?;
    Ok(row.and_then(|(text, at)| Some((serde_json::from_str(&text).ok()?, at))))
}

/// Keeps the numbers of these scopes and of no others; those of a scope without new ones stay.
pub fn keep(conn: &mut AnyConn, now: Timestamp, kept: &[(String, Option<Numbers>)]) -> Result<()> {
    let fresh: Vec<&str> = kept.iter().filter(|(_, new)| new.is_none()).map(|(scope, _)| scope.as_str()).collect();
    let others = diesel::dsl::not(snapshot_numbers::scope.eq_any(&fresh));
    diesel::delete(snapshot_numbers::table.filter(others)).execute(conn)?;
    for (scope, numbers) in kept {
        let Some(numbers) = numbers else { continue };
        let text = serde_json::to_string(numbers).map_err(|error| crate::error::Error::Internal(error.to_string()))?;
        let row = (
            snapshot_numbers::scope.eq(scope),
            snapshot_numbers::counted_at.eq(now),
            snapshot_numbers::numbers.eq(text),
        );
        on!(&mut *conn, |conn| diesel::insert_into(snapshot_numbers::table).values(row).execute(conn))?;
    }
    Ok(())
}
