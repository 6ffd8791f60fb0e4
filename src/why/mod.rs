//! "Why can't this user enroll?": the first failing fact as a sentence, with what mends it and who may.

use chrono::Duration;

use crate::{
    authentication,
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::Result,
    ids::TaskId,
    mail,
    operators::{self, Permission, Scope, Who},
    policy,
    tasks::{
        Status, address,
        enrollment::status,
        store::{Place, missed, places},
    },
    tokens::{self, AuthenticationType},
    users::User,
};

pub mod checks;
pub mod facts;
pub mod refusal;
pub mod remedy;
pub mod situation;
pub mod words;

pub use checks::{Check, Mark};
pub use facts::Facts;
pub use remedy::Remedy;
pub use situation::Situation;
pub use words::Words;

/// Places that are looked through for the one that matters: more than a user is ever in.
const PLACES: i64 = 50;

/// How long a disabled auth node that knocked explains why users cannot sign in, in hours.
const NODE_HOURS: i64 = 24;

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
    /// Who may, if the operator may not: what it takes, and the roles that hold it.
    pub ask: Option<(Permission, Vec<String>)>,
}

/// Works out why `user`, whom `who` has found in their scope, cannot enroll: in the place that matters most, or in the
/// one of `task`.
///
/// # Errors
/// `Database` only.
pub fn diagnose(
    desk: &Desk,
    c: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    user: User,
    task: Option<TaskId>,
) -> Result<Diagnosis> {
    let facts = gather(desk, c, now, user, task)?;
    let situation = Situation::of(&facts);
    let remedies = situation.remedies();
    let remedy = remedies.iter().copied().find(|remedy| who.may(remedy.permission()));
    let ask = match (remedy, remedies.first()) {
        (None, Some(first)) => {
            let permission = first.permission();
            Some((permission, operators::store::holders::roles_with(c, permission, facts.user.container)?))
        }
        _ => None,
    };
    let (words, checks) = (Words::of(situation, &facts), checks::checks(situation, &facts));
    Ok(Diagnosis { situation, words, checks, remedy, ask, facts })
}

fn gather(desk: &Desk, c: &mut AnyConn, now: Timestamp, user: User, task: Option<TaskId>) -> Result<Facts> {
    let (policy, zone) = (policy::current(c)?, desk.settings.zone);
    let mut all = places::newest_of(c, user.id, PLACES)?;
    let today = zone.today(now);
    let chosen = task.and_then(|task| all.iter().position(|place| place.task == task));
    let chosen =
        chosen.or_else(|| one_that_matters(&all, |place| status(&place.facts, policy.attempts_allowed, today)));
    let place = chosen.map(|at| all.swap_remove(at));
    let trace = match &place {
        Some(place) => missed::trace(c, place.id)?,
        None => missed::Trace::default(),
    };
    let address_left_at = match &place {
        Some(place) => address::link_left_at(c, place)?,
        None => None,
    };
    let ids: Vec<_> = place.iter().filter_map(|place| place.last_email).collect();
    let tokens = tokens::of_user(c, user.id)?;
    let devices = match &place {
        Some(place) if place.authentication_type.needs_inventory() && place.facts.enrolled_at.is_none() => {
            let scope = Scope::Containers(vec![user.container]);
            let free = tokens::available(c, AuthenticationType::HardwareToken, &scope)?;
            let assigned = tokens.iter().filter(|token| token.state == tokens::TokenState::Assigned).count();
            Some(free + i64::try_from(assigned).unwrap_or_default())
        }
        _ => None,
    };
    Ok(Facts {
        trace,
        address_left_at,
        email: mail::latest_of(c, &ids)?.pop(),
        rejections: tokens::store::rejections::of_user(c, user.id)?,
        refused_node: authentication::refused_node(c, now - Duration::hours(NODE_HOURS))?,
        user,
        place,
        tokens,
        devices,
        policy,
        now,
        zone,
    })
}

/// The newest place where the user may still enroll or is Locked; else the newest one where they enrolled, or whose Stop
/// Date has passed; else the newest of all, from which they were removed.
fn one_that_matters(places: &[Place], status: impl Fn(&Place) -> Status) -> Option<usize> {
    let there = |place: &Place| place.removed_at.is_none() && place.task_removed_at.is_none();
    let waiting = |place: &Place| place.facts.enrolled_at.is_none() && there(place);
    let first = |wanted: &dyn Fn(&Place) -> bool| places.iter().position(wanted);
    first(&|place| waiting(place) && status(place) != Status::Expired)
        .or_else(|| first(&|place| waiting(place) || place.facts.enrolled_at.is_some()))
        .or(if places.is_empty() { None } else { Some(0) })
}
