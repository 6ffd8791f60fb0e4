//! The only module that reads the time. Everything else is handed a [`Timestamp`].

use std::sync::Mutex;

use chrono::{Duration, NaiveDateTime, Utc};

mod zone;

pub use zone::{Zone, distance, long_date, moment};

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

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

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
