//! Which Stop Date an operator may choose: from today to the last day that the policy allows for a task of that Start Date
//! (PRODUCT.md §2, "Provision" and "Edit").

use chrono::NaiveDate;

use super::Policy;
use crate::error::{Error, Result};

/// The name of its field in every form.
pub const STOP_ON: &str = "stop_on";

/// Reads a Stop Date that was typed, before it is known for which tasks.
///
/// # Errors
/// A mistake in [`STOP_ON`] unless it is a date.
pub fn typed_stop(text: &str) -> Result<NaiveDate> {
    text.parse().map_err(|_| Error::mistake(STOP_ON, "Type the Stop Date as year-month-day."))
}

/// Whatever the policy allows, no Stop Date lies in the past.
///
/// # Errors
/// A mistake in [`STOP_ON`].
pub fn check_not_passed(date: NaiveDate, today: NaiveDate) -> Result<()> {
    refused(passed(date, today))
}

fn refused(sentence: Option<String>) -> Result<()> {
    sentence.map_or(Ok(()), |sentence| Err(Error::mistake(STOP_ON, sentence)))
}

fn passed(date: NaiveDate, today: NaiveDate) -> Option<String> {
    (date < today).then(|| format!("The Stop Date {date} has passed. Choose {today} or later."))
}

impl Policy {
    /// Takes `date` for a task that starts on `start`.
    ///
    /// # Errors
    /// A mistake in [`STOP_ON`] with the sentence of [`Policy::stop_refusal`].
    pub fn check_stop(&self, date: NaiveDate, start: NaiveDate, today: NaiveDate) -> Result<()> {
        refused(self.stop_refusal(date, start, today))
    }

    /// Why a task that starts on `start` cannot stop on `date`; `None` if it can.
    pub fn stop_refusal(&self, date: NaiveDate, start: NaiveDate, today: NaiveDate) -> Option<String> {
        let latest = self.latest_stop(start);
        let beyond = match start == today {
            true => format!("The policy allows a Stop Date up to {latest}."),
            false => format!(
                "The policy allows a Stop Date up to {latest}, counted from the Start Date. Resend goes further."
            ),
        };
        passed(date, today).or((date > latest).then_some(beyond))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_stop_date_lies_between_today_and_what_the_policy_allows() {
        let (policy, today) = (Policy::default(), date("2026-11-20"));
        let refused = |text| policy.stop_refusal(date(text), today, today);
        assert_eq!((refused("2026-11-20"), refused("2026-12-20")), (None, None));
        assert!(refused("2026-11-19").unwrap().contains("has passed. Choose 2026-11-20 or later."));
        assert_eq!(refused("2026-12-21").unwrap(), "The policy allows a Stop Date up to 2026-12-20.");
        for wrong in ["tomorrow", "2026-02-30", ""] {
            assert!(typed_stop(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_period_of_a_task_counts_from_its_start() {
        let (policy, start, today) = (Policy::default(), date("2026-11-02"), date("2026-11-20"));
        assert!(policy.check_stop(date("2026-12-02"), start, today).is_ok());
        let sentence = policy.stop_refusal(date("2026-12-03"), start, today).unwrap();
        assert!(sentence.contains("2026-12-02, counted from the Start Date. Resend goes further."), "{sentence}");
        assert!(policy.check_stop(date("2026-11-19"), start, today).is_err());
    }
}
