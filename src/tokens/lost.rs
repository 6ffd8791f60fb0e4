//! What is known of a token that was reported lost (PRODUCT.md §11).

use crate::{clock::Timestamp, ids::TokenId};

/// That a token was reported lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostReport {
    /// The token.
    pub token: TokenId,
    /// When.
    pub at: Timestamp,
    /// The UserID of the operator it was reported to.
    pub by: String,
}
