//! An email in the hand of a worker, and what became of the try.

use super::{Facts, Kind, Secret, Wording, answer};
use crate::{
    clock::Timestamp,
    ids::{EmailId, TaskId, UserId},
};
use std::sync::Arc;

/// An email in a worker's hand.
pub struct Claimed {
    /// Its row.
    pub id: EmailId,
    /// The Message-ID of all tries.
    pub message_id: String,
    /// What it is about.
    pub kind: Kind,
    /// The address as the outbox shows it.
    pub shown_to: String,
    /// The user it goes to.
    pub user: Option<UserId>,
    /// The task it belongs to.
    pub task: Option<TaskId>,
    /// What it tells.
    pub facts: Facts,
    /// What must not stay.
    pub secret: Option<Secret>,
    /// The secret does not open: this server has another master key.
    pub unreadable: bool,
    /// The words of operators for it, if they wrote any.
    pub wording: Option<Arc<Wording>>,
    /// Tries before this one.
    pub tries: i64,
    /// From then on it is no longer tried.
    pub give_up_at: Timestamp,
}

impl Claimed {
    /// The address it goes to.
    pub fn to(&self) -> &str {
        self.secret.as_ref().and_then(|secret| secret.alternate_to.as_deref()).unwrap_or(&self.shown_to)
    }

    /// What may be kept of a mail server's answer to it.
    pub(super) fn keepable(&self, answer: &str) -> String {
        answer::keepable(answer, self.secret.as_ref(), &self.shown_to)
    }
}

/// What the mail server said to an email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Accepted: it is Sent, and its secrets are wiped.
    Accepted,
    /// Refused for now, or nobody knows: it is tried again, or given up when its time is over.
    RefusedForNow,
    /// Refused for good: it has Failed, and its secrets are wiped, since another try makes a new code.
    Refused,
}

/// A try that has ended.
pub struct EndedTry {
    /// Whose claim it was.
    pub worker: String,
    /// The email.
    pub email: Claimed,
    /// What came of it.
    pub verdict: Verdict,
    /// The server's answer, or what went wrong.
    pub answer: String,
}
