//! The panel on the page: who sees which form, who is told whom to ask, and who sees nothing.

use super::*;
use crate::on_both;

const PAGE: &str = "/users/t.adeyemi/authentication-methods";

on_both! {
    fn the_help_desk_resends_from_the_panel_to_an_address_that_is_not_kept(world) {
        let user = world.user("t.adeyemi", "Sales");
        let task = provision(&world, &user, AuthenticationType::AuthenticatorApp);
        carry(&world, Some("552 5.2.2 Mailbox full"));
        let helper = world.signed_in("h.elp", BuiltIn::HelpDesk);
        let page = helper.get(PAGE).expect(200).says("Why can’t this user enroll?").says("The enrollment email never arrived");
        let page = page.says("552 5.2.2 Mailbox full").says(&format!("Resend task {task}")).says("The Stop Date becomes 2026-12-04");
        page.says("You could say “Your mailbox is full");
        let path = format!("/users/t.adeyemi/tasks/{task}/edit");
        assert_eq!(helper.post(&path, &[("email", "tobi@home.example")]).location(), PAGE);
        carry(&world, None);
        helper.get(PAGE).expect(200).says("the link was never opened").says("t•••@h•••.example");
        assert!(!world.dump("emails").contains("tobi@home.example"));
    }

    fn resend_shows_the_message_the_last_answer_and_how_often_it_was_sent(world) {
        let user = world.user("t.adeyemi", "Sales");
        let task = provision(&world, &user, AuthenticationType::AuthenticatorApp);
        carry(&world, Some("552 5.2.2 Mailbox full"));
        let helper = world.signed_in("h.elp", BuiltIn::HelpDesk);
        let path = format!("/users/t.adeyemi/tasks/{task}/edit");
        let page = helper.get(&path).expect(200).says("The last email to t.adeyemi@example.org was refused today, 14:32: 552 5.2.2 Mailbox full");
        let page = page.says("Sent once so far, today, 14:32").says("Subject Set up your sign-in token by 4 December").says("Hello First");
        page.says("Stops working when this email is sent");
        helper.post(&path, &[("email", "t.adeyemi@example.org")]).location();
        helper.get(&path).expect(200).says("Sent 2 times so far, last today, 14:32").says("it is Queued");
    }

    fn who_may_not_is_told_whom_to_ask(world) {
        let invited = invite_app(&world);
        world.advance(Duration::days(20));
        let helper = world.signed_in("h.elp", BuiltIn::HelpDesk);
        helper.get(PAGE).expect(200).says("Give more time").does_not_say("who may do this").does_not_say("Apply");
        world.operator("k.lindqvist2", BuiltIn::Operator);
        world.operator("m.okafor", BuiltIn::ProvisioningManager);
        let path = format!("/users/t.adeyemi/tasks/{}/stop-date", invited.task);
        helper.post(&path, &[("stop_on", "2026-12-15"), ("version", "1")]).expect(403).says("change a stop date");
        let auditor = world.signed_in("a.uditor", BuiltIn::Auditor);
        let page = auditor.get(PAGE).expect(200).says("The Stop Date passed").does_not_say("Apply").does_not_say("fresh email goes out");
        page.says("who may do this: it takes the permission “resend”");
    }

    fn an_operator_of_another_container_is_not_who_to_ask(world) {
        let _ = invite_app(&world);
        world.advance(Duration::days(20));
        let elsewhere = world.user("e.lse", "Finance").container;
        world.operator_in("f.inance", BuiltIn::ProvisioningManager, &[elsewhere]);
        let auditor = world.signed_in("a.uditor", BuiltIn::Auditor);
        auditor.get(PAGE).expect(200).says("Ask an Operator, who").does_not_say("Provisioning manager");
    }

    fn out_of_scope_there_is_no_panel_at_all(world) {
        let invited = invite_app(&world);
        let elsewhere = world.user("e.lse", "Finance").container;
        let helper = world.operator_in("h.elp", BuiltIn::Operator, &[elsewhere]);
        let helper = crate::support::Browser::signed_in(&world.url, &world.desk, &helper);
        helper.get(PAGE).expect(404).does_not_say("enroll?");
        helper.post("/users/t.adeyemi/email", &[("email", "x@example.org"), ("version", "1")]).expect(404);
        let path = format!("/users/t.adeyemi/tasks/{}/stop-date", invited.task);
        helper.post(&path, &[("stop_on", "2026-12-15"), ("version", "1")]).expect(404);
    }

    fn an_address_is_written_into_the_profile_from_the_panel(world) {
        let user = without_email(&world, "t.adeyemi");
        let browser = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        browser.get(PAGE).expect(200).says("There is no email address to write to").says("Save email");
        let version = user.version.to_string();
        let send = |email: &str, version: &str| browser.post("/users/t.adeyemi/email", &[("email", email), ("version", version)]);
        let back = send("no address", &version).expect(422).says("Nothing was changed");
        assert!(back.body.contains("value=\"no address\"") && back.body.contains("aria-invalid"));
        send("", &version).expect(422);
        send("t.adeyemi@example.org", "99").expect(409);
        assert_eq!(send("t.adeyemi@example.org", &version).location(), PAGE);
        browser.get(PAGE).expect(200).says("Nobody has provisioned this user yet").says("t.adeyemi@example.org");
    }

    fn an_account_is_enabled_from_the_panel(world) {
        world.user("t.adeyemi", "Sales");
        users::disable(&world.desk, &Who::system(), world.now(), "t.adeyemi").unwrap();
        let browser = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        browser.get(PAGE).expect(200).says("The account is disabled");
        assert_eq!(browser.post("/users/t.adeyemi/enable", &[("back", PAGE)]).location(), PAGE);
        assert_eq!(browser.post("/users/t.adeyemi/enable", &[("back", "//evil.example")]).location(), "/");
        browser.get(PAGE).expect(200).says("Nobody has provisioned");
    }

    fn a_task_that_is_asked_for_is_the_one_that_is_looked_at(world) {
        let invited = invite_app(&world);
        let browser = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        browser.get(&format!("{PAGE}?task={}", invited.task)).expect(200).says("never opened");
        browser.get(&format!("{PAGE}?task=999999")).expect(200).says("never opened");
        browser.get(&format!("{PAGE}?task=nonsense")).expect(200).says("never opened");
    }

    fn every_line_of_the_history_carries_the_sign_of_how_it_ended(world) {
        let invited = invite_app(&world);
        for _ in 0..3 {
            invited.types(&world, "WRONG");
        }
        let again = provision(&world, &world.user("b.ounced", "Sales"), AuthenticationType::AuthenticatorApp);
        carry(&world, Some("550 5.1.1 No such user here"));
        invited.enrolls(&world);
        users::disable(&world.desk, &world.lindqvist_or_known(), world.now(), "t.adeyemi").unwrap();
        users::enable(&world.desk, &world.lindqvist_or_known(), world.now(), "t.adeyemi").unwrap();
        let browser = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        let pages = [PAGE.to_owned(), "/users/b.ounced/authentication-methods".into(), format!("/tasks/{}", invited.task), format!("/tasks/{again}")];
        let mut failed = 0;
        for path in pages {
            let page = browser.get(&path).expect(200);
            let list = page.body.split("class=\"timeline\"").nth(1).and_then(|rest| rest.split("</ol>").next()).expect("a history");
            for line in list.split("<li>").skip(1) {
                let is_bad = ["failed", "refused", "bounced", "rejected", "given up"].iter().any(|word| line.to_lowercase().contains(word));
                let crossed = line.contains("#circle-x") || line.contains("#mail-x");
                assert_eq!(is_bad, crossed, "{line}");
                assert!(!(is_bad && line.contains("#circle-check")), "{line}");
                failed += usize::from(is_bad);
            }
        }
        assert!(failed >= 3, "{failed} lines told of a failure");
    }

    fn the_history_tells_what_was_done_and_not_every_sign_in(world) {
        let invited = invite_app(&world);
        for _ in 0..3 {
            invited.types(&world, "WRONG");
        }
        let seed = invited.enrolls(&world);
        world.advance(Duration::minutes(1));
        assert!(signs_in(&world, &invited.user, &app(&seed, &world, 0)));
        let browser = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        let page = browser.get(PAGE).expect(200).says("t.adeyemi enrolled a token").says("failed an enrollment attempt, 3 times");
        page.does_not_say("accepted the first one-time password").does_not_say("Provisioning Tasks of");
    }
}
