//! The rules of Provision: who is chosen, and what for (PRODUCT.md §2).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Mistakes, Result},
    ids::UserId,
    policy::Policy,
    tasks::task::Description,
    tokens::AuthenticationType,
};

/// Who was chosen on the Assignment page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Selection {
    /// These users, by row.
    Users(Vec<UserId>),
    /// Everyone a search finds at the time, but for those left out in the review. The search stays a search, so that
    /// 100,000 users need no 100,000 ids.
    Matching {
        /// The search as a query string.
        query: String,
        /// Left out in the review.
        without: Vec<UserId>,
    },
}

impl Selection {
    /// As the draft keeps it.
    ///
    /// # Errors
    /// `Internal` if it cannot be written.
    pub fn to_text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::Internal(format!("a selection was not written: {error}")))
    }

    /// Reads what the draft keeps.
    ///
    /// # Errors
    /// `Internal` if it is something else.
    pub fn from_text(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|error| Error::Internal(format!("a selection was not read: {error}")))
    }

    /// Leaves these users out.
    pub fn leave_out(&mut self, users: &[UserId]) {
        match self {
            Selection::Users(list) => list.retain(|user| !users.contains(user)),
            Selection::Matching { without, .. } => {
                without.extend(users);
                without.sort();
                without.dedup();
            }
        }
    }
}

/// What the operator chose for the new task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The kind of token.
    pub authentication_type: AuthenticationType,
    /// What operators call the task.
    pub description: Description,
    /// The Stop Date of all users in it.
    pub stop_on: NaiveDate,
    /// Users who already have a token of this type get an enrollment too.
    pub include_with_token: bool,
    /// Users with an enrollment in an open task of this type lose it and get a new one.
    pub include_with_task: bool,
}

/// Reads a Stop Date that was typed; empty means the one the policy proposes.
///
/// # Errors
/// A mistake in `stop_on` unless it is a date between today and what the policy allows.
pub fn stop_date(typed: &str, policy: &Policy, today: NaiveDate) -> Result<NaiveDate> {
    if typed.is_empty() {
        return Ok(policy.proposed_stop(today));
    }
    let date: NaiveDate =
        typed.parse().map_err(|_| Error::mistake("stop_on", "Type the Stop Date as year-month-day."))?;
    let mut mistakes = Mistakes::default();
    if let Some(sentence) = stop_date_refusal(date, policy, today) {
        mistakes.add("stop_on", sentence);
    }
    mistakes.into_result().map(|()| date)
}

/// Why a new task cannot stop on `date`; `None` if it can.
pub fn stop_date_refusal(date: NaiveDate, policy: &Policy, today: NaiveDate) -> Option<String> {
    let latest = policy.latest_stop(today);
    if date < today {
        Some(format!("The Stop Date {date} has passed. Choose {today} or later."))
    } else if date > latest {
        Some(format!("The policy allows a Stop Date up to {latest}."))
    } else {
        None
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
        assert_eq!(stop_date("", &policy, today).unwrap(), date("2026-12-04"));
        assert_eq!(stop_date("2026-11-20", &policy, today).unwrap(), today);
        assert_eq!(stop_date("2026-12-20", &policy, today).unwrap(), date("2026-12-20"));
        for wrong in ["2026-11-19", "2026-12-21", "tomorrow"] {
            assert!(stop_date(wrong, &policy, today).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_selection_can_be_kept_and_shrinks() {
        let mut all = Selection::Matching { query: "q=an".into(), without: vec![] };
        all.leave_out(&[UserId(3), UserId(2), UserId(3)]);
        assert_eq!(all, Selection::Matching { query: "q=an".into(), without: vec![UserId(2), UserId(3)] });
        assert_eq!(Selection::from_text(&all.to_text().unwrap()).unwrap(), all);
        let mut some = Selection::Users(vec![UserId(1), UserId(2)]);
        some.leave_out(&[UserId(1)]);
        assert_eq!(some, Selection::Users(vec![UserId(2)]));
    }
}
