//! Delivery reports that come back by email (RFC 3464), in the shapes of real mail servers.

use std::process::{Command, Output, Stdio};

use tokendesk::{
    audit::Actor,
    bounces::{self, ReportOutcome, report::REPORT_BYTES},
    mail::{Action, NewEmail, State},
    operators::BuiltIn,
};

use super::*;
use crate::on_both;

/// As Postfix writes it: three parts, the whole email returned.
pub(crate) fn postfix(message_id: &str) -> String {
    format!(
        "Return-Path: <>\r\nReceived: by mx.example.org (Postfix)\r\n\tid 4B1C21A2; Fri, 20 Nov 2026 13:33:01 +0000 (UTC)\r\n\
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)\r\nSubject: Undelivered Mail Returned to Sender\r\n\
To: bounces@example.org\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"1A2B3C.1700000000/mx.example.org\"\r\n\
Message-Id: <20261120133301.4B1C21A2@mx.example.org>\r\n\r\nThis is a MIME-encapsulated message.\r\n\r\n\
--1A2B3C.1700000000/mx.example.org\r\nContent-Description: Notification\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n\
This is the mail system at host mx.example.org.\r\n\r\nI'm sorry to have to inform you.\r\n\r\n\
--1A2B3C.1700000000/mx.example.org\r\nContent-Description: Delivery report\r\nContent-Type: message/delivery-status\r\n\r\n\
Reporting-MTA: dns; mx.example.org\r\nX-Postfix-Queue-ID: 4B1C21A2\r\nX-Postfix-Sender: rfc822; bounces@example.org\r\n\
Arrival-Date: Fri, 20 Nov 2026 13:32:00 +0000 (UTC)\r\n\r\nFinal-Recipient: rfc822; a@example.org\r\n\
Original-Recipient: rfc822;a@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mail.example.org\r\n\
Diagnostic-Code: smtp; 550 5.1.1 <a@example.org>: Recipient address rejected:\r\n    User unknown in local recipient table\r\n\r\n\
--1A2B3C.1700000000/mx.example.org\r\nContent-Description: Undelivered Message\r\nContent-Type: message/rfc822\r\n\r\n\
From: Help desk <help@example.org>\r\nTo: a@example.org\r\nSubject: Set up your sign-in token\r\nMessage-ID: {message_id}\r\n\
Content-Type: text/plain\r\n\r\nHello\r\n\r\n--1A2B3C.1700000000/mx.example.org--\r\n"
    )
}

/// As Exchange writes it: another status than usual, headers only, quoted type, no space behind the semicolon.
fn exchange(message_id: &str) -> String {
    format!(
        "From: <postmaster@example.onmicrosoft.com>\r\nTo: <bounces@example.org>\r\nSubject: Undeliverable: Set up your sign-in token\r\n\
MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=\"delivery-status\";\r\n boundary=\"_000_AB_\"\r\n\r\n\
--_000_AB_\r\nContent-Type: multipart/alternative; differences=Content-Type;\r\n boundary=\"_001_\"\r\n\r\n--_001_\r\nContent-Type: text/plain\r\n\r\nYour message couldn't be delivered.\r\n\
--_001_\r\nContent-Type: text/html\r\n\r\n<html><b>couldn't be delivered</b></html>\r\n--_001_--\r\n\r\n\
--_000_AB_\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns;AM0PR.example.outlook.com\r\nReceived-From-MTA: dns;mail.example.org\r\n\
Arrival-Date: Fri, 20 Nov 2026 13:32:10 +0000\r\n\r\nFinal-Recipient: rfc822;a@example.org\r\nAction: failed\r\nStatus: 5.1.10\r\n\
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup\r\n\r\n\
--_000_AB_\r\nContent-Type: text/rfc822-headers\r\n\r\nReceived: from mail.example.org\r\nSubject: Set up\r\nMessage-ID:\r\n {message_id}\r\nDate: Fri, 20 Nov 2026 13:32:00 +0000\r\n\r\n--_000_AB_--\r\n"
    )
}

/// As Exim writes it: the status says nothing, and the remote server's words say all.
fn exim(message_id: &str) -> String {
    format!(
        "Auto-Submitted: auto-replied\nFrom: Mail Delivery System <Mailer-Daemon@exim.example.org>\nTo: bounces@example.org\nX-Failed-Recipients: a@example.org\n\
MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=1700000000-eximdsn-42\n\n\
--1700000000-eximdsn-42\nContent-type: text/plain; charset=us-ascii\n\nThis message was created automatically by mail delivery software.\n\n\
--1700000000-eximdsn-42\nContent-type: message/delivery-status\n\nReporting-MTA: dns; exim.example.org\n\nAction: failed\nFinal-Recipient: rfc822;a@example.org\nStatus: 5.0.0\n\
Remote-MTA: dns; mail.example.org\nDiagnostic-Code: smtp; 552-5.2.2 The email account that you tried to reach is over quota.\n 552 5.2.2 Please direct the recipient elsewhere\n\n\
--1700000000-eximdsn-42\nContent-type: message/rfc822\n\nReturn-path: <bounces@example.org>\nMessage-ID: {message_id}\nSubject: Set up\n\nHello\n\n--1700000000-eximdsn-42--\n"
    )
}

/// As Gmail writes it: a picture among the parts, and everything in an order of its own.
fn gmail(message_id: &str, action: &str, status: &str) -> String {
    format!(
        "To: bounces@example.org\r\nAuto-Submitted: auto-replied\r\nSubject: Delivery Status Notification\r\nReferences: {message_id}\r\nIn-Reply-To: {message_id}\r\n\
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\r\nContent-Type: multipart/report; boundary=\"000000000000f1\"; report-type=delivery-status\r\n\r\n\
--000000000000f1\r\nContent-Type: multipart/related; boundary=\"000000000000f2\"\r\n\r\n--000000000000f2\r\nContent-Type: multipart/alternative; boundary=\"000000000000f3\"\r\n\r\n\
--000000000000f3\r\nContent-Type: text/plain; charset=\"UTF-8\"\r\n\r\n** Not yet **\r\n--000000000000f3--\r\n--000000000000f2\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--000000000000f2--\r\n\
--000000000000f1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; googlemail.com\r\nArrival-Date: Fri, 20 Nov 2026 05:32:01 -0800 (PST)\r\nX-Original-Message-ID: {message_id}\r\n\r\n\
Final-Recipient: rfc822; a@example.org\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; The recipient server did not accept our requests to connect.\r\nLast-Attempt-Date: Fri, 20 Nov 2026 06:32:01 -0800 (PST)\r\n\r\n\
--000000000000f1\r\nContent-Type: message/rfc822\r\n\r\nX-Received: by 2002:a05\r\nMessage-ID: {message_id}\r\nTo: a@example.org\r\n\r\n----- Message truncated -----\r\n--000000000000f1--\r\n"
    )
}

/// As qmail writes it: no report at all, but plain text in paragraphs, and a copy of the email below a line.
fn qmail(message_id: &str) -> String {
    format!(
        "Return-Path: <>\nReceived: (qmail 12345 invoked for bounce); 20 Nov 2026 13:33:01 -0000\nDate: 20 Nov 2026 13:33:01 -0000\n\
From: MAILER-DAEMON@qmail.example.org\nTo: bounces@example.org\nSubject: failure notice\n\n\
Hi. This is the qmail-send program at qmail.example.org.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\
This is a permanent error; I've given up. Sorry it didn't work out.\n\n\
<a@example.org>:\n192.0.2.5 does not like recipient.\nRemote host said: 550 5.1.1 sorry, no mailbox here by that name\nGiving up on 192.0.2.5.\n\n\
--- Below this line is a copy of the message.\n\n\
Return-Path: <bounces@example.org>\nReceived: (qmail 12344 invoked by uid 89); 20 Nov 2026 13:32:10 -0000\nMessage-ID: {message_id}\nSubject: Set up\n\nHello\n"
    )
}

/// One email that was accepted; its Message-ID.
fn sent(world: &World, email: NewEmail) -> String {
    post(world, &[email]);
    send(world, &Sink::new());
    outbox(world).pop().expect("it is there").message_id
}

fn take(world: &World, text: &str) -> ReportOutcome {
    bounces::take(&world.desk, world.now(), &Actor::system(), text.as_bytes()).expect("the database answers")
}

fn last(world: &World) -> Email {
    outbox(world).pop().expect("it is there")
}

on_both! {
    fn reports_of_five_servers_find_their_email_and_say_why(world) {
        for (make, status, answer, why) in [
            (postfix as fn(&str) -> String, "5.1.1", "550 5.1.1 <a@example.org>: Recipient address rejected: User unknown in local recipient table", "No such mailbox"),
            (exchange, "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", "No such mailbox, or the domain takes no mail"),
            (exim, "5.2.2", "552-5.2.2 The email account that you tried to reach is over quota. 552 5.2.2 Please direct the recipient elsewhere", "The mailbox is full"),
            (qmail, "5.1.1", "192.0.2.5 does not like recipient. Remote host said: 550 5.1.1 sorry, no mailbox here by that name Giving up on 192.0.2.5.", "No such mailbox"),
            (|id: &str| gmail(id, "failed", "4.4.1"), "4.4.1", "4.4.1 The recipient server did not accept our requests to connect.", "No answer from the mail server"),
        ] {
            let id = sent(&world, enrollment_to(&world, "a@example.org"));
            world.advance(chrono::Duration::minutes(1));
            assert_eq!(take(&world, &make(&id)), ReportOutcome::Bounced(last(&world).id, why.into()));
            let email = last(&world);
            assert_eq!((email.state, email.bounce_status.as_str()), (State::Bounced, status));
            assert_eq!((email.last_answer.as_str(), email.bounced_at), (answer, Some(world.now())));
        }
    }

    fn a_bounce_asks_for_attention_and_is_told_in_the_log(world) {
        let id = sent(&world, enrollment_to(&world, "a@example.org"));
        take(&world, &postfix(&id));
        let failures = world.desk.db.read(|conn| mail::failures(conn, world.now(), None)).expect("it can be counted");
        assert_eq!(failures.rows, 1);
        let log = world.dump("audit_entries");
        assert!(log.contains("mail.bounce") && log.contains("Email to a@example.org bounced: 550 5.1.1"), "{log}");
        let browser = world.signed_in("anna", BuiltIn::Operator);
        browser.get("/outbox").expect(200).says("Needs attention 1").says("Bounced 1").says("Bounced No such mailbox");
        browser.get("/outbox?state=bounced").expect(200).says("stopped");
        browser.get(&format!("/outbox/{}", last(&world).id)).expect(200)
            .says("Delivery reports").says("Not delivered 550 5.1.1").says("No such mailbox");
    }

    fn a_report_that_returns_nothing_finds_its_email_by_what_it_names_besides(world) {
        let cut = |text: &str| text.replace("message/rfc822", "application/octet-stream");
        for make in [
            |id: &str| gmail(id, "failed", "5.1.1").replace("References", "X-Was").replace("In-Reply-To", "X-Was"),
            |id: &str| gmail(id, "failed", "5.1.1").replace("X-Original-Message-ID", "X-Was"),
            |id: &str| exim("<none@example.org>").replace("Reporting-MTA", &format!("Original-Envelope-Id: {id}\nReporting-MTA")),
            |id: &str| exim(id).replace("report-type=delivery-status; ", ""),
        ] {
            let id = sent(&world, enrollment_to(&world, "a@example.org"));
            let whole = make(&id);
            let report = if whole.contains("eximdsn") { whole } else { cut(&whole) };
            assert!(matches!(take(&world, &report), ReportOutcome::Bounced(..)), "{report}");
            assert_eq!(last(&world).state, State::Bounced);
        }
    }

    fn other_reports_are_noted_and_leave_the_email_sent(world) {
        let id = sent(&world, enrollment_to(&world, "a@example.org"));
        for (action, status, known) in [("delayed", "4.4.1", Action::Delayed), ("Relayed", "2.0.0", Action::Relayed), ("delivered", "2.1.5", Action::Delivered), ("expanded", "2.0.0", Action::Expanded)] {
            assert_eq!(take(&world, &gmail(&id, action, status)), ReportOutcome::Noted(last(&world).id, known));
        }
        assert_eq!(last(&world).state, State::Sent);
        let reports = world.desk.db.read(|conn| mail::deliveries(conn, last(&world).id)).expect("they can be read");
        assert_eq!(reports.len(), 4);
        assert_eq!(reports[3].action, Action::Delayed);
    }

    fn a_report_that_is_read_twice_is_known(world) {
        let id = sent(&world, enrollment_to(&world, "a@example.org"));
        take(&world, &postfix(&id));
        let log = world.dump("audit_entries");
        assert_eq!(take(&world, &postfix(&id)), ReportOutcome::Known(last(&world).id));
        assert_eq!(world.dump("audit_entries"), log);
    }

    fn only_an_accepted_email_bounces(world) {
        post_to(&world, &["a@example.org"]);
        let email = only(&world);
        assert_eq!(take(&world, &postfix(&email.message_id)), ReportOutcome::Noted(email.id, Action::Failed));
        assert_eq!(only(&world).state, State::Queued);
        world.desk.db.write(|conn| mail::cancel_waiting(conn, &[EnrollmentId(70)])).expect("it is canceled");
        assert_eq!(take(&world, &exim(&email.message_id)), ReportOutcome::Noted(email.id, Action::Failed));
        assert_eq!(only(&world).state, State::Canceled);
    }

    fn nobody_marks_an_email_whose_message_id_they_do_not_know(world) {
        let id = sent(&world, enrollment_to(&world, "a@example.org"));
        let random = id.trim_start_matches('<').split('@').next().expect("a part before the @");
        assert!(random.len() == 32 && random.bytes().all(|c| c.is_ascii_hexdigit()), "128 random bits: {id}");
        let other = sent(&world, enrollment_to(&world, "b@example.org"));
        assert_ne!(id[..20], other[..20]);
        for guess in [id.replace(random, &random[1..]), id.replace(random, "%"), id.to_uppercase(), format!("<{}@{}>", last(&world).id, world.url), String::new()] {
            assert!(!take(&world, &postfix(&guess)).is_taken(), "{guess}");
        }
        assert_eq!(states(&world), ["Sent", "Sent"]);
    }

    fn what_is_no_proper_report_is_skipped(world) {
        let id = sent(&world, enrollment_to(&world, "a@example.org"));
        let good = postfix(&id);
        assert_eq!(take(&world, ""), ReportOutcome::NoReport);
        assert_eq!(take(&world, "Subject: Out of office\r\n\r\nBack on Monday"), ReportOutcome::NoReport);
        assert_eq!(take(&world, &good.replace("report-type=delivery-status", "report-type=disposition-notification")), ReportOutcome::NoReport);
        assert!(matches!(take(&world, &good.replace("message/delivery-status", "text/plain")), ReportOutcome::Malformed(_)));
        let unnamed = good.replace(&id, "<somebody@example.org>");
        assert_eq!(take(&world, &unnamed), ReportOutcome::NotOurs);
        assert!(matches!(take(&world, &unnamed.replace("Message-ID", "X-Was")), ReportOutcome::Malformed(_)));
        assert!(matches!(take(&world, &good.replace("Action: failed", "Action: exploded")), ReportOutcome::Malformed(_)));
        assert!(matches!(take(&world, &qmail(&id).replace("--- Below", "Below")), ReportOutcome::Malformed(_)));
        assert!(matches!(take(&world, &qmail(&id).replace("<a@example.org>:", "a@example.org")), ReportOutcome::Malformed(_)));
        let person = qmail(&id).replace("Hi. This is", "Hello, this is").replace("MAILER-DAEMON", "anna");
        assert_eq!(take(&world, &person), ReportOutcome::NoReport);
        let long = format!("{good}{}", "x".repeat(usize::try_from(REPORT_BYTES).expect("it fits")));
        assert_eq!(take(&world, &long), ReportOutcome::TooLong);
        assert_eq!(states(&world), ["Sent"]);
    }

    fn an_alternate_address_does_not_come_back_with_a_bounce(world) {
        let id = sent(&world, NewEmail { alternate: true, ..enrollment_to(&world, "private@home.example") });
        let report = postfix(&id).replace("a@example.org", "Private@Home.example");
        assert!(matches!(take(&world, &report), ReportOutcome::Bounced(..)));
        assert_eq!(last(&world).last_answer, "5.1.1 No such mailbox");
        let kept = format!("{}{}", everything_kept(&world), world.dump("email_reports")).to_lowercase();
        assert!(!kept.contains("private@home"), "{kept}");
    }

    fn a_link_that_a_filter_repeats_is_not_kept(world) {
        let id = sent(&world, enrollment_to(&world, "a@example.org"));
        let report = postfix(&id).replace("User unknown", &format!("we dislike https://t.example/enroll/{HANDLE}#{CODE} here"));
        take(&world, &report);
        assert!(last(&world).last_answer.contains("we dislike ••• here"), "{}", last(&world).last_answer);
        assert!(!format!("{}{}", everything_kept(&world), world.dump("email_reports")).contains(CODE));
    }
}

/// The command beside a world on SQLite.
fn command(world: &World, args: &[&str], input: &str) -> Output {
    use std::io::Write as _;
    let mut child = Command::new(env!("CARGO_BIN_EXE_tokendesk"))
        .args(["bounces", "import"])
        .args(args)
        .env_remove("TOKENDESK_TEST_POSTGRES")
        .env("TOKENDESK_DATABASE_URL", &world.desk.settings.database_url)
        .env("TOKENDESK_MASTER_KEY", data_encoding::HEXLOWER.encode(&crate::support::MASTER))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it is read");
    child.wait_with_output().expect("it ends")
}

fn told(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_maildir_is_read_once() {
    let world = World::new(crate::support::On::Sqlite);
    let id = sent(&world, enrollment_to(&world, "a@example.org"));
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    for part in ["new", "cur", "tmp"] {
        std::fs::create_dir(path(part)).expect("a folder");
    }
    std::fs::write(path("new/1700000001.a.mx"), postfix(&id)).expect("a file");
    std::fs::write(path("new/1700000002.b.mx"), "Subject: Lunch?\r\n\r\nAt noon?").expect("a file");
    std::fs::write(path("new/.hidden"), postfix(&id)).expect("a file");
    let enrollment = folder.path().to_str().expect("text");
    let first = told(&command(&world, &["--maildir", enrollment], ""));
    assert!(first.contains("1700000001.a.mx: email 1 bounced: No such mailbox"), "{first}");
    assert!(first.contains("1700000002.b.mx: skipped: no delivery report"), "{first}");
    assert!(first.ends_with("1 taken, 1 skipped.\n"), "{first}");
    assert!(path("cur/1700000001.a.mx:2,S").is_file() && path("cur/1700000002.b.mx:2,S").is_file());
    assert_eq!(told(&command(&world, &["--maildir", enrollment], "")), "0 taken, 0 skipped.\n");
    assert_eq!(states(&world), ["Bounced"]);
    let nowhere = command(&world, &["--maildir", "/nowhere/at/all"], "");
    assert_eq!(nowhere.status.code(), Some(75));
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("cannot be read"));
}

#[test]
fn a_pipe_and_a_mailbox_file_are_read() {
    let world = World::new(crate::support::On::Sqlite);
    let piped = sent(&world, enrollment_to(&world, "a@example.org"));
    let filed = sent(&world, enrollment_to(&world, "b@example.org"));
    let output = told(&command(&world, &["-"], &exim(&piped)));
    assert!(output.contains("message: email 1 bounced: The mailbox is full"), "{output}");
    assert!(told(&command(&world, &["-"], "From: spam\n\nbuy")).contains("0 taken, 1 skipped."));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bounces");
    let long = "x".repeat(3 * 1024 * 1024);
    let text = format!(
        "From MAILER-DAEMON Fri Nov 20 13:33:01 2026\n{}\nFrom someone Fri Nov 20 13:34:01 2026\nSubject: long\n\n{long}\n\nFrom x Fri\n{}",
        exim(&filed).replace("This message was", ">From the start this message was"),
        exchange(&piped)
    );
    std::fs::write(&file, text).expect("a file");
    let output = told(&command(&world, &["--mbox", file.to_str().expect("text")], ""));
    assert!(output.contains("message 1: email 2 bounced: The mailbox is full"), "{output}");
    assert!(output.contains("message 2: skipped: longer than 1024 KiB"), "{output}");
    assert!(output.contains("message 3: email 1: not delivered"), "{output}");
    assert!(output.ends_with("2 taken, 1 skipped.\n"), "{output}");
    assert_eq!(states(&world), ["Bounced", "Bounced"]);
    assert!(
        told(&command(&world, &["--mbox", file.to_str().expect("text")], ""))
            .contains("message 1: email 2: this report was read before")
    );
}
