//! Why a user cannot enroll: the first failing fact of account, task, email, link, attempts, clock and token decides.

use chrono::Duration;

use crate::{
    mail::State as Mail,
    tasks::{Enrollment, FailureKind, Status, status::RemovedWhy},
    tokens::{
        AuthenticationType, Rejected, TokenState,
        one_time::{MOST_DRIFT, Making},
    },
    why::{facts::Facts, refusal::Refusal},
};

/// An email that has not been tried for so many minutes waits for something other than its turn.
const QUEUED_MINUTES: i64 = 10;

/// What stands between a user and a token that works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Situation {
    /// The account is disabled.
    AccountDisabled,
    /// There is no address to write to.
    NoEmail,
    /// Nobody has provisioned the user.
    NeverProvisioned,
    /// A device was given by hand, and no task lets the user enroll it.
    DeviceAssigned,
    /// A newer task replaced this one.
    Replaced,
    /// An operator took the user out of the task.
    TakenOut,
    /// The task was removed.
    TaskRemoved,
    /// The Stop Date has passed, and may be moved.
    Expired,
    /// The Stop Date has passed, and the longest period is over.
    ExpiredForGood,
    /// Too many failed attempts.
    Locked,
    /// Too many failed attempts, and no address for the fresh email that an Unlock sends.
    LockedWithoutEmail,
    /// There is no device that the user could enroll.
    NoDeviceLeft,
    /// Link and code were handed over, and the link was not opened yet.
    HandedOver,
    /// No email was ever written.
    NotEmailed,
    /// The email goes out in a moment.
    EmailOnItsWay,
    /// The email waits, and nobody takes it.
    EmailWaiting,
    /// The email waits, since there is no mail server to send it through.
    NoMailServer,
    /// Our own mail server does not answer.
    MailServerAway,
    /// The mail server refused it for now.
    EmailDeferred,
    /// The mailbox is full.
    MailboxFull,
    /// There is no such address.
    NoSuchAddress,
    /// Our mail server does not pass on email for us.
    RelayDenied,
    /// The other mail server refuses us, whoever it is for.
    SenderRefused,
    /// The mail server refused it for another reason.
    EmailRefused,
    /// It was accepted, and came back.
    SentBack,
    /// It was refused for now until it was too late.
    EmailGivenUp,
    /// It was canceled before it went out.
    EmailCanceled,
    /// The address was changed, and the link that had been sent to the older one ended with it.
    AddressChanged,
    /// The address was taken out of the profile, and the link that had been sent to it ended with it.
    AddressRemoved,
    /// It was sent, and the link was not opened.
    LinkNotOpened,
    /// The user opens an older email.
    OlderLinkUsed,
    /// The user opens the email of a task that this one replaced.
    ReplacedLinkUsed,
    /// The link was opened, and no activation code was typed.
    CodeNotTyped,
    /// The activation code was wrong.
    WrongCode,
    /// The activation code was that of an older email.
    OlderCode,
    /// Digits were typed where the activation code belongs.
    DigitsAsCode,
    /// The activation code was typed where a one-time password belongs.
    CodeAsPassword,
    /// The time after the activation code ran out.
    SessionEnded,
    /// The key was shown, and no one-time password was typed.
    KeyNotProven,
    /// The one-time password was wrong.
    WrongPassword,
    /// The one-time password was right for another time.
    PhoneClockOff,
    /// The code was accepted, and no serial number was typed.
    DeviceNotTyped,
    /// The serial number is not in inventory.
    SerialUnknown,
    /// The device of this serial number is for another container.
    SerialElsewhere,
    /// The token of this serial number is of another authentication type.
    SerialOfOtherType,
    /// The device of this serial number is somebody else's.
    SerialTaken,
    /// The device of this serial number is the user's already.
    SerialOwn,
    /// The device of this serial number is out of use.
    SerialRetired,
    /// The device's one-time password was wrong.
    DevicePasswordWrong,
    /// The device's one-time password was right for another time.
    DeviceClockOff,
    /// The device was pressed often without being used.
    DeviceFarAhead,
    /// The device is not valid at this time.
    DeviceNotValid,
    /// Enrolled, and the token has never been used.
    NotUsedYet,
    /// The system that the user signs in to has a disabled key.
    NodeDisabled,
    /// The user types something else than their User ID where they sign in.
    WrongUserId,
    /// The token is Suspended.
    TokenSuspended,
    /// A temporary code stands in for a token that is not at hand.
    TemporaryCode,
    /// The temporary code has ended, and no token was used since.
    TemporaryCodeEnded,
    /// The only token was reported lost.
    ReportedLost,
    /// The token is Locked.
    TokenLocked,
    /// The token is Lost.
    TokenLost,
    /// The token is Faulty.
    TokenFaulty,
    /// The token is not valid yet, or not any more.
    TokenNotValid,
    /// The token that was enrolled is no longer the user's.
    TokenGone,
    /// The last one-time password had been used before.
    PasswordReused,
    /// The device's counter is far ahead.
    OutOfStep,
    /// The token's clock is off, by no more than can be learned.
    TokenClockOff,
    /// The token's clock is off by more than that.
    TokenClockBroken,
    /// The last one-time passwords were wrong.
    PasswordsWrong,
    /// Nothing is in the way.
    InOrder,
}

impl Situation {
    /// The situation that these facts amount to.
    pub fn of(facts: &Facts) -> Self {
        if facts.user.disabled_at.is_some() {
            return Situation::AccountDisabled;
        }
        let Some(enrollment) = &facts.enrollment else { return without_task(facts) };
        if enrollment.facts.enrolled_at.is_some() {
            return with_token(facts);
        }
        match (enrollment.removed_why, enrollment.task_removed_at) {
            (Some(RemovedWhy::Replaced), _) => return Situation::Replaced,
            (Some(RemovedWhy::Removed), _) => return Situation::TakenOut,
            (Some(RemovedWhy::TaskRemoved), _) | (None, Some(_)) => return Situation::TaskRemoved,
            (None, None) => {}
        }
        match facts.status() {
            Some(Status::Locked) if facts.user.email.is_empty() => return Situation::LockedWithoutEmail,
            Some(Status::Locked) => return Situation::Locked,
            Some(Status::Expired) if facts.policy.latest_stop(enrollment.start_on) < facts.today() => {
                return Situation::ExpiredForGood;
            }
            Some(Status::Expired) => return Situation::Expired,
            _ => {}
        }
        if facts.devices == Some(0) {
            return Situation::NoDeviceLeft;
        }
        if facts.address_left_at.is_some() {
            return without_address(facts);
        }
        if facts.replaced_link.is_some() {
            return Situation::ReplacedLinkUsed;
        }
        if facts.older_link_at().is_some_and(|at| facts.code_accepted_at().is_none_or(|accepted| at > accepted)) {
            return Situation::OlderLinkUsed;
        }
        if facts.code_accepted_at().is_some() {
            return enrolling(facts, enrollment.authentication_type);
        }
        match facts.miss().map(|miss| miss.what) {
            Some(FailureKind::OlderCode) => Situation::OlderCode,
            Some(FailureKind::DigitsAsCode) => Situation::DigitsAsCode,
            Some(_) => Situation::WrongCode,
            None if facts.opened_at().is_some() => Situation::CodeNotTyped,
            None => by_email(facts),
        }
    }
}

/// Somebody who never was in a task.
fn without_task(facts: &Facts) -> Situation {
    if facts.token().is_some() {
        return with_token(facts);
    }
    let ended = |state| facts.tokens.iter().any(|token| token.state == state);
    if facts.assigned().is_some() {
        Situation::DeviceAssigned
    } else if ended(TokenState::Lost) {
        Situation::TokenLost
    } else if ended(TokenState::Faulty) {
        Situation::TokenFaulty
    } else if facts.user.email.is_empty() {
        Situation::NoEmail
    } else {
        Situation::NeverProvisioned
    }
}

/// Somebody whose link ended with the address it was sent to.
fn without_address(facts: &Facts) -> Situation {
    let arrived = !facts.email.as_ref().is_some_and(|email| matches!(email.state, Mail::Failed | Mail::Bounced));
    match (facts.user.email.is_empty(), arrived) {
        (true, true) => Situation::AddressRemoved,
        (true, false) => Situation::NoEmail,
        (false, _) => Situation::AddressChanged,
    }
}

fn by_email(facts: &Facts) -> Situation {
    if facts.enrollment.as_ref().is_some_and(Enrollment::is_handed_over) {
        return Situation::HandedOver;
    }
    let Some(email) = &facts.email else {
        return if facts.user.email.is_empty() { Situation::NoEmail } else { Situation::NotEmailed };
    };
    let no_address = facts.user.email.is_empty();
    match email.state {
        Mail::Sent => Situation::LinkNotOpened,
        Mail::Queued | Mail::Deferred if facts.no_mail_server => Situation::NoMailServer,
        Mail::Queued if facts.now - email.created_at < Duration::minutes(QUEUED_MINUTES) => Situation::EmailOnItsWay,
        Mail::Queued => Situation::EmailWaiting,
        Mail::Deferred => match Refusal::of(&email.last_answer) {
            _ if Refusal::is_silence(&email.last_answer) => Situation::MailServerAway,
            Refusal::RelayDenied => Situation::RelayDenied,
            Refusal::SenderRefused => Situation::SenderRefused,
            _ => Situation::EmailDeferred,
        },
        Mail::Failed | Mail::Bounced | Mail::Canceled if no_address => Situation::NoEmail,
        Mail::Canceled => Situation::EmailCanceled,
        Mail::Bounced => Situation::SentBack,
        Mail::Failed => match Refusal::of(&email.last_answer) {
            Refusal::RelayDenied => Situation::RelayDenied,
            Refusal::SenderRefused => Situation::SenderRefused,
            Refusal::MailboxFull => Situation::MailboxFull,
            Refusal::NoSuchAddress => Situation::NoSuchAddress,
            Refusal::TooLate => Situation::EmailGivenUp,
            Refusal::Other => Situation::EmailRefused,
        },
    }
}

/// Somebody whose activation code was accepted.
fn enrolling(facts: &Facts, kind: AuthenticationType) -> Situation {
    match (facts.miss().map(|miss| miss.what), kind) {
        (Some(FailureKind::Code), _) => Situation::WrongCode,
        (Some(FailureKind::OlderCode), _) => Situation::OlderCode,
        (Some(FailureKind::DigitsAsCode), _) => Situation::DigitsAsCode,
        (Some(FailureKind::CodeAsPassword), _) => Situation::CodeAsPassword,
        (Some(FailureKind::Password(Some(_))), _) => Situation::PhoneClockOff,
        (Some(FailureKind::Password(None)), _) => Situation::WrongPassword,
        (Some(FailureKind::NoSuchDevice), _) => Situation::SerialUnknown,
        (Some(FailureKind::DeviceElsewhere), _) => Situation::SerialElsewhere,
        (Some(FailureKind::DeviceOfOtherType), _) => Situation::SerialOfOtherType,
        (Some(FailureKind::DeviceTaken), _) => Situation::SerialTaken,
        (Some(FailureKind::DeviceOwn), _) => Situation::SerialOwn,
        (Some(FailureKind::DeviceRetired), _) => Situation::SerialRetired,
        (Some(FailureKind::DevicePassword(Some(_))), _) => Situation::DeviceClockOff,
        (Some(FailureKind::DevicePassword(None)), _) => Situation::DevicePasswordWrong,
        (Some(FailureKind::DeviceFarAhead), _) => Situation::DeviceFarAhead,
        (Some(FailureKind::DeviceNotValid), _) => Situation::DeviceNotValid,
        (None, _) if facts.session_ended() => Situation::SessionEnded,
        (None, AuthenticationType::AuthenticatorApp) => Situation::KeyNotProven,
        (None, AuthenticationType::HardwareToken) => Situation::DeviceNotTyped,
    }
}

/// Somebody who has enrolled, or got a token in another way.
fn with_token(facts: &Facts) -> Situation {
    let Some(token) = facts.token() else { return Situation::TokenGone };
    if facts.live_code().is_some() && matches!(token.state, TokenState::Active | TokenState::Suspended) {
        return Situation::TemporaryCode;
    }
    if token.state == TokenState::Active && facts.ended_code().is_some() {
        return Situation::TemporaryCodeEnded;
    }
    match token.state {
        TokenState::Suspended if facts.lost_report(token).is_some() => return Situation::ReportedLost,
        TokenState::Suspended => return Situation::TokenSuspended,
        TokenState::Locked => return Situation::TokenLocked,
        TokenState::Lost => return Situation::TokenLost,
        TokenState::Faulty => return Situation::TokenFaulty,
        TokenState::Inventory | TokenState::Assigned => return Situation::TokenGone,
        TokenState::Active if token.validity.at(facts.now).is_err() => return Situation::TokenNotValid,
        TokenState::Active => {}
    }
    if facts.node_refused_since_use().is_some() {
        return Situation::NodeDisabled;
    }
    if facts.mistaken_since_use().is_some() {
        return Situation::WrongUserId;
    }
    if let Some(rejection) = facts.rejection() {
        return match (rejection.what, rejection.seconds) {
            (Rejected::Used, _) => Situation::PasswordReused,
            (Rejected::NotValid, _) => Situation::NotUsedYet,
            (Rejected::FarAhead, _) => Situation::OutOfStep,
            (Rejected::Wrong, Some(seconds)) if seconds.abs() <= learnable(&token.making) => Situation::TokenClockOff,
            (Rejected::Wrong, Some(_)) => Situation::TokenClockBroken,
            (Rejected::Wrong, None) => Situation::PasswordsWrong,
        };
    }
    if token.first_used_at.is_none() { Situation::NotUsedYet } else { Situation::InOrder }
}

/// The drift that a resynchronization can remember, in seconds.
fn learnable(making: &Making) -> i64 {
    MOST_DRIFT * i64::from(making.period)
}
