//! The rules of the Snapshot: where enrollments stop, said in words.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::english::{counted_as, either};
use crate::ids::TaskId;
use crate::reports::history;

/// How far the enrollments of a time came; each number is part of the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funnel {
    /// Given an enrollment in a task, those left out who were moved to a newer one.
    pub provisioned: i64,
    /// A mail server accepted an email to them.
    pub accepted: i64,
    /// The link was opened (a mail scanner can do that too).
    pub opened: i64,
    /// They enrolled a token.
    pub enrolled: i64,
    /// They used it.
    pub completed: i64,
}

/// A line of the funnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The words.
    pub words: &'static str,
    /// How many came this far.
    pub count: i64,
    /// How many of the line before did not.
    pub lost: i64,
}

impl Funnel {
    /// The lines.
    pub fn stages(&self) -> [Stage; 5] {
        let stage = |words, count, before: i64| Stage { words, count, lost: (before - count).max(0) };
        [
            stage("Provisioned", self.provisioned, self.provisioned),
            stage("Email accepted", self.accepted, self.provisioned),
            stage("Link opened", self.opened, self.accepted),
            stage("Enrolled", self.enrolled, self.opened),
            stage("Completed", self.completed, self.enrolled),
        ]
    }

    /// The line that lost most, and its place; `None` if nobody was lost.
    pub fn biggest(&self) -> Option<(usize, Stage)> {
        // Of equal losses the earlier one is named: it is the one that holds up more.
        self.stages()
            .into_iter()
            .enumerate()
            .rev()
            .max_by_key(|(_, stage)| stage.lost)
            .filter(|(_, most)| most.lost > 0)
    }

    /// The biggest loss in words; empty if nobody was lost.
    pub fn biggest_loss(&self) -> String {
        let Some((at, stage)) = self.biggest() else { return String::new() };
        let (users, have) = (counted_as(stage.lost, "user", "users"), either(stage.lost, "has", "have"));
        match at {
            1 => format!("Biggest loss: the email to {users} is not accepted by a mail server yet."),
            2 => format!("Biggest loss: {users} got the email and {have} not opened the link."),
            3 => format!("Biggest loss: {users} opened the link and {have} not enrolled."),
            _ => format!("Biggest loss: {users} enrolled and {have} not used the token yet."),
        }
    }
}

/// A task that stops soon, with the users who may still enroll until then.
#[derive(Clone, Debug)]
pub struct Stopping {
    /// The task.
    pub row: history::Row,
    /// The first of the Stop Dates that come.
    pub stop_on: NaiveDate,
    /// Users whose time ends within 48 hours.
    pub users: i64,
}

/// A task that stops soon, as it is counted: its number, the first of the Stop Dates that come, users whose time ends within
/// 48 hours.
pub type StoppingTask = (TaskId, NaiveDate, i64);

/// Who is yet to enroll, and whose time ends within 48 hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Soon {
    /// Users whose time ends.
    pub users: i64,
    /// The tasks they are in.
    pub tasks: i64,
}

/// The open tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// How many.
    pub tasks: i64,
    /// Users in them.
    pub users: i64,
}

/// Locked users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    /// How many.
    pub users: i64,
    /// The tasks they are in.
    pub tasks: i64,
}

/// Completed enrollments of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// The day.
    pub on: NaiveDate,
    /// How many users first used their token on it.
    pub completed: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn funnel() -> Funnel {
        Funnel { provisioned: 486, accepted: 480, opened: 391, enrolled: 322, completed: 298 }
    }

    #[test]
    fn losses_are_what_the_line_before_had_more() {
        let lost: Vec<i64> = funnel().stages().iter().map(|stage| stage.lost).collect();
        assert_eq!(lost, [0, 6, 89, 69, 24]);
    }

    #[test]
    fn the_biggest_loss_is_said_in_words() {
        assert_eq!(funnel().biggest_loss(), "Biggest loss: 89 users got the email and have not opened the link.");
        let one = Funnel { provisioned: 2, accepted: 2, opened: 2, enrolled: 1, completed: 0 };
        assert_eq!(one.biggest_loss(), "Biggest loss: 1 user opened the link and has not enrolled.");
        let waiting = Funnel { provisioned: 3, ..Funnel::default() };
        assert_eq!(waiting.biggest_loss(), "Biggest loss: the email to 3 users is not accepted by a mail server yet.");
        assert_eq!(Funnel::default().biggest_loss(), "");
    }
}
