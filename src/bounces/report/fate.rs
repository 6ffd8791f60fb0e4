//! What a report says of an address.

use crate::mail::Action;

/// What became of the email for one recipient, all of it from that recipient's group of fields (RFC 3464 §2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The recipient's addresses: the one that it was sent to, and the one that this became on the way.
    pub recipients: Vec<String>,
    /// What became of it.
    pub action: Action,
    /// The enhanced status code, the more exact one of what is stated and what was answered; empty without one.
    pub status: String,
    /// What the last mail server said, on one line; may be empty.
    pub diagnostic: String,
}

/// What a reader makes of a message.
pub(super) type Found = Result<(Vec<String>, Vec<Fate>), &'static str>;
