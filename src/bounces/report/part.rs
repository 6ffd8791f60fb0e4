//! The parts of a message, found by their type.

use mail_parser::{Message, MessagePart, MimeHeaders};

/// True if the part is of this type.
pub(super) fn is_of(part: &MessagePart<'_>, main: &str, subs: &[&str]) -> bool {
    part.content_type().is_some_and(|kind| {
        kind.ctype().eq_ignore_ascii_case(main)
            && kind.subtype().is_some_and(|sub| subs.iter().any(|known| known.eq_ignore_ascii_case(sub)))
    })
}

/// The first part of this type.
pub(super) fn part<'a, 'x>(message: &'a Message<'x>, main: &str, subs: &[&str]) -> Option<&'a MessagePart<'x>> {
    message.parts.iter().find(|part| is_of(part, main, subs))
}

/// The type of a report in small letters, empty if it is not said; `None` for a message that is none.
pub(super) fn report_type(message: &Message<'_>) -> Option<String> {
    let kind = message.content_type()?;
    let is_report = kind.ctype().eq_ignore_ascii_case("multipart")
        && kind.subtype().is_some_and(|sub| sub.eq_ignore_ascii_case("report"));
    is_report.then(|| kind.attribute("report-type").unwrap_or_default().trim().to_ascii_lowercase())
}
