//! "Why can't this user enroll?": what stops the user as a sentence, with what mends it and who may.

use crate::{
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::Result,
    ids::TaskId,
    operators::{self, Who},
    tasks::enrollments,
    users::User,
    why::weight::Found,
};

pub mod checks;
mod diagnosis;
pub mod facts;
mod gather;
pub mod pages;
mod phrase;
pub mod refusal;
pub mod remedy;
pub mod situation;
mod table;
mod weight;
pub mod words;

pub use checks::{Check, Mark};
pub use facts::Facts;
pub use remedy::Remedy;
pub use situation::Situation;
pub use weight::Weight;
pub use words::Words;

pub use diagnosis::{Diagnosis, Other};

/// Enrollments that are looked through for the one that matters: more than a user is ever in.
const NEWEST_ENROLLMENTS: i64 = 50;

/// Works out why `user`, whom `who` has found in their scope, cannot enroll: in the enrollment that stops them, whichever task
/// it is in, or in the one of `task`.
pub fn diagnose(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    user: User,
    task: Option<TaskId>,
) -> Result<Diagnosis> {
    let shared = gather::shared(desk, conn, who, now, user)?;
    let all = enrollments::newest_of(conn, shared.user.id, NEWEST_ENROLLMENTS)?;
    let mut worth = weight::worth_a_look(&all);
    let asked = task.and_then(|task| all.iter().find(|enrollment| enrollment.task == task));
    if let Some(asked) = asked.filter(|asked| !worth.iter().any(|enrollment| enrollment.id == asked.id)) {
        worth.push(asked);
    }
    let mut found = Vec::with_capacity(worth.len());
    for enrollment in worth {
        let facts = gather::of_enrollment(conn, &shared, Some(enrollment), &all)?;
        found.push(Found { situation: Situation::of(&facts), facts });
    }
    let is_asked = |one: &Found| {
        one.facts.enrollment.as_ref().map(|enrollment| enrollment.id) == asked.map(|enrollment| enrollment.id)
    };
    let chosen = match asked {
        Some(_) => found.iter().position(is_asked),
        None => weight::that_stops(&found),
    };
    let chosen = match chosen {
        Some(at) => found.remove(at),
        None => {
            let facts = gather::of_enrollment(conn, &shared, None, &all)?;
            Found { situation: Situation::of(&facts), facts }
        }
    };
    let others = found.iter().filter_map(Other::of).collect();
    let Found { facts, situation } = chosen;
    let remedies = situation.remedies(&facts);
    let remedy = remedies.iter().copied().find(|remedy| who.may(remedy.permission()));
    // On the day a phone is lost a second way stands beside the first, and who may go the first is named to who may not.
    let two_ways = matches!(situation, Situation::ReportedLost | Situation::NoEmail);
    let beside = remedies
        .iter()
        .copied()
        .filter(|other| two_ways && remedy.is_some() && Some(*other) != remedy)
        .filter(|other| matches!(other, Remedy::HandOver | Remedy::GiveTemporaryCode))
        .find(|other| who.may(other.permission()));
    let ask = match (remedy, remedies.first()) {
        (remedy, Some(first)) if remedy.is_none() || two_ways && !who.may(first.permission()) => {
            let permission = first.permission();
            Some((permission, operators::roles_with(conn, permission, facts.user.container)?))
        }
        _ => None,
    };
    let (words, checks) = (Words::of(situation, &facts), checks::checks(situation, &facts));
    Ok(Diagnosis { situation, words, checks, remedy, beside, ask, others, facts })
}
