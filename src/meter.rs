//! What this process counts of itself, for `/metrics`: plain counters that all its threads share.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{clock::Timestamp, error::Result};

/// Upper ends of the classes of durations, in milliseconds. A page takes a few; what takes ten seconds has failed for
/// whoever waits.
pub const BOUNDS: [u64; 10] = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000];

/// Seconds for which what was read from the database is said again: monitors ask every 15 seconds or more, and several
/// of them, or one that asks too often, must cost no more than one.
pub const KEEP_SECONDS: i64 = 10;

/// The counters.
#[derive(Debug, Default)]
pub struct Meter {
    requests: [AtomicU64; 5],
    durations: [AtomicU64; BOUNDS.len() + 1],
    microseconds: AtomicU64,
    sign_in_failures: AtomicU64,
    remembered: Mutex<Option<(Timestamp, String)>>,
    write_trouble: Mutex<Option<String>>,
    round_failures: Mutex<BTreeMap<&'static str, u64>>,
}

/// What a [`Meter`] has counted since the process started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Answers with a status of 1xx to 5xx.
    pub requests: [u64; 5],
    /// Answers within each of [`BOUNDS`] and not within the one before, then those that took longer.
    pub durations: [u64; BOUNDS.len() + 1],
    /// All durations together, in microseconds.
    pub microseconds: u64,
    /// Sign-ins that were refused: wrong, or too many.
    pub sign_in_failures: u64,
}

impl Meter {
    /// Counts an answer.
    pub fn note_request(&self, status: u16, took: Duration) {
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        let slot = BOUNDS.iter().position(|bound| took <= Duration::from_millis(*bound)).unwrap_or(BOUNDS.len());
        self.requests[class].fetch_add(1, Relaxed);
        self.durations[slot].fetch_add(1, Relaxed);
        self.microseconds.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Relaxed);
    }

    /// Counts a sign-in that was refused.
    pub fn note_sign_in_failure(&self) {
        self.sign_in_failures.fetch_add(1, Relaxed);
    }

    /// Counts a round that did not end well.
    pub fn note_round_failure(&self, round: &'static str) {
        *self.round_failures.lock().unwrap_or_else(PoisonError::into_inner).entry(round).or_insert(0) += 1;
    }

    /// How often each kind of round did not end well.
    pub fn round_failures(&self) -> BTreeMap<&'static str, u64> {
        self.round_failures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps why the last write that was tried did not go well; `None` if it did.
    pub fn note_write(&self, trouble: Option<String>) {
        *self.write_trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Why the last write that was tried did not go well; `None` if it did, or none was tried yet.
    pub fn write_trouble(&self) -> Option<String> {
        self.write_trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The counts now.
    pub fn counted(&self) -> Counted {
        let read = |counter: &AtomicU64| counter.load(Relaxed);
        Counted {
            requests: self.requests.each_ref().map(read),
            durations: self.durations.each_ref().map(read),
            microseconds: read(&self.microseconds),
            sign_in_failures: read(&self.sign_in_failures),
        }
    }

    /// What `write` said less than [`KEEP_SECONDS`] ago, or says now. Whoever asks meanwhile waits for the answer.
    ///
    /// # Errors
    /// What `write` answers; then nothing is kept.
    pub fn remembered(&self, now: Timestamp, write: impl FnOnce() -> Result<String>) -> Result<String> {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, text)) = &*remembered
            && (*at..*at + chrono::Duration::seconds(KEEP_SECONDS)).contains(&now)
        {
            return Ok(text.clone());
        }
        let text = write()?;
        *remembered = Some((now, text.clone()));
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn an_answer_is_counted_in_its_class_and_up_to_its_bound() {
        let meter = Meter::default();
        for (status, milliseconds) in [(200, 5), (303, 6), (404, 10_000), (500, 10_001), (200, 0)] {
            meter.note_request(status, Duration::from_millis(milliseconds));
        }
        let counted = meter.counted();
        assert_eq!(counted.requests, [0, 2, 1, 1, 1]);
        assert_eq!(
            (counted.durations[0], counted.durations[1], counted.durations[9], counted.durations[10]),
            (2, 1, 1, 1)
        );
        assert_eq!(counted.microseconds, 20_012_000);
    }

    #[test]
    fn what_was_read_is_said_again_for_ten_seconds() {
        let meter = Meter::default();
        let at = |seconds| chrono::DateTime::UNIX_EPOCH.naive_utc() + chrono::Duration::seconds(seconds);
        let say = |word: &str| Ok(word.to_owned());
        assert!(meter.remembered(at(0), || Err(Error::Internal("no".into()))).is_err(), "a failure is not kept");
        assert_eq!(meter.remembered(at(0), || say("a")).unwrap(), "a");
        assert_eq!(meter.remembered(at(9), || say("b")).unwrap(), "a");
        assert_eq!(meter.remembered(at(10), || say("c")).unwrap(), "c");
        assert_eq!(meter.remembered(at(5), || say("d")).unwrap(), "d", "a clock that was set back keeps nothing");
    }
}
