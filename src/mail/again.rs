//! What operators do with emails: send again, try now, cancel.

use super::store;
use crate::{clock::Timestamp, db::AnyConn, error::Result, ids::EmailId};
pub use store::{again::cancel, again::hasten as try_now, again::hold};

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
