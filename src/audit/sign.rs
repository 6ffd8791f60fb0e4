//! The sign in front of an entry wherever it is told: a history, a list. It follows the outcome and nothing else, so that
//! no tick stands beside something that failed, and no cross beside something that was done.

use crate::audit::{Line, Outcome};

/// A drawing with its tone, and its word for those who do not see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sign {
    /// The drawing.
    pub icon: &'static str,
    /// Its tone.
    pub tone: &'static str,
    /// What it says; empty where the sentence says enough.
    pub said: &'static str,
}

impl Outcome {
    /// The outcome of this word; whatever is not refused was done.
    pub fn from_code(word: &str) -> Self {
        if word == Outcome::Refused.code() { Outcome::Refused } else { Outcome::Done }
    }

    /// The sign of what ended so. What was done is told without praise: "disabled the user" is no success.
    pub fn sign(self) -> Sign {
        match self {
            Outcome::Done => Sign { icon: "history", tone: "muted", said: "" },
            Outcome::Refused => Sign { icon: "circle-x", tone: "locked", said: "Failed:" },
        }
    }
}

impl Line {
    /// The sign in front of it.
    pub fn sign(&self) -> Sign {
        if self.refused { Outcome::Refused.sign() } else { Outcome::Done.sign() }
    }
}
