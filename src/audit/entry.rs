//! One line of the log, before it is written.

use super::{Actor, Verb};
use crate::ids::{TaskId, UserId};

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused: no permission, wrong password, wrong one-time password.
    Refused,
}

impl Outcome {
    /// The word in the database.
    pub fn code(self) -> &'static str {
        self.into()
    }
}

/// One line of the log, before it is written.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// What.
    pub verb: Verb,
    /// How it ended.
    pub outcome: Outcome,
    /// The task it concerns.
    pub task: Option<TaskId>,
    /// The user it concerns.
    pub user: Option<UserId>,
    /// The name of what it concerns: a User ID, a serial number, an operator.
    pub subject: String,
    /// What happened, as a sentence without its subject: "Created a task for 4 users".
    pub sentence: String,
    /// Old and new values, as pairs of a name and text; never a secret.
    pub detail: Vec<(&'static str, String)>,
}

impl<'a> Entry<'a> {
    /// A thing done; refine it with the other methods.
    pub fn done(actor: &'a Actor, verb: Verb, sentence: impl Into<String>) -> Self {
        Entry {
            actor,
            verb,
            outcome: Outcome::Done,
            task: None,
            user: None,
            subject: String::new(),
            sentence: sentence.into(),
            detail: Vec::new(),
        }
    }

    /// A thing refused.
    pub fn refused(actor: &'a Actor, verb: Verb, sentence: impl Into<String>) -> Self {
        Entry { outcome: Outcome::Refused, ..Entry::done(actor, verb, sentence) }
    }

    /// It concerns this task.
    #[must_use]
    pub fn task(mut self, task: TaskId) -> Self {
        self.task = Some(task);
        self
    }

    /// It concerns this user.
    #[must_use]
    pub fn user(mut self, user: UserId, user_id: &str) -> Self {
        self.user = Some(user);
        self.subject = user_id.to_owned();
        self
    }

    /// It concerns the thing of this name.
    #[must_use]
    pub fn subject(mut self, name: impl Into<String>) -> Self {
        self.subject = name.into();
        self
    }

    /// A fact beside the sentence, such as ("Stop Date", "2026-11-27 → 2026-12-13").
    #[must_use]
    pub fn fact(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.detail.push((name, text.into()));
        self
    }
}
