//! From the activation code to the token, in words.

use super::{Words, when, words};
use crate::{
    portal::link,
    tokens::one_time::off,
    why::{facts::Facts, situation::Situation},
};

pub(super) fn words_of(situation: Situation, facts: &Facts) -> Words {
    use Situation as S;
    let left =
        facts.enrollment.as_ref().map(|enrollment| (facts.policy.attempts_allowed - enrollment.facts.failures).max(0));
    let left = match left.unwrap_or_default() {
        1 => "1 attempt is left".into(),
        left => format!("{left} attempts are left"),
    };
    let sent = when(facts, facts.enrollment.as_ref().and_then(|enrollment| enrollment.emailed_at));
    let accepted = when(facts, facts.code_accepted_at());
    let missed = when(facts, facts.trace.miss.map(|miss| miss.at));
    let off = facts.trace.miss.and_then(|miss| miss.what.seconds()).map(off::words).unwrap_or_default();
    match situation {
        S::WrongCode => words(
            "The activation code was wrong",
            format!("Typed {missed}. {left}."),
            "The activation code did not match. Please copy it from the newest email, or I send you a fresh one.",
        ),
        S::OlderCode => words(
            "They typed the activation code of an older email",
            format!("Typed {missed}. Only the code of the newest email works: it was sent {sent}. {left}."),
            format!("That code is out of date. Please take the one in the newest email: it was sent {sent}."),
        ),
        S::DigitsAsCode => words(
            "They typed digits where the activation code belongs",
            format!(
                "Typed {missed}: digits as an app shows them. The activation code stands in the email, and has letters too. {left}."
            ),
            "The first page asks for the activation code from our email. The digits of your app come after that.",
        ),
        S::CodeAsPassword => words(
            "They typed the activation code where a one-time password belongs",
            format!("Typed {missed}. The activation code was right and has done its work. {left}."),
            "The activation code is done. Please type the digits that your app or token shows now.",
        ),
        S::SessionEnded => words(
            format!("The {} minutes after the activation code ran out", link::SESSION_MINUTES),
            format!("It was accepted {accepted}, and nothing was finished since. The link and the code work again."),
            format!(
                "Please open the link again and type the same code. You then have {} minutes to finish.",
                link::SESSION_MINUTES
            ),
        ),
        S::KeyNotProven => words(
            "The QR code was shown, but no code was entered after it",
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
                "The one-time password typed {missed} was right for that time. {left}. This can only be fixed on the phone."
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
        S::SerialElsewhere => words(
            "The serial number is for another container",
            format!("The token typed {missed} is not for {}, where this user is. {left}.", facts.user.container_name),
            "The token you hold is meant for another part of the organization. You will get another one.",
        ),
        S::SerialOfOtherType => words(
            "The serial number is that of another authentication type",
            format!("What was typed {missed} is no hardware token. {left}."),
            "Please read me the number from the back of your token: what you typed is the number of an app.",
        ),
        S::SerialOwn => words(
            "They have enrolled that token already",
            format!("The serial number typed {missed} is of a token that is theirs. {left}."),
            "That token is set up already: please sign in with it. The new one has another number on its back.",
        ),
        S::SerialRetired => words(
            "The serial number is of a token that is out of use",
            format!("The token typed {missed} was revoked. {left}."),
            "That token was revoked. You will get another one.",
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
