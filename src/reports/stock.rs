//! What there is: the numbers that monitors read of the database.

use crate::{clock::Timestamp, tasks::Status};

/// What the database says.
#[derive(Clone, Debug, Default)]
pub struct Stock {
    /// Emails by state.
    pub emails: Vec<(String, i64)>,
    /// Open tasks.
    pub open_tasks: i64,
    /// Enrollments of users in tasks.
    pub enrollments: EnrollmentCounts,
    /// Tokens by state.
    pub tokens: Vec<(String, i64)>,
    /// When the mail server last accepted an email.
    pub last_accepted_at: Option<Timestamp>,
}

/// Enrollments of users in tasks, those who were taken out left out.
#[derive(Clone, Debug, Default)]
pub struct EnrollmentCounts {
    /// The token has authenticated.
    pub used: i64,
    /// Enrolled, used or not.
    pub enrolled: i64,
    /// Not enrolled.
    pub waiting: i64,
    /// Not enrolled: failed attempts reached the limit.
    pub locked: i64,
    /// Not enrolled nor locked: the Stop Date has passed.
    pub expired: i64,
}

impl EnrollmentCounts {
    /// By status (PRODUCT.md §2).
    pub(super) fn by_status(&self) -> [(Status, i64); 4] {
        let active = self.enrolled - self.used + self.waiting - self.locked - self.expired;
        [
            (Status::Completed, self.used),
            (Status::Active, active),
            (Status::Locked, self.locked),
            (Status::Expired, self.expired),
        ]
    }
}
