//! Sums over many rows, kept for a while: however many look at a page, what it adds up is read once a minute.

use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::Duration;

use crate::{clock::Timestamp, db::total::CAP, error::Result};

/// How old a kept sum may be when it is shown, in seconds: the page says when it was counted, and whoever just changed
/// something sees it within a minute.
const SECONDS: i64 = 60;

/// Sums kept at most, a few hundred bytes each; beyond it the oldest goes.
const MOST: usize = 256;

/// What was counted, by the question it answers.
#[derive(Default)]
pub struct Kept(Mutex<HashMap<String, Answer>>);

#[derive(Clone)]
struct Answer {
    counted_at: Timestamp,
    sums: Arc<dyn Any + Send + Sync>,
}

impl Kept {
    /// The sums that answer `question`: those kept, with when they were counted, or what `count` finds now. Kept is what
    /// was added up from more rows than are counted one by one ([`CAP`]), as `rows` tells of it: fewer are added up anew
    /// for each who looks, and are never stale.
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
        if let Some(found) = self.find(question, now)
            && let Some(sums) = found.sums.downcast_ref::<T>()
        {
            return Ok((sums.clone(), Some(found.counted_at)));
        }
        let sums = count()?;
        if rows(&sums) > CAP {
            self.keep(question, Answer { counted_at: now, sums: Arc::new(sums.clone()) });
        }
        Ok((sums, None))
    }

    fn find(&self, question: &str, now: Timestamp) -> Option<Answer> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back makes what was kept no answer.
        let is_fresh =
            |answer: &&Answer| answer.counted_at <= now && now - answer.counted_at < Duration::seconds(SECONDS);
        kept.get(question).filter(is_fresh).cloned()
    }

    fn keep(&self, question: &str, answer: Answer) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST
            && !kept.contains_key(question)
            && let Some(oldest) = kept.iter().min_by_key(|(_, answer)| answer.counted_at).map(|(name, _)| name.clone())
        {
            kept.remove(&oldest);
        }
        kept.insert(question.to_owned(), answer);
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
    fn the_oldest_goes_when_there_are_too_many() {
        let kept = Kept::default();
        ask(&kept, "oldest", 0, 5_000);
        for n in 1..=MOST {
            ask(&kept, &n.to_string(), 1, 5_000);
        }
        assert_eq!(kept.0.lock().unwrap().len(), MOST);
        assert_eq!(ask(&kept, "1", 2, 6_000), (5_000, Some(at(1))));
        assert_eq!(ask(&kept, "oldest", 2, 6_000), (6_000, None));
    }
}
