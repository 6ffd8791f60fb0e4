//! A piece of long work: what was asked for, how far it is, and how it ended.

use crate::{
    clock::Timestamp,
    error::{Error, Result},
    ids::{OperatorId, WorkId},
};

/// What is done. The words are stored: they stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Kind {
    /// Provision.
    Provision,
    /// Resend.
    Resend,
    /// Unlock.
    Unlock,
    /// New Stop Date.
    StopDate,
    /// Remove, of users.
    Remove,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 5] = [Kind::Provision, Kind::Resend, Kind::Unlock, Kind::StopDate, Kind::Remove];

    /// The word in the database.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The kind of this word.
    ///
    /// # Errors
    /// `Internal` if a newer version wrote it.
    pub fn from_code(word: &str) -> Result<Self> {
        word.parse().map_err(|_| Error::Internal(format!("long work is of the unknown kind {word}")))
    }

    /// True if everybody is sent an email; else those who were asked for.
    pub fn writes_to_all(self) -> bool {
        matches!(self, Kind::Provision | Kind::Resend | Kind::Unlock)
    }

    /// What its slices prepare, for people.
    pub fn prepares(self) -> &'static str {
        match self {
            Kind::Provision => "Links, activation codes and emails",
            Kind::Resend | Kind::Unlock => "New links, activation codes and emails",
            Kind::StopDate | Kind::Remove => "Emails and audit entries",
        }
    }
}

/// How far a piece is, or how it ended. The words are stored: they stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum State {
    /// Nobody has begun with it.
    Waiting,
    /// Its rows are prepared.
    Preparing,
    /// Its last transaction runs.
    Applying,
    /// It was done.
    Done,
    /// Who asked for it canceled it.
    Canceled,
    /// Something differed from what was shown.
    Moved,
    /// A rule did not allow it.
    Refused,
    /// The server ended before it was done.
    Stopped,
    /// It went wrong.
    Failed,
}

impl State {
    /// All of them.
    pub const ALL: [State; 9] = [
        State::Waiting,
        State::Preparing,
        State::Applying,
        State::Done,
        State::Canceled,
        State::Moved,
        State::Refused,
        State::Stopped,
        State::Failed,
    ];

    /// The word in the database.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The state of this word.
    ///
    /// # Errors
    /// `Internal` if it is none.
    pub fn from_code(word: &str) -> Result<Self> {
        word.parse().map_err(|_| Error::Internal(format!("long work has the unknown state {word}")))
    }

    /// What people read in a list.
    pub fn label(self) -> &'static str {
        match self {
            State::Waiting => "Waiting",
            State::Preparing => "Preparing",
            State::Applying => "Being applied",
            State::Done => "Done",
            State::Canceled => "Canceled",
            State::Moved => "Not done: the data moved",
            State::Refused => "Refused",
            State::Stopped => "Stopped",
            State::Failed => "Failed",
        }
    }

    /// True while it goes on.
    pub fn is_open(self) -> bool {
        matches!(self, State::Waiting | State::Preparing | State::Applying)
    }

    /// True while it may be canceled: its last transaction has not begun.
    pub fn may_be_canceled(self) -> bool {
        matches!(self, State::Waiting | State::Preparing)
    }
}

/// What is said of a piece whose server ended.
pub const STOPPED: &str = "The server stopped before this was applied.";

/// What is said of a piece that its operator canceled.
pub const CANCELED: &str = "This was canceled before it was applied.";

/// What is said where something differs from what was shown.
pub const MOVED: &str = "Something changed since the page before this was shown.";

/// A piece of long work.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Its number.
    pub id: WorkId,
    /// What is done.
    pub kind: Kind,
    /// Who asked for it.
    pub operator: OperatorId,
    /// Their UserID.
    pub operator_name: String,
    /// The address that the request came from, for the audit log.
    pub address: String,
    /// The id of that request.
    pub request: String,
    /// What is done to how many: "Provision 12,400 users".
    pub title: String,
    /// What else there is to know of it: "Authenticator app, Autumn rollout".
    pub about: String,
    /// What the verb was asked, as it wrote it down.
    pub asked: String,
    /// Where it was asked for: it is asked for anew there.
    pub back: String,
    /// Rows to prepare.
    pub total: i64,
    /// Rows that are prepared.
    pub done: i64,
    /// How far it is.
    pub state: State,
    /// What came of it; empty before.
    pub sentence: String,
    /// The address of what came of it; empty if there is none.
    pub result: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it was begun.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// A piece that is asked for.
pub struct NewPiece {
    /// What is done.
    pub kind: Kind,
    /// What is done to how many.
    pub title: String,
    /// What else there is to know of it.
    pub about: String,
    /// What the verb is asked, for itself to read.
    pub asked: String,
    /// Where it is asked for.
    pub back: String,
    /// Rows to prepare.
    pub total: usize,
}

/// How the last transaction of a piece ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It was done: what came of it, and the address of that.
    Done(String, String),
    /// Something differs from what was shown; nothing was written.
    Moved,
    /// A rule does not allow it, which the sentence says; nothing was written.
    Refused(String),
}

/// Seconds before anything is said of the time that is left: a part of the first slices says nothing.
const FIRST_SECONDS: i64 = 5;

/// To how many seconds the time that is left is rounded.
const ROUNDED_SECONDS: i64 = 10;

impl Piece {
    /// How much is prepared, in percent.
    pub fn percent(&self) -> i64 {
        (self.done * 100).checked_div(self.total).unwrap_or(100).clamp(0, 100)
    }

    /// The seconds until all is prepared, rounded; `None` while there is nothing to judge by.
    pub fn seconds_left(&self, now: Timestamp) -> Option<i64> {
        let passed = (now - self.started_at?).num_seconds();
        if self.state != State::Preparing || passed < FIRST_SECONDS || self.done <= 0 {
            return None;
        }
        let left = (self.total - self.done).max(0) * passed / self.done;
        Some(left.div_euclid(ROUNDED_SECONDS) * ROUNDED_SECONDS + ROUNDED_SECONDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Duration;

    fn piece(done: i64, total: i64) -> Piece {
        let at = chrono::DateTime::UNIX_EPOCH.naive_utc();
        let text = String::new;
        Piece {
            id: WorkId(1),
            kind: Kind::Provision,
            operator: OperatorId(1),
            operator_name: text(),
            address: text(),
            request: text(),
            title: text(),
            about: text(),
            asked: text(),
            back: text(),
            total,
            done,
            state: State::Preparing,
            sentence: text(),
            result: text(),
            created_at: at,
            started_at: Some(at),
            ended_at: None,
        }
    }

    #[test]
    fn what_is_left_is_said_after_five_seconds_and_rounded_to_ten() {
        let half = piece(5_000, 10_000);
        let after = |seconds| half.created_at + Duration::seconds(seconds);
        assert_eq!(half.seconds_left(after(4)), None);
        assert_eq!(half.seconds_left(after(14)), Some(20));
        assert_eq!(half.seconds_left(after(30)), Some(40));
        assert_eq!(piece(0, 10_000).seconds_left(after(30)), None);
        assert_eq!(half.percent(), 50);
        assert_eq!(piece(0, 0).percent(), 100);
    }

    #[test]
    fn only_what_has_not_begun_to_be_applied_may_be_canceled() {
        for state in State::ALL {
            assert_eq!(State::from_code(state.code()).unwrap(), state);
            assert!(state.is_open() || !state.may_be_canceled());
        }
        assert!(!State::Applying.may_be_canceled() && State::Applying.is_open());
    }
}
