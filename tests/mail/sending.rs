//! What goes out, and what of it stays.

use mail_parser::{MessageParser, MimeHeaders};
use tokendesk::{
    config::{Settings, Written},
    mail::{self, Facts, Mailbox, NewEmail, Secret, courier, mailbox::Refusal},
};

use super::*;
use crate::{
    on_both,
    support::smtp::{Manner, Setup},
};

on_both! {
    fn an_accepted_email_is_sent_with_the_servers_answer_and_keeps_no_secret(world) {
        let sink = Sink::new();
        post_to(&world, &["t.adeyemi@example.org"]);
        assert!(!everything_kept(&world).contains(CODE), "a waiting secret is sealed");
        assert!(!everything_kept(&world).contains(HANDLE));
        assert_eq!(send(&world, &sink), 1);
        let email = only(&world);
        assert_eq!(email.state.code(), "Sent");
        assert_eq!(email.last_answer, "250 2.0.0 queued as 1");
        assert_eq!(email.sent_at, Some(world.now()));
        assert_eq!((email.tries, email.next_try_at), (1, None));
        assert!(sink.received()[0].data.contains(CODE));
        assert!(!everything_kept(&world).contains(CODE) && !everything_kept(&world).contains(HANDLE));
        assert!(world.dump("emails").contains("t.adeyemi@example.org"));
        assert_eq!(send(&world, &sink), 0, "an accepted email is not sent again");
    }

    fn an_email_has_the_headers_of_an_automatic_one_and_two_bodies(world) {
        let sink = Sink::new();
        post_to(&world, &["t.adeyemi@example.org"]);
        send(&world, &sink);
        let received = sink.received().remove(0);
        assert_eq!(received.hello, "[127.0.0.1]", "the host of public_url");
        assert_eq!((received.from.as_str(), received.to.as_slice()), ("tokendesk@127.0.0.1", &["t.adeyemi@example.org".to_owned()][..]));
        let message = MessageParser::default().parse(received.data.as_bytes()).expect("a message");
        let from = message.from().and_then(|list| list.first()).expect("a sender");
        assert_eq!((from.name(), from.address()), (Some("Example Org help desk"), Some("tokendesk@127.0.0.1")));
        assert_eq!(message.to().and_then(|list| list.first()).and_then(|to| to.address()), Some("t.adeyemi@example.org"));
        assert_eq!(message.subject(), Some("Set up your sign-in token by 27 November"));
        assert_eq!(message.date().map(|date| date.to_rfc3339()).as_deref(), Some("2026-11-20T13:32:00Z"));
        let id = only(&world).message_id;
        assert_eq!(message.message_id(), Some(id.trim_matches(['<', '>'])));
        assert!(id.ends_with("@127.0.0.1>"));
        for (name, value) in [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")] {
            assert_eq!(message.header(name).and_then(|header| header.as_text()), Some(value));
        }
        let kind = message.content_type().expect("a content type");
        assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("alternative")));
        assert_eq!((message.text_body_count(), message.html_body_count(), message.attachment_count()), (1, 1, 0));
        for part in &message.parts[1..] {
            assert_eq!(part.content_transfer_encoding(), Some("quoted-printable"));
            assert_eq!(part.content_type().and_then(|kind| kind.attribute("charset")), Some("utf-8"));
        }
        assert!(received.data.is_ascii() && received.data.lines().all(|line| line.len() <= 78));
        for body in [message.body_text(0), message.body_html(0)] {
            let body = body.expect("a body");
            for words in [
                "Friday 27 November 2026, 23:59, Europe/Berlin",
                "t.adeyemi",
                "Authenticator app",
                "1042",
                "k.lindqvist",
                "ABCDE 23456",
                "extension 4400, weekdays 8:00 to 18:00",
            ] {
                assert!(body.contains(words), "{words} is not in {body}");
            }
            assert!(body.contains(&format!("{}/enroll/{HANDLE}#{CODE}", world.url)));
        }
    }

    fn hostile_names_break_neither_headers_nor_bodies(world) {
        let sink = Sink::new();
        let hostile = "Tobi\r\nBcc: all@example.org\r\n\r\n<img src=x onerror=alert(1)>\u{202E}";
        let facts = Facts {
            first_name: hostile.into(),
            user_id: hostile.into(),
            requester: hostile.into(),
            authentication_type: hostile.into(),
            ..enrollment_to(&world, "").facts
        };
        post(&world, &[NewEmail { facts, ..enrollment_to(&world, "t@example.org") }]);
        send(&world, &sink);
        let received = sink.received().remove(0);
        let message = MessageParser::default().parse(received.data.as_bytes()).expect("a message");
        assert_eq!(received.to.len(), 1);
        assert!(message.bcc().is_none() && message.cc().is_none());
        assert!(!message.body_html(0).expect("a body").contains("<img"));
        let text = message.body_text(0).expect("a body");
        assert!(!text.contains("\nBcc:") && !text.contains('\u{202E}'), "{text}");
    }

    fn names_of_all_alphabets_arrive_as_they_are(world) {
        let sink = Sink::new();
        let facts = Facts { first_name: "Pádraig 王小明 🦊".into(), ..enrollment_to(&world, "").facts };
        post(&world, &[NewEmail { facts, ..enrollment_to(&world, "t@example.org") }]);
        send(&world, &sink);
        let received = sink.received().remove(0);
        let message = MessageParser::default().parse(received.data.as_bytes()).expect("a message");
        assert!(message.body_text(0).expect("a body").starts_with("Hello Pádraig 王小明 🦊,"));
        assert!(message.body_html(0).expect("a body").contains("Hello Pádraig 王小明 🦊,"));
    }

    fn of_an_alternate_address_nothing_but_the_mask_remains(world) {
        let sink = Sink::ruled(|_, before| match before {
            0 => Manner::AtRcpt("451 4.7.1 <Private.Person@Home.Example>: greylisted, see ABCDE23456"),
            _ => Manner::Accept,
        });
        let email = NewEmail { alternate: true, ..enrollment_to(&world, "private.person@home.example") };
        post(&world, &[email]);
        assert_eq!(only(&world).shown_to, "p•••@h•••.example");
        assert!(!everything_kept(&world).contains("private.person"));
        send(&world, &sink);
        assert_eq!(only(&world).last_answer, "451 4.7.1 <p•••@h•••.example>: greylisted, see •••");
        world.advance(chrono::Duration::minutes(1));
        send(&world, &sink);
        assert_eq!(sink.received()[0].to, ["private.person@home.example"]);
        assert_eq!(states(&world), ["Sent"]);
        let kept = everything_kept(&world).to_lowercase();
        assert!(!kept.contains("private.person") && !kept.contains("home.example") && !kept.contains("abcde23456"));
    }

    fn a_canceled_email_does_not_go_out_and_keeps_no_secret(world) {
        let sink = Sink::new();
        let other = NewEmail { enrollment: Some(EnrollmentId(71)), ..enrollment_to(&world, "b@example.org") };
        post(&world, &[enrollment_to(&world, "a@example.org"), other]);
        let canceled = world.desk.db.write(|conn| mail::cancel_waiting(conn, &[EnrollmentId(70)]));
        assert_eq!(canceled.expect("it is canceled"), 1);
        assert_eq!(states(&world), ["Canceled", "Queued"]);
        assert!(only_sealed(&world) == 1);
        let canceled = world.desk.db.write(|conn| mail::cancel_waiting_of_task(conn, TaskId(1042)));
        assert_eq!(canceled.expect("it is canceled"), 1);
        assert_eq!(send(&world, &sink), 0);
        assert_eq!((sink.received().len(), only_sealed(&world)), (0, 0));
    }

    fn a_hundred_emails_go_over_one_connection(world) {
        let sink = Sink::new();
        let addresses: Vec<String> = (0..100).map(|n| format!("user{n}@example.org")).collect();
        post_to(&world, &addresses.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(send(&world, &sink), 100);
        let received = sink.received();
        assert!(received.iter().all(|message| message.connection == 1));
        let to: Vec<&str> = received.iter().map(|message| message.to[0].as_str()).collect();
        assert_eq!(to, addresses, "in the order of the outbox");
    }

    fn starttls_is_used_if_it_is_offered(world) {
        let sink = Sink::with(Setup { starttls: true, ..Setup::default() }, |_, _| Manner::Accept);
        post_to(&world, &["a@example.org"]);
        send(&world, &sink);
        assert_eq!(states(&world), ["Sent"]);
        assert!(sink.received()[0].encrypted);
    }

    fn nothing_is_sent_unencrypted_where_tls_is_required(world) {
        let sink = Sink::new();
        post_to(&world, &["a@example.org"]);
        let carrier = carrier_to(&world.desk, &format!("{}?tls=required", sink.url()));
        courier::run_once(&world.desk, &carrier).expect("the database answers");
        let email = only(&world);
        assert_eq!(email.state.code(), "Deferred");
        assert!(email.last_answer.contains("offers no STARTTLS"), "{}", email.last_answer);
        assert!(sink.tries().is_empty());
    }

    fn a_certificate_is_checked_where_tls_is_required(world) {
        let sink = Sink::with(Setup { starttls: true, ..Setup::default() }, |_, _| Manner::Accept);
        let strict = server(&world.desk, &format!("smtp://localhost:{}?tls=required", sink.port));
        post_to(&world, &["a@example.org"]);
        courier::run_once(&world.desk, &Carrier::Smtp(Box::new(strict.clone()))).expect("the database answers");
        assert_eq!(states(&world), ["Deferred"]);
        assert!(sink.tries().is_empty());
        let trusting = strict.trusting(sink.certificate.as_bytes()).expect("a certificate");
        world.advance(chrono::Duration::minutes(1));
        courier::run_once(&world.desk, &Carrier::Smtp(Box::new(trusting))).expect("the database answers");
        assert_eq!(states(&world), ["Sent"]);
        assert!(sink.received()[0].encrypted);
    }

    fn a_private_authority_is_believed_if_the_settings_name_it(world) {
        let sink = Sink::with(Setup { starttls: true, ..Setup::default() }, |_, _| Manner::Accept);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, &sink.certificate).expect("a file");
        let with = |file: &std::path::Path| {
            Settings::check(Written { smtp_url: format!("smtp://localhost:{}", sink.port), smtp_ca_file: file.display().to_string(), ..Written::default() })
        };
        let settings = with(&file).expect("the settings are right");
        let carrier = Carrier::of(&settings).expect("the certificate is right");
        assert!(carrier.label().ends_with("STARTTLS"), "who names an authority wants TLS: {}", carrier.label());
        post_to(&world, &["a@example.org"]);
        courier::run_once(&world.desk, &carrier).expect("the database answers");
        assert_eq!(states(&world), ["Sent"]);
        assert!(sink.received()[0].encrypted);
        // Another authority's certificate does not vouch for this server.
        let other = Sink::with(Setup { starttls: true, ..Setup::default() }, |_, _| Manner::Accept);
        std::fs::write(&file, &other.certificate).expect("a file");
        let stranger = Carrier::of(&with(&file).expect("the settings are right")).expect("the certificate is right");
        post_to(&world, &["b@example.org"]);
        courier::run_once(&world.desk, &stranger).expect("the database answers");
        assert_eq!(states(&world), ["Sent", "Deferred"]);
        std::fs::write(&file, "no certificate").expect("a file");
        let Err(error) = Carrier::of(&with(&file).expect("it can be read")) else { panic!("this is no certificate") };
        assert!(error.to_string().contains("smtp_ca_file"), "{error}");
        assert!(with(&folder.path().join("gone.pem")).is_err_and(|error| error.to_string().contains("gone.pem")));
    }

    fn bounces_go_to_an_address_of_their_own(world, |settings| settings.mail_return_path = "bounces@example.org".into()) {
        let sink = Sink::new();
        post_to(&world, &["a@example.org"]);
        send(&world, &sink);
        let received = sink.received().remove(0);
        assert_eq!(received.from, "bounces@example.org");
        assert!(received.data.contains("From: \"Example Org help desk\" <tokendesk@127.0.0.1>"), "{}", received.data);
    }

    fn tls_from_the_first_byte_works_too(world) {
        let sink = Sink::with(Setup { implicit_tls: true, ..Setup::default() }, |_, _| Manner::Accept);
        let server = server(&world.desk, &format!("smtps://localhost:{}", sink.port));
        let server = server.trusting(sink.certificate.as_bytes()).expect("a certificate");
        post_to(&world, &["a@example.org", "b@example.org"]);
        courier::run_once(&world.desk, &Carrier::Smtp(Box::new(server))).expect("the database answers");
        assert_eq!(states(&world), ["Sent", "Sent"]);
        assert!(sink.received().iter().all(|message| message.encrypted && message.connection == 1));
    }

    fn the_user_and_password_of_the_address_sign_in(world) {
        let setup = Setup { starttls: true, auth: Some(("desk@example.org", "p@ss/word%")), ..Setup::default() };
        let sink = Sink::with(setup, |_, _| Manner::Accept);
        post_to(&world, &["a@example.org"]);
        let wrong = format!("smtp://desk%40example.org:hunter2@127.0.0.1:{}", sink.port);
        courier::run_once(&world.desk, &carrier_to(&world.desk, &wrong)).expect("the database answers");
        let email = only(&world);
        assert_eq!((email.state.code(), email.last_answer.as_str()), ("Deferred", "535 5.7.8 wrong"));
        assert!(!everything_kept(&world).contains("hunter2"));
        world.advance(chrono::Duration::minutes(1));
        let right = format!("smtp://desk%40example.org:p%40ss%2Fword%25@127.0.0.1:{}", sink.port);
        courier::run_once(&world.desk, &carrier_to(&world.desk, &right)).expect("the database answers");
        assert_eq!(sink.received()[0].user.as_deref(), Some("desk@example.org p@ss/word%"));
    }

    fn a_password_is_not_sent_to_a_far_server_without_tls(world) {
        let url = "smtp://desk:secret@mail.example.org".parse().expect("an address");
        let server = Smtp::new(&world.desk.settings, &url).expect("the address is right");
        assert_eq!(server.label(), "mail.example.org:587, STARTTLS");
        let near = "smtp://mail.example.org".parse().expect("an address");
        assert_eq!(Smtp::new(&world.desk.settings, &near).expect("right").label(), "mail.example.org:25");
    }

    fn the_mailbox_of_the_demo_takes_defers_and_refuses(world) {
        let mailbox = Mailbox::with_trouble(|to, tries| match to {
            "full@example.org" => Some(Refusal::ForGood("552 5.2.2 Mailbox full".into())),
            "grey@example.org" if tries == 0 => Some(Refusal::ForNow("451 4.7.1 Greylisted".into())),
            _ => None,
        });
        let carrier = Carrier::Mailbox(mailbox.clone());
        post_to(&world, &["full@example.org", "grey@example.org", "t.adeyemi@example.org"]);
        assert_eq!(courier::run_once(&world.desk, &carrier).expect("the database answers"), 3);
        assert_eq!(states(&world), ["Failed", "Deferred", "Sent"]);
        world.advance(chrono::Duration::minutes(1));
        courier::run_once(&world.desk, &carrier).expect("the database answers");
        assert_eq!(states(&world), ["Failed", "Sent", "Sent"]);
        let (list, count) = mailbox.search("", 0, 10);
        assert_eq!((count, list[0].to.as_str(), list[1].to.as_str()), (2, "grey@example.org", "t.adeyemi@example.org"));
        let settings = &world.desk.settings;
        assert_eq!(list[0].link(settings), Some(format!("{}/enroll/{HANDLE}#{CODE}", world.url)));
        assert!(list[0].letter(settings).expect("it renders").text.contains("ABCDE 23456"));
        assert_eq!(mailbox.search("ADEYEMI", 0, 10).1, 1);
    }

    fn an_email_without_secrets_needs_none(world) {
        let sink = Sink::new();
        post(&world, &[NewEmail { kind: Kind::Canceled, secret: None, ..enrollment_to(&world, "a@example.org") }]);
        let bare = Secret::default();
        post(&world, &[NewEmail { kind: Kind::Reminder, secret: Some(bare), ..enrollment_to(&world, "b@example.org") }]);
        assert_eq!(send(&world, &sink), 2);
        assert!(sink.received().iter().all(|message| !message.data.contains("/enroll/")));
    }
}

/// How many rows still hold something sealed.
fn only_sealed(world: &World) -> i64 {
    use diesel::prelude::*;
    use tokendesk::schema::emails;
    let count =
        world.desk.db.read(|conn| Ok(emails::table.filter(emails::sealed.is_not_null()).count().get_result(conn)?));
    count.expect("the outbox can be read")
}

#[test]
fn what_is_behind_the_mail_servers_address_is_checked() {
    let world = World::new(crate::support::On::Sqlite);
    for wrong in
        ["smtp://mail.example.org?tls=never", "smtp://mail.example.org?timeout=5", "smtp://mail.example.org/path"]
    {
        let error = Smtp::new(&world.desk.settings, &wrong.parse().expect("an address")).err().expect("it is refused");
        assert!(error.to_string().starts_with("The setting smtp_url takes no"), "{error}");
    }
}
