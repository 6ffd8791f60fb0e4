//! Delivery reports as mail servers send them back: a delivery status (RFC 3464) in whatever it stands, and the plain text
//! of those that write none ([`words`]).
//!
//! What is read here comes from anyone who can write to the mailbox. It is believed only as far as it names the
//! Message-ID of an email of ours, whose 128 random bits nobody can guess; and what people and their auto-replies write
//! names it too, so that only what a mail system writes is a report.

use mail_parser::MessageParser;
use sha2::{Digest, Sha256};

mod copy;
mod fate;
mod fields;
mod part;
mod words;

pub use fate::Fate;
use fate::Found;

use part::{is_of, part, report_type};

/// The longest message that is read, in bytes. A report returns at most the email it is about, and ours are under
/// 50 kB; gateways add pictures and disclaimers.
pub const REPORT_BYTES: u64 = 1024 * 1024;

/// A delivery report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The Message-IDs that the email it is about may have, in angle brackets, the likeliest first: that of the returned
    /// email, then those which the report names besides.
    pub message_ids: Vec<String>,
    /// What became of it, for each recipient that is named; at least one.
    pub fates: Vec<Fate>,
    /// The same for the same bytes, so that a report read twice is known.
    pub digest: String,
}

impl Report {
    /// What became of the email to `address`. Where no recipient has it (it was rewritten on the way), and where several
    /// have, the worst counts.
    pub fn fate(&self, address: &str) -> Option<&Fate> {
        let is_named = |fate: &&Fate| fate.recipients.iter().any(|known| known.eq_ignore_ascii_case(address));
        let worst = |fate: &&Fate| fate.action;
        self.fates.iter().filter(is_named).min_by_key(worst).or_else(|| self.fates.iter().min_by_key(worst))
    }
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
    let kind = report_type(&message);
    if kind.as_deref().is_some_and(|kind| OTHER_REPORTS.contains(&kind))
        || OTHER_PARTS.iter().any(|sub| part(&message, "message", &[sub]).is_some())
    {
        return Read::NoReport;
    }
    // The part says what it is, wherever it stands (RFC 3464 §2.1): some servers put it into multipart/mixed. One within
    // an enclosed message is that message's affair. The second type is that of addresses beyond ASCII (RFC 6533).
    let told = part(&message, "message", &["delivery-status", "global-delivery-status"]);
    let found = match (told, kind.as_deref()) {
        (Some(told), _) => fields::read(&message, &String::from_utf8_lossy(told.contents()))
            .or_else(|| words::read(&message))
            .or(Some(Err("it does not say what became of the email"))),
        (None, Some("delivery-status")) => Some(Err("it has no delivery status")),
        (None, _) => words::read(&message),
    };
    match found {
        None => Read::NoReport,
        Some(Err(why)) => Read::Malformed(why),
        Some(Ok((message_ids, _))) if message_ids.is_empty() => {
            Read::Malformed("it does not name the email it is about")
        }
        Some(Ok((message_ids, fates))) => {
            let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(bytes));
            Read::Report(Report { message_ids, fates, digest })
        }
    }
}

/// Reports of other things (RFC 8098, RFC 5965, RFC 8460): that an email was read, that it is taken for spam.
const OTHER_REPORTS: [&str; 3] = ["disposition-notification", "feedback-report", "tlsrpt"];

/// The parts that say so where the type is left out.
const OTHER_PARTS: [&str; 2] = ["disposition-notification", "feedback-report"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_stops_the_import(bytes in proptest::collection::vec(any::<u8>(), 0..600), text in "[ -~\r\n]{0,300}") {
            read(&bytes);
            let framed = format!("Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n{text}\r\n--b\r\n{text}");
            read(framed.as_bytes());
            let id = "0123456789abcdef0123456789abcdef@a.example";
            read(format!("Return-Path: <>\r\nFrom: MAILER-DAEMON@a.example\r\n\r\n{text}\r\n\r\nMessage-ID: <{id}>\r\n{text}").as_bytes());
        }
    }
}
