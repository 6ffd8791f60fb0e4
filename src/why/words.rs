//! A situation in words: the sentence, what is behind it, and what the help desk could say.

use crate::{
    clock::distance,
    tokens::{AuthenticationType, one_time::off},
    why::{facts::Facts, situation::Situation},
};

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
            | S::Locked => of_task(situation, facts),
            S::NotEmailed
            | S::EmailOnItsWay
            | S::EmailWaiting
            | S::EmailDeferred
            | S::MailboxFull
            | S::NoSuchAddress
            | S::EmailRefused
            | S::EmailGivenUp
            | S::EmailCanceled => of_email(situation, facts),
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
            | S::DeviceFarAhead => of_enrolling(situation, facts),
            _ => of_token(situation, facts),
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
            "Your link has run out. I can give you more days, and the link you have will work again.",
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
            words(
                "The enrollment is Locked",
                format!(
                    "{} of {} attempts failed.{}",
                    place.map(|place| place.facts.failures.min(facts.policy.attempts_allowed)).unwrap_or_default(),
                    facts.policy.attempts_allowed,
                    last.unwrap_or_default()
                ),
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

fn of_enrolling(situation: Situation, facts: &Facts) -> Words {
    use Situation as S;
    let left = facts.place.as_ref().map(|place| (facts.policy.attempts_allowed - place.facts.failures).max(0));
    let left = match left.unwrap_or_default() {
        1 => "1 attempt is left".into(),
        left => format!("{left} attempts are left"),
    };
    let sent = when(facts, facts.place.as_ref().and_then(|place| place.emailed_at));
    let accepted = when(facts, facts.code_accepted_at());
    let missed = when(facts, facts.trace.miss.map(|miss| miss.at));
    let off = facts.trace.miss.and_then(|miss| miss.what.seconds()).map(off::words).unwrap_or_default();
    match situation {
        S::LinkNotOpened => words(
            "The email was sent, and the link was never opened",
            format!(
                "The mail server accepted it {} for {}. It may lie among spam.",
                when(facts, facts.email.as_ref().and_then(|email| email.sent_at)),
                facts.email.as_ref().map(|email| email.shown_to.as_str()).unwrap_or_default()
            ),
            "Please look for our email, also among spam. I can send it again, to another address if you like.",
        ),
        S::OlderLinkUsed => words(
            "They open an older email",
            format!(
                "An older link was opened {}. Only the newest email works: it was sent {sent}.",
                when(facts, facts.older_link_at())
            ),
            format!("That email is out of date. Please open the newest one: it was sent {sent}."),
        ),
        S::CodeNotTyped => words(
            "The link was opened, and no activation code was typed",
            format!("It was opened {}. A mail scanner can do that too.", when(facts, facts.opened_at())),
            "Please open the link in our email, and type the activation code that stands below it.",
        ),
        S::WrongCode => words(
            "The activation code was wrong",
            format!("Typed {missed}. {left}."),
            "The activation code did not match. Please copy it from the newest email, or I send you a fresh one.",
        ),
        S::KeyNotProven => words(
            "The key was shown, and the app never proved it",
            format!("The activation code was accepted {accepted}. No one-time password was typed since."),
            "Please open the link again, scan the picture with your app, and type the six digits it shows.",
        ),
        S::WrongPassword => words(
            "The one-time password was wrong",
            format!("Typed {missed}. {left}. The app may show the digits of another account, or of an older key."),
            "Please delete our entry in your app, scan the picture again, and type the digits of that entry.",
        ),
        S::PhoneClockOff => words(
            format!("The phone’s clock is {off}"),
            format!(
                "The one-time password typed {missed} was right for that time. {left}. No form here mends a clock."
            ),
            "Please set your phone to automatic date and time, and then type the next code.",
        ),
        S::DeviceNotTyped => words(
            "The code was accepted, and no serial number was typed",
            format!("The activation code was accepted {accepted}."),
            "Please open the link again, type the serial number from the back of your token, and then its digits.",
        ),
        S::SerialUnknown => words(
            "The serial number is not in inventory",
            format!(
                "Typed {missed}; no device of that number is in the inventory of {}. {left}.",
                facts.user.container_name
            ),
            "Please read me the serial number from the back of your token.",
        ),
        S::SerialTaken => words(
            "The serial number belongs to someone else",
            format!("The device typed {missed} is somebody’s, or out of use. {left}."),
            "Please read me the serial number: the token you hold may be a colleague’s.",
        ),
        S::DevicePasswordWrong => words(
            "The token’s one-time password was wrong",
            format!("Typed {missed}; the serial number was right. {left}."),
            "Please press the button of your token, and type exactly what it shows.",
        ),
        S::DeviceClockOff => words(
            format!("The token’s clock is {off}"),
            format!(
                "The one-time password typed {missed} was right for that time. {left}. The device needs to be replaced."
            ),
            "The clock of your token has run off. You will get another one.",
        ),
        _ => words(
            "The token was pressed many times without being used",
            format!("The one-time password typed {missed} was far ahead; the very next one will be taken. {left}."),
            "Please press the button once more, and type what it shows now.",
        ),
    }
}

fn of_token(situation: Situation, facts: &Facts) -> Words {
    use Situation as S;
    let Some(token) = facts.token() else {
        return words(
            "The token they enrolled was taken from them",
            "It was revoked after they had enrolled it. They can be provisioned anew.",
            "Your token was taken out of use. You will get an email to set up a new one.",
        );
    };
    let serial = &token.serial;
    let reason = |sentence: &str| match token.state_reason.as_str() {
        "" => sentence.to_owned(),
        reason => format!("{sentence} The reason: {reason}."),
    };
    let rejected = when(facts, facts.rejection().map(|rejection| rejection.at));
    let off = facts.rejection().and_then(|rejection| rejection.seconds).map(off::words).unwrap_or_default();
    let device = token.authentication_type == AuthenticationType::HardwareToken;
    match situation {
        S::TokenSuspended => words(
            format!("Their token {serial} is Suspended"),
            reason("They have enrolled; its one-time passwords are refused until it is resumed."),
            "Your token is out of use for the moment. Is it with you, and has nobody else had it?",
        ),
        S::TokenLocked => words(
            format!("Their token {serial} is Locked"),
            reason("They have enrolled; too many wrong one-time passwords in a row locked it."),
            "After too many wrong codes your token was locked. I will unlock it; please wait for a new code.",
        ),
        S::TokenLost => words(
            format!("Their token {serial} is Lost"),
            reason("It was revoked. They can be provisioned anew."),
            "Your token was reported lost. You will get an email to set up a new one.",
        ),
        S::TokenFaulty => words(
            format!("Their token {serial} is Faulty"),
            reason("It was revoked. They can be provisioned anew."),
            "Your token was reported broken. You will get an email to set up a new one.",
        ),
        S::NotUsedYet => words(
            "They have enrolled, and not used the token yet",
            format!(
                "{serial} is Active since {}. Its first accepted one-time password makes this Completed.",
                when(facts, token.bound_at).trim_start_matches("on ")
            ),
            "Your token is set up. Please sign in with it once.",
        ),
        S::NodeDisabled => {
            let (name, at) = facts.refused_node.clone().unwrap_or_default();
            words(
                format!("The system {name} is refused"),
                format!(
                    "{serial} is in order, but the key of the auth node {name} is disabled; it knocked {}.",
                    facts.at(at)
                ),
                "Your token is in order. The system you sign in to has a problem of its own; we are on it.",
            )
        }
        S::PasswordReused => words(
            "The one-time password had been used before",
            format!("Rejected {rejected}: every value of {serial} is accepted once."),
            "Each code works once. Please wait for the next one, and type that.",
        ),
        S::OutOfStep => words(
            format!("The token {serial} is out of step"),
            format!("The value rejected {rejected} is far ahead: the button was pressed often without signing in."),
            "Please press your token’s button, read me the digits, then press again and read me the next ones.",
        ),
        S::TokenClockOff => words(
            format!("The {}’s clock is {off}", if device { "token" } else { "phone" }),
            format!(
                "The value of {serial} rejected {rejected} was right for that time. Two values in a row bring it into step."
            ),
            if device {
                "Please read me the digits your token shows now, and then the next ones."
            } else {
                "Please set your phone to automatic date and time, and then type the next code."
            },
        ),
        S::TokenClockBroken => words(
            format!("The {}’s clock is {off}", if device { "token" } else { "phone" }),
            format!(
                "The value of {serial} rejected {rejected} was right for that time. That is too far off to be learned."
            ),
            if device {
                "The clock of your token has run off. You will get another one."
            } else {
                "Please set your phone to automatic date and time, and then type the next code."
            },
        ),
        S::PasswordsWrong => words(
            "The last one-time passwords were wrong",
            format!(
                "{} in a row, the last one {rejected}; after {} the token {serial} is Locked.",
                token.failures, facts.policy.token_failures_allowed
            ),
            "Please read me two codes in a row, so that I can see whether your token is out of step.",
        ),
        _ => words(
            "Everything is in order",
            format!("{serial} is Active; its last one-time password was accepted {}.", when(facts, token.last_used_at)),
            "Your token works. What do you see when you try to sign in?",
        ),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
