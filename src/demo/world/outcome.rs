//! What became of an email of the world, and by which tries.

use chrono::Duration;

use crate::{
    clock::Timestamp,
    demo::world::course::Arrival,
    mail::{State, email::next_try},
};

/// What mail servers say.
const ACCEPTED: &str = "250 2.0.0 Ok: queued";
const UNKNOWN: &str = "550 5.1.1 No such user here";
const GREYLISTED: &str = "451 4.7.1 Greylisted, try again later";

/// Seconds until a server answers, and minutes until an email comes back.
const ANSWER_SECONDS: i64 = 2;
const BACK_MINUTES: i64 = 10;

/// Emails of so many days are still tried; older ones were accepted in the end.
const TRIED_DAYS: i64 = 3;

/// The columns of an email that tell what became of it.
#[derive(Clone)]
pub struct Outcome {
    pub state: State,
    /// When, with what outcome and answer.
    pub tries: Vec<(Timestamp, State, &'static str)>,
    pub next_try_at: Option<Timestamp>,
    pub sent_at: Option<Timestamp>,
    pub bounced_at: Option<Timestamp>,
}

/// An email that was put into the outbox `at` this moment.
#[derive(Clone, Copy)]
pub struct Posted {
    pub at: Timestamp,
    pub give_up_at: Timestamp,
    /// The first and the last about an enrollment.
    pub is_first: bool,
    pub is_last: bool,
    /// It was posted just now.
    pub is_new: bool,
}

impl Outcome {
    /// What became of it by `now`.
    pub fn of(email: Posted, arrival: Arrival, now: Timestamp) -> Self {
        let answered = (email.at + Duration::seconds(ANSWER_SECONDS)).min(now);
        let waits =
            Outcome { state: State::Queued, tries: Vec::new(), next_try_at: None, sent_at: None, bounced_at: None };
        let tried = |state, answer| Outcome { state, tries: vec![(answered, state, answer)], ..waits.clone() };
        let sent = Outcome { sent_at: Some(answered), ..tried(State::Sent, ACCEPTED) };
        let back = answered + Duration::minutes(BACK_MINUTES);
        match arrival {
            Arrival::Canceled if email.is_first => Outcome { state: State::Canceled, ..waits },
            Arrival::Refused => tried(State::Failed, UNKNOWN),
            Arrival::Bounced if back <= now => Outcome { state: State::Bounced, bounced_at: Some(back), ..sent },
            Arrival::Deferred
                if email.is_last && email.at > now - Duration::days(TRIED_DAYS) && email.give_up_at > now =>
            {
                tried_still(answered, email.give_up_at, now)
            }
            _ if email.is_new => Outcome { next_try_at: Some(email.at), ..waits },
            _ => sent,
        }
    }

    /// The answer that stands with the email, and since when.
    pub fn answer(&self) -> (&'static str, Option<Timestamp>) {
        match (self.bounced_at, self.tries.last()) {
            (Some(at), _) => (UNKNOWN, Some(at)),
            (None, Some((at, _, answer))) => (answer, Some(*at)),
            (None, None) => ("", None),
        }
    }
}

/// Refused for now since `first`, again and again.
fn tried_still(first: Timestamp, give_up_at: Timestamp, now: Timestamp) -> Outcome {
    let (mut tries, mut at) = (Vec::new(), first);
    let next_try_at = loop {
        tries.push((at, State::Deferred, GREYLISTED));
        match next_try(at, i64::try_from(tries.len()).unwrap_or(i64::MAX), give_up_at) {
            Some(next) if next <= now => at = next,
            next => break next,
        }
    };
    let state = if next_try_at.is_some() { State::Deferred } else { State::Failed };
    Outcome { state, tries, next_try_at, sent_at: None, bounced_at: None }
}
