//! One email.

use chrono::Duration;
use tokendesk::{
    mail::State,
    outbox::{self, Step},
    tasks::resend,
    tokens,
};

use super::*;
use crate::on_both;

on_both! {
    fn a_refused_email_is_sent_again_under_its_message_id(world) {
        let who = world.lindqvist();
        let (_, before) = world.refused_notice(&who);
        world.advance(Duration::days(8));
        let (_, step) = outbox::send_again(&world.desk, &who, world.now(), before.id).unwrap();
        assert_eq!(step, Step::Queue(None));
        let waiting = world.newest(Kind::Canceled);
        assert_eq!((waiting.state, waiting.next_try_at, waiting.tries), (State::Queued, Some(world.now()), 1));
        assert_eq!(waiting.give_up_at, world.now() + Duration::days(7), "it is tried for as long as at first");
        assert_eq!(world.deliver(Verdict::Accepted), 1);
        let sent = world.newest(Kind::Canceled);
        assert_eq!((sent.state, sent.tries, &sent.message_id), (State::Sent, 2, &before.message_id));
        let audit = world.dump("audit_entries");
        assert!(audit.contains("mail.send_again") && audit.contains("Sent the email to a.berg@example.org again"), "{audit}");
    }

    fn an_email_whose_code_is_wiped_is_not_sent_again(world) {
        let who = world.lindqvist();
        let (_, _, email) = provisioned(&world, &who);
        world.deliver(Verdict::Refused);
        let sentence = why(outbox::send_again(&world.desk, &who, world.now(), email.id));
        assert_eq!(sentence, "The link and the activation code in it are no longer kept. Resend makes a new link and activation code.");
        assert_eq!(world.states(), ["Failed"]);
    }

    fn what_is_to_be_done_instead_depends_on_the_enrollment(world) {
        let who = world.lindqvist();
        let (user, task, email) = provisioned(&world, &who);
        world.deliver(Verdict::Refused);
        let again = || why(outbox::send_again(&world.desk, &who, world.now(), email.id));
        world.lock(task, user.id);
        assert!(again().ends_with("a.berg is Locked. Unlock them: that sends a fresh email."), "{}", again());
        world.advance(Duration::days(40));
        assert!(again().contains("Unlock them"));
        let other = world.user("b.cole", "Sales");
        let next = world.task(&who, &[other.id]);
        world.deliver(Verdict::Refused);
        let theirs = world.newest(Kind::Enrollment);
        world.enroll(next, other.id);
        let sentence = why(outbox::send_again(&world.desk, &who, world.now(), theirs.id));
        assert!(sentence.ends_with("b.cole has enrolled. For another token, provision them anew."), "{sentence}");
    }

    fn an_older_email_names_the_one_in_its_place(world) {
        let who = world.lindqvist();
        let (user, task, email) = provisioned(&world, &who);
        world.deliver(Verdict::Refused);
        resend::resend(&world.desk, &who, world.now(), task, user.id, None).unwrap();
        let sentence = why(outbox::send_again(&world.desk, &who, world.now(), email.id));
        assert_eq!(sentence, "A newer email replaced it, and its link no longer works.");
    }

    fn what_is_no_longer_true_is_not_sent_again(world) {
        let who = world.lindqvist();
        let (user, task, _) = provisioned(&world, &who);
        world.deliver(Verdict::Accepted);
        world.move_stop(&who, task, &user, "2026-12-10");
        world.deliver(Verdict::Refused);
        let told = world.newest(Kind::NewStopDate);
        world.move_stop(&who, task, &user, "2026-12-12");
        world.deliver(Verdict::Refused);
        let sentence = why(outbox::send_again(&world.desk, &who, world.now(), told.id));
        assert_eq!(sentence, "What it tells is no longer true: the Stop Date is 2026-12-12 by now.");
        let newest = world.newest(Kind::NewStopDate);
        assert!(outbox::send_again(&world.desk, &who, world.now(), newest.id).is_ok());
        world.deliver(Verdict::Refused);
        world.enroll(task, user.id);
        let sentence = why(outbox::send_again(&world.desk, &who, world.now(), newest.id));
        assert_eq!(sentence, "What it tells is no longer true: the enrollment is over.");
    }

    fn a_letter_about_a_token_is_sent_again_only_while_it_is_so(world) {
        let who = world.lindqvist();
        let serial = world.app_of(&world.user("t.adeyemi", "Sales")).token.serial;
        tokens::suspend(&world.desk, &who, world.now(), &serial, "lost the phone").unwrap();
        world.deliver(Verdict::Refused);
        let told = world.newest(Kind::TokenSuspended);
        assert!(outbox::send_again(&world.desk, &who, world.now(), told.id).is_ok());
        world.deliver(Verdict::Refused);
        tokens::resume(&world.desk, &who, world.now(), &serial).unwrap();
        let sentence = why(outbox::send_again(&world.desk, &who, world.now(), told.id));
        assert_eq!(sentence, format!("What it tells is no longer true: {serial} is Active by now."));
    }

    fn it_goes_to_the_address_that_the_profile_has_now(world) {
        let who = world.lindqvist();
        let (user, email) = world.refused_notice(&who);
        world.set_email(&user, "anna.berg@example.org");
        let (_, step) = outbox::send_again(&world.desk, &who, world.now(), email.id).unwrap();
        assert_eq!(step, Step::Queue(Some("anna.berg@example.org".into())));
        assert_eq!(world.newest(Kind::Canceled).shown_to, "anna.berg@example.org");
        world.deliver(Verdict::Refused);
        world.set_email(&user, "");
        let sentence = why(outbox::send_again(&world.desk, &who, world.now(), email.id));
        assert_eq!(sentence, "The user has no email address by now. Add one to the profile.");
    }

    fn a_deferred_email_is_tried_now_with_its_code(world) {
        let who = world.lindqvist();
        let (_, _, email) = provisioned(&world, &who);
        world.deliver(Verdict::RefusedForNow);
        assert_eq!(world.deliver(Verdict::Accepted), 0, "its next try is in a minute");
        let (_, step) = outbox::send_again(&world.desk, &who, world.now(), email.id).unwrap();
        assert_eq!(step, Step::Hasten);
        assert_eq!(world.states(), ["Deferred"]);
        assert_eq!(world.deliver(Verdict::Accepted), 1);
        assert_eq!(world.states(), ["Sent"]);
    }

    fn an_email_in_a_workers_hand_is_left_to_the_worker(world) {
        let who = world.lindqvist();
        let (_, _, email) = provisioned(&world, &who);
        let claimed = mail::claim(&world.desk, world.now(), "worker", 9).unwrap();
        let sentence = "It is being sent at this moment. Look again in a minute.";
        assert_eq!(why(outbox::cancel(&world.desk, &who, world.now(), email.id)), sentence);
        assert_eq!(why(outbox::send_again(&world.desk, &who, world.now(), email.id)), sentence);
        // Below the page and the verb, the statement looks for itself.
        assert_eq!(world.desk.db.write(|conn| mail::cancel(conn, world.now(), &[email.id])).unwrap(), 0);
        // The worker was killed, and its claim runs out.
        assert_eq!(claimed.len(), 1);
        world.advance(Duration::minutes(5));
        outbox::cancel(&world.desk, &who, world.now(), email.id).unwrap();
        assert_eq!(world.states(), ["Canceled"]);
    }

    fn a_canceled_email_does_not_go_out_and_keeps_no_secret(world) {
        let who = world.lindqvist();
        let (user, task, email) = provisioned(&world, &who);
        outbox::cancel(&world.desk, &who, world.now(), email.id).unwrap();
        assert_eq!(world.deliver(Verdict::Accepted), 0);
        let sealed = tokendesk::schema::emails::table.filter(tokendesk::schema::emails::sealed.is_not_null());
        assert_eq!(world.desk.db.read(|conn| Ok(sealed.count().get_result::<i64>(conn)?)).unwrap(), 0);
        assert!(world.dump("audit_entries").contains("Canceled the email to a.berg@example.org"));
        let sentence = why(outbox::send_again(&world.desk, &who, world.now(), email.id));
        assert_eq!(sentence, "It was canceled before it went out. Resend makes a new link and activation code.");
        resend::resend(&world.desk, &who, world.now(), task, user.id, None).unwrap();
        assert_eq!(world.deliver(Verdict::Accepted), 1);
    }

    fn an_alternate_address_that_is_wiped_is_not_written_to_again(world) {
        let who = world.lindqvist();
        let (user, task, _) = provisioned(&world, &who);
        resend::resend(&world.desk, &who, world.now(), task, user.id, Some("anna@home.example")).unwrap();
        world.deliver(Verdict::RefusedForNow);
        let email = world.newest(Kind::Enrollment);
        outbox::send_again(&world.desk, &who, world.now(), email.id).expect("while it waits, the address is kept");
        world.deliver(Verdict::Refused);
        assert!(why(outbox::send_again(&world.desk, &who, world.now(), email.id)).contains("no longer kept"));
        assert!(!world.dump("emails").contains("anna@home") && !world.dump("audit_entries").contains("anna@home"));
    }

    fn an_accepted_email_is_neither_sent_twice_nor_called_back(world) {
        let who = world.lindqvist();
        let (_, _, email) = provisioned(&world, &who);
        world.deliver(Verdict::Accepted);
        let sentence = "The mail server accepted it: it can neither be called back nor sent twice. Resend makes a new link and activation code.";
        assert_eq!(why(outbox::send_again(&world.desk, &who, world.now(), email.id)), sentence);
        assert_eq!(why(outbox::cancel(&world.desk, &who, world.now(), email.id)), sentence);
        assert_eq!(world.states(), ["Sent"]);
    }

    fn an_email_that_came_back_is_sent_again_as_a_refused_one_is(world) {
        let who = world.lindqvist();
        let (user, task, _) = provisioned(&world, &who);
        world.tell_canceled(&who, task, &[&user]);
        world.deliver(Verdict::Accepted);
        let email = world.newest(Kind::Canceled);
        world.bounce(&email);
        assert_eq!(world.newest(Kind::Canceled).state, State::Bounced);
        outbox::send_again(&world.desk, &who, world.now(), email.id).unwrap();
        let again = world.newest(Kind::Canceled);
        assert_eq!((again.state, again.bounced_at, again.bounce_status.as_str()), (State::Queued, None, ""));
        world.deliver(Verdict::Accepted);
        assert_eq!(world.newest(Kind::Canceled).state, State::Sent);
    }

    fn only_who_may_changes_the_outbox_and_only_in_scope(world) {
        let who = world.lindqvist();
        let (_, email) = world.refused_notice(&who);
        for role in [BuiltIn::HelpDesk, BuiltIn::Auditor] {
            let other = world.operator(role.name(), role);
            assert!(matches!(outbox::send_again(&world.desk, &other, world.now(), email.id), Err(Error::Forbidden(_))));
            assert!(matches!(outbox::cancel(&world.desk, &other, world.now(), email.id), Err(Error::Forbidden(_))));
        }
        let elsewhere = world.user("e.lse", "Elsewhere").container;
        let narrow = world.operator_in("carla", BuiltIn::Operator, &[elsewhere]);
        missing(outbox::send_again(&world.desk, &narrow, world.now(), email.id), email.id);
        missing(outbox::cancel(&world.desk, &narrow, world.now(), email.id), email.id);
        let manager = world.operator("m", BuiltIn::ProvisioningManager);
        outbox::send_again(&world.desk, &manager, world.now(), email.id).unwrap();
    }
}

impl World {
    /// A delivery report says that this email did not arrive.
    fn bounce(&self, email: &Email) {
        let report = format!(
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\
             Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n\
             Action: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
             Message-ID: {}\r\n\r\n--b--\r\n",
            email.message_id
        );
        let actor = tokendesk::audit::Actor::system();
        let taken =
            tokendesk::bounces::take(&self.desk, self.now(), &actor, report.as_bytes()).expect("it can be noted");
        assert!(matches!(taken, tokendesk::bounces::ReportOutcome::Bounced(..)), "{taken:?}");
    }
}
