//! Where a link went.

use crate::{clock::Timestamp, ids::EnrollmentId};

/// Where an email with a link went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkSent {
    /// The enrollment that the link leads to.
    pub enrollment: EnrollmentId,
    /// The address, compared without case; masked if it was an alternate one.
    pub to_key: String,
    /// It went to an address that was typed for this one message.
    pub alternate: bool,
    /// When it was written, and the link with it.
    pub at: Timestamp,
}
