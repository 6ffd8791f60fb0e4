//! Provisioning history: every task there ever was, how it ended, and the numbers that belong to it.

use chrono::NaiveDate;

use crate::{
    clock::{Timestamp, Zone},
    tasks::Task,
};

/// How a task ended, or that it has not. Worked out from facts and the clock, like the status of an enrollment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(ascii_case_insensitive)]
pub enum Outcome {
    /// Someone has yet to enroll and may.
    Open,
    /// Everyone in it has enrolled.
    Completed,
    /// It was removed, or everyone was taken out of it.
    Removed,
    /// Its Stop Date has passed and someone had not enrolled. Such a task stays in the list of open tasks, where the
    /// Stop Date may be moved or the task removed.
    Incomplete,
}

impl Outcome {
    /// All of them, in the order of the filter.
    pub const ALL: [Outcome; 4] = [Outcome::Open, Outcome::Completed, Outcome::Removed, Outcome::Incomplete];

    /// The word on the screen.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The outcome of this word, in any case.
    pub fn from_code(word: &str) -> Option<Self> {
        word.parse().ok()
    }

    /// The status it is dressed as.
    pub fn dress(self) -> &'static str {
        match self {
            Outcome::Open => "active",
            Outcome::Completed => "completed",
            Outcome::Removed => "removed",
            Outcome::Incomplete => "expired",
        }
    }
}

/// A task of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The task, with counts as far as the scope goes.
    pub task: Task,
    /// Users past the Stop Date.
    pub expired: i64,
    /// Users taken out, or gone with the task.
    pub removed: i64,
    /// When the last of its users enrolled.
    pub last_enrolled_at: Option<Timestamp>,
    /// When the last of its users was taken out.
    pub last_removed_at: Option<Timestamp>,
}

/// The numbers of one task, or of all together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The seed's Count: users in it, removed ones left out; those who went with a removed task stay counted.
    pub users: i64,
    /// Enrolled, and the token was used.
    pub completed: i64,
    /// Too many failed attempts.
    pub locked: i64,
    /// Past the Stop Date.
    pub expired: i64,
    /// Taken out, or gone with the task.
    pub removed: i64,
}

/// The numbers of everything a filter finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Tasks.
    pub tasks: i64,
    /// What they add up to.
    pub counts: Counts,
}

/// The names of the columns of the file.
pub const COLUMNS: [&str; 14] = [
    "Task", "Operator", "Emailed to", "Authentication Type", "Description", "Start Date", "Stop Date", "Closed",
    "Count", "Completed", "Locked", "Expired", "Removed", "Outcome",
];

impl Row {
    /// How it ended.
    pub fn outcome(&self, today: NaiveDate) -> Outcome {
        if self.task.removed_at.is_some() || self.task.counts.users == 0 {
            Outcome::Removed
        } else if !self.task.is_open() {
            Outcome::Completed
        } else if self.task.stop_on() < today {
            Outcome::Incomplete
        } else {
            Outcome::Open
        }
    }

    /// The day it left the list; `None` while it is in it.
    pub fn closed_on(&self, zone: Zone, today: NaiveDate) -> Option<NaiveDate> {
        let at = match self.outcome(today) {
            Outcome::Removed => self.task.removed_at.or(self.last_removed_at),
            Outcome::Completed => self.last_enrolled_at,
            Outcome::Open | Outcome::Incomplete => None,
        };
        at.map(|at| zone.today(at))
    }

    /// Its numbers; nobody of a removed task is locked or expired, they have gone with it.
    pub fn counts(&self) -> Counts {
        let counts = &self.task.counts;
        Counts {
            users: counts.users,
            completed: counts.used,
            locked: counts.locked,
            expired: self.expired,
            removed: self.removed,
        }
    }

    /// The line of the file.
    pub fn cells(&self, zone: Zone, today: NaiveDate) -> [String; 14] {
        let (task, counts) = (&self.task, self.counts());
        [
            task.id.to_string(),
            task.operator.clone(),
            task.emailed_to_words(),
            task.authentication_type.label().to_owned(),
            task.description.clone(),
            task.start_on.to_string(),
            task.stop_on().to_string(),
            self.closed_on(zone, today).map(|day| day.to_string()).unwrap_or_default(),
            counts.users.to_string(),
            counts.completed.to_string(),
            counts.locked.to_string(),
            counts.expired.to_string(),
            counts.removed.to_string(),
            self.outcome(today).code().to_owned(),
        ]
    }
}
