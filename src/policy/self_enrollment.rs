//! The rules of the Self-Enrollment Policy (product.md §2).

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// The policy as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Days from the start to the Stop Date that Provision proposes (1-90).
    pub days_to_enroll: i64,
    /// No Stop Date goes further than so many days beyond the Start Date, except by Resend (1-365).
    pub longest_period: i64,
    /// Failed attempts after which an enrollment is Locked (1-20).
    pub attempts_allowed: i64,
    /// Letters in an activation code (8-16).
    pub code_length: i64,
    /// The emailed link ends in `#code`, which never reaches a server.
    pub link_carries_code: bool,
    /// Days before the Stop Date on which a reminder goes out; empty turns reminders off.
    pub reminder_days: Vec<i64>,
    /// A proposed Stop Date on a weekend moves to the Monday after.
    pub skip_weekends: bool,
    /// Wrong one-time passwords in a row that lock a token (1-100; product.md §4).
    pub token_failures_allowed: i64,
    /// Counts the changes, so that two operators do not overwrite each other.
    pub version: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            days_to_enroll: 14,
            longest_period: 30,
            attempts_allowed: 5,
            code_length: 10,
            link_carries_code: true,
            reminder_days: vec![3, 1],
            skip_weekends: false,
            token_failures_allowed: 10,
            version: 1,
        }
    }
}

impl Policy {
    /// The Stop Date that is proposed for something that starts on `start`.
    pub fn proposed_stop(&self, start: NaiveDate) -> NaiveDate {
        let stop = add_days(start, self.days_to_enroll);
        if !self.skip_weekends {
            return stop;
        }
        match stop.weekday() {
            Weekday::Sat => add_days(stop, 2),
            Weekday::Sun => add_days(stop, 1),
            _ => stop,
        }
    }

    /// The latest Stop Date that an operator may choose for something that starts on `start`.
    pub fn latest_stop(&self, start: NaiveDate) -> NaiveDate {
        add_days(start, self.longest_period).max(self.proposed_stop(start))
    }

    /// The days on which a user is reminded who may enroll until `stop`, the first one first.
    pub fn reminders(&self, stop: NaiveDate) -> Vec<NaiveDate> {
        let mut days = self.reminder_days.clone();
        days.sort_unstable_by(|a, b| b.cmp(a));
        days.into_iter().filter_map(|days| stop.checked_sub_days(Days::new(days.unsigned_abs()))).collect()
    }
}

fn add_days(date: NaiveDate, days: i64) -> NaiveDate {
    date.checked_add_days(Days::new(days.unsigned_abs())).unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_proposed_stop_date_can_skip_weekends() {
        let mut policy = Policy { days_to_enroll: 7, ..Policy::default() };
        assert_eq!(policy.proposed_stop(date("2026-11-21")), date("2026-11-28"));
        policy.skip_weekends = true;
        assert_eq!(policy.proposed_stop(date("2026-11-21")), date("2026-11-30"));
        assert_eq!(policy.proposed_stop(date("2026-11-22")), date("2026-11-30"));
        assert_eq!(policy.proposed_stop(date("2026-11-23")), date("2026-11-30"));
    }

    #[test]
    fn no_stop_date_goes_beyond_the_longest_period() {
        assert_eq!(Policy::default().latest_stop(date("2026-11-16")), date("2026-12-16"));
    }
}
