//! The only module that reads the time. Everything else is handed a [`Timestamp`].

use std::sync::Mutex;

use chrono::{Datelike, Days, Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

/// A moment in UTC, to the microsecond (the finest that both databases keep).
pub type Timestamp = NaiveDateTime;

/// Where the time comes from: the machine, or a hand that is moved by the demo and the tests.
pub enum Clock {
    /// The machine's clock.
    System,
    /// Stands still until [`Clock::advance`] or [`Clock::set`] moves it.
    Fixed(Mutex<Timestamp>),
}

impl Clock {
    /// A clock that stands still at `at`.
    pub fn fixed(at: Timestamp) -> Self {
        Clock::Fixed(Mutex::new(to_micros(at)))
    }

    /// The time now.
    #[allow(clippy::disallowed_methods, reason = "only this code reads the clock")]
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => to_micros(Utc::now().naive_utc()),
            Clock::Fixed(at) => *at.lock().expect("no code panics while it holds the clock"),
        }
    }

    /// Moves a fixed clock to `to`; false if this is the machine's clock, which nobody moves.
    pub fn set(&self, to: Timestamp) -> bool {
        match self {
            Clock::System => false,
            Clock::Fixed(at) => {
                *at.lock().expect("no code panics while it holds the clock") = to_micros(to);
                true
            }
        }
    }

    /// Moves a fixed clock on by `by`; false if this is the machine's clock.
    pub fn advance(&self, by: Duration) -> bool {
        match self {
            Clock::System => false,
            Clock::Fixed(_) => self.set(self.now() + by),
        }
    }
}

/// Microseconds are what PostgreSQL keeps; finer times would differ between the databases after a round trip.
fn to_micros(at: Timestamp) -> Timestamp {
    let micros = at.and_utc().timestamp_micros();
    chrono::DateTime::from_timestamp_micros(micros).map_or(at, |at| at.naive_utc())
}

/// Seconds since 1970 in UTC, what RFC 6238 counts its steps from.
pub fn unix_seconds(at: Timestamp) -> i64 {
    at.and_utc().timestamp()
}

/// The organization's time zone: Stop Dates are calendar dates in it (PRODUCT.md §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(Tz);

impl Zone {
    /// Reads an IANA name such as `Europe/Berlin`.
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok().map(Zone)
    }

    /// The IANA name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The wall clock at `at`.
    pub fn local(self, at: Timestamp) -> NaiveDateTime {
        self.0.from_utc_datetime(&at).naive_local()
    }

    /// The calendar date at `at`.
    pub fn today(self, at: Timestamp) -> NaiveDate {
        self.local(at).date()
    }

    /// The first moment after `date`: a user may enroll until the end of the Stop Date (PRODUCT.md §2).
    pub fn end_of(self, date: NaiveDate) -> Timestamp {
        let next = date.checked_add_days(Days::new(1)).unwrap_or(date).and_time(NaiveTime::MIN);
        match self.0.from_local_datetime(&next) {
            chrono::LocalResult::Single(at) | chrono::LocalResult::Ambiguous(at, _) => at.naive_utc(),
            // Midnight is skipped where summer time starts at it; the day then starts an hour later.
            chrono::LocalResult::None => {
                self.0.from_local_datetime(&(next + Duration::hours(1))).earliest().map_or(next, |at| at.naive_utc())
            }
        }
    }
}

/// "today", "tomorrow", "in 3 days", "11 days ago": the distance from `today` to `date` in words.
pub fn distance(today: NaiveDate, date: NaiveDate) -> String {
    match (date - today).num_days() {
        0 => "today".into(),
        1 => "tomorrow".into(),
        -1 => "yesterday".into(),
        days if days > 0 => format!("in {days} days"),
        days => format!("{} days ago", -days),
    }
}

/// "Friday 27 November 2026": how users read a date.
pub fn long_date(date: NaiveDate) -> String {
    format!("{} {} {}", date.format("%A"), date.day(), date.format("%B %Y"))
}

/// "Today, 09:12", "Yesterday, 17:40" or "2026-11-18 11:25": how operators read a past moment, in the zone.
pub fn moment(zone: Zone, now: Timestamp, at: Timestamp) -> String {
    let local = zone.local(at);
    match (zone.today(now) - local.date()).num_days() {
        0 => format!("Today, {}", local.format("%H:%M")),
        1 => format!("Yesterday, {}", local.format("%H:%M")),
        _ => local.format("%Y-%m-%d %H:%M").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Timestamp {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap()
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_stop_date_ends_at_midnight_in_the_organizations_zone() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        assert_eq!(berlin.end_of(date("2026-11-27")), utc("2026-11-27 23:00:00"));
        assert_eq!(berlin.end_of(date("2026-07-01")), utc("2026-07-01 22:00:00"));
    }

    #[test]
    fn a_day_that_starts_late_still_has_an_end() {
        // Summer time began at midnight in Beirut on 31 March 2024: 00:00 did not exist, and the day began at 01:00.
        let beirut = Zone::parse("Asia/Beirut").unwrap();
        assert_eq!(beirut.end_of(date("2024-03-30")), utc("2024-03-30 22:00:00"));
        assert_eq!(beirut.end_of(date("2024-03-31")), utc("2024-03-31 21:00:00"));
    }

    #[test]
    fn distances_are_said_in_words() {
        let today = date("2026-11-20");
        assert_eq!(distance(today, date("2026-11-20")), "today");
        assert_eq!(distance(today, date("2026-11-21")), "tomorrow");
        assert_eq!(distance(today, date("2026-11-27")), "in 7 days");
        assert_eq!(distance(today, date("2026-11-09")), "11 days ago");
    }
}
