//! The rules of Find: what one text may mean, and what is shown of what it finds.

use crate::{
    db::Total,
    ids::TaskId,
    reports::history,
    tasks::Status,
    tokens::{Token, token::serial_key},
    users::User,
};

/// Rows shown of each group.
pub const MOST: i64 = 6;

/// The longest text that is looked for, in characters: no column is longer.
const LONGEST: usize = 254;

/// Digits of the largest task number that is looked for.
const MOST_DIGITS: usize = 15;

/// What was typed, without what no name holds.
pub fn typed(text: &str) -> String {
    crate::text::searchable(text, LONGEST)
}

/// The number in "1042", "#1042" or "Task 1042".
pub fn task_number(typed: &str) -> Option<i64> {
    let lower = typed.to_lowercase();
    let digits = lower.strip_prefix("task").unwrap_or(&lower).trim_start().trim_start_matches('#');
    let fits = !digits.is_empty() && digits.len() <= MOST_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| digits.parse().ok()).flatten()
}

/// The ranges of numbers that begin with these digits: 104 → 104, 1040 to 1049, 10400 to 10499, …
pub fn numbers_beginning_with(number: i64) -> Vec<(i64, i64)> {
    let mut ranges = Vec::new();
    let (mut first, mut last) = (number, number);
    while number > 0 && ranges.len() < 5 && last < 1_000_000_000_000 {
        ranges.push((first, last));
        (first, last) = (first * 10, last * 10 + 9);
    }
    ranges
}

/// The one thing that was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hit {
    /// The user with this User ID.
    User(String),
    /// The task of this number.
    Task(TaskId),
    /// The token of this serial number.
    Serial(String),
}

/// A user who was found, with what a glance should tell.
#[derive(Clone, Debug)]
pub struct FoundUser {
    /// Who.
    pub user: User,
    /// How they stand.
    pub stand: Standing,
}

/// How a user stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The account is disabled.
    Disabled,
    /// In a task, and the newest email failed.
    MailFailed(TaskId),
    /// In a task.
    In(TaskId, Status),
    /// In none that is outstanding, with so many active tokens.
    Tokens(i64),
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Users, the first by User ID.
    pub users: Vec<FoundUser>,
    /// Users in all.
    pub users_total: Total,
    /// Tasks, the newest first.
    pub tasks: Vec<history::Row>,
    /// Tokens, by serial number.
    pub tokens: Vec<Token>,
    /// What may have been meant, where nothing was found.
    pub meant: Vec<String>,
}

/// The outcome of a search.
#[derive(Debug)]
pub enum Finding {
    /// One thing was named exactly.
    Exact(Hit),
    /// What the text is the beginning, or the end, of.
    Begins(Found),
}

/// A serial number as it is looked up.
pub fn serial(typed: &str) -> String {
    serial_key(typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn task_numbers_are_read_as_people_say_them() {
        for said in ["1042", "#1042", "task 1042", "Task #1042", "TASK1042"] {
            assert_eq!(task_number(said), Some(1042), "{said}");
        }
        for other in ["", "task", "10-42", "t.adeyemi", "99999999999999999999", "٣"] {
            assert_eq!(task_number(other), None, "{other}");
        }
    }

    #[test]
    fn numbers_are_found_by_their_first_digits() {
        assert_eq!(numbers_beginning_with(104)[..3], [(104, 104), (1040, 1049), (10400, 10499)]);
        assert!(numbers_beginning_with(0).is_empty());
        assert!(numbers_beginning_with(999_999_999_999_999).is_empty());
    }

    #[test]
    fn what_no_name_holds_is_not_looked_for() {
        assert_eq!(typed(" a\0b\n "), "ab");
    }
}
