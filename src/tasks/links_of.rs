//! Whose links an address may end.

use crate::{clock::Timestamp, ids::UserId};

/// Whose links are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinksOf {
    /// This user's.
    User(UserId),
    /// Those of everybody whose address was changed at this moment: by one import.
    ChangedAt(Timestamp),
}
