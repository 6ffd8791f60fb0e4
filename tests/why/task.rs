//! Account and task.

use tokendesk::{
    mail::Kind,
    policy::Policy,
    tasks::{
        remove,
        ticked_users::{self, TickedUsers},
    },
    tokens::MovingFactor,
};

use super::*;
use crate::on_both;

fn remove(world: &World, invited: &Invited) {
    let ticked = TickedUsers::These(vec![world.enrollment(invited.task, invited.user.id).id]);
    let who = world.lindqvist_or_known();
    let preview = ticked_users::preview(&world.desk, &who, world.now(), invited.task, &ticked).unwrap();
    let shown = preview.shown(&world.desk.keys, remove::REMOVE);
    remove::remove_users(&world.desk, &who, world.now(), invited.task, &ticked, false, &shown).unwrap();
}

on_both! {
    fn who_only_ever_sent_codes_has_opened_the_link(world) {
        let invited = invite_app(&world);
        for _ in 0..5 {
            assert_eq!(invited.types(&world, "WRONGCODE"), None);
        }
        let found = diagnosis(&world, &invited.user);
        let link = found.checks.iter().find(|check| check.stage == why::remedy::Stage::Link).expect("the link is looked at");
        assert_eq!((found.situation, link.words.as_str(), link.mark), (Situation::Locked, "Link opened", Mark::Good));
    }

    fn a_link_that_is_opened_after_it_ended_was_opened(world) {
        let invited = invite_app(&world);
        world.advance(Duration::days(15));
        invited.open(&world);
        let enrollment = world.enrollment(invited.task, invited.user.id);
        assert_eq!(enrollment.opened_at, Some(world.now()));
        is(&world, &invited.user, Situation::Expired, "");
    }

    fn a_disabled_account_comes_before_everything(world) {
        let invited = invite_app(&world);
        users::disable(&world.desk, &Who::system(), world.now(), "t.adeyemi").unwrap();
        let remedy = is(&world, &invited.user, Situation::AccountDisabled, "It was disabled today at 14:32");
        assert_eq!(remedy, Some(Remedy::EnableAccount));
    }

    fn a_user_without_an_address_is_named_as_such(world) {
        let user = without_email(&world, "n.one");
        assert_eq!(is(&world, &user, Situation::NoEmail, "Provision leaves this user out"), Some(Remedy::EditEmail));
    }

    fn an_address_that_was_deleted_is_missed_once_the_email_came_back(world) {
        let user = world.user("t.adeyemi", "Sales");
        provision(&world, &user, AuthenticationType::AuthenticatorApp);
        carry(&world, Some("550 5.1.1 No such user here"));
        forget_email(&world, &user);
        is(&world, &user, Situation::NoEmail, "no enrollment email for task");
        let helper = world.operator("h.elp", BuiltIn::HelpDesk);
        let found = diagnosis_by(&world, &helper, &user, None);
        assert_eq!(found.remedy, Some(Remedy::Resend), "who may not edit the profile types an address for one message");
    }

    fn without_an_address_and_a_task_somebody_is_named_who_can_help(world) {
        without_email(&world, "n.one");
        world.operator("m.okafor", BuiltIn::ProvisioningManager);
        for (name, role) in [("h.elp", BuiltIn::HelpDesk), ("a.uditor", BuiltIn::Auditor)] {
            let page = world.signed_in(name, role).get("/users/n.one/authentication-methods").expect(200);
            let page = page.says("There is no email address to write to").says("Nobody has provisioned this user yet");
            page.says("Ask a Provisioning manager, who may do this").says("create, edit, import users").does_not_say("Resend task");
        }
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        browser.get("/users/n.one/authentication-methods").expect(200).says("Save email");
        let version = world.desk.db.read(|conn| users::find(conn, &Who::system(), "n.one")).unwrap().version.to_string();
        browser.post("/users/n.one/email", &[("email", "n.one@example.org"), ("version", &version)]).location();
        browser.get("/users/n.one/authentication-methods").expect(200).says("Shows what will happen before anything is sent");
    }

    fn who_is_to_be_provisioned_anew_and_has_no_address_gets_one_first(world) {
        let invited = invite_app(&world);
        remove(&world, &invited);
        forget_email(&world, &invited.user);
        assert_eq!(is(&world, &invited.user, Situation::TakenOut, "There is no email address either"), Some(Remedy::EditEmail));
    }

    fn another_of_the_same_name_is_named(world) {
        let invited = invite_app(&world);
        crate::users::user(&world, "t.adeyemi2", "First", &invited.user.last_name, "Sales");
        let helper = world.signed_in("h.elp", BuiltIn::HelpDesk);
        let page = |of: &str| helper.get(&format!("/users/{of}/authentication-methods")).expect(200);
        page("t.adeyemi2").says("Nobody has provisioned this user yet").says("There is another First Last t.adeyemi: t.adeyemi in Sales.");
        page(&invited.user.user_id).says("There is another First Last t.adeyemi: t.adeyemi2 in Sales.");
        let sales = world.operator_in("f.in", BuiltIn::HelpDesk, &[world.user("t.far", "Finance").container]);
        let far = crate::support::Browser::signed_in(&world.url, &world.desk, &sales);
        far.get("/users/t.far/authentication-methods").expect(200).does_not_say("There is another");
    }

    fn a_user_nobody_has_provisioned(world) {
        let user = world.user("t.adeyemi", "Sales");
        assert_eq!(is(&world, &user, Situation::NeverProvisioned, "never in a provisioning task"), Some(Remedy::Provision));
    }

    fn a_device_given_by_hand_waits_for_a_task(world) {
        let user = world.user("t.adeyemi", "Sales");
        world.device("FT-1", MovingFactor::Counter);
        tokendesk::provision::assign_device(&world.desk, &world.lindqvist_or_known(), world.now(), "FT-1", "t.adeyemi").unwrap();
        assert_eq!(is(&world, &user, Situation::DeviceAssigned, "FT-1 was given to this user by hand"), Some(Remedy::Provision));
    }

    fn a_user_who_was_taken_out_hears_by_whom_and_when(world) {
        let invited = invite_app(&world);
        world.advance(Duration::days(1));
        remove(&world, &invited);
        world.advance(Duration::days(1));
        let remedy = is(&world, &invited.user, Situation::TakenOut, "k.lindqvist removed them yesterday at 14:32");
        assert_eq!(remedy, Some(Remedy::Provision));
    }

    fn a_place_that_was_replaced_names_the_newer_task(world, |settings| settings.smtp_url = "smtp://127.0.0.1:1".into()) {
        let invited = invite_app(&world);
        let choice = Choice { include_with_task: true, ..world.app_choice() };
        let ticked = Selection::Users(vec![invited.user.id]);
        let newer = tokendesk::provision::provision(&world.desk, &world.lindqvist_or_known(), world.now(), &ticked, &choice).unwrap();
        let older = diagnosis_by(&world, &Who::system(), &invited.user, Some(invited.task));
        assert_eq!(older.situation, Situation::Replaced);
        assert_eq!(older.words.sentence, format!("Task {newer} replaced this enrollment"));
        is(&world, &invited.user, Situation::EmailOnItsWay, "on its way");
    }

    fn a_task_that_was_removed(world) {
        let invited = invite_app(&world);
        remove::remove_task(&world.desk, &world.lindqvist_or_known(), world.now(), invited.task, false, 1).unwrap();
        let remedy = is(&world, &invited.user, Situation::TaskRemoved, "k.lindqvist removed the task today at 14:32");
        assert_eq!(remedy, Some(Remedy::Provision));
    }

    fn a_stop_date_that_has_passed_is_moved_with_a_fresh_email(world) {
        let invited = invite_app(&world);
        world.advance(Duration::days(18));
        let remedy = is(&world, &invited.user, Situation::Expired, "The Stop Date passed 4 days ago");
        assert_eq!(remedy, Some(Remedy::GiveMoreTime));
        let helper = world.signed_in("h.elp", BuiltIn::HelpDesk);
        let page = "/users/t.adeyemi/authentication-methods";
        helper.get(page).expect(200).says("Give more time").says("The Stop Date becomes 2026-12-22").does_not_say("who may do this");
        let path = format!("/users/t.adeyemi/tasks/{}/more-time", invited.task);
        assert_eq!(helper.post(&path, &[("email", "t.adeyemi@example.org")]).location(), page);
        carry(&world, None);
        is(&world, &invited.user, Situation::LinkNotOpened, "");
    }

    fn beyond_the_longest_period_more_time_counts_anew_from_today(world) {
        let invited = invite_app(&world);
        world.advance(Duration::days(Policy::default().longest_period + 1));
        let remedy = is(&world, &invited.user, Situation::ExpiredForGood, "allows no Stop Date after 2026-12-20");
        assert_eq!(remedy, Some(Remedy::GiveMoreTime));
    }

    fn a_locked_enrollment_says_what_was_wrong_last(world) {
        let invited = invite_app(&world);
        for _ in 0..5 {
            invited.types(&world, "WRONG");
        }
        let remedy = is(&world, &invited.user, Situation::Locked, "5 of 5 attempts failed. The last one, today at 14:32: wrong activation code");
        assert_eq!(remedy, Some(Remedy::UnlockEnrollment));
    }

    fn a_locked_user_without_an_address_gets_one_first(world) {
        let invited = invite_app(&world);
        for _ in 0..5 {
            invited.types(&world, "WRONG");
        }
        forget_email(&world, &invited.user);
        let remedy = is(&world, &invited.user, Situation::LockedWithoutEmail, "the profile needs an address first");
        assert_eq!(remedy, Some(Remedy::EditEmail));
    }

    fn a_place_that_waits_counts_before_one_that_has_expired(world, |settings| settings.smtp_url = "smtp://127.0.0.1:1".into()) {
        let invited = invite_app(&world);
        world.advance(Duration::days(20));
        for n in 0..2 {
            world.device(&format!("FT-{n}"), MovingFactor::Counter);
        }
        provision(&world, &invited.user, AuthenticationType::HardwareToken);
        is(&world, &invited.user, Situation::EmailOnItsWay, "");
        let older = diagnosis_by(&world, &Who::system(), &invited.user, Some(invited.task));
        assert_eq!(older.situation, Situation::Expired, "the other one can be asked for");
    }

    fn a_user_in_a_task_without_devices_in_inventory(world) {
        world.device("FT-1", MovingFactor::Counter);
        let invited = invite(&world, AuthenticationType::HardwareToken);
        let lindqvist = world.lindqvist_or_known();
        let faulty = tokendesk::tokens::lifecycle::Fate::Faulty;
        tokendesk::tokens::revoke(&world.desk, &lindqvist, world.now(), "FT-1", tokendesk::tokens::TokenState::Inventory, faulty, "broke").unwrap();
        let remedy = is(&world, &invited.user, Situation::NoDeviceLeft, "The inventory of Sales is empty");
        assert_eq!(remedy, Some(Remedy::ImportTokens));
    }

    fn a_moved_stop_date_is_told_and_the_old_link_works_again(world) {
        let invited = invite_app(&world);
        world.advance(Duration::days(20));
        let browser = world.signed_in("m.okafor", BuiltIn::ProvisioningManager);
        browser.get("/users/t.adeyemi/authentication-methods").expect(200).says("The Stop Date passed 6 days ago");
        let version = world.enrollment(invited.task, invited.user.id).version.to_string();
        let path = format!("/users/t.adeyemi/tasks/{}/stop-date", invited.task);
        browser.post(&path, &[("stop_on", "2026-12-01"), ("version", &version)]).expect(422).says("has passed").says("Nothing was changed");
        browser.post(&path, &[("stop_on", "2026-12-15"), ("version", "77")]).expect(409);
        let saved = browser.post(&path, &[("stop_on", "2026-12-15"), ("version", &version)]);
        assert_eq!(saved.location(), "/users/t.adeyemi/authentication-methods");
        is(&world, &invited.user, Situation::LinkNotOpened, "");
        let mailbox = carry(&world, None);
        assert!(mailbox.search("t.adeyemi", 0, 9).0.iter().any(|parcel| parcel.kind == Kind::NewStopDate));
        assert!(invited.types(&world, &invited.code).is_some());
    }
}
