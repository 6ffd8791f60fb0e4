//! Rules of the outbox: the states of an email, and when it is tried again (PRODUCT.md §6).

use chrono::Duration;

use crate::{
    clock::Timestamp,
    ids::{ContainerId, EmailId, EnrollmentId, TaskId, UserId},
    mail::letter::{Facts, Kind},
};

/// What became of an email.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr)]
#[strum(ascii_case_insensitive)]
pub enum State {
    /// Waits for its first try.
    Queued,
    /// Accepted by the mail server; never called delivered.
    Sent,
    /// Refused for now; tried again later.
    Deferred,
    /// Refused for good, or given up.
    Failed,
    /// Accepted, and sent back later: a delivery report says that it did not arrive (RFC 3464).
    Bounced,
    /// No longer wanted before it could go out.
    Canceled,
}

impl State {
    /// All of them, in the order of the tabs.
    pub const ALL: [State; 6] =
        [State::Queued, State::Sent, State::Deferred, State::Failed, State::Bounced, State::Canceled];

    /// The state in the database and in addresses.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The state on the screen; the words are those of the database, so that a monitor and a page say the same.
    pub fn label(self) -> &'static str {
        self.code()
    }

    /// The state of this code.
    pub fn from_code(word: &str) -> Option<Self> {
        word.parse().ok()
    }

    /// True if it may still go out.
    pub fn is_waiting(self) -> bool {
        matches!(self, State::Queued | State::Deferred)
    }

    /// True if it did not arrive and is not tried any more.
    pub fn is_final_trouble(self) -> bool {
        matches!(self, State::Failed | State::Bounced)
    }

    /// True if the user was not reached by it, as far as mail servers say.
    pub fn is_trouble(self) -> bool {
        matches!(self, State::Deferred | State::Failed | State::Bounced)
    }
}

/// Minutes until the next try, after the first, second, third and fourth refusal. The first pauses outlast greylisting,
/// which is over after one to five minutes on most servers; an hour outlasts a restart.
pub const FIRST_PAUSES: [i64; 4] = [1, 5, 15, 60];

/// Minutes until the next try after each later refusal. RFC 5321 §4.5.4.1 wants hours between tries once the first
/// ones have failed; four of them still give a user who must enroll within days some chances a day.
pub const LATER_PAUSE: i64 = 4 * 60;

/// How long a claim lasts that is not renewed, in seconds. What a killed server had claimed is free after it, and for a
/// user who waits for an email ten seconds are none (with the rest of the workers, so 8). Four renewals fit in, so that one
/// that comes late loses nothing.
pub const LEASE_SECONDS: i64 = 8;

/// Failures older than this no longer ask for attention.
pub const ATTENTION_DAYS: i64 = 30;

/// The lease of a claim.
pub fn lease() -> Duration {
    Duration::seconds(LEASE_SECONDS)
}

/// When an email that was refused for now is tried again, after `tries` tries in all; `None`: it is given up, since it
/// would come after the moment from which it is of no use.
pub fn next_try(now: Timestamp, tries: i64, give_up_at: Timestamp) -> Option<Timestamp> {
    let refusal = usize::try_from(tries - 1).unwrap_or(0);
    let pause = FIRST_PAUSES.get(refusal).copied().unwrap_or(LATER_PAUSE);
    Some(now + Duration::minutes(pause)).filter(|next| *next < give_up_at)
}

/// An email of the outbox; its body and its secret are not part of it.
#[derive(Clone, Debug)]
pub struct Email {
    /// Its row.
    pub id: EmailId,
    /// The Message-ID of all tries.
    pub message_id: String,
    /// What it is about.
    pub kind: Kind,
    /// The address, masked if it was typed for this one email.
    pub shown_to: String,
    /// The address was typed for this one email.
    pub alternate: bool,
    /// The user it goes to.
    pub user: Option<UserId>,
    /// The container of that user.
    pub container: Option<ContainerId>,
    /// The task it belongs to.
    pub task: Option<TaskId>,
    /// The enrollment it belongs to.
    pub enrollment: Option<EnrollmentId>,
    /// What it tells.
    pub facts: Facts,
    /// What became of it.
    pub state: State,
    /// Tries so far.
    pub tries: i64,
    /// When it was put into the outbox.
    pub created_at: Timestamp,
    /// When it is tried next; of a claimed one, when the claim runs out.
    pub next_try_at: Option<Timestamp>,
    /// From then on it is no longer tried.
    pub give_up_at: Timestamp,
    /// When the mail server accepted it.
    pub sent_at: Option<Timestamp>,
    /// The mail server's last answer, or what a delivery report said since; empty before the first.
    pub last_answer: String,
    /// When it answered.
    pub last_answer_at: Option<Timestamp>,
    /// When a delivery report said that it did not arrive.
    pub bounced_at: Option<Timestamp>,
    /// The enhanced status code in that report, such as "5.1.1"; empty without one.
    pub bounce_status: String,
    /// Until when a worker has it in its hand, unless it lets go of it before; may have passed.
    pub claimed_until: Option<Timestamp>,
    /// The UserID of the operator whose doing it was, or "system".
    pub sender: String,
}

impl Email {
    /// True if a worker has it in its hand: what comes of it is not known yet.
    pub fn is_in_hand(&self, now: Timestamp) -> bool {
        self.state.is_waiting() && self.claimed_until.is_some_and(|until| until > now)
    }

    /// When it became what it is.
    pub fn changed_at(&self) -> Timestamp {
        self.last_answer_at.unwrap_or(self.created_at)
    }
}

/// One try.
#[derive(Clone, Debug)]
pub struct Try {
    /// When.
    pub at: Timestamp,
    /// What the email became by it.
    pub outcome: State,
    /// What the mail server answered.
    pub answer: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(minutes: i64) -> Timestamp {
        chrono::DateTime::UNIX_EPOCH.naive_utc() + Duration::minutes(minutes)
    }

    #[test]
    fn pauses_grow_to_four_hours() {
        let pauses: Vec<i64> =
            (1..=7).map(|tries| (next_try(at(0), tries, at(100_000)).unwrap() - at(0)).num_minutes()).collect();
        assert_eq!(pauses, [1, 5, 15, 60, 240, 240, 240]);
    }

    #[test]
    fn an_email_is_given_up_when_the_next_try_would_come_too_late() {
        assert_eq!(next_try(at(0), 1, at(1)), None);
        assert_eq!(next_try(at(0), 1, at(2)), Some(at(1)));
        assert_eq!(next_try(at(10), 1, at(2)), None);
    }

    #[test]
    fn words_of_states_read_back() {
        for state in State::ALL {
            assert_eq!(State::from_code(state.code()), Some(state));
        }
        assert_eq!(State::from_code("delivered"), None);
    }

    proptest! {
        #[test]
        fn tries_never_shrink_their_pause_and_never_pass_the_end(tries in 1_i64..50, now in 0_i64..10_000, left in 0_i64..10_000) {
            let end = at(now + left);
            let next = next_try(at(now), tries, end);
            if let Some(next) = next {
                prop_assert!(next > at(now) && next < end);
                if let Some(later) = next_try(at(now), tries + 1, end) {
                    prop_assert!(later >= next);
                }
            }
        }
    }
}
