//! Rules of operator alerts: what happens, how it is told, and when.

use chrono::{Days, Duration, NaiveDateTime, NaiveTime};

use crate::clock::{Timestamp, Zone};

pub use super::delivery::Delivery;
pub use super::event::Event;

/// The hour at which the daily digest goes out, in the organization's time zone: it is there when people sit down to
/// work, and an hour before the reminders make users call.
pub const DIGEST_HOUR: u32 = 7;

/// Minutes between two emails at once to the same operator: what happens meanwhile is bundled, so that a bad hour does
/// not fill their mailbox.
pub const PAUSE_MINUTES: i64 = 10;

/// Minutes after which a transaction that took its time before an earlier round has surely ended: what it wrote is found
/// by looking back so far. Nothing here runs longer than seconds.
pub const LATE_MINUTES: i64 = 10;

/// Things of each kind that an email names; the rest is a number with a link to the list. More would not be read.
pub const LISTED: i64 = 20;

/// Days that what happened is remembered, so that nothing is told twice; far beyond the day of a digest.
pub const KEPT_DAYS: i64 = 30;

/// How long an alert is tried, in hours: after a day the next digest is there, and the Snapshot shows it anyway.
pub const TRIED_HOURS: i64 = 24;

/// When what was told an operator at `told_at` may be followed by the next email; an operator who is new to it gets the
/// next one that is due, and no digest of a day that is half over.
pub fn is_due(delivery: Delivery, zone: Zone, now: Timestamp, told_at: Timestamp) -> bool {
    match delivery {
        Delivery::Off => false,
        Delivery::AtOnce => told_at + pause() <= now,
        Delivery::Daily => zone.local(told_at) < last_digest(zone, now),
    }
}

/// The pause between two emails at once.
pub fn pause() -> Duration {
    Duration::minutes(PAUSE_MINUTES)
}

/// The last moment of the wall clock at which a digest was due.
fn last_digest(zone: Zone, now: Timestamp) -> NaiveDateTime {
    let local = zone.local(now);
    let hour = NaiveTime::from_hms_opt(DIGEST_HOUR, 0, 0).unwrap_or_default();
    let day = if local.time() < hour { local.date() - Days::new(1) } else { local.date() };
    day.and_time(hour)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operators::BuiltIn;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn words_read_back() {
        assert!(Event::ALL.into_iter().all(|event| Event::from_code(event.code()) == Some(event)));
        assert!(Delivery::ALL.into_iter().all(|way| Delivery::from_code(way.code()) == Some(way)));
        assert_eq!(Event::LockOut.count(1), "1 lock-out");
        assert_eq!(Event::FailedMail.count(0), "0 failed emails");
    }

    #[test]
    fn a_digest_is_due_once_a_day_from_its_hour() {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let due = |now: &str, told: &str| is_due(Delivery::Daily, zone, at(now), at(told));
        // Told on Friday at 14:00; the digest of Saturday is at 07:00 in Berlin, 06:00 in UTC.
        assert!(!due("2026-11-20T22:00:00", "2026-11-20T13:00:00"));
        assert!(!due("2026-11-21T05:59:59", "2026-11-20T13:00:00"));
        assert!(due("2026-11-21T06:00:00", "2026-11-20T13:00:00"));
        assert!(!due("2026-11-21T23:30:00", "2026-11-21T06:00:00"));
        // A server that was off at seven catches up, whatever the hour.
        assert!(due("2026-11-23T02:00:00", "2026-11-21T06:00:00"));
        // Chosen before seven, it begins the same day.
        assert!(due("2026-11-21T06:00:00", "2026-11-21T04:00:00"));
    }

    #[test]
    fn summer_time_moves_the_digest_with_the_wall_clock() {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let due = |now: &str, told: &str| is_due(Delivery::Daily, zone, at(now), at(told));
        assert!(!due("2026-03-29T04:59:00", "2026-03-28T06:00:00"));
        assert!(due("2026-03-29T05:00:00", "2026-03-28T06:00:00"));
    }

    #[test]
    fn emails_at_once_keep_a_pause() {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let due = |now: &str| is_due(Delivery::AtOnce, zone, at(now), at("2026-11-20T13:00:00"));
        assert!(!due("2026-11-20T13:09:59") && due("2026-11-20T13:10:00"));
        assert!(!is_due(Delivery::Off, zone, at("2026-11-20T13:10:00"), at("2026-01-01T00:00:00")));
    }

    #[test]
    fn a_role_is_linked_to_a_list_that_it_may_open() {
        assert_eq!(Event::LockOut.list(BuiltIn::Operator.permissions()), "/reports/not-enrolled?status=locked");
        assert_eq!(Event::LockOut.list(BuiltIn::HelpDesk.permissions()), "/");
        assert_eq!(Event::FailedMail.list(BuiltIn::HelpDesk.permissions()), "/outbox");
    }
}
