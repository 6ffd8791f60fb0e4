//! A situation in words: the sentence, what is behind it, and what the help desk could say.

use crate::{
    clock::distance,
    english::begun,
    why::{facts::Facts, remedy::Stage, situation::Situation},
};

mod email;
mod enrolling;
mod link;
mod token;

pub use super::phrase::Words;
use super::phrase::{and_no_address, task, when, words};

impl Words {
    /// Puts `situation` into words.
    pub fn of(situation: Situation, facts: &Facts) -> Self {
        use Situation as S;
        match (situation, situation.stage()) {
            (S::NoEmail | S::Locked | S::LockedWithoutEmail, _)
            | (_, Some(Stage::Account | Stage::Task | Stage::Inventory)) => of_task(situation, facts),
            (S::AddressChanged | S::AddressRemoved, _) | (_, Some(Stage::Email)) => email::words_of(situation, facts),
            (S::CodeNotTyped, _) | (_, Some(Stage::Link)) => link::words_of(situation, facts),
            (S::PhoneClockOff | S::DeviceClockOff, _) | (_, Some(Stage::Enrolling | Stage::Attempts)) => {
                enrolling::words_of(situation, facts)
            }
            _ => token::words_of(situation, facts),
        }
    }
}

fn of_task(situation: Situation, facts: &Facts) -> Words {
    use Situation as S;
    let task = task(facts);
    let enrollment = facts.enrollment.as_ref();
    let by = if facts.trace.removed_by.is_empty() { "somebody" } else { &facts.trace.removed_by };
    let removed = when(facts, enrollment.and_then(|enrollment| enrollment.removed_at.or(enrollment.task_removed_at)));
    let stop = enrollment.map(|enrollment| enrollment.facts.stop_on).unwrap_or_default();
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
            if enrollment.is_some() {
                format!("The profile has none, so that no enrollment email for {task} could arrive.")
            } else {
                "Nobody has provisioned this user yet, and Provision leaves this user out while the profile has none."
                    .into()
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
            let newer = enrollment
                .and_then(|enrollment| enrollment.replaced_by)
                .map_or("A newer task".into(), |n| format!("Task {n}"));
            words(
                format!("{newer} replaced this enrollment"),
                format!(
                    "{by} provisioned them anew {removed}, and the links of {task} ended with it. Look at the newer one."
                ),
                "There is a newer email than the one you have. Please look for that one.",
            )
        }
        S::TakenOut => words(
            format!("They were removed from {task}"),
            format!(
                "{by} removed them {removed}. That cannot be reversed; they can be provisioned anew.{}",
                and_no_address(facts)
            ),
            "Your enrollment was canceled. I will ask for a new one.",
        ),
        S::TaskRemoved => words(
            format!("{} was removed", begun(&task)),
            format!(
                "{by} removed the task {removed}, before this user had enrolled. They can be provisioned anew.{}",
                and_no_address(facts)
            ),
            "That roll-out was ended. I will ask for a new enrollment for you.",
        ),
        S::Expired => words(
            format!("The Stop Date passed {}", distance(facts.today(), stop)),
            format!("They had until {stop} in {task}. Give more time moves it and sends a fresh email in one step."),
            "Your link has run out. You will get a new email, with more days to set it up.",
        ),
        S::ExpiredForGood => words(
            format!("The Stop Date passed {}", distance(facts.today(), stop)),
            format!(
                "They had until {stop} in {task}, and the policy allows no Stop Date after {}; Give more time counts anew from today.",
                enrollment.map(|enrollment| facts.policy.latest_stop(enrollment.start_on)).unwrap_or_default()
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
                enrollment
                    .map(|enrollment| enrollment.facts.failures.min(facts.policy.attempts_allowed))
                    .unwrap_or_default(),
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
