//! Delivery reports in plain words, of mail systems that write no delivery status: qmail (QSBMF,
//! cr.yp.to/proto/qsbmf.txt), Exim with `X-Failed-Recipients`, and many others in words of their own.
//!
//! People's answers and auto-replies name our email too. A report is told from them by all of: a mail system wrote it
//! (an empty return path), it names an address that failed, it returns a copy of our email or its headers, and it says
//! that this is final. What says that the email is tried still is a delay.

use mail_parser::{HeaderName, Message, PartType};

use super::{Fate, Found, copy, fields::exact};
use crate::mail::{Action, letter::one_line};

/// How a bounce of qmail begins.
const QMAIL: &str = "Hi. This is the";

/// Reads such a report; `None` if it is none.
pub fn read(message: &Message<'_>) -> Option<Found> {
    if !is_from_mail_system(message) {
        return None;
    }
    let text = texts(message);
    if text.trim_start().starts_with(QMAIL) {
        return Some(by_paragraphs(message, &text));
    }
    by_words(message, &text).map(Ok)
}

/// What mail systems call themselves, in the part before the @ or in the name.
const MAIL_SYSTEMS: [&str; 8] = [
    "mailer-daemon", "mailer_daemon", "mailerdaemon", "mail-daemon", "maildaemon", "mail delivery", "mail.delivery",
    "mail deliver",
];

/// True for a sender or a return path of a mail system. The domain is passed over, so that none makes a mail system of its
/// people, and so is "postmaster" in a person's name.
fn is_mail_system(who: &str) -> bool {
    let who = who.split('@').next().unwrap_or_default().to_lowercase();
    let local = who.rsplit(['<', ' ', '"']).next().unwrap_or_default();
    MAIL_SYSTEMS.iter().any(|name| who.contains(name)) || local.starts_with("postmaster")
}

/// True if a mail system sent it: nobody can answer it (RFC 5321 §4.5.5), and no person's name stands over it. Where the
/// return path was not written down, the name has to do.
fn is_from_mail_system(message: &Message<'_>) -> bool {
    let raw = |name: HeaderName<'static>| message.header_raw(name).map(str::trim);
    let path = raw(HeaderName::ReturnPath).map(|path| path.trim_matches(['<', '>', ' ', '"']));
    if path.is_some_and(|path| !path.is_empty() && !is_mail_system(path)) {
        return false;
    }
    let from = raw(HeaderName::From).unwrap_or_default();
    let is_unanswerable = path.is_some_and(str::is_empty);
    is_mail_system(from) || from.ends_with("<>") || (is_unanswerable && !failed_recipients(message).is_empty())
}

/// The addresses of `X-Failed-Recipients`, which Exim and others write.
fn failed_recipients(message: &Message<'_>) -> Vec<String> {
    let listed = message.header_raw(HeaderName::Other("X-Failed-Recipients".into())).unwrap_or_default();
    listed.split([',', '\r', '\n', ' ', '\t']).filter(|word| is_address(word)).map(str::to_owned).collect()
}

/// The texts of the message itself, one below the other, with one kind of line end.
fn texts(message: &Message<'_>) -> String {
    let has_plain = message.parts.iter().any(|part| matches!(part.body, PartType::Text(_)));
    let mut all = String::new();
    for part in &message.parts {
        match &part.body {
            PartType::Text(text) if !super::is_of(part, "text", &["rfc822-headers"]) => all.push_str(text),
            PartType::Html(html) if !has_plain => all.push_str(&mail_parser::decoders::html::html_to_text(html)),
            _ => continue,
        }
        all.push_str("\n\n");
    }
    all.replace("\r\n", "\n").replace('\r', "\n")
}

/// The paragraphs of QSBMF: one that says what it is, one for each address, and behind dashes a copy of the email, or the
/// email as a part.
fn by_paragraphs(message: &Message<'_>, text: &str) -> Found {
    let mut ids = copy::of_returned(message);
    let (told, copied) = match text.split_once("\n---") {
        // The rest of the line of dashes says that a copy follows.
        Some((told, copied)) => (told, copied.split_once('\n').map_or("", |(_, copied)| copied)),
        None if !ids.is_empty() => (text, ""),
        None => return Err("it does not return the email it is about"),
    };
    ids.extend(copy::own(copied));
    let fates = paragraphs(told);
    if fates.is_empty() {
        return Err("it does not say what became of the email");
    }
    Ok((copy::listed(ids), fates))
}

/// Each "<a@example.org>:" and what was answered, down to a blank line or the next address.
fn paragraphs(told: &str) -> Vec<Fate> {
    let mut found: Vec<(&str, String)> = Vec::new();
    let mut is_open = false;
    for line in told.lines() {
        let named = line.trim_start().strip_prefix('<').and_then(|rest| rest.split_once(">:"));
        if let Some((address, said)) = named.filter(|(address, _)| is_address(address)) {
            found.push((address, said.to_owned()));
            is_open = true;
        } else if line.trim().is_empty() {
            is_open = false;
        } else if let (true, Some((_, said))) = (is_open, found.last_mut()) {
            said.push('\n');
            said.push_str(line);
        }
    }
    let fates = found.into_iter().map(|(address, said)| {
        let diagnostic = one_line(&said);
        let action = if holds(&said, &DELAY) { Action::Delayed } else { Action::Failed };
        Fate { recipients: vec![address.to_owned()], action, status: exact("", &diagnostic), diagnostic }
    });
    fates.collect()
}

/// Free words around a copy of the email.
fn by_words(message: &Message<'_>, text: &str) -> Option<(Vec<String>, Vec<Fate>)> {
    let mut ids = copy::of_returned(message);
    let (told, copied) = split(text);
    ids.extend(copy::own(copied));
    for part in message.parts.iter().skip(1).filter(|part| !part.is_text()) {
        ids.extend(copy::own(&String::from_utf8_lossy(part.contents())));
    }
    let ids = copy::listed(ids);
    let mut recipients = failed_recipients(message);
    let is_listed = !recipients.is_empty();
    recipients.extend(addresses(told).map(str::to_owned));
    let subject = message.subject().unwrap_or_default();
    if ids.is_empty() || recipients.is_empty() {
        return None;
    }
    let is_said = !holds(told, &CHALLENGE) && (holds(told, &FINAL) || holds(subject, &FINAL));
    let action = if holds(told, &DELAY) || holds(subject, &DELAY_IN_SUBJECT) {
        Action::Delayed
    } else if is_listed || permanent(told).is_some() || is_said {
        Action::Failed
    } else {
        return None;
    };
    let diagnostic = diagnostic(told, &recipients);
    Some((ids, vec![Fate { recipients, action, status: exact("", &diagnostic), diagnostic }]))
}

/// What is told, and the copy below it: from the first block of header fields on that holds a Message-ID.
fn split(text: &str) -> (&str, &str) {
    let mut block = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_matches(['>', ' ', '\t', '\n', '|']);
        let name = copy::field_name(bare);
        if name.is_some_and(|name| name.eq_ignore_ascii_case("message-id")) {
            return text.split_at(block);
        }
        at += line.len();
        if bare.is_empty() {
            block = at;
        }
    }
    (text, "")
}

/// True if one of these, in small letters, stands in the text, over the ends of its lines too.
fn holds(text: &str, words: &[&str]) -> bool {
    let text = one_line(text).to_lowercase();
    words.iter().any(|words| text.contains(words))
}

/// How mail systems say that they go on trying.
const DELAY: [&str; 34] = [
    "not yet been delivered", "not been delivered yet", "not yet delivered", "has been delayed", "is delayed",
    "was delayed", "delayed mail", "(delay)", "delivery delay", "still being retried", "will be retried", "will retry",
    "to be attempted", "attempts will continue", "attempts will be made", "keep trying", "continue to try",
    "continue trying", "still trying", "will try again", "do not need to resend", "don't need to resend",
    "no need to resend", "warning message only", "only a warning", "no action is required",
    "could not send message for past", "in the queue and", "noch nicht zugestellt", "weitere zustellversuche",
    "weiterhin versucht", "еще не доставлено", "ещё не доставлено", "попытки будут",
];

/// The same in a subject, which is short.
const DELAY_IN_SUBJECT: [&str; 8] =
    ["delay", "warning:", "verzögert", "retardé", "retrasad", "ritardat", "задерж", "отложен"];

/// How mail systems say that they have given up, where no code says it.
const FINAL: [&str; 17] = [
    "undeliver", "delivery failed", "delivery failure", "delivery has failed", "delivery error", "failure notice",
    "failed to deliver", "failed permanently", "permanent error", "returned mail", "returning message to sender",
    "could not be delivered", "couldn't be delivered", "cannot be delivered", "unable to deliver", "was not delivered",
    "incorrectly constructed",
];

/// How a filter asks whoever wrote to prove that they are a person: it has the email still.
const CHALLENGE: [&str; 12] = [
    "please confirm", "confirm that", "confirm your", "confirm this", "confirmation", "verify that you", "verify your",
    "click on", "click the", "reply to this", "replying to this", "to release",
];

/// Where in the text a permanent refusal stands: a reply of the class 5 (RFC 5321 §4.2) or an enhanced code of it.
fn permanent(text: &str) -> Option<usize> {
    let is_code = |word: &str| match word.as_bytes() {
        [b'5', b'0'..=b'5', c] => c.is_ascii_digit(),
        _ => word.starts_with("5.") && crate::mail::status::enhanced(word).is_some(),
    };
    let apart = |c: char| !c.is_ascii_alphanumeric() && c != '.';
    let mut at = 0;
    for word in text.split(apart) {
        if is_code(word.trim_end_matches('.')) {
            return Some(at);
        }
        at += word.len() + text[at + word.len()..].chars().next().map_or(0, char::len_utf8);
    }
    None
}

/// What the last server said, on one line: from the refusal to the end of its paragraph, or what stands beside the
/// address that failed.
fn diagnostic(told: &str, recipients: &[String]) -> String {
    let paragraph = |from: usize| told[from..].split("\n\n").next().map(one_line).unwrap_or_default();
    let beside = || {
        let at =
            recipients.iter().filter_map(|address| told.find(address.as_str()).map(|at| at + address.len())).min()?;
        Some(paragraph(at).trim_matches(|c: char| !c.is_alphanumeric()).to_owned())
    };
    permanent(told).map(paragraph).or_else(beside).unwrap_or_default()
}

/// The addresses in a text.
fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let apart =
        |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | ',' | ';' | ':' | '"' | '\'');
    text.split(apart).map(|word| word.trim_end_matches('.')).filter(|word| is_address(word))
}

/// True for something before and something behind one @, and no scheme or path.
fn is_address(text: &str) -> bool {
    let ends = |part: &str| !part.is_empty() && !part.contains(['/', ':', ' ', '\n']);
    text.split_once('@').is_some_and(|(local, domain)| ends(local) && ends(domain) && !domain.contains('@'))
}
