//! A situation in words: the sentence, what is behind it, and what the help desk could say.

use crate::{
    clock::distance,
    why::{facts::Facts, situation::Situation},
};

mod enrolling;
mod token;

/// What is said of a situation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The sentence: what stands in the way.
    pub sentence: String,
    /// What is behind it, in a sentence or two.
    pub because: String,
    /// What the help desk could say to the caller; empty where there is nothing to say.
    pub say: String,
}

fn words(sentence: impl Into<String>, because: impl Into<String>, say: impl Into<String>) -> Words {
    Words { sentence: sentence.into(), because: because.into(), say: say.into() }
}

impl Words {
    /// Puts `situation` into words.
    pub fn of(situation: Situation, facts: &Facts) -> Self {
        use Situation as S;
        match situation {
            S::AccountDisabled
            | S::NoEmail
            | S::NeverProvisioned
            | S::DeviceAssigned
            | S::Replaced
            | S::TakenOut
            | S::TaskRemoved
            | S::Expired
            | S::ExpiredForGood
            | S::NoDeviceLeft
            | S::Locked
            | S::LockedWithoutEmail => of_task(situation, facts),
            S::NotEmailed
            | S::EmailOnItsWay
            | S::EmailWaiting
            | S::EmailDeferred
            | S::MailboxFull
            | S::NoSuchAddress
            | S::EmailRefused
            | S::EmailGivenUp
            | S::EmailCanceled
            | S::AddressChanged
            | S::AddressRemoved => of_email(situation, facts),
            S::LinkNotOpened
            | S::OlderLinkUsed
            | S::CodeNotTyped
            | S::WrongCode
            | S::KeyNotProven
            | S::WrongPassword
            | S::PhoneClockOff
            | S::DeviceNotTyped
            | S::SerialUnknown
            | S::SerialTaken
            | S::DevicePasswordWrong
            | S::DeviceClockOff
            | S::DeviceFarAhead
            | S::DeviceNotValid => enrolling::words_of(situation, facts),
            _ => token::words_of(situation, facts),
        }
    }
}

fn task(facts: &Facts) -> String {
    facts.place.as_ref().map(|place| format!("task {}", place.task)).unwrap_or_default()
}

/// "yesterday at 17:40" of what may not be known.
fn when(facts: &Facts, at: Option<crate::clock::Timestamp>) -> String {
    at.map_or_else(|| "at an unknown time".into(), |at| facts.at(at))
}

fn of_task(situation: Situation, facts: &Facts) -> Words {
    use Situation as S;
    let task = task(facts);
    let place = facts.place.as_ref();
    let by = if facts.trace.removed_by.is_empty() { "somebody" } else { &facts.trace.removed_by };
    let removed = when(facts, place.and_then(|place| place.removed_at.or(place.task_removed_at)));
    let stop = place.map(|place| place.facts.stop_on).unwrap_or_default();
    match situation {
        S::AccountDisabled => words(
            "The account is disabled",
            format!(
                "It was disabled {}. Links and one-time passwords are refused until it is enabled.",
                when(facts, facts.user.disabled_at)
            ),
            "Your account is switched off at the moment. I will find out why and get back to you.",
        ),
        S::NoEmail => words(
            "There is no email address to write to",
            if place.is_some() {
                format!("The profile has none, so that no enrollment email for {task} could arrive.")
            } else {
                "The profile has none, so that Provision leaves this user out.".into()
            },
            "Which email address can you read? I will note it down.",
        ),
        S::NeverProvisioned => words(
            "Nobody has provisioned this user yet",
            "They were never in a provisioning task, and have no token.",
            "You were not asked to set up a token yet. I will have an email sent to you.",
        ),
        S::DeviceAssigned => words(
            "A hardware token waits, but there is no task to enroll it",
            format!(
                "{} was given to this user by hand. Provision them with Hardware token, so that they get the email.",
                facts.assigned().map(|token| token.serial.as_str()).unwrap_or_default()
            ),
            "Your hardware token is ready. You will get an email with a link to set it up.",
        ),
        S::Replaced => {
            let newer =
                place.and_then(|place| place.replaced_by).map_or("a newer task".into(), |n| format!("task {n}"));
            words(
                format!("This place was replaced by {newer}"),
                format!("{by} provisioned them anew {removed}, and the links of {task} ended with it."),
                "There is a newer email than the one you have. Please look for that one.",
            )
        }
        S::TakenOut => words(
            format!("They were taken out of {task}"),
            format!("{by} removed them {removed}. That cannot be reversed; they can be provisioned anew."),
            "Your enrollment was canceled. I will ask for a new one.",
        ),
        S::TaskRemoved => words(
            format!("{} was removed", capital(&task)),
            format!("{by} removed the task {removed}, before this user had enrolled. They can be provisioned anew."),
            "That roll-out was ended. I will ask for a new enrollment for you.",
        ),
        S::Expired => words(
            format!("The Stop Date passed {}", distance(facts.today(), stop)),
            format!("They had until {stop} in {task}. With a later Stop Date the link in their email works again."),
            "Your link has run out. With more days it works again: you will hear from us by email.",
        ),
        S::ExpiredForGood => words(
            format!("The Stop Date passed {}", distance(facts.today(), stop)),
            format!(
                "They had until {stop} in {task}, and the policy allows no Stop Date after {}. Provision them anew.",
                place.map(|place| facts.policy.latest_stop(place.start_on)).unwrap_or_default()
            ),
            "Your link has run out. You will get a new email.",
        ),
        S::NoDeviceLeft => words(
            "There is no hardware token to enroll",
            format!(
                "The inventory of {} is empty, so that no serial number would be taken.",
                facts.user.container_name
            ),
            "There are no tokens left at the moment. We will tell you when one is here for you.",
        ),
        _ => {
            let last =
                facts.trace.miss.map(|miss| format!(" The last one, {}: {}.", facts.at(miss.at), miss.what.short()));
            let failed = format!(
                "{} of {} attempts failed.{}",
                place.map(|place| place.facts.failures.min(facts.policy.attempts_allowed)).unwrap_or_default(),
                facts.policy.attempts_allowed,
                last.unwrap_or_default()
            );
            if situation == S::LockedWithoutEmail {
                return words(
                    "The enrollment is Locked, and there is no email address",
                    format!("{failed} Unlock sends a fresh email: the profile needs an address first."),
                    "After too many wrong tries your link was locked. Which email address can you read?",
                );
            }
            words(
                "The enrollment is Locked",
                failed,
                "After too many wrong tries your link was locked. I will unlock it and send you a fresh email.",
            )
        }
    }
}

fn of_email(situation: Situation, facts: &Facts) -> Words {
    use Situation as S;
    let task = task(facts);
    let Some(email) = &facts.email else {
        return words(
            "No enrollment email was sent",
            format!("Nothing was written to this user about {task}."),
            "I will send you the email now.",
        );
    };
    let (to, answered) = (&email.shown_to, facts.at(email.last_answer_at.unwrap_or(email.created_at)));
    match situation {
        S::EmailOnItsWay => words(
            "The email is on its way",
            format!("It was written {} and goes out to {to} within a minute.", facts.at(email.created_at)),
            "The email is on its way. Please look again in a minute.",
        ),
        S::EmailWaiting => words(
            "The email waits and is not being sent",
            format!("It was written {} to {to}, and nothing has tried to send it since.", facts.at(email.created_at)),
            "Our mail is held up. We are looking into it and will call you back.",
        ),
        S::EmailDeferred => words(
            "The mail server has not taken the email yet",
            format!(
                "It refused it for now {answered}; the next try is {}. Another address may be faster.",
                when(facts, email.next_try_at)
            ),
            "Your mail server asked us to try again later. Is there another address you can read right now?",
        ),
        S::MailboxFull => words(
            "The enrollment email never arrived",
            format!("The mail server refused it {answered} because the mailbox is full. Everything else is in order."),
            "Your mailbox is full, so our message came back. Which other address can you read right now?",
        ),
        S::NoSuchAddress => words(
            "The email address does not exist",
            format!("The mail server refused {to} {answered}. Everything else is in order."),
            format!("Our message to {to} came back: there is no such address. How is yours spelled?"),
        ),
        S::EmailGivenUp => words(
            "The email could not be delivered in time",
            format!("{} tries, the last one {answered}. Everything else is in order.", email.tries),
            "Your mail server did not take our message. Is there another address you can read right now?",
        ),
        S::AddressChanged => words(
            "The link ended when the email address was changed",
            format!(
                "The address was changed {}, after the email about {task} had gone to {to}. Nothing was sent to the new one yet.",
                when(facts, facts.address_left_at)
            ),
            format!("I will send the email to {} now. The one before no longer works.", facts.user.email),
        ),
        S::AddressRemoved => words(
            "The link ended when the email address was removed from the profile",
            format!(
                "The address was removed {}, after the email about {task} had gone to {to}.",
                when(facts, facts.address_left_at)
            ),
            "Which email address can you read? You will get a new email there.",
        ),
        S::EmailCanceled => words(
            "The email was canceled before it went out",
            format!("It was written {} to {to} and never sent.", facts.at(email.created_at)),
            "The email was stopped before it went out. I will send you a new one.",
        ),
        _ => words(
            "The mail server refused the email",
            format!("It refused it {answered}, for a reason that is not the address. Everything else is in order."),
            "Your mail server turned our message away. Is there another address you can read right now?",
        ),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
