//! Why a user cannot enroll, and what to do about it.

use super::{Check, Facts, Remedy, Situation, Weight, Words};
use crate::{ids::TaskId, operators::Permission, why::weight::Found};

/// Why a user cannot enroll, and what to do about it.
pub struct Diagnosis {
    /// What it is worked out from.
    pub facts: Facts,
    /// What stands in the way.
    pub situation: Situation,
    /// In words.
    pub words: Words,
    /// The facts, in order.
    pub checks: Vec<Check>,
    /// What mends it, if the operator may.
    pub remedy: Option<Remedy>,
    /// A second way that stands beside it.
    pub beside: Option<Remedy>,
    /// Who may, if the operator may not: what it takes, and the roles that hold it.
    pub ask: Option<(Permission, Vec<String>)>,
    /// The user's other enrollments that are outstanding, each with its own sentence; the newest task first.
    pub others: Vec<Other>,
}

/// Another enrollment of the user, in a line.
pub struct Other {
    /// The task.
    pub task: TaskId,
    /// What kind of token.
    pub authentication_type: &'static str,
    /// How much it is in the way.
    pub weight: Weight,
    /// What is so there.
    pub sentence: String,
}

impl Other {
    /// The line of an enrollment that is outstanding: not used yet.
    pub(super) fn of(found: &Found) -> Option<Self> {
        let enrollment = found.facts.enrollment.as_ref().filter(|enrollment| enrollment.facts.used_at.is_none())?;
        Some(Other {
            task: enrollment.task,
            authentication_type: enrollment.authentication_type.plain(),
            weight: found.situation.weight(),
            sentence: Words::of(found.situation, &found.facts).sentence,
        })
    }
}
