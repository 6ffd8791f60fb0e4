//! Delivery reports of every kind of mail system, and what looks like one and is none.

use tokendesk::{
    audit::Actor,
    bounces::{self, ReportOutcome},
    mail::{Action, State},
};

use super::{bounces::postfix, *};
use crate::on_both;

/// A report that is made of a Message-ID.
type Made = Box<dyn Fn(&str) -> String>;

const ADDRESS: &str = "a@example.org";

/// The head of what a mail system writes; nobody can answer it.
fn head(subject: &str, more: &str) -> String {
    format!(
        "Return-Path: <>\r\nFrom: Mail system <MAILER-DAEMON@mx.example.net>\r\nTo: bounces@example.org\r\nSubject: {subject}\r\n\
Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nMessage-ID: <n1@mx.example.net>\r\n{more}\r\n"
    )
}

/// The headers of our email, as they are returned.
fn ours(id: &str) -> String {
    format!(
        "From: help@example.org\r\nTo: {ADDRESS}\r\nSubject: Set up\r\nMessage-ID: {id}\r\nDate: Fri, 20 Nov 2026 13:32:00 +0000\r\n"
    )
}

/// Parts of their types, in a message of this type.
fn parts(kind: &str, list: &[(&str, &str)]) -> String {
    let body: String =
        list.iter().map(|(kind, text)| format!("--b7\r\nContent-Type: {kind}\r\n\r\n{text}\r\n")).collect();
    head("Not delivered", &format!("Content-Type: {kind}; boundary=\"b7\"\r\n")) + &*body + "--b7--\r\n"
}

/// A delivery status of these groups.
fn status(groups: &[&str]) -> String {
    let groups: String = groups.iter().map(|group| format!("\r\n{}\r\n", group.replace('\n', "\r\n"))).collect();
    format!("Reporting-MTA: dns; mx.example.net\r\n{groups}")
}

const REPORT: &str = "multipart/report; report-type=delivery-status";
const FAILED: &str = "Final-Recipient: rfc822; a@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such box";

/// Words, a line, and our email below it.
fn below(words: &str, id: &str) -> String {
    format!("{words}\r\n\r\n------ This is a copy of your message. ------\r\n\r\n{}\r\nHello.\r\n", ours(id))
}

fn take(world: &World, text: &str) -> ReportOutcome {
    bounces::take(&world.desk, world.now(), &Actor::system(), text.as_bytes()).expect("the database answers")
}

/// One email that was accepted: its Message-ID.
fn sent(world: &World) -> String {
    post_to(world, &[ADDRESS]);
    send(world, &Sink::new());
    last(world).message_id
}

fn last(world: &World) -> Email {
    outbox(world).pop().expect("it is there")
}

/// What becomes of an email of its own, and of its state, by a report that is made of its Message-ID.
fn becomes(world: &World, report: impl Fn(&str) -> String) -> (ReportOutcome, State, String) {
    let id = sent(world);
    let taken = take(world, &report(&id));
    (taken, last(world).state, last(world).bounce_status)
}

on_both! {
    fn a_failure_is_seen_whatever_it_stands_in(world) {
        let text = ("text/plain", "It did not arrive.");
        let kinds: Vec<(&str, Made)> = vec![
            ("a status in multipart/mixed", Box::new(move |id| parts("multipart/mixed", &[text, ("message/delivery-status", &status(&[FAILED])), ("text/rfc822-headers", &ours(id))]))),
            ("a report without its type", Box::new(move |id| parts("multipart/report", &[text, ("message/delivery-status", &status(&[FAILED])), ("message/rfc822", &ours(id))]))),
            ("our email as a fragment", Box::new(move |id| parts(REPORT, &[text, ("message/delivery-status", &status(&[FAILED])), ("message/partial", &ours(id))]))),
            ("our headers in the words for people", Box::new(|id| parts(REPORT, &[("text/plain", &ours(id)), ("message/delivery-status", &status(&[FAILED]))]))),
            ("our id in a sentence", Box::new(|id| parts(REPORT, &[("text/plain", &format!("About {id}, sent by you.")), ("message/delivery-status", &status(&[FAILED]))]))),
            ("our id in a field of its own", Box::new(move |id| parts(REPORT, &[text, ("message/delivery-status", &status(&[&format!("{FAILED}\nX-Message: {id}")]))]))),
            ("our headers below those of the part", Box::new(move |id| parts("multipart/mixed", &[text, ("message/delivery-status", &status(&[FAILED])), ("text/plain", &format!("\r\n{}", ours(id)))]))),
            ("QSBMF with our email as a part", Box::new(|id| parts("multipart/mixed", &[
                ("text/plain", "Hi. This is the mail program at mx.example.net.\r\nIt is not tried again.\r\n\r\n<a@example.org>:\r\n192.0.2.9 said: 550 5.1.1 no such box\r\n\r\n--- A copy is enclosed."),
                ("message/rfc822", &ours(id)),
            ]))),
            ("QSBMF in one paragraph", Box::new(|id| head("failure notice", "") + &*below("Hi. This is the mail program.\r\nIt is not tried again.\r\n<a@example.org>:\r\n550 5.1.1 no such box", id))),
            ("Exim's words", Box::new(|id| head("Mail delivery failed", "X-Failed-Recipients: a@example.org\r\n") + &*below("It failed:\r\n\r\n  a@example.org\r\n    SMTP error after RCPT TO:<a@example.org>:\r\n    550 5.1.1 no such box", id))),
            ("a list of failed addresses alone", Box::new(|id| head("Nachricht", "X-Failed-Recipients: a@example.org\r\n") + &*below("550 5.1.1 kein Postfach", id))),
            ("words and a code", Box::new(|id| head("Undelivered", "") + &*below("<a@example.org>: 550 5.1.1 no such box", id))),
            ("words beside an enclosed email", Box::new(|id| parts("multipart/mixed", &[("text/plain", "a@example.org was refused: 550-5.1.1 no such box"), ("message/rfc822", &ours(id))]))),
        ];
        for (kind, report) in kinds {
            assert_eq!(becomes(&world, report), (ReportOutcome::Bounced(last(&world).id, "No such mailbox".into()), State::Bounced, "5.1.1".into()), "{kind}");
        }
    }

    fn words_without_a_code_are_a_failure_that_gives_no_reason(world) {
        let report = |id: &str| head("failure notice", "") + &*below("Sorry, the email could not be delivered.\r\n\r\n<a@example.org>", id);
        let (taken, state, code) = becomes(&world, report);
        assert!(matches!(taken, ReportOutcome::Bounced(..)), "{taken:?}");
        assert_eq!((state, code.as_str()), (State::Bounced, ""));
    }

    fn an_action_beside_the_standard_is_a_failure(world) {
        for group in [
            "Final-Recipient: rfc822; a@example.org\nAction: expired\nStatus: \nDiagnostic-Code: smtp; kept for 3 days in vain",
            "Final-Recipient: rfc822; a@example.org\nAction: failure\nStatus: 5.0.0",
            "Final-Recipient: rfc822; a@example.org\nStatus: 5.4.7",
            "Final-Recipient: rfc822; a@example.org\n\nAction: failed\nStatus: 5.1.1",
        ] {
            let report = |id: &str| parts(REPORT, &[("message/delivery-status", &status(&[group])), ("message/rfc822", &ours(id))]);
            assert_eq!(becomes(&world, report).1, State::Bounced, "{group}");
        }
    }

    fn status_and_reason_are_those_of_the_same_recipient(world) {
        let deputy = "Final-Recipient: rfc822; deputy@example.net\nAction: delayed\nStatus: 4.4.1\nDiagnostic-Code: smtp; 421 4.4.1 timed out";
        let silent = "Final-Recipient: rfc822; a@example.org\nAction: failed\nStatus: 5.0.0";
        for groups in [[silent, deputy], [deputy, silent]] {
            let report = |id: &str| parts(REPORT, &[("message/delivery-status", &status(&groups)), ("message/rfc822", &ours(id))]);
            let (taken, state, code) = becomes(&world, report);
            assert_eq!(taken, ReportOutcome::Bounced(last(&world).id, "5.0.0 No reason was given".into()));
            assert_eq!((state, code.as_str(), last(&world).last_answer.as_str()), (State::Bounced, "5.0.0", "5.0.0 No reason was given"));
        }
        // Our recipient waits; that somebody else's mailbox is gone does not make it fail.
        let waits = "Original-Recipient: rfc822;A@example.org\nFinal-Recipient: rfc822; box7@mx.example.org\nAction: delayed\nStatus: 4.2.2";
        let gone = "Final-Recipient: rfc822; deputy@example.net\nAction: failed\nStatus: 5.1.1";
        let report = |id: &str| parts(REPORT, &[("message/delivery-status", &status(&[gone, waits])), ("message/rfc822", &ours(id))]);
        assert_eq!(becomes(&world, report).0, ReportOutcome::Noted(last(&world).id, Action::Delayed));
        // Where the address was rewritten on the way, the worst counts.
        let report = |id: &str| parts(REPORT, &[("message/delivery-status", &status(&[deputy, gone])), ("message/rfc822", &ours(id))]);
        assert_eq!(becomes(&world, report).1, State::Bounced);
    }

    fn what_is_tried_still_is_noted_and_stays_sent(world) {
        let late = "Final-Recipient: rfc822; a@example.org\nAction: delayed\nStatus: 4.4.7\nDiagnostic-Code: smtp; 550 4.4.7 later";
        let kinds: Vec<Made> = vec![
            Box::new(move |id| parts("multipart/mixed", &[("message/delivery-status", &status(&[late])), ("text/rfc822-headers", &ours(id))])),
            Box::new(|id| parts(REPORT, &[("message/delivery-status", &status(&["Final-Recipient: rfc822; a@example.org\nStatus: 4.4.1"])), ("message/rfc822", &ours(id))])),
            Box::new(|id| head("Warning: message delayed 24 hours", "") + &*below("It has not yet been delivered to a@example.org after 24 hours.\r\nNo action is required on your part.\r\n550 is what the server said.", id)),
            Box::new(|id| head("Note", "X-Failed-Recipients: a@example.org\r\n") + &*below("a@example.org: 451 try later.\r\nThe email will be\r\nretried for 4 days.", id)),
            Box::new(|id| head("Delivery Status Notification (Delay)", "X-Failed-Recipients: a@example.org\r\n") + &*below("This is a warning message only.\r\nYOU DO NOT NEED TO RESEND YOUR MESSAGE.\r\na@example.org", id)),
        ];
        for report in kinds {
            let (taken, state, _) = becomes(&world, report);
            assert_eq!((taken, state), (ReportOutcome::Noted(last(&world).id, Action::Delayed), State::Sent));
        }
    }

    fn nothing_that_people_and_their_programs_write_makes_an_email_bounced(world) {
        let person = |more: &str| format!("From: Nana Osei <a@example.org>\r\nTo: help@example.org\r\nSubject: Re: Set up\r\n{more}\r\n");
        let note = |from: &str, more: &str| format!("Return-Path: <>\r\nFrom: {from}\r\nSubject: Re: Set up\r\nAuto-Submitted: auto-replied\r\n{more}\r\n");
        let kinds: Vec<(&str, Made)> = vec![
            ("a reply that begins as qmail does", Box::new(move |id| person(&format!("In-Reply-To: {id}\r\n")) + "Hi. This is the link I got, and it does not open:\r\n\r\n<https://tokens.example.org/>: what shall I do?\r\n\r\n-----Original Message-----\r\nFrom: Help")),
            ("a reply that quotes all of ours", Box::new(move |id| person("") + &*below("Hi. This is the answer.\r\n\r\n<a@example.org>:\r\n550 5.1.1 it could not be delivered", id))),
            ("a reply with a return path, from a mail system's name", Box::new(|id| format!("Return-Path: <anna@example.net>\r\nFrom: MAILER-DAEMON@example.net\r\n\r\n{}", below("<a@example.org>: 550 5.1.1 failed permanently", id)))),
            ("a mail system that answers and returns nothing", Box::new(|id| head("Undelivered", &format!("In-Reply-To: {id}\r\nReferences: {id}\r\n")) + "<a@example.org>: 550 5.1.1 no such box\r\n\r\n--- no copy\r\n")),
            ("QSBMF that names us as answered only", Box::new(|id| head("failure notice", &format!("In-Reply-To: {id}\r\n")) + &*below("Hi. This is the mail program.\r\n\r\n<a@example.org>:\r\n550 5.1.1 no", "<another@example.org>").replace("Subject: Set up", &format!("In-Reply-To: {id}\r\nReferences: <x@y>\r\n {id}")))),
            ("out of office", Box::new(move |id| note("Nana Osei <a@example.org>", &format!("In-Reply-To: {id}\r\n")) + &*below("I am away. Please write to deputy@example.org; emails of 550 kB could not be delivered.", id))),
            ("out of office of a postmaster", Box::new(move |id| note("postmaster@example.org", "") + &*below("Nobody is here. Please write to deputy@example.org.", id))),
            ("a complaint about spam", Box::new(|id| parts("multipart/report; report-type=feedback-report", &[("text/plain", "Complaint"), ("message/feedback-report", "Feedback-Type: abuse\r\nVersion: 1\r\n"), ("message/rfc822", &ours(id))]))),
            ("a complaint in multipart/mixed", Box::new(|id| parts("multipart/mixed", &[("text/plain", "a@example.org: 550 5.7.1 undelivered"), ("message/feedback-report", "Feedback-Type: abuse\r\n"), ("message/delivery-status", &status(&[FAILED])), ("message/rfc822", &ours(id))]))),
            ("a note that it was read", Box::new(|id| parts("multipart/report; report-type=disposition-notification", &[("message/disposition-notification", &format!("Original-Message-ID: {id}\r\nDisposition: manual-action/MDN-sent-manually; deleted\r\n")), ("message/delivery-status", &status(&[FAILED]))]))),
            ("a challenge", Box::new(|id| head("Your email was not delivered", "") + &*below("It could not be delivered to a@example.org yet.\r\nPlease confirm that you are a person.", id))),
            ("a forwarded report", Box::new(move |id| person("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=f\r\n") + &*format!("--f\r\nContent-Type: text/plain\r\n\r\nSee this.\r\n--f\r\nContent-Type: message/rfc822\r\n\r\n{}\r\n--f--\r\n", postfix(id)))),
        ];
        for (kind, report) in kinds {
            let (taken, state, _) = becomes(&world, report);
            assert!(!taken.is_taken(), "{kind}: {taken:?}");
            assert_eq!(state, State::Sent, "{kind}");
        }
    }
}
