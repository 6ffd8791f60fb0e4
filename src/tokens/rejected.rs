//! What is remembered of a token's last rejected one-time password, for the help desk: never the password.

use crate::{clock::Timestamp, ids::TokenId};

/// What was wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// It, or a later one, had been accepted before.
    Used,
    /// A counter far ahead of the server's.
    FarAhead,
    /// It is none of the token's values near here.
    Wrong,
    /// The token was not valid then.
    NotValid,
}

impl Rejected {
    /// The word in the database.
    pub fn code(self) -> &'static str {
        match self {
            Rejected::Used => "used",
            Rejected::FarAhead => "far ahead",
            Rejected::Wrong => "wrong",
            Rejected::NotValid => "not valid",
        }
    }

    /// The one of this word; `None` for the empty one of a token that was never rejected.
    pub fn from_code(word: &str) -> Option<Self> {
        [Rejected::Used, Rejected::FarAhead, Rejected::Wrong, Rejected::NotValid]
            .into_iter()
            .find(|rejected| rejected.code() == word)
    }
}

/// The last rejection of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Whose.
    pub token: TokenId,
    /// What was wrong.
    pub what: Rejected,
    /// When.
    pub at: Timestamp,
    /// Seconds that the token's clock is ahead (behind, below 0), if it was a value from another time.
    pub seconds: Option<i64>,
}
