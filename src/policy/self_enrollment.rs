//! The rules of the Self-Enrollment Policy (PRODUCT.md §2).

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// A day of a reminder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// The day; the Friday before, where it lies on a weekend that is skipped.
    pub on: NaiveDate,
    /// The Monday after such a weekend, if it is before the Stop Date: for users who got their email since that Friday,
    /// so that it was too late for them.
    pub or_on: Option<NaiveDate>,
}

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
    /// A proposed Stop Date on a weekend moves to the Monday after, and a reminder to the Friday before.
    pub skip_weekends: bool,
    /// Wrong one-time passwords in a row that lock a token (1-100; PRODUCT.md §4).
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
    pub fn reminders(&self, stop: NaiveDate) -> Vec<Reminder> {
        let mut days = self.reminder_days.clone();
        days.sort_unstable_by(|a, b| b.cmp(a));
        let days = days.into_iter().filter_map(|days| stop.checked_sub_days(Days::new(days.unsigned_abs())));
        let mut list: Vec<Reminder> = days.map(|day| self.reminder(day, stop)).collect();
        list.dedup();
        list
    }

    fn reminder(&self, day: NaiveDate, stop: NaiveDate) -> Reminder {
        let (back, on) = match day.weekday() {
            Weekday::Sat if self.skip_weekends => (1, 2),
            Weekday::Sun if self.skip_weekends => (2, 1),
            _ => return Reminder { on: day, or_on: None },
        };
        let friday = day.checked_sub_days(Days::new(back)).unwrap_or(day);
        Reminder { on: friday, or_on: Some(add_days(day, on)).filter(|monday| *monday < stop) }
    }

    /// True if nobody is reminded on `day`: reminders do not go out on weekends that are skipped.
    pub fn rests_on(&self, day: NaiveDate) -> bool {
        self.skip_weekends && matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
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
    fn a_reminder_on_a_weekend_that_is_skipped_goes_the_friday_before_or_else_the_monday_after() {
        let days = |policy: &Policy, stop: &str| -> Vec<(NaiveDate, Option<NaiveDate>)> {
            policy.reminders(date(stop)).iter().map(|one| (one.on, one.or_on)).collect()
        };
        let mut policy = Policy::default();
        assert_eq!(days(&policy, "2026-11-24"), [(date("2026-11-21"), None), (date("2026-11-23"), None)]);
        policy.skip_weekends = true;
        let friday = date("2026-11-20");
        let monday = Some(date("2026-11-23"));
        assert_eq!(days(&policy, "2026-11-24"), [(friday, monday), (date("2026-11-23"), None)]);
        // Three days before Monday is a Friday; the day before it is a Sunday, and no working day is left after that.
        assert_eq!(days(&policy, "2026-11-23"), [(friday, None)]);
        assert!(policy.rests_on(date("2026-11-21")) && !policy.rests_on(friday));
    }

    #[test]
    fn no_stop_date_goes_beyond_the_longest_period() {
        assert_eq!(Policy::default().latest_stop(date("2026-11-16")), date("2026-12-16"));
    }
}
