//! Emails as users read them: a subject, plain text and HTML from `templates/letters/<kind>/`.

use askama::Template;

use super::{Facts, Kind, Secret, Wording};
use crate::{config::Settings, error::Result};

use super::built_in::{Letter, View, built_in, not_rendered};

/// Renders the email of this `kind`: by the `wording` of operators, or the built-in one. `secret` is opened only for
/// this; the letter must not be kept either.
pub fn render(
    settings: &Settings,
    kind: Kind,
    facts: &Facts,
    secret: Option<&Secret>,
    wording: Option<&Wording>,
) -> Result<Letter> {
    let view = View::new(settings, facts, secret);
    if let Some(wording) = wording {
        match wording.fill(kind, &view) {
            Some(filled) => return document(filled),
            // It was checked when it was saved, by an older version perhaps: better plain words than no email.
            None => {
                tracing::warn!(kind = kind.code(), "a message of the console cannot be filled; the default goes out")
            }
        }
    }
    built_in(kind, &view)
}

/// Puts the filled body of a wording into the document that all letters share.
fn document(letter: Letter) -> Result<Letter> {
    #[derive(Template)]
    #[template(path = "letters/custom.html")]
    struct Document<'a> {
        subject: &'a str,
        body: &'a str,
    }
    let html = Document { subject: &letter.subject, body: &letter.html }.render().map_err(not_rendered)?;
    Ok(Letter { html, ..letter })
}

#[cfg(test)]
mod tests {
    use super::super::{alert::Alert, built_in::grouped};
    use super::*;
    use crate::config::Written;

    fn settings() -> Settings {
        Settings::check(Written {
            public_url: "https://enroll.example.org".into(),
            organization: "Example Org".into(),
            help_desk: "extension 4400, weekdays 8:00 to 18:00".into(),
            time_zone: "Europe/Berlin".into(),
            ..Written::default()
        })
        .unwrap()
    }

    fn facts() -> Facts {
        Facts {
            first_name: "Tobi".into(),
            user_id: "t.adeyemi".into(),
            authentication_type: "Authenticator app".into(),
            task: Some(1042),
            stop_on: "2026-11-27".parse().ok(),
            requester: "k.lindqvist".into(),
            serial: Some("TD-7K2M".into()),
            alert: Some(Alert { operator: "t.adeyemi".into(), sum: "1 lock-out".into(), ..Alert::default() }),
            ..Facts::default()
        }
    }

    fn secret() -> Secret {
        Secret {
            handle: Some("9fK2-mQ7x".into()),
            code: Some("ABCDE23456".into()),
            carries_code: true,
            alternate_to: None,
        }
    }

    #[test]
    fn an_enrollment_email_reads_as_drawn() {
        let letter = render(&settings(), Kind::Enrollment, &facts(), Some(&secret()), None).unwrap();
        assert_eq!(letter.subject, "Set up your sign-in token by 27 November");
        assert_eq!(
            letter.text,
            "Hello Tobi,\n\
             \n\
             Example Org asks you to set up an authenticator app for\n\
             signing in. It takes about two minutes. Have your phone\n\
             ready.\n\
             \n\
             Set up my token:\n\
             https://enroll.example.org/enroll/9fK2-mQ7x#ABCDE23456\n\
             \n\
             The page asks for your activation code:\n\
             ABCDE 23456\n\
             \n\
             The link works until the end of\n\
             Friday 27 November 2026, 23:59, Europe/Berlin.\n\
             \n\
             \x20 User ID:              t.adeyemi\n\
             \x20 Authentication Type:  Authenticator app\n\
             \x20 Works until:          Friday 27 November 2026, 23:59, Europe/Berlin\n\
             \x20 Task:                 1042\n\
             \x20 Requested by:         k.lindqvist\n\
             \n\
             We never call you to ask for a code or a password.\n\
             The page you open must start with https://enroll.example.org/\n\
             \n\
             Did you not expect this? Do nothing, and tell the help desk:\n\
             extension 4400, weekdays 8:00 to 18:00.\n\
             \n\
             -- \n\
             Example Org help desk"
        );
    }

    #[test]
    fn every_kind_names_the_user_and_whom_to_contact_in_both_forms() {
        for kind in Kind::ALL {
            let letter = render(&settings(), *kind, &facts(), None, None).unwrap();
            for body in [&letter.text, &letter.html] {
                // The test email goes to the operator who tries the mail server, and is about no user.
                let is_about_a_user = *kind != Kind::Test;
                assert!(
                    !is_about_a_user || body.contains("t.adeyemi") && body.contains("extension 4400"),
                    "{kind:?}: {body}"
                );
                assert!(!body.contains("{{") && !body.contains("/enroll/") && !body.contains("<img"), "{kind:?}");
            }
            assert!(!letter.subject.is_empty() && !letter.subject.contains('\n'));
            assert!(!letter.text.contains("\n\n\n"), "{kind:?}: {}", letter.text);
            assert_eq!(Kind::from_code(kind.code()), Some(*kind));
        }
    }

    #[test]
    fn a_link_carries_the_code_only_if_the_policy_says_so() {
        let plain = Secret { carries_code: false, ..secret() };
        let letter = render(&settings(), Kind::Enrollment, &facts(), Some(&plain), None).unwrap();
        assert!(letter.html.contains("href=\"https://enroll.example.org/enroll/9fK2-mQ7x\""));
        assert!(!letter.text.contains('#'));
        assert!(letter.text.contains("ABCDE 23456"));
    }

    #[test]
    fn hostile_facts_break_neither_html_nor_lines() {
        let hostile = Facts {
            first_name: "<b>Tobi</b>\r\nBcc: all@example.org".into(),
            user_id: "x\"><script>alert(1)</script>".into(),
            requester: "\u{202E}evil".into(),
            ..facts()
        };
        let letter = render(&settings(), Kind::Enrollment, &hostile, Some(&secret()), None).unwrap();
        assert!(!letter.html.contains("<b>Tobi") && !letter.html.contains("<script"));
        assert!(!letter.text.contains("\nBcc:") && !letter.text.contains('\r'));
        assert!(!letter.text.contains('\u{202E}'));
    }

    #[test]
    fn codes_are_grouped_for_reading() {
        assert_eq!(grouped("ABCDEFGHJK"), "ABCDE FGHJK");
        assert_eq!(grouped("ABCDEFGH"), "ABCD EFGH");
        assert_eq!(grouped("ABCDEFGHJ"), "ABCD EFGH J");
        assert_eq!(grouped(""), "");
    }
}
