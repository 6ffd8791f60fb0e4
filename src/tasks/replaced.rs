//! The first use of an enrolled token, and what becomes then of the token that it replaces (PRODUCT.md §11).

use super::store;
use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    ids::{EnrollmentId, TaskId, TokenId},
    tokens,
};

/// Notes in the caller's transaction that `token` authenticated; what became Completed by it, if this was the first
/// time since it was enrolled. The token that it replaces is revoked with it.
pub fn note_used(conn: &mut AnyConn, now: Timestamp, token: TokenId) -> Result<Option<(EnrollmentId, TaskId)>> {
    let completed = store::notes::set_used(conn, now, token)?;
    if let Some((_, task)) = completed
        && let Some(old) = store::replacements::of_task(conn, task)?
    {
        tokens::end_replaced(conn, now, old, task)?;
    }
    Ok(completed)
}
