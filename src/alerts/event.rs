//! What operators are told of.

use crate::{
    english::counted_as,
    operators::{Permission, Permissions},
};

/// What operators can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// The Stop Date of a user who had not enrolled has passed.
    Expired,
    /// An enrollment or a token became Locked.
    LockOut,
    /// An email was refused, given up, or came back.
    FailedMail,
    /// An auth node, or all of them together, rejected more one-time passwords than usual.
    Rejections,
}

impl Event {
    /// All of them, in the order of the columns.
    pub const ALL: [Event; 4] = [Event::Expired, Event::LockOut, Event::FailedMail, Event::Rejections];

    /// The word in the database and in the form.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The one of this word.
    pub fn from_code(word: &str) -> Option<Self> {
        word.parse().ok()
    }

    /// What operators read.
    pub fn label(self) -> &'static str {
        match self {
            Event::Expired => "Expired enrollments",
            Event::LockOut => "Lock-outs",
            Event::FailedMail => "Failed email",
            Event::Rejections => "Guessing",
        }
    }

    /// What it means, for the page.
    pub fn meaning(self) -> &'static str {
        match self {
            Event::Expired => "The Stop Date passed before the user enrolled.",
            Event::LockOut => "An enrollment or a token became Locked.",
            Event::FailedMail => "An email was refused, given up, or came back.",
            Event::Rejections => {
                "An auth node rejected far more one-time passwords than usual: somebody may be guessing, or its clock is off. \
                 Only for operators who work in all containers."
            }
        }
    }

    /// "1 lock-out", "3 lock-outs".
    pub fn count(self, count: i64) -> String {
        let (one, many) = match self {
            Event::Expired => ("expired enrollment", "expired enrollments"),
            Event::LockOut => ("lock-out", "lock-outs"),
            Event::FailedMail => ("failed email", "failed emails"),
            Event::Rejections => ("wave of rejected one-time passwords", "waves of rejected one-time passwords"),
        };
        counted_as(count, one, many)
    }

    /// The permission with which an operator sees such things in the console; without it they are not told either.
    pub fn permission(self) -> Permission {
        match self {
            Event::Expired | Event::LockOut | Event::Rejections => Permission::SeeUsers,
            Event::FailedMail => Permission::SeeOutbox,
        }
    }

    /// The list that holds all of them, as far as a role opens one.
    pub fn list(self, held: Permissions) -> &'static str {
        match self {
            Event::Expired if held.has(Permission::Reports) => "/reports/not-enrolled?status=expired",
            Event::Expired if held.has(Permission::SeeTasks) => "/tasks?view=past",
            Event::LockOut if held.has(Permission::Reports) => "/reports/not-enrolled?status=locked",
            Event::LockOut if held.has(Permission::SeeTasks) => "/tasks?view=locked",
            Event::FailedMail => "/outbox",
            Event::Rejections if held.has(Permission::ManageOperators) => "/auth-nodes",
            Event::Expired | Event::LockOut | Event::Rejections => "/",
        }
    }
}
