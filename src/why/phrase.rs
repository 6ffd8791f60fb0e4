//! What is said of a situation: three sentences, and the pieces they have in common.

use crate::why::facts::Facts;

/// What is said of a situation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The sentence: what stands in the way.
    pub sentence: String,
    /// What is behind it, in a sentence or two.
    pub because: String,
    /// What the help desk could say to the caller; empty where there is nothing to say.
    pub say: String,
}

pub(super) fn words(sentence: impl Into<String>, because: impl Into<String>, say: impl Into<String>) -> Words {
    Words { sentence: sentence.into(), because: because.into(), say: say.into() }
}

pub(super) fn task(facts: &Facts) -> String {
    facts.enrollment.as_ref().map(|enrollment| format!("task {}", enrollment.task)).unwrap_or_default()
}

/// "yesterday at 17:40" of what may not be known.
pub(super) fn when(facts: &Facts, at: Option<crate::clock::Timestamp>) -> String {
    at.map_or_else(|| "at an unknown time".into(), |at| facts.at(at))
}

/// What stands in the way besides, of somebody who is to be provisioned.
pub(super) fn and_no_address(facts: &Facts) -> &'static str {
    if facts.user.email.is_empty() { " There is no email address either: Provision needs one." } else { "" }
}
