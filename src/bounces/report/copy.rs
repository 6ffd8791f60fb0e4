//! Which email a report is about: the Message-IDs that it names.

use mail_parser::{HeaderName, Message, MessageParser, MessagePart};

use super::is_of;

/// Message-IDs that a report is looked up by, at most: a thread of references may be long.
const MESSAGE_IDS: usize = 8;

/// The random part of a Message-ID of ours, in hexadecimal digits (128 bits).
const RANDOM_DIGITS: usize = 32;

/// Names in a Message-ID of a report: of the returned email, then those `named` besides, then ours anywhere (the
/// returned email is optional, RFC 6522 §3), then what the report says it answers.
pub fn of_report(message: &Message<'_>, named: Vec<String>) -> Vec<String> {
    let mut ids = of_returned(message);
    ids.extend(named);
    for part in &message.parts {
        ids.extend(own(&String::from_utf8_lossy(part.contents())));
    }
    let thread = [message.in_reply_to(), message.references()];
    ids.extend(thread.iter().filter_map(|value| value.as_text_list()).flatten().map(ToString::to_string));
    listed(ids)
}

/// The Message-IDs of the emails that are returned as parts.
pub fn of_returned(message: &Message<'_>) -> Vec<String> {
    message.parts.iter().skip(1).filter_map(|part| message_id(part)).collect()
}

/// True for the headers of an email, or a piece of it, that is returned as a part.
fn is_returned(part: &MessagePart<'_>) -> bool {
    let subs = ["rfc822", "global", "global-headers", "rfc822-headers", "partial"];
    is_of(part, "text", &["rfc822-headers"]) || is_of(part, "message", &subs)
}

/// The Message-ID of an email that is returned whole or in part; some servers put its headers where those of the part
/// belong.
fn message_id(part: &MessagePart<'_>) -> Option<String> {
    if let Some(whole) = part.message() {
        return whole.message_id().map(str::to_owned);
    }
    let misplaced = part.headers.iter().find(|header| header.name == HeaderName::MessageId);
    if let Some(id) = misplaced.and_then(|header| header.value.as_text()) {
        return Some(id.to_owned());
    }
    let headers = is_returned(part).then(|| MessageParser::default().parse_headers(part.contents())).flatten();
    headers.and_then(|headers| headers.message_id().map(str::to_owned))
}

/// Each once, and in angle brackets.
pub fn listed(ids: Vec<String>) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for id in ids {
        let id = format!("<{}>", id.trim().trim_matches(['<', '>']));
        if list.len() < MESSAGE_IDS && id.len() > 2 && !list.contains(&id) {
            list.push(id);
        }
    }
    list
}

/// What looks like a Message-ID of ours in a text, but for what an email says that it answers: a returned answer to an
/// email of ours is not that email.
pub fn own(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut answers = false;
    for line in text.lines() {
        match field_name(line) {
            Some(name) => answers = ["in-reply-to", "references"].iter().any(|known| known.eq_ignore_ascii_case(name)),
            None => answers &= line.starts_with([' ', '\t', '>']),
        }
        if !answers && found.len() < MESSAGE_IDS {
            found.extend(line.match_indices('@').filter_map(|(at, _)| own_at(line, at)));
        }
    }
    found
}

/// The name of the header field that begins on a line, quoted or indented as it may be.
pub fn field_name(line: &str) -> Option<&str> {
    let (name, _) = line.trim_start_matches(['>', ' ', '\t']).split_once(':')?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_name.then_some(name)
}

/// The Message-ID of ours around the @ at this position.
fn own_at(line: &str, at: usize) -> Option<String> {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let bytes = line.as_bytes();
    let digits = bytes[..at].iter().rev().take_while(|byte| is_digit(byte)).count();
    let start = at.checked_sub(RANDOM_DIGITS).filter(|_| digits == RANDOM_DIGITS)?;
    let host = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let host = line.get(at + 1..at + 1 + host.count())?.trim_end_matches('.');
    (!host.is_empty()).then(|| format!("<{}@{host}>", &line[start..at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_ours_is_found_wherever_it_stands_but_not_where_it_is_answered() {
        let id = format!("{}@tokens.example.org", "0123456789abcdef".repeat(2));
        let ours = format!("<{id}>");
        for text in [
            format!("Message-ID: <{id}>"),
            format!("the message {id}, which"),
            format!(">  id={id}."),
            format!("&lt;{id}&gt;"),
        ] {
            assert_eq!(own(&text), std::slice::from_ref(&ours), "{text}");
        }
        for text in [
            format!("In-Reply-To: <{id}>"),
            format!("References: <a@b>\n <{id}>"),
            format!("> references:\n>  <{id}>"),
            format!("x{id}").replace('x', "a"),
            id.to_uppercase(),
            id.replace("@tokens", "@@tokens"),
        ] {
            assert!(own(&text).is_empty(), "{text}");
        }
        assert_eq!(own(&format!("References: <a@b>\nMessage-ID:\n <{id}>")), [ours]);
    }
}
