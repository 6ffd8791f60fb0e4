//! What operators do with emails: send again, try now, cancel.

use super::store;
use crate::{clock::Timestamp, db::AnyConn, error::Result, ids::EmailId};

/// Holds these emails until the transaction ends, so that what is decided by them still holds when it is written.
pub fn hold(conn: &mut AnyConn, ids: &[EmailId]) -> Result<()> {
    store::again::hold(conn, ids)
}

/// Those of these emails that have Failed or Bounced wait again under their Message-ID, due now and tried until
/// `give_up_at`; how many. `to`: those whose address is another one now.
pub fn send_again(
    conn: &mut AnyConn,
    now: Timestamp,
    ids: &[EmailId],
    to: &[(EmailId, String)],
    give_up_at: Timestamp,
) -> Result<usize> {
    let queued = store::again::queue(conn, now, ids, give_up_at)?;
    for (id, address) in to {
        store::again::readdress(conn, *id, address)?;
    }
    Ok(queued)
}

/// Those of these emails that are Deferred, and not in a worker's hand, are due now; how many.
pub fn try_now(conn: &mut AnyConn, now: Timestamp, ids: &[EmailId]) -> Result<usize> {
    store::again::hasten(conn, now, ids)
}

/// Cancels those of these emails that wait, and are not in a worker's hand, and wipes their secrets; how many.
pub fn cancel(conn: &mut AnyConn, now: Timestamp, ids: &[EmailId]) -> Result<usize> {
    store::again::cancel(conn, now, ids)
}
