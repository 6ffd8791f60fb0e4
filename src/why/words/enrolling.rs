//! From the link to the token, in words.

use super::{Words, when, words};
use crate::{
    tokens::one_time::off,
    why::{facts::Facts, situation::Situation},
};

pub(super) fn words_of(situation: Situation, facts: &Facts) -> Words {
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
        S::DeviceNotValid => words(
            "The device they typed is not valid now",
            format!("Typed {missed}; its page under Tokens says from when and until when it is valid. {left}."),
            "The token you hold cannot be used at this time. You will get another one.",
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
