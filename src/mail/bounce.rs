//! Delivery reports as mail servers send them back: `multipart/report; report-type=delivery-status` (RFC 6522, RFC 3464),
//! and the plain text of qmail (QSBMF, cr.yp.to/proto/qsbmf.txt).
//!
//! What is read here comes from anyone who can write to the mailbox. It is believed only as far as it names the
//! Message-ID of an email of ours, whose 128 random bits nobody can guess.

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders};
use sha2::{Digest, Sha256};

use crate::mail::{letter::one_line, status};

/// The longest message that is read, in bytes. A report returns at most the email it is about, and ours are under
/// 50 kB; gateways add pictures and disclaimers.
pub const REPORT_BYTES: u64 = 1024 * 1024;

/// What became of the email, as the report says (RFC 3464 §2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It did not arrive and is not tried any more.
    Failed,
    /// It has not arrived yet.
    Delayed,
    /// It lies in the mailbox.
    Delivered,
    /// It went on to a server that sends no reports.
    Relayed,
    /// It went on to several addresses.
    Expanded,
}

impl Action {
    /// All of them.
    pub const ALL: [Action; 5] =
        [Action::Failed, Action::Delayed, Action::Delivered, Action::Relayed, Action::Expanded];

    /// The word in reports and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Action::Failed => "failed",
            Action::Delayed => "delayed",
            Action::Delivered => "delivered",
            Action::Relayed => "relayed",
            Action::Expanded => "expanded",
        }
    }

    /// The action of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Action::ALL.into_iter().find(|action| action.word().eq_ignore_ascii_case(word))
    }

    /// What operators read.
    pub fn words(self) -> &'static str {
        match self {
            Action::Failed => "Not delivered",
            Action::Delayed => "Delayed on the way, still tried",
            Action::Delivered => "Delivered to the mailbox",
            Action::Relayed => "Passed on to a server that sends no reports",
            Action::Expanded => "Passed on to several addresses",
        }
    }
}

/// Message-IDs that a report is looked up by, at most: a thread of references may be long.
const MESSAGE_IDS: usize = 8;

/// A delivery report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The Message-IDs that the email it is about may have, in angle brackets, the likeliest first: that of the returned
    /// email, then those which the report names besides.
    pub message_ids: Vec<String>,
    /// What became of that.
    pub action: Action,
    /// The enhanced status code, the more exact one of those in the report; empty without one.
    pub status: String,
    /// What the last mail server said, on one line; may be empty.
    pub diagnostic: String,
    /// The same for the same bytes, so that a report read twice is known.
    pub digest: String,
}

/// What a message of the mailbox is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// A delivery report.
    Report(Report),
    /// Something else: an out-of-office note, a letter from someone.
    NoReport,
    /// It says it is a delivery report, but this is wrong with it.
    Malformed(&'static str),
}

/// Reads a message.
pub fn read(bytes: &[u8]) -> Read {
    // What anybody may send must not stop the import of what others sent.
    std::panic::catch_unwind(|| parse(bytes)).unwrap_or(Read::Malformed("it cannot be read"))
}

fn parse(bytes: &[u8]) -> Read {
    let Some(message) = MessageParser::default().parse(bytes) else { return Read::NoReport };
    // The second of each pair is that of addresses beyond ASCII (RFC 6533).
    let told = part(&message, "message", &["delivery-status", "global-delivery-status"]);
    let read = match report_type(&message) {
        // Some servers leave the type out, and the part says what it is.
        Some(kind) if kind == "delivery-status" || (kind.is_empty() && told.is_some()) => told.map(|told| {
            let returned = part(&message, "text", &["rfc822-headers"])
                .or_else(|| part(&message, "message", &["rfc822", "global", "global-headers", "rfc822-headers"]));
            by_fields(&message, &String::from_utf8_lossy(told.contents()), returned)
        }),
        Some(_) => return Read::NoReport,
        None => match message.body_text(0) {
            Some(text) if text.trim_start().starts_with(QMAIL) => Some(by_paragraphs(&message, &text)),
            _ => return Read::NoReport,
        },
    };
    match read {
        None => Read::Malformed("it has no delivery status"),
        Some(Err(why)) => Read::Malformed(why),
        Some(Ok(told)) if told.message_ids.is_empty() => Read::Malformed("it does not name the email it is about"),
        Some(Ok(told)) => {
            Read::Report(Report { digest: data_encoding::HEXLOWER.encode(&Sha256::digest(bytes)), ..told })
        }
    }
}

/// The first part of this type.
fn part<'a, 'x>(message: &'a Message<'x>, main: &str, subs: &[&str]) -> Option<&'a MessagePart<'x>> {
    message.parts.iter().find(|part| {
        part.content_type().is_some_and(|kind| {
            kind.ctype().eq_ignore_ascii_case(main)
                && kind.subtype().is_some_and(|sub| subs.iter().any(|known| known.eq_ignore_ascii_case(sub)))
        })
    })
}

/// The type of a report in small letters, empty if it is not said; `None` for a message that is none.
fn report_type(message: &Message<'_>) -> Option<String> {
    let kind = message.content_type()?;
    let is_report = kind.ctype().eq_ignore_ascii_case("multipart")
        && kind.subtype().is_some_and(|sub| sub.eq_ignore_ascii_case("report"));
    is_report.then(|| kind.attribute("report-type").unwrap_or_default().to_ascii_lowercase())
}

/// The fields of RFC 3464, all but the digest.
fn by_fields(message: &Message<'_>, told: &str, returned: Option<&MessagePart<'_>>) -> Result<Report, &'static str> {
    let groups = groups(told);
    let field = |name: &str| groups.iter().skip(1).chain(groups.first()).find_map(|group| value(group, name));
    let action = field("Action").and_then(|word| Action::from_word(first_word(&word)));
    let diagnostic = field("Diagnostic-Code").map(|text| untyped(&text)).unwrap_or_default();
    let stated = field("Status").and_then(|text| status::enhanced(&text).map(str::to_owned)).unwrap_or_default();
    let mut ids = Vec::new();
    ids.extend(returned.and_then(message_id));
    // Gmail names it beside the fields of the standard; the envelope's identifier is the Message-ID where a gateway
    // that took the email from us made one up (RFC 3464 §2.2.1).
    ids.extend(["X-Original-Message-ID", "Original-Envelope-Id"].iter().filter_map(|name| field(name)));
    Ok(Report {
        message_ids: with_thread(ids, message),
        action: action.ok_or("it does not say what became of the email")?,
        status: exact(&stated, &diagnostic),
        diagnostic,
        digest: String::new(),
    })
}

/// How a bounce of qmail begins.
const QMAIL: &str = "Hi. This is the";

/// The paragraphs of QSBMF: one that says what it is, one for each address, and behind dashes a copy of the email.
fn by_paragraphs(message: &Message<'_>, text: &str) -> Result<Report, &'static str> {
    let text = text.replace("\r\n", "\n");
    let Some((told, copy)) = text.split_once("\n---") else { return Err("it does not return the email it is about") };
    // The rest of the line of dashes says that a copy follows.
    let copy = copy.split_once('\n').map_or("", |(_, copy)| copy).trim_start();
    let address = told.split("\n\n").map(str::trim).find(|part| part.starts_with('<') && part.contains(">:"));
    let said = address.and_then(|part| part.split_once(">:")).map(|(_, said)| one_line(said));
    let diagnostic = said.ok_or("it does not say what became of the email")?;
    let headers = MessageParser::default().parse_headers(copy.as_bytes());
    let id = headers.and_then(|headers| headers.message_id().map(str::to_owned));
    Ok(Report {
        message_ids: with_thread(id.into_iter().collect(), message),
        action: Action::Failed,
        status: exact("", &diagnostic),
        diagnostic,
        digest: String::new(),
    })
}

/// `ids`, and what the report says it answers, each once and in angle brackets.
fn with_thread(ids: Vec<String>, message: &Message<'_>) -> Vec<String> {
    let thread = [message.in_reply_to(), message.references()];
    let thread = thread.iter().filter_map(|value| value.as_text_list()).flatten().map(ToString::to_string);
    let mut list: Vec<String> = Vec::new();
    for id in ids.into_iter().chain(thread) {
        let id = format!("<{}>", id.trim().trim_matches(['<', '>']));
        if list.len() < MESSAGE_IDS && id.len() > 2 && !list.contains(&id) {
            list.push(id);
        }
    }
    list
}

/// The Message-ID of the returned email, or of its headers alone.
fn message_id(part: &MessagePart<'_>) -> Option<String> {
    match part.message() {
        Some(whole) => whole.message_id().map(str::to_owned),
        None => {
            let headers = MessageParser::default().parse_headers(part.contents());
            headers.and_then(|headers| headers.message_id().map(str::to_owned))
        }
    }
}

/// The groups of fields: of the message first, then of each recipient (RFC 3464 §2.1). Folded lines are made one.
fn groups(text: &str) -> Vec<Vec<(String, String)>> {
    let mut groups: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for line in text.lines() {
        let group = groups.len() - 1;
        if line.trim().is_empty() {
            if !groups[group].is_empty() {
                groups.push(Vec::new());
            }
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = groups[group].last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            groups[group].push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}

fn value(group: &[(String, String)], name: &str) -> Option<String> {
    group.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ';')).find(|word| !word.is_empty()).unwrap_or_default()
}

/// "smtp; 550 5.1.1 unknown" without the type in front of it.
fn untyped(text: &str) -> String {
    let is_type = |kind: &str| !kind.is_empty() && kind.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    one_line(match text.split_once(';') {
        Some((kind, rest)) if is_type(kind.trim()) => rest,
        _ => text,
    })
}

/// The more exact one: some servers state "5.0.0" and leave the rest to what the other server said.
fn exact(stated: &str, diagnostic: &str) -> String {
    let said = status::enhanced(diagnostic).unwrap_or_default();
    let vague = stated.is_empty() || stated.ends_with(".0.0");
    if vague && !said.is_empty() { said.to_owned() } else { stated.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_read_folded_and_in_any_case() {
        let groups = groups(
            "Reporting-MTA: dns; a\r\n\r\n\r\nFINAL-recipient: rfc822; b\r\ndiagnostic-code: smtp; 550\r\n  5.1.1 no\r\n",
        );
        assert_eq!(groups.len(), 2);
        assert_eq!(value(&groups[1], "Diagnostic-Code").as_deref(), Some("smtp; 550 5.1.1 no"));
        assert_eq!(untyped("smtp; 550 5.1.1 no; really"), "550 5.1.1 no; really");
        assert_eq!(untyped("550 5.1.1 no; really"), "550 5.1.1 no; really");
        assert_eq!(first_word("failed (permanently)"), "failed");
        assert_eq!(exact("5.0.0", "550 5.7.1 no"), "5.7.1");
        assert_eq!(exact("5.2.2", "552 5.0.0 full"), "5.2.2");
    }

    proptest! {
        #[test]
        fn nothing_stops_the_import(bytes in proptest::collection::vec(any::<u8>(), 0..600), text in "[ -~\r\n]{0,300}") {
            read(&bytes);
            let framed = format!("Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n{text}\r\n--b\r\n{text}");
            read(framed.as_bytes());
        }
    }
}
