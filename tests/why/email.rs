//! The email, and the link in it.

use tokendesk::tasks::resend;

use super::*;
use crate::on_both;

fn posted(world: &World) -> (User, TaskId) {
    let user = world.user("t.adeyemi", "Sales");
    let task = provision(world, &user, AuthenticationType::AuthenticatorApp);
    (user, task)
}

fn resend(world: &World, invited: &Invited) {
    resend::resend(&world.desk, &world.lindqvist_or_known(), world.now(), invited.task, invited.user.id, None).unwrap();
}

on_both! {
    fn an_email_of_this_minute_is_on_its_way(world, |settings| settings.smtp_url = "smtp://127.0.0.1:1".into()) {
        let (user, _) = posted(&world);
        assert_eq!(is(&world, &user, Situation::EmailOnItsWay, "look again in a minute"), None);
    }

    fn an_email_that_nobody_takes_waits(world, |settings| settings.smtp_url = "smtp://127.0.0.1:1".into()) {
        let (user, _) = posted(&world);
        world.advance(Duration::minutes(30));
        assert_eq!(is(&world, &user, Situation::EmailWaiting, "nothing has tried to send it"), Some(Remedy::LookAtEmail));
    }

    fn a_deferred_email_says_when_it_is_tried_again(world, |settings| settings.smtp_url = "smtp://127.0.0.1:1".into()) {
        let (user, _) = posted(&world);
        carry(&world, Some("451 4.7.1 Greylisted, try again later"));
        let remedy = is(&world, &user, Situation::EmailDeferred, "the next try is today at 14:33");
        assert_eq!(remedy, Some(Remedy::Resend));
        let found = diagnosis(&world, &user);
        assert!(found.checks.iter().any(|check| check.cause && check.answer == "451 4.7.1 Greylisted, try again later"));
    }

    fn without_a_mail_server_an_email_waits_and_it_says_what_to_set(world, |settings| settings.smtp_url = String::new()) {
        let (user, _) = posted(&world);
        assert_eq!(is(&world, &user, Situation::NoMailServer, "The setting smtp_url names no mail server"), Some(Remedy::LookAtEmail));
        let helper = world.signed_in("h.elp", BuiltIn::HelpDesk);
        let page = helper.get("/users/t.adeyemi/authentication-methods").expect(200).says("The email waits, since there is no mail server");
        page.says("Look at the email").does_not_say("on its way");
    }

    fn our_own_mail_server_is_told_apart_from_the_users(world, |settings| settings.smtp_url = "smtp://127.0.0.1:1".into()) {
        let us = "whoever runs our mail server";
        for (n, answer, situation) in [
            (1, "554 5.7.1 <a@b.example>: Relay access denied", Situation::RelayDenied),
            (2, "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", Situation::RelayDenied),
            (3, "530 5.7.0 Authentication required", Situation::RelayDenied),
            (4, "454 4.7.1 Relay access denied", Situation::RelayDenied),
            (5, "550 5.7.23 SPF validation failed", Situation::SenderRefused),
            (6, "550 5.1.8 Sender address rejected", Situation::SenderRefused),
            (7, "451 4.7.1 Client host blocked using a blocklist", Situation::SenderRefused),
            (8, "4: connection refused", Situation::MailServerAway),
        ] {
            let user = world.user(&format!("user.{n}"), "Sales");
            provision(&world, &user, AuthenticationType::AuthenticatorApp);
            carry(&world, Some(answer));
            assert_eq!(is(&world, &user, situation, us), Some(Remedy::LookAtEmail), "{answer}: no other address helps");
        }
    }

    fn an_email_that_came_back_had_been_accepted_before(world) {
        let invited = invite_app(&world);
        world.advance(Duration::minutes(3));
        let id = diagnosis(&world, &invited.user).facts.email.expect("an email").message_id;
        let report = crate::mail::bounces::postfix(&id);
        tokendesk::bounces::take(&world.desk, world.now(), &tokendesk::audit::Actor::system(), report.as_bytes()).unwrap();
        let back = "It had been accepted today at 14:32 for t.adeyemi@example.org, and was sent back by the mail server of example.org today at 14:35";
        assert_eq!(is(&world, &invited.user, Situation::SentBack, back), Some(Remedy::Resend));
        let words = diagnosis(&world, &invited.user).words;
        assert_eq!(words.sentence, "The email was sent back: there is no such address");
        assert!(!words.because.contains("refused"), "{words:?}");
    }

    fn an_alternate_address_is_told_as_one(world) {
        let invited = invite_app(&world);
        let who = world.lindqvist_or_known();
        resend::resend(&world.desk, &who, world.now(), invited.task, invited.user.id, Some("tobi@home.example")).unwrap();
        carry(&world, None);
        is(&world, &invited.user, Situation::LinkNotOpened, "for t•••@h•••.example. It may be in the junk folder. That address was typed for this one message");
    }

    fn the_email_of_a_task_that_was_replaced_is_told_apart_from_an_older_one(world) {
        let invited = invite_app(&world);
        world.advance(Duration::minutes(5));
        let choice = Choice { include_with_task: true, ..world.app_choice() };
        let chosen = Selection::Users(vec![invited.user.id]);
        let newer = tokendesk::provision::provision(&world.desk, &world.lindqvist_or_known(), world.now(), &chosen, &choice).unwrap();
        carry(&world, None);
        is(&world, &invited.user, Situation::LinkNotOpened, "");
        world.advance(Duration::minutes(5));
        world.stranger().get(&format!("/enroll/{}", invited.handle)).expect(410);
        let words = format!("The user opened the email of task {}, which was replaced", invited.task);
        assert_eq!(is(&world, &invited.user, Situation::ReplacedLinkUsed, &words), Some(Remedy::Resend));
        is(&world, &invited.user, Situation::ReplacedLinkUsed, &format!("task {newer} replaced that enrollment"));
        let older = diagnosis_by(&world, &Who::system(), &invited.user, Some(invited.task));
        assert_eq!((older.situation, older.remedy), (Situation::Replaced, Some(Remedy::LookAtNewer)));
    }

    fn a_full_mailbox(world) {
        let (user, _) = posted(&world);
        carry(&world, Some("552 5.2.2 Mailbox full"));
        let remedy = is(&world, &user, Situation::MailboxFull, "refused it today at 14:32 because the mailbox is full");
        assert_eq!(remedy, Some(Remedy::Resend));
    }

    fn an_address_that_does_not_exist(world) {
        let (user, _) = posted(&world);
        carry(&world, Some("550 5.1.1 No such user here"));
        assert_eq!(is(&world, &user, Situation::NoSuchAddress, "refused t.adeyemi@example.org"), Some(Remedy::Resend));
    }

    fn an_email_refused_for_what_it_is(world) {
        let (user, _) = posted(&world);
        carry(&world, Some("550 5.7.1 Rejected as spam"));
        assert_eq!(is(&world, &user, Situation::EmailRefused, "not the address"), Some(Remedy::Resend));
    }

    fn an_email_given_up_after_many_tries(world) {
        let (user, _) = posted(&world);
        for _ in 0..200 {
            carry(&world, Some("451 4.3.0 Try later"));
            match diagnosis(&world, &user).facts.email.and_then(|email| email.next_try_at) {
                Some(next) => world.advance(next - world.now()),
                None => break,
            }
        }
        let browser = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        browser.get("/users/t.adeyemi/authentication-methods").expect(200).says("The email could not be delivered in time");
        assert_eq!(is(&world, &user, Situation::EmailGivenUp, "tries, the last one today at"), Some(Remedy::Resend));
    }

    fn an_email_that_was_canceled(world) {
        let (user, task) = posted(&world);
        cancel_waiting(&world, task, &user);
        assert_eq!(is(&world, &user, Situation::EmailCanceled, "never sent"), Some(Remedy::Resend));
    }

    fn an_email_that_was_sent_and_not_opened(world) {
        let invited = invite_app(&world);
        world.advance(Duration::hours(20));
        let remedy = is(&world, &invited.user, Situation::LinkNotOpened, "accepted it yesterday at 14:32 for t.adeyemi@example.org");
        assert_eq!(remedy, Some(Remedy::Resend));
    }

    fn a_link_that_was_opened_and_not_gone_on_with(world) {
        let invited = invite_app(&world);
        invited.open(&world);
        assert_eq!(is(&world, &invited.user, Situation::CodeNotTyped, "A mail scanner can do that too"), Some(Remedy::Resend));
    }

    fn an_older_link_used_after_a_newer_email(world) {
        let invited = invite_app(&world);
        world.advance(Duration::minutes(20));
        resend(&world, &invited);
        carry(&world, None);
        is(&world, &invited.user, Situation::LinkNotOpened, "");
        world.advance(Duration::minutes(5));
        world.stranger().get(&format!("/enroll/{}", invited.handle)).expect(410).says("A newer email was sent");
        let remedy = is(&world, &invited.user, Situation::OlderLinkUsed, "Only the newest email works: it was sent today at 14:52");
        assert_eq!(remedy, Some(Remedy::Resend));
        let noted = world.enrollment(invited.task, invited.user.id).older_link_at;
        world.advance(Duration::minutes(5));
        invited.open(&world);
        assert_eq!(world.enrollment(invited.task, invited.user.id).older_link_at, noted, "once after each email");
    }

    fn the_newest_link_opened_after_an_older_one_counts(world) {
        let invited = invite_app(&world);
        resend(&world, &invited);
        let (handle, code) = link_to(&world, &carry(&world, None), &invited.user);
        invited.open(&world);
        is(&world, &invited.user, Situation::OlderLinkUsed, "");
        world.advance(Duration::minutes(1));
        Invited { handle, code, ..invited }.open(&world);
        let user = world.desk.db.read(|conn| users::find(conn, &Who::system(), "t.adeyemi")).unwrap();
        is(&world, &user, Situation::CodeNotTyped, "");
    }

    fn a_reminder_brings_a_link_of_its_own(world) {
        let invited = invite_app(&world);
        invited.open(&world);
        is(&world, &invited.user, Situation::CodeNotTyped, "");
        world.advance(Duration::days(11));
        assert_eq!(tasks::send_reminders(&world.desk, world.now()).unwrap(), 1);
        let (handle, code) = link_to(&world, &carry(&world, None), &invited.user);
        is(&world, &invited.user, Situation::LinkNotOpened, "");
        let reminded = Invited { handle, code, ..invited };
        world.advance(Duration::minutes(1));
        reminded.open(&world);
        is(&world, &reminded.user, Situation::CodeNotTyped, "today at 14:33");
    }
}
