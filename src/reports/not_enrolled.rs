//! Users not enrolled: each enrollment in a task that waits for its user.

use chrono::NaiveDate;

use crate::{
    clock::{Timestamp, Zone},
    ids::{EnrollmentId, TaskId},
    mail,
    tasks::{EnrollmentFacts, Status, status},
    tokens::AuthenticationType,
};

/// A user who has yet to enroll in a task.
#[derive(Clone, Debug)]
pub struct Row {
    /// The enrollment.
    pub id: EnrollmentId,
    /// The User ID.
    pub user_id: String,
    /// First and last name.
    pub name: String,
    /// The name of the container.
    pub container: String,
    /// The task.
    pub task: TaskId,
    /// The UserID of who made the task.
    pub operator: String,
    /// The kind of token.
    pub authentication_type: AuthenticationType,
    /// What the status is worked out from.
    pub facts: EnrollmentFacts,
    /// The address last written to; masked if it was an alternate one.
    pub emailed_to: String,
    /// When.
    pub emailed_at: Option<Timestamp>,
    /// What became of that email.
    pub email: Option<mail::State>,
}

/// The numbers of everything a filter finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Enrollments.
    pub enrollments: i64,
    /// Of these: may still enroll.
    pub active: i64,
    /// Too many failed attempts.
    pub locked: i64,
    /// Past the Stop Date.
    pub expired: i64,
}

/// The names of the columns of the file.
pub const COLUMNS: [&str; 11] = [
    "User ID", "Name", "Container", "Task", "Requester", "Authentication Type", "Status", "Stop Date",
    "Provisioned to", "Last email", "Last email at",
];

impl Row {
    /// The status.
    pub fn status(&self, attempts_allowed: i64, today: NaiveDate) -> Status {
        status(&self.facts, attempts_allowed, today)
    }

    /// The line of the file.
    pub fn cells(&self, attempts_allowed: i64, zone: Zone, today: NaiveDate) -> [String; 11] {
        [
            self.user_id.clone(),
            self.name.clone(),
            self.container.clone(),
            self.task.to_string(),
            self.operator.clone(),
            self.authentication_type.label().to_owned(),
            self.status(attempts_allowed, today).label().to_owned(),
            self.facts.stop_on.to_string(),
            self.emailed_to.clone(),
            self.email.map(|state| state.label().to_owned()).unwrap_or_default(),
            self.emailed_at.map(|at| zone.local(at).format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default(),
        ]
    }
}
