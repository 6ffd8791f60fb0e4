//! Numbers that pages show beside what they read, kept for a while: however many look, they are counted once a minute.

use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::Duration;

use crate::{
    clock::Timestamp,
    db::{Changes, Total, total::CAP},
    error::Result,
};

/// How old a kept number may be when it is shown, in seconds: a page with sums says when they were counted, and whoever just
/// changed something sees it within a minute.
const SECONDS: i64 = 60;

/// Numbers kept at most, a few hundred bytes each; beyond it the oldest goes.
const MOST: usize = 1_024;

/// What was counted, by the question it answers.
#[derive(Default)]
pub struct Kept {
    answers: Mutex<HashMap<String, Answer>>,
    changes: Changes,
}

#[derive(Clone)]
struct Answer {
    counted_at: Timestamp,
    /// How many changes there were before.
    changes: Option<u64>,
    /// From more rows than are counted one by one.
    of_many: bool,
    found: Arc<dyn Any + Send + Sync>,
}

impl Kept {
    /// For a database that was changed so often.
    pub fn beside(changes: Changes) -> Self {
        Kept { answers: Mutex::default(), changes }
    }

    /// What answers `question`: what is kept, with when it was counted if that was from many rows; or what `count` finds now.
    /// Kept is what was counted from more rows than are counted one by one ([`CAP`]), as `rows` tells of it, and what
    /// cannot be another by now, since nothing was written. Whatever depends on the day has the day in the question.
    ///
    /// # Errors
    /// As `count`.
    pub fn or_count<T: Clone + Send + Sync + 'static>(
        &self,
        question: &str,
        now: Timestamp,
        rows: impl FnOnce(&T) -> i64,
        count: impl FnOnce() -> Result<T>,
    ) -> Result<(T, Option<Timestamp>)> {
        let changes = self.changes.so_far();
        if let Some(answer) = self.find(question, now, changes)
            && let Some(found) = answer.found.downcast_ref::<T>()
        {
            return Ok((found.clone(), answer.of_many.then_some(answer.counted_at)));
        }
        let found = count()?;
        let of_many = rows(&found) > CAP;
        if of_many || changes.is_some() {
            self.keep(question, Answer { counted_at: now, changes, of_many, found: Arc::new(found.clone()) });
        }
        Ok((found, None))
    }

    /// As [`Kept::or_count`], for a number that stands beside a tab or in the navigation.
    ///
    /// # Errors
    /// As `count`.
    pub fn total(&self, question: &str, now: Timestamp, count: impl FnOnce() -> Result<Total>) -> Result<Total> {
        let rows = |total: &Total| total.rows + i64::from(total.more);
        Ok(self.or_count(question, now, rows, count)?.0)
    }

    fn find(&self, question: &str, now: Timestamp, changes: Option<u64>) -> Option<Answer> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back makes what was kept no answer.
        let is_fresh = |answer: &&Answer| {
            let recent = answer.counted_at <= now && now - answer.counted_at < Duration::seconds(SECONDS);
            recent && (answer.of_many || (changes.is_some() && answer.changes == changes))
        };
        answers.get(question).filter(is_fresh).cloned()
    }

    fn keep(&self, question: &str, answer: Answer) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= MOST
            && !answers.contains_key(question)
            && let Some(oldest) =
                answers.iter().min_by_key(|(_, answer)| answer.counted_at).map(|(name, _)| name.clone())
        {
            answers.remove(&oldest);
        }
        answers.insert(question.to_owned(), answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::default() + Duration::seconds(second)
    }

    fn ask(kept: &Kept, question: &str, second: i64, sum: i64) -> (i64, Option<Timestamp>) {
        kept.or_count(question, at(second), |sum| *sum, || Ok(sum)).unwrap()
    }

    #[test]
    fn a_sum_of_many_is_kept_for_a_minute_and_one_of_few_never() {
        let kept = Kept::default();
        assert_eq!(ask(&kept, "many", 0, 1_001), (1_001, None));
        assert_eq!(ask(&kept, "many", 59, 2_000), (1_001, Some(at(0))));
        assert_eq!(ask(&kept, "other", 59, 2_000), (2_000, None));
        assert_eq!(ask(&kept, "many", 60, 2_000), (2_000, None));
        assert_eq!(ask(&kept, "many", 59, 3_000), (3_000, None), "the clock was set back");
        for sum in [CAP, 7] {
            assert_eq!(ask(&kept, "few", 0, sum), (sum, None));
        }
    }

    #[test]
    fn a_number_of_few_is_kept_until_something_is_written() {
        let changes = Changes::counted();
        let kept = Kept::beside(changes.clone());
        assert_eq!(ask(&kept, "few", 0, 7), (7, None));
        assert_eq!(ask(&kept, "few", 1, 8), (7, None), "nothing was written");
        changes.note();
        assert_eq!(ask(&kept, "few", 1, 8), (8, None));
        assert_eq!(ask(&kept, "few", 61, 9), (9, None), "a minute passed");
        let total = |second, rows| kept.total("tab", at(second), || Ok(Total::of(rows))).unwrap();
        assert_eq!((total(0, 1_001), total(1, 7)), (Total::of(1_001), Total::of(1_001)));
        changes.note();
        assert_eq!(total(2, 7), Total::of(1_001), "more than are counted, a moment ago");
    }

    #[test]
    fn the_oldest_goes_when_there_are_too_many() {
        let kept = Kept::default();
        ask(&kept, "oldest", 0, 5_000);
        for n in 1..=MOST {
            ask(&kept, &n.to_string(), 1, 5_000);
        }
        assert_eq!(kept.answers.lock().unwrap().len(), MOST);
        assert_eq!(ask(&kept, "1", 2, 6_000), (5_000, Some(at(1))));
        assert_eq!(ask(&kept, "oldest", 2, 6_000), (6_000, None));
    }
}
