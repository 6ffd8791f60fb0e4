//! Guessing over many users: limits of a user and of a token let one guess at each of thousands through, so that what an
//! auth node rejects is counted over all of them (ASVS 5.0, 2.4.1 and 6.3.1). Out of the usual, operators are told; far
//! out of it, the auth node has to wait. What it asks rightly is never counted, and no other auth node waits for it.

use chrono::{Duration, Timelike};

use crate::clock::Timestamp;

/// Rejections are counted by so many minutes: a row that is written to by one auth node alone, and 288 of them a day.
pub const BUCKET_MINUTES: i64 = 5;

/// What is compared with the usual is what was rejected within so many minutes: typing errors come in waves at the
/// beginning of a shift, which an hour levels out.
pub const WINDOW_MINUTES: i64 = 60;

/// The usual is what was rejected in an hour, over so many days: a week has all days of the week in it.
pub const USUAL_DAYS: i64 = 7;

/// Days for which counts are kept: those that make up the usual, and one more.
pub const KEPT_DAYS: i64 = 8;

/// Times the usual: the busiest hour of a day has five times the rejections of an hour of day and night, and as much again
/// is no attack yet.
const TIMES: i64 = 10;

/// Rejections in an hour that are never out of the usual, at one auth node: what 1,000 users mistype on a Monday morning. At
/// six digits and three values that count, so many guesses hit with 3 in 10,000.
pub const FEWEST: i64 = 100;

/// The same at all auth nodes together.
pub const FEWEST_OF_ALL: i64 = 300;

/// Times what operators are told of, from which on the auth node has to wait: they are told well before anybody is held up.
pub const TIMES_TO_WAIT: i64 = 3;

/// The beginning of the five minutes that `now` is in.
pub fn bucket(now: Timestamp) -> Timestamp {
    let into = i64::from(now.minute()) % BUCKET_MINUTES * 60 + i64::from(now.second());
    now - Duration::seconds(into) - Duration::nanoseconds(now.nanosecond().into())
}

/// The beginning of the first bucket of the window that ends `now`.
pub fn window_start(now: Timestamp) -> Timestamp {
    bucket(now) - Duration::minutes(WINDOW_MINUTES - BUCKET_MINUTES)
}

/// The usual of an hour, of what was rejected in [`USUAL_DAYS`].
pub fn usual(rejections: i64) -> i64 {
    rejections / (USUAL_DAYS * 24)
}

/// What was rejected of late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Within the window.
    pub in_window: i64,
    /// Within the five minutes of now.
    pub in_bucket: i64,
    /// The usual of an hour.
    pub usual: i64,
}

impl Standing {
    /// How many may be rejected in an hour before operators are told.
    fn limit(&self, fewest: i64) -> i64 {
        fewest.max(TIMES.saturating_mul(self.usual))
    }

    /// True if this is out of the usual; `fewest` is [`FEWEST`] or [`FEWEST_OF_ALL`].
    pub fn is_out(&self, fewest: i64) -> bool {
        self.in_window >= self.limit(fewest)
    }

    /// How many seconds an auth node has to wait: far out of the usual, it gets a twelfth of what operators are told of
    /// through in five minutes, and waits for the rest of them.
    pub fn wait(&self, now: Timestamp) -> Option<u64> {
        let limit = self.limit(FEWEST);
        let share = limit * BUCKET_MINUTES / WINDOW_MINUTES;
        let far_out = self.in_window >= TIMES_TO_WAIT.saturating_mul(limit) && self.in_bucket >= share;
        let left = bucket(now) + Duration::minutes(BUCKET_MINUTES) - now;
        far_out.then(|| (left + Duration::milliseconds(999)).num_seconds().unsigned_abs().max(1))
    }
}

/// An auth node that left the usual, or all of them together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusual {
    /// Its name; `None`: all of them together.
    pub node: Option<String>,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-20T{text}").parse().unwrap()
    }

    #[test]
    fn five_minutes_and_an_hour_end_now() {
        assert_eq!(bucket(at("13:34:59.5")), at("13:30:00"));
        assert_eq!(bucket(at("13:35:00")), at("13:35:00"));
        assert_eq!(window_start(at("13:34:59")), at("12:35:00"));
    }

    #[test]
    fn operators_are_told_before_anybody_waits() {
        let quiet = |in_window| Standing { in_window, in_bucket: in_window, usual: 0 };
        assert!(!quiet(99).is_out(FEWEST) && quiet(100).is_out(FEWEST));
        assert_eq!(quiet(299).wait(at("13:32:00")), None);
        assert_eq!(quiet(300).wait(at("13:32:00")), Some(180));
        let busy = |in_window| Standing { in_window, in_bucket: in_window, usual: 40 };
        assert!(!busy(399).is_out(FEWEST) && busy(400).is_out(FEWEST));
        assert_eq!((busy(1_199).wait(at("13:32:00")), busy(1_200).wait(at("13:32:00"))), (None, Some(180)));
    }

    #[test]
    fn who_waited_gets_a_share_through_in_the_next_five_minutes() {
        let after = |in_bucket| Standing { in_window: 400, in_bucket, usual: 0 };
        assert_eq!(after(7).wait(at("13:35:00")), None);
        assert_eq!(after(8).wait(at("13:35:00")), Some(300));
        assert_eq!(after(8).wait(at("13:39:59.9")), Some(1));
    }
}
