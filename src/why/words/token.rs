//! The token and signing in with it, in words.

use super::{Words, and_no_address, when, words};
use crate::{
    tokens::{AuthenticationType, one_time::off},
    why::{facts::Facts, situation::Situation},
};

pub(super) fn words_of(situation: Situation, facts: &Facts) -> Words {
    use Situation as S;
    let Some(token) = facts.token() else {
        return words(
            "The token they enrolled was taken from them",
            format!(
                "It was revoked after they had enrolled it. They can be provisioned anew.{}",
                and_no_address(facts)
            ),
            "Your token was revoked. You will get an email to set up a new one.",
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
        S::TemporaryCode => {
            let code = facts.live_code();
            let until = when(facts, code.map(|code| code.ends_at));
            words(
                "They sign in with a temporary code",
                format!(
                    "{} gave it {}. It works until {}; {} of {} uses are spent. {serial} is {}.",
                    code.map(|code| code.given_by.as_str()).unwrap_or_default(),
                    when(facts, code.map(|code| code.given_at)),
                    until.trim_start_matches("on "),
                    code.map(|code| code.uses).unwrap_or_default(),
                    code.map(|code| code.most_uses).unwrap_or_default(),
                    token.state.label()
                ),
                "Please type the ten digits that you were given, without a space.",
            )
        }
        S::TemporaryCodeEnded => words(
            "The temporary code has ended",
            format!(
                "The reason: {}. {serial} is Active, and was not used since the code was given.",
                facts.ended_code().map(|(_, why)| why).unwrap_or_default()
            ),
            "The ten digits no longer work. Do you have your token at hand again?",
        ),
        S::ReportedLost => {
            let report = facts.lost_report(token);
            let by = report.map(|report| report.by.as_str()).unwrap_or_default();
            words(
                "The only token is reported lost",
                reason(&format!(
                    "{by} suspended {serial} {}. It signs nobody in, and no other token does.",
                    when(facts, report.map(|report| report.at))
                )),
                "Nobody can sign in with your lost token any more. You will get a new one.",
            )
        }
        S::TokenLocked => words(
            format!("Their token {serial} is Locked"),
            reason("They have enrolled; too many wrong one-time passwords in a row locked it."),
            "After too many wrong codes your token was locked. I will unlock it; please wait for a new code.",
        ),
        S::TokenLost => words(
            format!("Their token {serial} is Lost"),
            reason(&format!("It was revoked. They can be provisioned anew.{}", and_no_address(facts))),
            "Your token was reported lost. You will get an email to set up a new one.",
        ),
        S::TokenFaulty => words(
            format!("Their token {serial} is Faulty"),
            reason(&format!("It was revoked. They can be provisioned anew.{}", and_no_address(facts))),
            "Your token was reported broken. You will get an email to set up a new one.",
        ),
        S::TokenNotValid => {
            let outside = token.validity.at(facts.now).err().map(|outside| outside.label(facts.zone, facts.now));
            words(
                format!("Their token {serial} is not valid now"),
                format!(
                    "It is {}, as its maker's file says. Its one-time passwords are refused.",
                    outside.unwrap_or_default()
                ),
                "Your token is outside the time it was made for. You will get another one.",
            )
        }
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
                format!("Sign-in through {name} fails: its key is disabled (last request {})", facts.at(at)),
                format!(
                    "{serial} is in order, but the auth node {name} is disabled. Enable, under Auth nodes, takes the same key again."
                ),
                "Your token is in order. The system you sign in to has a problem of its own; we are on it.",
            )
        }
        S::WrongUserId => {
            let (typed, at) = facts.mistaken_as.clone().unwrap_or_default();
            words(
                "They sign in with a wrong User ID",
                format!(
                    "“{typed}” was typed {}, and nobody has that User ID; theirs is {}. {serial} is in order.",
                    facts.at(at),
                    facts.user.user_id
                ),
                format!("Please type {} as your User ID, and nothing else.", facts.user.user_id),
            )
        }
        S::PasswordReused => {
            let before = facts.accepted_just_before().map(|(accepted, rejected, seconds)| {
                let node = if accepted.node == rejected.node {
                    "the same node".to_owned()
                } else {
                    accepted.node.clone()
                };
                format!(
                    " It was accepted {seconds} s before at {node}: a client that waits too short a time asks its next server with the same value."
                )
            });
            words(
                "The one-time password had been used before",
                format!("Rejected {rejected}: every value of {serial} is accepted once.{}", before.unwrap_or_default()),
                "Each code works once. Please wait for the next one, and type that.",
            )
        }
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
                "The value of {serial} rejected {rejected} was right for that time. That is too far off to be corrected automatically."
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
        _ if !facts.lost.is_empty() => words(
            "One token is reported lost, another works",
            format!("{serial} is Active; its last one-time password was accepted {}.", when(facts, token.last_used_at)),
            "Your lost token is out of use. Please sign in with the other one.",
        ),
        _ => words(
            "Everything is in order",
            format!("{serial} is Active; its last one-time password was accepted {}.", when(facts, token.last_used_at)),
            "Your token works. What do you see when you try to sign in?",
        ),
    }
}
