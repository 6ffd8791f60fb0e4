//! What may be done with an email: it is sent again, tried now, or canceled; or why not, and what to do instead.

use chrono::NaiveDate;

use crate::{
    clock::Timestamp,
    db,
    ids::{EmailId, UserId},
    mail::{Email, Kind, State},
    policy::Policy,
    tasks::{Enrollment, Status, resend, status},
    tokens::TokenState,
    users::User,
};

/// What an operator wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// One that failed or came back is sent again; one that was deferred is tried now.
    SendAgain,
    /// One that waits is not sent.
    Cancel,
}

impl Change {
    /// The states in which it can be done at all.
    pub fn states(self) -> &'static [State] {
        match self {
            Change::SendAgain => &[State::Deferred, State::Failed, State::Bounced],
            Change::Cancel => &[State::Queued, State::Deferred],
        }
    }
}

/// What stands around an email, as it is now.
#[derive(Clone, Debug, Default)]
pub struct EmailContext {
    /// The enrollment it is about.
    pub enrollment: Option<Enrollment>,
    /// The user it went to.
    pub user: Option<User>,
    /// The token it is about: its state, and who has it.
    pub token: Option<(TokenState, Option<UserId>)>,
}

/// What is true for all emails of a page or a transaction.
pub struct Basis {
    /// The time.
    pub now: Timestamp,
    /// The organization's date.
    pub today: NaiveDate,
    /// The policy.
    pub policy: Policy,
    /// A mail server is set.
    pub mail_leaves: bool,
}

/// How it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It waits again; to this address, if the profile has another one by now.
    Queue(Option<String>),
    /// Its next try is now.
    Hasten,
    /// It is canceled.
    Cancel,
}

/// Why it cannot be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It waits for its first try.
    Waits {
        /// A mail server is set, so that there will be one.
        leaves: bool,
    },
    /// A worker has it in its hand.
    InHand,
    /// The mail server has it.
    Accepted,
    /// It was canceled.
    Canceled,
    /// It is not tried any more.
    Ended,
    /// Its link and its code are wiped.
    NoCode,
    /// Its link was replaced by that of this one.
    Superseded(EmailId),
    /// It was a test of the words.
    Test,
    /// Its address is wiped.
    NotKept,
    /// The profile has no address.
    NoAddress,
    /// What it tells is no longer true, and why.
    Untrue(String),
    /// It became something else since the page was shown.
    Changed,
}

impl Refusal {
    /// The sentence about one email.
    pub fn label(&self) -> String {
        match self {
            Refusal::Waits { leaves: true } => "It waits for its first try and goes out by itself.".into(),
            Refusal::Waits { leaves: false } => "It waits until the setting smtp_url names a mail server.".into(),
            Refusal::InHand => "It is being sent at this moment. Look again in a minute.".into(),
            Refusal::Accepted => "The mail server accepted it: it can neither be called back nor sent twice.".into(),
            Refusal::Canceled => "It was canceled before it went out.".into(),
            Refusal::Ended => "It is not tried any more: there is nothing to cancel.".into(),
            Refusal::NoCode => "The link and the activation code in it are no longer kept.".into(),
            Refusal::Superseded(_) => "A newer email replaced it, and its link no longer works.".into(),
            Refusal::Test => "It was a test of the words. Send another one from the message.".into(),
            Refusal::NotKept => "It went to an address that was typed for it alone and is not kept.".into(),
            Refusal::NoAddress => "The user has no email address by now. Add one to the profile.".into(),
            Refusal::Untrue(why) => format!("What it tells is no longer true: {why}"),
            Refusal::Changed => "It became something else since the page was shown.".into(),
        }
    }

    /// What is said of many, before their number.
    pub fn of_many(&self) -> &'static str {
        match self {
            Refusal::Waits { leaves: true } => "Waiting for the first try",
            Refusal::Waits { leaves: false } => "Waiting for a mail server",
            Refusal::InHand => "Being sent at this moment",
            Refusal::Accepted => "Accepted by the mail server",
            Refusal::Canceled => "Canceled",
            Refusal::Ended => "Not tried any more",
            Refusal::NoCode => "With a link and an activation code that are no longer kept; Resend makes new ones",
            Refusal::Superseded(_) => "Replaced by a newer email",
            Refusal::Test => "A test of the words",
            Refusal::NotKept => "To an address that is not kept",
            Refusal::NoAddress => "To a user without an email address",
            Refusal::Untrue(_) => "Telling something that is no longer true",
            Refusal::Changed => "Something else since the page was shown",
        }
    }

    /// Why nothing is done to an email in a state that `change` does not know.
    pub fn of_state(change: Change, state: State, basis: &Basis) -> Self {
        match (change, state) {
            (_, State::Sent) => Refusal::Accepted,
            (_, State::Canceled) => Refusal::Canceled,
            (Change::SendAgain, _) => Refusal::Waits { leaves: basis.mail_leaves },
            (Change::Cancel, _) => Refusal::Ended,
        }
    }
}

/// How `change` is done to `email`.
pub fn judge(change: Change, email: &Email, around: &EmailContext, basis: &Basis) -> Result<Step, Refusal> {
    if email.is_in_hand(basis.now) {
        return Err(Refusal::InHand);
    }
    match (change, email.state) {
        (Change::SendAgain, State::Failed | State::Bounced) => again(email, around, basis).map(Step::Queue),
        (Change::SendAgain, State::Deferred) => Ok(Step::Hasten),
        (Change::Cancel, State::Queued | State::Deferred) => Ok(Step::Cancel),
        (_, state) => Err(Refusal::of_state(change, state, basis)),
    }
}

/// The other address that one which failed or came back is sent to, if it is to be another one.
fn again(email: &Email, around: &EmailContext, basis: &Basis) -> Result<Option<String>, Refusal> {
    if email.kind.carries_link() {
        return Err(match around.enrollment.as_ref().map(|enrollment| enrollment.last_email) {
            None => Refusal::Test,
            Some(Some(newest)) if newest != email.id => Refusal::Superseded(newest),
            Some(_) => Refusal::NoCode,
        });
    }
    if email.kind.is_for_operators() {
        return Ok(None);
    }
    let Some(user) = &around.user else { return Err(Refusal::Test) };
    if email.alternate {
        return Err(Refusal::NotKept);
    }
    if let Some(why) = outdated(email, around, basis) {
        return Err(Refusal::Untrue(why));
    }
    match user.email.trim() {
        "" => Err(Refusal::NoAddress),
        address if db::key(address) == db::key(&email.shown_to) => Ok(None),
        address => Ok(Some(address.to_owned())),
    }
}

/// Why what it tells is no longer so; `None` if it is.
fn outdated(email: &Email, around: &EmailContext, basis: &Basis) -> Option<String> {
    let serial = email.facts.serial.as_deref().unwrap_or_default();
    let in_use = [TokenState::Active, TokenState::Suspended, TokenState::Locked];
    let theirs = around.token.filter(|(_, holder)| holder.is_some() && *holder == email.user).map(|(state, _)| state);
    match email.kind {
        Kind::NewStopDate | Kind::Locked => {
            let Some(enrollment) = &around.enrollment else { return Some("the enrollment is over.".into()) };
            let stop_on = enrollment.facts.stop_on;
            let status = status(&enrollment.facts, basis.policy.attempts_allowed, basis.today);
            if enrollment.removed_at.is_some()
                || enrollment.task_removed_at.is_some()
                || enrollment.facts.enrolled_at.is_some()
            {
                Some("the enrollment is over.".into())
            } else if email.kind == Kind::Locked {
                (status != Status::Locked).then(|| "the enrollment is unlocked.".into())
            } else if email.facts.stop_on != Some(stop_on) {
                Some(format!("the Stop Date is {stop_on} by now."))
            } else if status == Status::Expired {
                Some("the Stop Date has passed.".into())
            } else {
                None
            }
        }
        Kind::Enrolled | Kind::TokenImported if theirs.is_some_and(|state| in_use.contains(&state)) => None,
        Kind::TokenAssigned if theirs == Some(TokenState::Assigned) => None,
        Kind::TokenSuspended | Kind::ReportedLost if theirs == Some(TokenState::Suspended) => None,
        Kind::TokenRevoked if !theirs.is_some_and(|state| in_use.contains(&state)) => None,
        Kind::TemporaryCode if email.facts.works_until.is_some_and(|until| until > basis.now) => None,
        Kind::TemporaryCode | Kind::CallBackCode => Some("the code it is about has ended.".into()),
        Kind::Canceled | Kind::Alert | Kind::Test | Kind::Enrollment | Kind::Reminder => None,
        Kind::Enrolled
        | Kind::TokenAssigned
        | Kind::TokenImported
        | Kind::TokenSuspended
        | Kind::ReportedLost
        | Kind::TokenRevoked => Some(match theirs {
            Some(state) => format!("{serial} is {} by now.", state.label()),
            None => format!("{serial} is no longer theirs."),
        }),
    }
}

/// What helps the user instead of an email with a link: Resend, or what has to come before it. Empty if the email had no
/// link, waits, or is not the newest.
pub fn instead(email: &Email, around: &EmailContext, basis: &Basis) -> String {
    match &around.enrollment {
        Some(enrollment)
            if email.kind.carries_link() && !email.state.is_waiting() && enrollment.last_email == Some(email.id) =>
        {
            resend::refusal(enrollment, &basis.policy, basis.today)
                .unwrap_or_else(|| "Resend makes a new link and activation code.".into())
        }
        _ => String::new(),
    }
}

/// True if Resend helps the user instead of this email.
pub fn can_resend(email: &Email, around: &EmailContext, basis: &Basis) -> bool {
    email.kind.carries_link()
        && around.enrollment.as_ref().is_some_and(|enrollment| {
            enrollment.last_email == Some(email.id) && resend::refusal(enrollment, &basis.policy, basis.today).is_none()
        })
}
