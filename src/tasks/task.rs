//! The rules of a provisioning task: its description, its counts, when it is open (PRODUCT.md §2).

use chrono::NaiveDate;

use crate::{clock::Timestamp, ids::TaskId, mail::shown_address, tokens::AuthenticationType};

pub use super::description::{DESCRIPTION_LETTERS, Description};
pub use super::progress::{Counts, Progress};

/// A task as lists and its page show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its number.
    pub id: TaskId,
    /// The UserID of who made it.
    pub operator: String,
    /// The kind of token.
    pub authentication_type: AuthenticationType,
    /// What operators call it.
    pub description: String,
    /// The day it was made.
    pub start_on: NaiveDate,
    /// The moment it was made.
    pub created_at: Timestamp,
    /// When it was removed.
    pub removed_at: Option<Timestamp>,
    /// Who removed it.
    pub removed_by: String,
    /// The counted facts.
    pub counts: Counts,
    /// The address of the newest email to any of its users; masked if it was an alternate one.
    pub emailed_to: String,
    /// Users who were sent an email.
    pub emailed_users: i64,
    /// Counts the changes, so that two operators do not overwrite each other.
    pub version: i64,
}

impl Task {
    /// The Stop Date of a task (PRODUCT.md §2): the latest among its users.
    pub fn stop_on(&self) -> NaiveDate {
        self.counts.latest_stop_on
    }

    /// True while it is in the list: not removed, and someone in it has yet to enroll.
    pub fn is_open(&self) -> bool {
        self.removed_at.is_none() && self.counts.enrolled < self.counts.users
    }

    /// The statuses of its users; of a removed task nobody is Locked or Expired or may still enroll.
    pub fn progress(&self, today: NaiveDate, expired_if_mixed: i64) -> Progress {
        if self.removed_at.is_none() {
            return self.counts.progress(today, expired_if_mixed);
        }
        let Counts { users, enrolled, used, .. } = self.counts;
        Progress { completed: used, active: enrolled - used, removed: users - enrolled, ..Progress::default() }
    }

    /// "a.berg@example.org and 41 others"; "nobody yet" if no email was sent.
    pub fn emailed_to_words(&self) -> String {
        let newest = shown_address(&self.emailed_to);
        match self.emailed_users {
            _ if newest.is_empty() => "nobody yet".into(),
            0 | 1 => newest,
            2 => format!("{newest} and 1 other"),
            users => format!("{newest} and {} others", users - 1),
        }
    }

    /// The name on its page: its description, or its number.
    pub fn title(&self) -> String {
        if self.description.is_empty() { format!("Task {}", self.id) } else { self.description.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn counts() -> Counts {
        Counts {
            users: 24,
            enrolled: 15,
            used: 12,
            locked: 2,
            earliest_stop_on: date("2026-11-20"),
            latest_stop_on: date("2026-11-23"),
        }
    }

    #[test]
    fn a_description_has_up_to_200_characters() {
        assert_eq!(Description::parse("  New starters ").unwrap().as_str(), "New starters");
        assert!(Description::parse(&"ß".repeat(200)).is_ok());
        assert!(Description::parse(&"ß".repeat(201)).is_err());
        assert_eq!(Description::parse("a\r\nb").unwrap().as_str(), "a  b");
    }

    #[test]
    fn nobody_is_expired_before_the_first_stop_date_has_passed() {
        let progress = counts().progress(date("2026-11-20"), 99);
        assert_eq!(progress, Progress { completed: 12, active: 10, locked: 2, expired: 0, removed: 0 });
    }

    #[test]
    fn everyone_left_is_expired_after_the_last_stop_date() {
        let progress = counts().progress(date("2026-11-24"), 0);
        assert_eq!(progress, Progress { completed: 12, active: 3, locked: 2, expired: 7, removed: 0 });
    }

    #[test]
    fn between_the_dates_the_expired_ones_are_counted() {
        assert!(counts().is_mixed(date("2026-11-22")));
        let progress = counts().progress(date("2026-11-22"), 1);
        assert_eq!(progress, Progress { completed: 12, active: 9, locked: 2, expired: 1, removed: 0 });
        assert_eq!(progress.total(), 24);
    }
}
