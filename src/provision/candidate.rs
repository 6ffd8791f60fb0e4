//! Users on the way to an enrollment: who was chosen, what decides whether they get one, and why they do not.

use std::collections::BTreeMap;

use crate::english::full_name;
use crate::ids::{ContainerId, EnrollmentId, TaskId, UserId};

/// An enrollment in an open task of the same type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenEnrollment {
    /// The enrollment.
    pub enrollment: EnrollmentId,
    /// The task.
    pub task: TaskId,
    /// True if a token is reserved for it (Active or Locked).
    pub reserves: bool,
}

/// A chosen user, with what decides whether they get an enrollment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The row.
    pub user: UserId,
    /// The User ID.
    pub user_id: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The address in the profile; may be empty.
    pub email: String,
    /// Where the user is kept.
    pub container: ContainerId,
    /// The user is disabled.
    pub disabled: bool,
    /// The user has a token of this type.
    pub has_token: bool,
    /// Enrollments in open tasks of this type.
    pub enrollments: Vec<OpenEnrollment>,
}

impl Candidate {
    /// First and last name.
    pub fn name(&self) -> String {
        full_name(&self.first_name, &self.last_name)
    }

    /// Why this user gets no enrollment whatever is chosen; `None` if that depends.
    pub fn never(&self) -> Option<Skip> {
        match (self.disabled, self.email.is_empty()) {
            (true, _) => Some(Skip::Disabled),
            (_, true) => Some(Skip::NoEmail),
            _ => None,
        }
    }
}

/// The users that an operator chose.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    /// Those who exist for the operator, in the order of the User ID.
    pub found: Vec<Candidate>,
    /// How many do not: outside of the scope, or not there, which is the same to the operator.
    pub outside: usize,
}

impl Candidates {
    /// How many are left out whatever is chosen, by reason.
    pub fn left_out(&self) -> Vec<(Skip, usize)> {
        let mut counts = BTreeMap::new();
        if self.outside > 0 {
            counts.insert(Skip::Outside, self.outside);
        }
        for why in self.found.iter().filter_map(Candidate::never) {
            *counts.entry(why).or_insert(0) += 1;
        }
        counts.into_iter().collect()
    }
}

/// Why a chosen user gets no enrollment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// The user is outside of the operator's scope, or was never there: nothing more is said of them.
    Outside,
    /// There is no address to write to.
    NoEmail,
    /// The user is disabled.
    Disabled,
    /// The user has a token of this type.
    HasToken,
    /// The user has an enrollment in an open task of this type.
    HasPlace,
}

impl Skip {
    /// Said of one user, after "Left out: ".
    pub fn label(self) -> &'static str {
        match self {
            Skip::Outside => "outside your scope, or not there",
            Skip::NoEmail => "no email address",
            Skip::Disabled => "disabled",
            Skip::HasToken => "already has a token of this type",
            Skip::HasPlace => "already in an open task of this type",
        }
    }

    /// The words after a number of users.
    pub fn words_for_many(self) -> &'static str {
        match self {
            Skip::Outside => "outside your scope, or not there",
            Skip::NoEmail => "without an email address",
            Skip::Disabled => "disabled",
            Skip::HasToken => "with a token of this type",
            Skip::HasPlace => "already in an open task of this type",
        }
    }

    /// The button that includes `count` of them all the same; `None` where nothing can be included.
    pub fn include_words(self, count: usize) -> Option<String> {
        let (have, are) = if count == 1 { ("has", "is") } else { ("have", "are") };
        match self {
            Skip::HasToken => Some(format!("Include the {count} who {have} a token")),
            Skip::HasPlace => Some(format!("Include the {count} who {are} in an open task")),
            Skip::NoEmail => Some(format!("Hand over to the {count} without an email address")),
            Skip::Outside | Skip::Disabled => None,
        }
    }
}
