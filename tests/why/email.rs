//! The email, and the link in it.

use tokendesk::tasks::resend;

use super::*;
use crate::on_both;

fn posted(world: &World) -> (User, TaskId) {
    let user = world.person("t.adeyemi");
    let task = provision(world, &user, AuthenticationType::AuthenticatorApp);
    (user, task)
}

fn resend(world: &World, invited: &Invited) {
    resend::resend(&world.desk, &world.lindqvist_or_known(), world.now(), invited.task, invited.user.id, None).unwrap();
}

on_both! {
    fn an_email_of_this_minute_is_on_its_way(world) {
        let (user, _) = posted(&world);
        assert_eq!(is(&world, &user, Situation::EmailOnItsWay, "look again in a minute"), None);
    }

    fn an_email_that_nobody_takes_waits(world) {
        let (user, _) = posted(&world);
        world.advance(Duration::minutes(30));
        assert_eq!(is(&world, &user, Situation::EmailWaiting, "nothing has tried to send it"), Some(Remedy::LookAtEmail));
    }

    fn a_deferred_email_says_when_it_is_tried_again(world) {
        let (user, _) = posted(&world);
        carry(&world, Some("451 4.7.1 Greylisted, try again later"));
        let remedy = is(&world, &user, Situation::EmailDeferred, "the next try is today at 14:33");
        assert_eq!(remedy, Some(Remedy::Resend));
        let found = diagnosis(&world, &user);
        assert!(found.checks.iter().any(|check| check.cause && check.answer == "451 4.7.1 Greylisted, try again later"));
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
        world.stranger().get(&format!("/enroll/{}", invited.handle)).expect(410).says("A newer message was sent");
        let remedy = is(&world, &invited.user, Situation::OlderLinkUsed, "Only the newest email works: it was sent today at 14:52");
        assert_eq!(remedy, Some(Remedy::Resend));
        let noted = world.place(invited.task, invited.user.id).older_link_at;
        world.advance(Duration::minutes(5));
        invited.open(&world);
        assert_eq!(world.place(invited.task, invited.user.id).older_link_at, noted, "once after each email");
    }

    fn the_newest_link_opened_after_an_older_one_counts(world) {
        let invited = invite_app(&world);
        resend(&world, &invited);
        let (handle, code) = link_to(&world, &carry(&world, None), &invited.user);
        invited.open(&world);
        is(&world, &invited.user, Situation::OlderLinkUsed, "");
        world.advance(Duration::minutes(1));
        Invited { handle, code, ..invited }.open(&world);
        let user = world.desk.db.read(|c| users::find(c, &Who::system(), "t.adeyemi")).unwrap();
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
