//! The rules of a provisioning task: its description, its counts, when it is open (PRODUCT.md §2).

use chrono::NaiveDate;

use crate::{
    clock::Timestamp,
    error::{Error, Result},
    ids::TaskId,
    mail::shown_address,
    text,
    tokens::AuthenticationType,
};

/// The longest description, in characters.
pub const DESCRIPTION_LETTERS: usize = 200;

/// What operators call a task; users never see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description(String);

impl Description {
    /// Reads what was typed; outer spaces go, and so does what would break a line.
    ///
    /// # Errors
    /// A mistake in `description` if it is longer than [`DESCRIPTION_LETTERS`].
    pub fn parse(typed: &str) -> Result<Self> {
        let breaks = |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}');
        let text: String =
            text::composed(typed.trim()).chars().map(|letter| if breaks(letter) { ' ' } else { letter }).collect();
        if !text::is_one_plain_line(&text) {
            return Err(Error::mistake("description", "A description has no invisible marks."));
        }
        let letters = text.chars().count();
        if letters > DESCRIPTION_LETTERS {
            let sentence =
                format!("The description has {letters} characters; it may have up to {DESCRIPTION_LETTERS}.");
            return Err(Error::mistake("description", sentence));
        }
        Ok(Description(text))
    }

    /// The text; may be empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

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
