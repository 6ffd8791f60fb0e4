//! Which of a user's enrollments the panel answers for: the one that stops them, whichever task it is in.

use crate::{
    tasks::{Enrollment, Status},
    why::{Facts, Situation},
};

/// How much a situation is in the way; the first is the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Whatever the user does, it does not work.
    Stops,
    /// The user does something that does not work.
    Mistaken,
    /// It is the user's turn, or a matter of minutes.
    Waits,
    /// Nothing is awaited here any more.
    Over,
}

/// An enrollment that may matter, with what was found of it.
pub struct Found {
    /// What is known.
    pub facts: Facts,
    /// What it amounts to.
    pub situation: Situation,
}

/// True if the user is still in it.
fn is_there(enrollment: &Enrollment) -> bool {
    enrollment.removed_at.is_none() && enrollment.task_removed_at.is_none()
}

/// The enrollments worth a look among all of a user's, the newest first: those in which they have yet to enroll, and the newest
/// in which they did; if there are none, the newest of all.
pub fn worth_a_look(all: &[Enrollment]) -> Vec<&Enrollment> {
    let there: Vec<&Enrollment> = all.iter().filter(|enrollment| is_there(enrollment)).collect();
    let enrolled = there.iter().position(|enrollment| enrollment.facts.enrolled_at.is_some());
    let waits = |at: usize, enrollment: &Enrollment| enrollment.facts.enrolled_at.is_none() || Some(at) == enrolled;
    let worth: Vec<&Enrollment> = there
        .iter()
        .enumerate()
        .filter(|(at, enrollment)| waits(*at, enrollment))
        .map(|(_, enrollment)| *enrollment)
        .collect();
    if worth.is_empty() { all.first().into_iter().collect() } else { worth }
}

/// Which of them stops the user: what is most in the way, and of equals what was heard of last; where nothing is wrong, the
/// newest.
pub fn that_stops(found: &[Found]) -> Option<usize> {
    let best = found.iter().map(|one| weight(one, found)).min()?;
    let equals = found.iter().enumerate().filter(|(_, one)| weight(one, found) == best);
    let spoken = matches!(best, Weight::Stops | Weight::Mistaken);
    let heard = |one: &Found| one.facts.last_heard_at().filter(|_| spoken);
    // The first of equals stays: the newest task.
    equals.reduce(|best, next| if heard(next.1) > heard(best.1) { next } else { best }).map(|(at, _)| at)
}

fn weight(one: &Found, all: &[Found]) -> Weight {
    let weight = one.situation.weight();
    let Some(enrollment) = one.facts.enrollment.as_ref().filter(|enrollment| enrollment.facts.enrolled_at.is_some())
    else {
        return weight;
    };
    // A token that is being replaced by a newer task is no longer what the user waits for.
    let is_replaced = all.iter().any(|other| {
        other.facts.enrollment.as_ref().is_some_and(|newer| {
            newer.facts.enrolled_at.is_none()
                && newer.task > enrollment.task
                && newer.authentication_type == enrollment.authentication_type
                && other.facts.status() != Some(Status::Expired)
        })
    });
    // What was rejected days ago is not what somebody calls about.
    let is_stale = weight == Weight::Mistaken
        && one.facts.rejection_of_late().is_none()
        && one.situation != Situation::WrongUserId;
    if is_replaced || is_stale { Weight::Over } else { weight }
}
