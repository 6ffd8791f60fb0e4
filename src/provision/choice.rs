//! The rules of Provision: who is chosen, and what for (PRODUCT.md §2).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    ids::UserId,
    policy::{Policy, typed_stop},
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
    /// Users without an email address get an enrollment too, and link and code by hand.
    pub hand_over: bool,
}

/// Reads a Stop Date that was typed for a task that starts today; empty means the one the policy proposes.
///
/// # Errors
/// A mistake unless it is a date between today and what the policy allows.
pub fn stop_date(typed: &str, policy: &Policy, today: NaiveDate) -> Result<NaiveDate> {
    if typed.is_empty() {
        return Ok(policy.proposed_stop(today));
    }
    let date = typed_stop(typed)?;
    policy.check_stop(date, today, today).map(|()| date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_stop_date_the_policy_proposes_one() {
        let (policy, today) = (Policy::default(), NaiveDate::from_ymd_opt(2026, 11, 20).unwrap());
        assert_eq!(stop_date("", &policy, today).unwrap(), policy.proposed_stop(today));
        assert!(stop_date("2026-11-19", &policy, today).is_err());
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
