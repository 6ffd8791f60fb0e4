//! The email, in words: from the outbox to the mailbox.

use super::{Words, task, when, words};
use crate::why::{facts::Facts, refusal::Refusal, situation::Situation};

pub(super) fn words_of(situation: Situation, facts: &Facts) -> Words {
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
        S::NoMailServer => words(
            "The email waits, since there is no mail server",
            format!(
                "It was written {} to {to}. The setting smtp_url names no mail server: it goes out once whoever runs Tokendesk sets one.",
                facts.at(email.created_at)
            ),
            "Our mail is not set up yet. We will call you back once it is.",
        ),
        S::EmailWaiting => words(
            "The email waits and is not being sent",
            format!("It was written {} to {to}, and nothing has tried to send it since.", facts.at(email.created_at)),
            "Our mail is held up. We are looking into it and will call you back.",
        ),
        S::MailServerAway => words(
            "Our own mail server does not answer",
            format!(
                "The last try, {answered}, reached nobody; the next one is {}. It is a matter for whoever runs our mail server, and not of the user’s address.",
                when(facts, email.next_try_at)
            ),
            "Our mail is held up. Your email comes by itself as soon as it works again.",
        ),
        S::RelayDenied => words(
            "Our own mail server does not pass the email on",
            format!(
                "It refused it {answered}: it does not relay for Tokendesk. It is a matter for whoever runs our mail server; no other address helps."
            ),
            "Our mail server has a problem of its own; we are on it. I will call you back.",
        ),
        S::SenderRefused => words(
            "The mail server refuses us, and not the user",
            format!(
                "It refused it {answered} because of our sender address or server. It is a matter for whoever runs our mail server."
            ),
            "Your mail server does not trust ours at the moment; we are on it. I will call you back.",
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
            "Your mailbox is full, so our email came back. Which other address can you read right now?",
        ),
        S::NoSuchAddress => words(
            "The email address does not exist",
            format!("The mail server refused {to} {answered}. Everything else is in order."),
            format!("Our email to {to} came back: there is no such address. How is yours spelled?"),
        ),
        S::SentBack => sent_back(facts),
        S::EmailGivenUp => words(
            "The email could not be delivered in time",
            format!("{} tries, the last one {answered}. Everything else is in order.", email.tries),
            "Your mail server did not take our email. Is there another address you can read right now?",
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
            "Your mail server turned our email away. Is there another address you can read right now?",
        ),
    }
}

/// An email that had been accepted before it came back.
fn sent_back(facts: &Facts) -> Words {
    let Some(email) = &facts.email else { return Words::default() };
    let to = &email.shown_to;
    let by = match to.rsplit_once('@').filter(|_| !email.alternate) {
        Some((_, domain)) => format!("sent back by the mail server of {domain}"),
        None => "sent back by the mail server of the alternate address".into(),
    };
    let because = format!(
        "It had been accepted {} for {to}, and was {by} {}.",
        when(facts, email.sent_at),
        when(facts, email.bounced_at)
    );
    match Refusal::of(&email.last_answer) {
        Refusal::NoSuchAddress => words(
            "The email was sent back: there is no such address",
            because,
            format!("Our email to {to} came back: there is no such address. How is yours spelled?"),
        ),
        Refusal::MailboxFull => words(
            "The email was sent back: the mailbox is full",
            because,
            "Your mailbox is full, so our email came back. Which other address can you read right now?",
        ),
        Refusal::RelayDenied | Refusal::SenderRefused => words(
            "The email was sent back, because of us and not of the user",
            format!("{because} It is a matter for whoever runs our mail server; another address may work meanwhile."),
            "Our email came back, and the fault is ours. Is there another address you can read right now?",
        ),
        Refusal::TooLate | Refusal::Other => words(
            "The email was sent back",
            because,
            "Our email to you came back. Is there another address you can read right now?",
        ),
    }
}
