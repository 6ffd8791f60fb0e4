//! How the users of the last weeks are doing, counted for charts: by week, container, operator and type, and how long they
//! took to enroll.

use chrono::{Datelike as _, Days, NaiveDate};

use crate::tasks::Status;

/// Weeks that are counted, the present one included.
pub const WEEKS: usize = 12;

/// Names that a chart has a bar for; those with fewer users are left to the reports.
pub const MOST_NAMES: usize = 8;

/// Fewer who enrolled than this have no distribution that says something.
pub const FEWEST_SPANS: i64 = 10;

/// Users by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByStatus {
    /// The token has authenticated.
    pub completed: i64,
    /// May still enroll, or has enrolled and not used the token yet.
    pub active: i64,
    /// All attempts used.
    pub locked: i64,
    /// The Stop Date has passed.
    pub expired: i64,
}

impl ByStatus {
    /// The statuses in the order of a bar, from its beginning.
    pub const ORDER: [Status; 4] = [Status::Completed, Status::Active, Status::Locked, Status::Expired];

    /// The numbers in that order.
    pub fn numbers(self) -> [i64; 4] {
        [self.completed, self.active, self.locked, self.expired]
    }

    /// All of them.
    pub fn all(self) -> i64 {
        self.numbers().iter().sum()
    }

    /// How many of a hundred have Completed.
    pub fn share(self) -> i64 {
        if self.all() == 0 { 0 } else { (self.completed * 100 + self.all() / 2) / self.all() }
    }

    /// These and those.
    pub fn plus(self, other: ByStatus) -> ByStatus {
        ByStatus {
            completed: self.completed + other.completed,
            active: self.active + other.active,
            locked: self.locked + other.locked,
            expired: self.expired + other.expired,
        }
    }
}

/// Users of one name: a container, an operator, a type.
pub type Named = (String, ByStatus);

/// What the charts show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enrollments {
    /// By the Monday of the week of their task's Start Date, the oldest first.
    pub weeks: Vec<(NaiveDate, ByStatus)>,
    /// By container, the largest first, as many as are drawn.
    pub containers: Vec<Named>,
    /// By the operator who made the task.
    pub operators: Vec<Named>,
    /// By the code of the authentication type.
    pub types: Vec<Named>,
    /// Those who enrolled, by how long it took: a number for each of [`SPANS`].
    pub spans: Vec<i64>,
}

/// How long it took to enroll from the first email, which is written with the task: hours that it was less than, and the
/// words. The last has no end.
pub const SPANS: [(i64, &str, &str); 8] = [
    (1, "under 1 h", "1 hour"),
    (4, "1 to 4 h", "4 hours"),
    (24, "4 to 24 h", "24 hours"),
    (48, "1 to 2 d", "2 days"),
    (96, "2 to 4 d", "4 days"),
    (168, "4 to 7 d", "7 days"),
    (336, "7 to 14 d", "14 days"),
    (i64::MAX, "longer", ""),
];

/// The Monday that the weeks begin at.
pub fn first_day(today: NaiveDate) -> NaiveDate {
    let back = u64::from(today.weekday().num_days_from_monday()) + 7 * (WEEKS as u64 - 1);
    today.checked_sub_days(Days::new(back)).unwrap_or(today)
}

/// The numbers of days, added up by week; a week without any is there too.
pub fn by_week(today: NaiveDate, days: &[(NaiveDate, ByStatus)]) -> Vec<(NaiveDate, ByStatus)> {
    let first = first_day(today);
    let mut weeks: Vec<(NaiveDate, ByStatus)> =
        first.iter_weeks().take(WEEKS).map(|monday| (monday, ByStatus::default())).collect();
    for (day, users) in days {
        let week = usize::try_from((*day - first).num_days().div_euclid(7)).ok().and_then(|week| weeks.get_mut(week));
        if let Some((_, sum)) = week {
            *sum = sum.plus(*users);
        }
    }
    weeks
}

impl Enrollments {
    /// Everybody.
    pub fn all(&self) -> ByStatus {
        self.weeks.iter().fold(ByStatus::default(), |sum, (_, users)| sum.plus(*users))
    }

    /// Within which time so many of a hundred of those who enrolled did; empty if that is not known.
    pub fn within(&self, percent: i64) -> &'static str {
        let all: i64 = self.spans.iter().sum();
        let mut sum = 0;
        for (count, (_, _, words)) in self.spans.iter().zip(SPANS) {
            sum += count;
            if sum > 0 && sum * 100 >= all * percent {
                return words;
            }
        }
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn users(completed: i64, active: i64) -> ByStatus {
        ByStatus { completed, active, ..ByStatus::default() }
    }

    #[test]
    fn twelve_weeks_begin_on_mondays_and_end_with_the_present_one() {
        let days =
            [(date("2026-11-16"), users(1, 0)), (date("2026-11-20"), users(2, 3)), (date("2026-08-31"), users(5, 0))];
        let weeks = by_week(date("2026-11-20"), &days);
        assert_eq!(weeks.len(), WEEKS);
        assert_eq!(weeks[0], (date("2026-08-31"), users(5, 0)));
        assert_eq!(weeks[11], (date("2026-11-16"), users(3, 3)));
        assert_eq!(weeks[5].1, ByStatus::default());
        // What lies before them or ahead is in none.
        let beside = [(date("2026-08-30"), users(1, 0)), (date("2026-11-23"), users(1, 0))];
        assert!(by_week(date("2026-11-20"), &beside).iter().all(|(_, users)| users.all() == 0));
    }

    #[test]
    fn half_and_nine_of_ten_are_found_in_the_spans() {
        let counted = |spans: &[i64]| Enrollments { spans: spans.to_vec(), ..Enrollments::default() };
        let some = counted(&[4, 1, 0, 4, 0, 0, 0, 1]);
        assert_eq!((some.within(50), some.within(90)), ("4 hours", "2 days"));
        assert_eq!(counted(&[0; 8]).within(50), "");
        assert_eq!(counted(&[0, 0, 0, 0, 0, 0, 0, 3]).within(50), "");
    }

    #[test]
    fn shares_are_rounded_and_nobody_is_none() {
        assert_eq!([users(2, 1), users(1, 2), users(0, 0)].map(ByStatus::share), [67, 33, 0]);
    }
}
