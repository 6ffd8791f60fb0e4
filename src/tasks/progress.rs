//! How far a task is: counts of facts, and what is shown of them.

use chrono::NaiveDate;

/// Counts of facts that stand with a task, kept in the transaction of each change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Users in it, removed ones left out.
    pub users: i64,
    /// Of these, those who enrolled a token.
    pub enrolled: i64,
    /// Of these, those whose token has authenticated.
    pub used: i64,
    /// Users who have not enrolled and whose failed attempts reached the limit.
    pub locked: i64,
    /// The earliest Stop Date among the users.
    pub earliest_stop_on: NaiveDate,
    /// The latest Stop Date among the users.
    pub latest_stop_on: NaiveDate,
}

/// How many users of a task have each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Enrolled and used.
    pub completed: i64,
    /// May still enroll, or enrolled and not used yet.
    pub active: i64,
    /// Too many failed attempts.
    pub locked: i64,
    /// Past the Stop Date.
    pub expired: i64,
    /// Had not enrolled when the task was removed.
    pub removed: i64,
}

impl Progress {
    /// All users.
    pub fn total(self) -> i64 {
        self.completed + self.active + self.locked + self.expired + self.removed
    }
}

impl Counts {
    /// True if some Stop Dates have passed and some have not: who is Expired must then be counted row by row.
    pub fn is_mixed(&self, today: NaiveDate) -> bool {
        self.outstanding() > 0 && self.earliest_stop_on < today && self.latest_stop_on >= today
    }

    /// Users who have neither enrolled nor been locked.
    pub fn outstanding(&self) -> i64 {
        (self.users - self.enrolled - self.locked).max(0)
    }

    /// The statuses; `expired_if_mixed` was counted row by row and is used only where [`Counts::is_mixed`] holds.
    pub fn progress(&self, today: NaiveDate, expired_if_mixed: i64) -> Progress {
        let expired = if self.is_mixed(today) {
            expired_if_mixed.clamp(0, self.outstanding())
        } else if self.latest_stop_on < today {
            self.outstanding()
        } else {
            0
        };
        let active = self.enrolled - self.used + self.outstanding() - expired;
        Progress { completed: self.used, active, locked: self.locked, expired, removed: 0 }
    }

    /// Users who may be sent their enrollment email again: Active, and yet to enroll (PRODUCT.md §2, "Resend").
    pub fn resendable(&self, progress: Progress) -> i64 {
        progress.active - (self.enrolled - self.used)
    }
}
