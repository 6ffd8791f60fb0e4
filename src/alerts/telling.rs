//! What happened, in the words of the email.

use chrono::Duration;
use url::form_urlencoded::byte_serialize;

use super::{alert::Event, store::events::Found};
use crate::{
    clock::{Zone, long_date},
    english::shortened,
    mail::{
        Kind,
        letter::alert::{Group, Line},
    },
    operators::Permissions,
    tokens::AuthenticationType,
};

/// What is shown of a mail server's answer, in characters; the page of the email has all that is kept.
const ANSWER_LETTERS: usize = 160;

/// "1 lock-out", "3 expired enrollments, 1 lock-out and 2 failed emails".
pub fn sum(counts: &[(Event, i64)]) -> String {
    let words: Vec<String> = counts.iter().map(|(event, count)| event.count(*count)).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
        None => String::new(),
    }
}

/// The part of the email about `event`: `count` of them, the first ones `found`, for somebody who holds `held`.
pub fn group(event: Event, count: i64, found: &[Found], held: Permissions, zone: Zone) -> Group {
    Group {
        heading: event.count(count),
        lines: found.iter().map(|found| line(event, found, held, zone)).collect(),
        more: count - i64::try_from(found.len()).unwrap_or(count),
        list: event.list(held).into(),
    }
}

fn line(event: Event, found: &Found, held: Permissions, zone: Zone) -> Line {
    let (what, path, happened) = match event {
        Event::Expired => {
            // The event is the first moment after the Stop Date.
            let last_day = zone.today(found.occurred_at - Duration::seconds(1));
            (
                user(found),
                user_path(found),
                format!("{}: could enroll until {}", enrollment(found), long_date(last_day)),
            )
        }
        Event::LockOut => {
            let at = zone.local(found.occurred_at).format("%Y-%m-%d %H:%M");
            match &found.serial {
                Some(serial) => (
                    user(found),
                    format!("/tokens/{}", segment(serial)),
                    format!("Token {serial}: too many wrong one-time passwords in a row, the last at {at}"),
                ),
                None => (
                    user(found),
                    user_path(found),
                    format!("{}: too many failed attempts, the last at {at}", enrollment(found)),
                ),
            }
        }
        Event::FailedMail => {
            let kind = found.kind.as_deref().and_then(Kind::from_code).map_or("Email", Kind::label);
            let to = found.shown_to.as_deref().unwrap_or_default();
            let path = format!("/outbox/{}", found.email.unwrap_or_default());
            (format!("{kind} to {to}"), path, shortened(found.answer.as_deref().unwrap_or_default(), ANSWER_LETTERS))
        }
        Event::Rejections => {
            let at = zone.local(found.occurred_at).format("%Y-%m-%d %H:%M");
            let node =
                found.node.as_ref().map_or("All auth nodes together".to_owned(), |name| format!("Auth node {name}"));
            (
                node,
                event.list(held).into(),
                format!("rejected more one-time passwords than usual in the hour up to {at}"),
            )
        }
    };
    let detail = match (happened.is_empty(), found.since.as_str()) {
        (_, "") => happened,
        (true, since) => format!("({since})"),
        (false, since) => format!("{happened} ({since})"),
    };
    Line { what, detail, path }
}

/// "Tobi Adeyemi (t.adeyemi)".
fn user(found: &Found) -> String {
    let user_id = found.user_id.as_deref().unwrap_or_default();
    match found.name.as_deref() {
        None | Some("") => user_id.to_owned(),
        Some(name) => format!("{name} ({user_id})"),
    }
}

/// "Task 1042, Authenticator app".
fn enrollment(found: &Found) -> String {
    let authentication_type = found.authentication_type.as_deref().and_then(AuthenticationType::from_code);
    let task = found.task.map(|task| format!("Task {task}"));
    let parts: Vec<String> = task.into_iter().chain(authentication_type.map(|kind| kind.plain().to_owned())).collect();
    parts.join(", ")
}

fn user_path(found: &Found) -> String {
    format!("/users/{}/authentication-methods", segment(found.user_id.as_deref().unwrap_or_default()))
}

/// One segment of an address.
fn segment(value: &str) -> String {
    byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operators::BuiltIn;

    fn found() -> Found {
        Found {
            user_id: Some("t adeyemi/1".into()),
            name: Some("Tobi Adeyemi".into()),
            task: Some(1042),
            authentication_type: Some("authenticator-app".into()),
            stop_on: None,
            serial: None,
            email: None,
            shown_to: None,
            kind: None,
            answer: None,
            node: None,
            occurred_at: "2026-11-27T23:00:00".parse().unwrap(),
            since: String::new(),
        }
    }

    fn line(event: Event, found: Found) -> Line {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        group(event, 30, &[found], BuiltIn::HelpDesk.permissions(), zone).lines.remove(0)
    }

    #[test]
    fn counts_are_a_sentence() {
        assert_eq!(sum(&[(Event::LockOut, 1)]), "1 lock-out");
        assert_eq!(
            sum(&[(Event::Expired, 3), (Event::LockOut, 1), (Event::FailedMail, 2)]),
            "3 expired enrollments, 1 lock-out and 2 failed emails"
        );
    }

    #[test]
    fn an_expired_enrollment_names_user_task_type_and_last_day() {
        let line = line(Event::Expired, Found { since: "enrolled since".into(), ..found() });
        assert_eq!(line.what, "Tobi Adeyemi (t adeyemi/1)");
        assert_eq!(
            line.detail,
            "Task 1042, Authenticator app: could enroll until Friday 27 November 2026 (enrolled since)"
        );
        assert_eq!(line.path, "/users/t%20adeyemi%2F1/authentication-methods");
    }

    #[test]
    fn a_locked_token_is_linked_by_its_serial_number() {
        let line = line(Event::LockOut, Found { serial: Some("TD-7K2M".into()), ..found() });
        assert_eq!(line.path, "/tokens/TD-7K2M");
        assert!(line.detail.starts_with("Token TD-7K2M: too many wrong one-time passwords"), "{}", line.detail);
    }

    #[test]
    fn a_failed_email_tells_what_the_mail_server_said_and_not_all_of_it() {
        let answer = Some(format!("550 {}", "no ".repeat(100)));
        let found = Found {
            email: Some(7),
            shown_to: Some("a•••@m•••.example".into()),
            kind: Some("reminder".into()),
            answer,
            ..found()
        };
        let line = line(Event::FailedMail, found);
        assert_eq!((line.what.as_str(), line.path.as_str()), ("Reminder to a•••@m•••.example", "/outbox/7"));
        assert!(line.detail.starts_with("550 no no") && line.detail.chars().count() == ANSWER_LETTERS + 1);
    }

    #[test]
    fn what_is_not_named_is_counted() {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let group = group(Event::Expired, 100_000, &[found(), found()], BuiltIn::Auditor.permissions(), zone);
        assert_eq!((group.heading.as_str(), group.more), ("100,000 expired enrollments", 99_998));
        assert_eq!(group.list, "/reports/not-enrolled?status=expired");
    }
}
