//! The time zone of the installation, and moments and days as people read them.

use chrono::{Datelike, Days, Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;

use super::Timestamp;

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
