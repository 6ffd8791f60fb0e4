//! The link, in words: from the mailbox to the activation code.

use super::{Words, when, words};
use crate::{
    english::begun,
    ids::TaskId,
    why::{facts::Facts, situation::Situation},
};

pub(super) fn words_of(situation: Situation, facts: &Facts) -> Words {
    use Situation as S;
    let enrollment = facts.enrollment.as_ref();
    let sent = when(facts, facts.enrollment.as_ref().and_then(|enrollment| enrollment.emailed_at));
    match situation {
        S::HandedOver => words(
            "Link and code were handed over",
            format!(
                "{}, {}. The link was not opened yet. A new sheet has a new code, and the old one stops working.",
                begun(enrollment.map(|enrollment| enrollment.emailed_to.as_str()).unwrap_or_default()),
                when(facts, enrollment.and_then(|enrollment| enrollment.emailed_at))
            ),
            "Please scan the code on your sheet, and type the activation code that came with it.",
        ),
        S::LinkNotOpened => {
            let email = facts.email.as_ref();
            let to = email.map(|email| email.shown_to.as_str()).unwrap_or_default();
            let kept = if email.is_some_and(|email| email.alternate) {
                " That address was typed for this one message and is not kept."
            } else {
                ""
            };
            words(
                "The email was sent, and the link was never opened",
                format!(
                    "The mail server accepted it {} for {to}. It may be in the junk folder.{kept}",
                    when(facts, email.and_then(|email| email.sent_at))
                ),
                "Please look for our email, also in the junk folder. I can send it again, to another address if you like.",
            )
        }
        S::OlderLinkUsed => words(
            "The user opened an older email",
            format!(
                "An older link was opened {}. Only the newest email works: it was sent {sent}.",
                when(facts, facts.older_link_at())
            ),
            format!("That email is out of date. Please open the newest one: it was sent {sent}."),
        ),
        S::ReplacedLinkUsed => {
            let (older, opened) = facts.replaced_link.unwrap_or((TaskId(0), facts.now));
            let task = super::task(facts);
            words(
                format!("The user opened the email of task {older}, which was replaced"),
                format!(
                    "Its link was opened {}; {task} replaced that enrollment. The email of {task} was sent {sent}.",
                    facts.at(opened)
                ),
                format!("That email is out of date. Please open the newer one: it was sent {sent}."),
            )
        }
        _ => words(
            "The link was opened, and no activation code was typed",
            format!("It was opened {}. A mail scanner can do that too.", when(facts, facts.opened_at())),
            "Please open the link in our email, and type the activation code that stands below it.",
        ),
    }
}
