//! How the mail server does.

use super::Try;
use crate::clock::Timestamp;

/// So many tries in a row without one that was accepted say that the mail server takes nothing, and not that some
/// mailboxes do not exist; where nothing was ever accepted, the first says so.
pub const TRIES_THAT_TELL: i64 = 5;

/// How the mail server does, as far as the tries tell.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// When it last accepted an email.
    pub last_accepted_at: Option<Timestamp>,
    /// The last try of all.
    pub last_try: Option<Try>,
    /// It took none of the last emails it was given, whoever they were for: see [`TRIES_THAT_TELL`].
    pub takes_nothing: bool,
}
