//! The fields of a delivery status (RFC 3464).

use mail_parser::Message;

use super::{Fate, Found, copy};
use crate::mail::{Action, letter::one_line, status};

type Group = Vec<(String, String)>;

/// What a delivery status tells, and which emails it may be about; `None` if it names no recipient.
pub fn read(message: &Message<'_>, told: &str) -> Option<Found> {
    let groups = groups(told);
    let field = |name: &str| groups.iter().find_map(|group| value(group, name));
    // Gmail names it beside the fields of the standard; the envelope's identifier is the Message-ID where a gateway
    // that took the email from us made one up (RFC 3464 §2.2.1).
    let named = ["X-Original-Message-ID", "Original-Envelope-Id"].iter().filter_map(|name| field(name)).collect();
    let recipients = recipients(&groups);
    let fates: Vec<Fate> = recipients.iter().filter_map(fate).collect();
    if recipients.is_empty() {
        return None;
    }
    Some(match fates.is_empty() {
        true => Err("it does not say what became of the email"),
        false => Ok((copy::of_report(message, named), fates)),
    })
}

/// The groups of recipients; lines that a server parted from their recipient by a blank one are put back.
fn recipients(groups: &[Group]) -> Vec<Group> {
    const TOLD: [&str; 3] = ["Action", "Status", "Diagnostic-Code"];
    let has = |group: &Group, names: &[&str]| names.iter().any(|name| value(group, name).is_some());
    let is_named = |group: &Group| has(group, &["Final-Recipient", "Original-Recipient"]);
    let mut found: Vec<Group> = Vec::new();
    for group in groups.iter().filter(|group| is_named(group) || has(group, &TOLD)) {
        match found.last_mut() {
            Some(last)
                if is_named(last) != is_named(group)
                    && !TOLD.iter().any(|name| has(last, &[name]) && has(group, &[name])) =>
            {
                last.extend(group.iter().cloned());
            }
            _ => found.push(group.clone()),
        }
    }
    found
}

/// What became of the email for the recipient of this group; `None` if it does not say.
fn fate(group: &Group) -> Option<Fate> {
    let diagnostic = value(group, "Diagnostic-Code").map(|text| untyped(&text)).unwrap_or_default();
    let stated = value(group, "Status").and_then(|text| status::enhanced(&text).map(str::to_owned)).unwrap_or_default();
    let word = value(group, "Action").map(|text| first_word(&text).to_ascii_lowercase()).unwrap_or_default();
    let action = match word.as_str() {
        "" => by_code(&stated).or_else(|| by_code(&diagnostic))?,
        // Words that are not of the standard, and are written.
        "expired" | "failure" | "fail" | "undeliverable" | "undelivered" | "error" | "rejected" | "bounced" => {
            Action::Failed
        }
        word => Action::from_code(word)?,
    };
    let recipients = ["Original-Recipient", "Final-Recipient"].iter().filter_map(|name| value(group, name));
    let recipients = recipients.map(|text| untyped(&text).trim_matches(['<', '>']).to_owned()).collect();
    Some(Fate { recipients, action, status: exact(&stated, &diagnostic), diagnostic })
}

/// What the class of a code says where no action is stated (RFC 3463 §2, RFC 5321 §4.2.1).
fn by_code(text: &str) -> Option<Action> {
    match text.trim_start().as_bytes() {
        [b'5', b'.' | b'0'..=b'9', ..] => Some(Action::Failed),
        [b'4', b'.' | b'0'..=b'9', ..] => Some(Action::Delayed),
        [b'2', b'.' | b'0'..=b'9', ..] => Some(Action::Delivered),
        _ => None,
    }
}

/// The groups of fields: of the message first, then of each recipient (RFC 3464 §2.1). Folded lines are made one.
fn groups(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = vec![Vec::new()];
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

fn value(group: &Group, name: &str) -> Option<String> {
    let found = group.iter().find(|(known, value)| known.eq_ignore_ascii_case(name) && !value.is_empty());
    found.map(|(_, value)| value.clone())
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ';' | '.' | ','))
        .find(|word| !word.is_empty())
        .unwrap_or_default()
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
pub fn exact(stated: &str, diagnostic: &str) -> String {
    let said = status::enhanced(diagnostic).unwrap_or_default();
    let vague = stated.is_empty() || stated.ends_with(".0.0");
    if vague && !said.is_empty() { said.to_owned() } else { stated.to_owned() }
}

#[cfg(test)]
mod tests {
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

    fn actions(told: &str) -> Vec<Option<Action>> {
        recipients(&groups(told)).iter().map(|group| fate(group).map(|fate| fate.action)).collect()
    }

    #[test]
    fn what_is_no_action_of_the_standard_is_told_by_the_word_or_by_the_code() {
        assert_eq!(actions("Final-Recipient: rfc822; b\nAction: expired\nStatus: \n"), [Some(Action::Failed)]);
        assert_eq!(actions("Final-Recipient: rfc822; b\nStatus: 5.1.1\n"), [Some(Action::Failed)]);
        assert_eq!(actions("Final-Recipient: rfc822; b\nStatus: 4.4.7\n"), [Some(Action::Delayed)]);
        assert_eq!(actions("Final-Recipient: rfc822; b\nDiagnostic-Code: smtp; 550 no\n"), [Some(Action::Failed)]);
        assert_eq!(actions("Final-Recipient: rfc822; b\nAction: exploded\nStatus: 5.1.1\n"), [None]);
    }

    #[test]
    fn a_recipient_keeps_its_lines_and_no_other_ones() {
        assert_eq!(
            actions("Reporting-MTA: dns; a\n\nFinal-Recipient: rfc822; b\n\nAction: failed\nStatus: 5.1.1\n"),
            [Some(Action::Failed)]
        );
        let two = "Final-Recipient: rfc822; b\nAction: failed\n\nFinal-Recipient: rfc822; c\nAction: delayed\n";
        assert_eq!(actions(two), [Some(Action::Failed), Some(Action::Delayed)]);
    }
}
