//! The rounds, and one that fails.

use crate::clock::Timestamp;

/// A kind of round. The words are stored: they stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Round {
    /// Sweeps out what has ended, and posts the reminders that are due.
    Sweep,
    /// Tells operators what happened.
    Alert,
    /// Tries whether the database takes a write.
    Probe,
    /// Counts the large numbers of the Snapshot.
    Count,
    /// Makes right what a server of an older version left behind.
    Renew,
    /// Does the long work that waits, and sweeps up after it.
    Work,
    /// Keeps what auth nodes asked.
    Note,
}

impl Round {
    /// All of them.
    pub const ALL: [Round; 7] =
        [Round::Sweep, Round::Alert, Round::Probe, Round::Count, Round::Renew, Round::Work, Round::Note];

    /// The word in the database and in the numbers for monitors.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// What it does, for people.
    pub fn label(self) -> &'static str {
        match self {
            Round::Sweep => "sweeping and reminding",
            Round::Alert => "alerting operators",
            Round::Probe => "trying to write",
            Round::Count => "counting for the Snapshot",
            Round::Renew => "renewing what an older version left",
            Round::Work => "doing long work",
            Round::Note => "keeping what auth nodes asked",
        }
    }

    pub(super) fn from_code(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

/// A kind of round that has not ended well since it last failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failing {
    /// Which.
    pub round: Round,
    /// When it last failed.
    pub failed_at: Timestamp,
}
