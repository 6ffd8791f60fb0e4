//! A user in a task as lists show them.

use crate::{
    clock::{Timestamp, Zone},
    english::full_name,
    ids::{ContainerId, EnrollmentId, UserId},
    mail::{State, status},
    tasks::status::{EnrollmentFacts, Status},
};

/// Which users of a task are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The beginning of User ID, last name or email; as a key.
    pub q: String,
    /// Only those of this status.
    pub status: Option<Status>,
    /// Only those whose newest email became this.
    pub mail: Option<State>,
    /// Only those who have yet to enroll.
    pub open: bool,
    /// Only those who have enrolled.
    pub enrolled: bool,
    /// Only those who can be written to: enabled, with an address.
    pub reachable: bool,
    /// By User ID from the end.
    pub descending: bool,
}

/// A user in a task.
#[derive(Clone, Debug)]
pub struct EnrollmentRow {
    /// The enrollment.
    pub enrollment: EnrollmentId,
    /// The user's row.
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
    /// What the status is worked out from.
    pub facts: EnrollmentFacts,
    /// The enrollment ended with the task.
    pub removed: bool,
    /// The link was opened (a mail scanner can do that too).
    pub opened: bool,
    /// The activation code was accepted.
    pub code_accepted: bool,
    /// The key was shown.
    pub key_shown: bool,
    /// The serial number of the token.
    pub serial: Option<String>,
    /// "handed over by s.moreau", if link and code were handed over last.
    pub handed_over: Option<String>,
    /// What became of the newest email.
    pub mail: Option<MailState>,
}

impl EnrollmentRow {
    /// First and last name.
    pub fn name(&self) -> String {
        full_name(&self.first_name, &self.last_name)
    }

    /// What the user did with the newest email, under its state: the mail server's answer if it was not accepted.
    pub fn mail_hint(&self, zone: Zone) -> String {
        let Some(mail) = &self.mail else { return String::new() };
        match mail.state {
            State::Deferred => mail
                .next_try_at
                .map_or_else(|| mail.answer.clone(), |at| format!("Next try {}", zone.local(at).format("%H:%M"))),
            State::Failed => mail.answer.clone(),
            State::Bounced => status::plain(&mail.answer).map_or_else(|| mail.answer.clone(), Into::into),
            State::Queued | State::Canceled => String::new(),
            State::Sent if self.facts.enrolled_at.is_some() => String::new(),
            State::Sent if self.key_shown => "Key shown, not finished".into(),
            State::Sent if self.code_accepted => "Code accepted, not finished".into(),
            State::Sent if self.opened => "Link opened".into(),
            State::Sent => "Link not opened yet".into(),
        }
    }
}

/// What became of an email.
#[derive(Clone, Debug)]
pub struct MailState {
    /// The state.
    pub state: State,
    /// The mail server's last answer.
    pub answer: String,
    /// When it is tried next.
    pub next_try_at: Option<Timestamp>,
}

impl MailState {
    /// From a row; `None` for a word that is no state.
    pub fn new(word: &str, answer: String, next_try_at: Option<Timestamp>) -> Option<Self> {
        Some(MailState { state: State::from_code(word)?, answer, next_try_at })
    }
}
