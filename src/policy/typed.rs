//! The form of the Self-Enrollment Policy: what was typed, what it means, and what it changes.

use std::ops::RangeInclusive;

use super::Policy;
use crate::error::{Mistakes, Result};

/// Reminders a user may get before the Stop Date.
const REMINDERS: usize = 10;

/// The policy as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyForm {
    /// Days from the start to the Stop Date.
    pub days_to_enroll: String,
    /// Days from the start that no Stop Date goes beyond.
    pub longest_period: String,
    /// Failed attempts after which an enrollment is Locked.
    pub attempts_allowed: String,
    /// Letters in an activation code.
    pub code_length: String,
    /// The link ends in the code.
    pub link_carries_code: bool,
    /// Days before the Stop Date, such as "3, 1"; empty for no reminders.
    pub reminder_days: String,
    /// No Stop Date is proposed on a weekend.
    pub skip_weekends: bool,
    /// Wrong one-time passwords in a row that lock a token.
    pub token_failures_allowed: String,
}

/// What a field was and is, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The field's words.
    pub field: &'static str,
    /// Before.
    pub old: String,
    /// After.
    pub new: String,
}

impl PolicyForm {
    /// The form as it opens.
    pub fn of(policy: &Policy) -> Self {
        PolicyForm {
            days_to_enroll: policy.days_to_enroll.to_string(),
            longest_period: policy.longest_period.to_string(),
            attempts_allowed: policy.attempts_allowed.to_string(),
            code_length: policy.code_length.to_string(),
            link_carries_code: policy.link_carries_code,
            reminder_days: list(&policy.reminder_days, ", "),
            skip_weekends: policy.skip_weekends,
            token_failures_allowed: policy.token_failures_allowed.to_string(),
        }
    }

    /// The policy that was typed, as the successor of `version`.
    ///
    /// # Errors
    /// `Invalid` with a sentence for each field that is wrong (limits: PRODUCT.md §2 and §4).
    pub fn check(&self, version: i64) -> Result<Policy> {
        let mut mistakes = Mistakes::default();
        let mut number = |field: &'static str, text: &str, limits: RangeInclusive<i64>| {
            let number = text.trim().parse().ok().filter(|number| limits.contains(number));
            number.unwrap_or_else(|| {
                mistakes.add(field, format!("Enter a whole number from {} to {}.", limits.start(), limits.end()));
                *limits.start()
            })
        };
        let policy = Policy {
            days_to_enroll: number("days_to_enroll", &self.days_to_enroll, 1..=90),
            longest_period: number("longest_period", &self.longest_period, 1..=365),
            attempts_allowed: number("attempts_allowed", &self.attempts_allowed, 1..=20),
            code_length: number("code_length", &self.code_length, 8..=16),
            link_carries_code: self.link_carries_code,
            reminder_days: Vec::new(),
            skip_weekends: self.skip_weekends,
            token_failures_allowed: number("token_failures_allowed", &self.token_failures_allowed, 1..=100),
            version: version + 1,
        };
        let reminder_days = self.reminders().unwrap_or_else(|sentence| {
            mistakes.add("reminder_days", sentence);
            Vec::new()
        });
        if mistakes.is_empty() && policy.longest_period < policy.days_to_enroll {
            let sentence = format!("Enter at least {}, the days to enroll.", policy.days_to_enroll);
            mistakes.add("longest_period", sentence);
        }
        mistakes.into_result()?;
        Ok(Policy { reminder_days, ..policy })
    }

    fn reminders(&self) -> std::result::Result<Vec<i64>, String> {
        let words = self.reminder_days.split([',', ';', ' ']).filter(|word| !word.is_empty() && *word != "and");
        let days: Option<Vec<i64>> =
            words.map(|word| word.parse().ok().filter(|days| (1..=364).contains(days))).collect();
        let mut days =
            days.ok_or("Enter whole numbers of days from 1 to 364 with commas between them, such as 3, 1.")?;
        days.sort_unstable_by(|a, b| b.cmp(a));
        days.dedup();
        if days.len() > REMINDERS {
            return Err(format!("Enter at most {REMINDERS} days."));
        }
        Ok(days)
    }
}

/// The words of a field, by its name in the form.
pub fn label(field: &str) -> &'static str {
    match field {
        "days_to_enroll" => "Days to enroll",
        "longest_period" => "Longest period",
        "skip_weekends" => "Skip weekends",
        "attempts_allowed" => "Attempts allowed",
        "code_length" => "Activation code length",
        "link_carries_code" => "Link carries the code",
        "reminder_days" => "Reminder days",
        "token_failures_allowed" => "Token failures allowed",
        _ => "Policy",
    }
}

/// What `after` changes in `before`, field by field in the order of the form.
pub fn differences(before: &Policy, after: &Policy) -> Vec<Difference> {
    let values = |policy: &Policy| {
        [
            (label("days_to_enroll"), policy.days_to_enroll.to_string()),
            (label("longest_period"), policy.longest_period.to_string()),
            (label("skip_weekends"), on_or_off(policy.skip_weekends)),
            (label("attempts_allowed"), policy.attempts_allowed.to_string()),
            (label("code_length"), policy.code_length.to_string()),
            (label("link_carries_code"), on_or_off(policy.link_carries_code)),
            (label("reminder_days"), reminders_in_words(policy)),
            (label("token_failures_allowed"), policy.token_failures_allowed.to_string()),
        ]
    };
    let pairs = values(before).into_iter().zip(values(after));
    pairs
        .filter(|((_, old), (_, new))| old != new)
        .map(|((field, old), (_, new))| Difference { field, old, new })
        .collect()
}

fn reminders_in_words(policy: &Policy) -> String {
    if policy.reminder_days.is_empty() { "none".into() } else { list(&policy.reminder_days, ", ") }
}

fn on_or_off(is: bool) -> String {
    if is { "on".into() } else { "off".into() }
}

/// Numbers with `between` between them.
pub(super) fn list(numbers: &[i64], between: &str) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn typed() -> PolicyForm {
        PolicyForm::of(&Policy::default())
    }

    fn mistakes(typed: &PolicyForm) -> Mistakes {
        match typed.check(1) {
            Err(Error::Invalid(mistakes)) => mistakes,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_form_as_it_opens_changes_nothing_but_the_version() {
        let same = typed().check(1).unwrap();
        assert_eq!(same, Policy { version: 2, ..Policy::default() });
        assert!(differences(&Policy::default(), &same).is_empty());
    }

    #[test]
    fn every_number_has_its_limits() {
        type Field = fn(&mut PolicyForm) -> &mut String;
        let limits: [(&str, Field, i64, i64); 5] = [
            ("days_to_enroll", |t| &mut t.days_to_enroll, 1, 90),
            ("longest_period", |t| &mut t.longest_period, 14, 365),
            ("attempts_allowed", |t| &mut t.attempts_allowed, 1, 20),
            ("code_length", |t| &mut t.code_length, 8, 16),
            ("token_failures_allowed", |t| &mut t.token_failures_allowed, 1, 100),
        ];
        for (field, of, least, most) in limits {
            for fine in [least, most] {
                let mut typed = PolicyForm { longest_period: "365".into(), ..typed() };
                *of(&mut typed) = fine.to_string();
                assert!(typed.check(1).is_ok(), "{field} {fine}");
            }
            for wrong in [(least - 1).to_string(), (most + 1).to_string(), String::new(), "x".into(), "1.5".into()] {
                let mut typed = typed();
                *of(&mut typed) = wrong.clone();
                assert!(!mistakes(&typed).of(field).is_empty(), "{field} {wrong:?}");
            }
        }
    }

    #[test]
    fn the_longest_period_is_not_shorter_than_the_days_to_enroll() {
        let typed = PolicyForm { days_to_enroll: "31".into(), ..typed() };
        assert_eq!(mistakes(&typed).of("longest_period"), "Enter at least 31, the days to enroll.");
    }

    #[test]
    fn reminder_days_are_read_as_people_type_them() {
        let read = |text: &str| PolicyForm { reminder_days: text.into(), ..typed() }.check(1).map(|p| p.reminder_days);
        assert_eq!(read("1,3").unwrap(), [3, 1]);
        assert_eq!(read("7, 3 and 3").unwrap(), [7, 3]);
        assert_eq!(read("").unwrap(), [0; 0]);
        for wrong in ["0", "-1", "365", "soon", "1 2 3 4 5 6 7 8 9 10 11"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn differences_are_told_in_words() {
        let after = Policy { reminder_days: vec![], skip_weekends: true, ..Policy::default() };
        let told: Vec<String> = differences(&Policy::default(), &after)
            .into_iter()
            .map(|d| format!("{}: {} → {}", d.field, d.old, d.new))
            .collect();
        assert_eq!(told, ["Skip weekends: off → on", "Reminder days: 3, 1 → none"]);
    }
}
