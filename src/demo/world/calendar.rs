//! When tasks are made: on working days, in working hours, one after the other.

use chrono::{Datelike, Duration, NaiveDate, NaiveTime};

use crate::{
    clock::Timestamp,
    demo::world::size::{DAYS, LAST_DAYS, Size},
};

/// When operators begin, and how long they are there (UTC), in seconds.
const BEGINS: i64 = 7 * 3_600;
const WORKDAY: i64 = 10 * 3_600;

/// Working days of a week.
const WORKDAYS: i64 = 5;

/// How long before the world is made its newest task is, in minutes: who enrolls in it has done so by then.
const QUIET_MINUTES: i64 = 30;

/// The working time of a world, from its first day until now.
#[derive(Clone, Copy, Debug)]
pub struct Calendar {
    first_monday: NaiveDate,
    /// Seconds of working time in all.
    length: i64,
    /// When it is.
    pub now: Timestamp,
}

impl Calendar {
    /// That of a world which is made `now`.
    pub fn until(now: Timestamp) -> Self {
        let (end, weekday) =
            (now - Duration::minutes(QUIET_MINUTES), |date: NaiveDate| date.weekday().num_days_from_monday());
        let back = end.date() - Duration::days(DAYS);
        let first_monday = back - Duration::days(i64::from(weekday(back)));
        let before = (end.date() - first_monday).num_days();
        let days = before / 7 * WORKDAYS + (before % 7).min(WORKDAYS);
        let is_workday = i64::from(weekday(end.date())) < WORKDAYS;
        let today = (end - end.date().and_time(NaiveTime::MIN)).num_seconds() - BEGINS;
        let today = if is_workday { today.clamp(0, WORKDAY) } else { 0 };
        Calendar { first_monday, length: days * WORKDAY + today, now }
    }

    /// The moment of the `n`th task.
    pub fn at(&self, size: &Size, n: i64) -> Timestamp {
        let (older, last) = (size.older(), LAST_DAYS / 7 * WORKDAYS * WORKDAY);
        let second = if n < older {
            n * (self.length - last) / older
        } else {
            self.length - last + (n - older) * last / (size.tasks - older)
        };
        let (day, second) = (second / WORKDAY, second % WORKDAY);
        let date = self.first_monday + Duration::days(day / WORKDAYS * 7 + day % WORKDAYS);
        date.and_time(NaiveTime::MIN) + Duration::seconds(BEGINS + second)
    }

    /// What lies `permille` of the way from `from` to now, or to `most` after it.
    pub fn between(&self, from: Timestamp, most: Duration, permille: i64) -> Timestamp {
        let room = (self.now - from).min(most).num_seconds().max(0);
        from + Duration::seconds(room * permille / 1_000)
    }
}
