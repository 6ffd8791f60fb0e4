//! What every command does with a database that it opens.

use crate::{desk::Desk, error::Result};

/// Makes keys and words of names anew that an older version made. Several servers may start at once.
pub(super) fn renew(desk: &Desk) -> Result<()> {
    crate::db::keys::renew(&desk.db, desk.now())?;
    let renewed = crate::users::renew(desk)?;
    if renewed > 0 {
        tracing::info!(users = renewed, "the keys and words of users were made anew");
    }
    Ok(())
}
