//! The pages of long work: they may be left and found again, and say how it ended.

use tokendesk::operators::BuiltIn;

use super::MANY;
use crate::{
    on_both,
    support::{Browser, World},
};

/// Chooses everybody, and stops before Confirm; the address of the last step.
fn last_step(world: &World, browser: &Browser) -> String {
    world.many("user");
    let draft = browser.post("/provision", &[("all", "1"), ("query", "")]).expect(303).location().to_owned();
    let choice = [("authentication_type", "authenticator-app"), ("description", "Autumn rollout")];
    browser.post(&format!("{draft}/type"), &choice).expect(303);
    format!("{draft}/confirm")
}

/// Presses Confirm; the address of the work.
fn begin(browser: &Browser, last_step: &str) -> String {
    let shown = browser.get(last_step).expect(200).hidden("shown");
    browser.post(last_step, &[("shown", &shown)]).expect(303).location().to_owned()
}

on_both! {
    fn an_operator_who_confirms_many_users_sees_how_far_it_is_and_then_the_task(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let work = begin(&browser, &last_step(&world, &browser));
        let page = browser.get(&work).expect(200);
        assert_eq!(page.header("refresh"), "5", "it loads itself again without a script");
        page.says("0 of 1,002 prepared").says("Nothing has changed for anybody yet").says("Autumn rollout");
        browser.get("/work").expect(200).says("Provision 1,002 users").says("Waiting");
        browser.get("/account").expect(200).says("0 % prepared");
        world.work();
        let page = browser.get(&work).expect(200).says("Done").says("Task 1001 was created for 1,002 users.");
        assert_eq!(page.header("refresh"), "");
        assert!(page.body.contains("href=\"/tasks/1001\"") && page.text().contains("Open task 1001"));
        browser.get("/tasks/1001").expect(200).says("1,002");
        browser.get("/work").expect(200).says("Done");
        browser.get("/account").expect(200).does_not_say("prepared");
    }

    fn a_canceled_work_says_so_and_leads_back_to_the_same_choice(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let last_step = last_step(&world, &browser);
        let work = begin(&browser, &last_step);
        // The draft is being carried out: its pages lead there.
        assert_eq!(browser.get(&last_step).expect(303).location(), work);
        browser.post(&format!("{work}/cancel"), &[]).expect(303);
        world.work();
        let page = browser.get(&work).expect(200).says("Canceled").says("Nothing was changed.");
        assert!(page.body.contains(&format!("href=\"{last_step}\"")));
        browser.get(&last_step).expect(200).says("Provision 1,002 users");
        browser.post(&format!("{work}/cancel"), &[]).expect(409).says("It was not canceled.");
        assert_eq!(world.provisioned_rows(), [0; 4]);
    }

    fn work_that_met_other_data_says_that_nothing_was_changed(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let work = begin(&browser, &last_step(&world, &browser));
        world.user("one.more", "Sales");
        world.work();
        browser.get(&work).expect(200).says("Something changed since").says("Nothing was changed.").says("start over");
    }

    fn few_users_are_provisioned_at_once(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        world.user("a.santos", "Sales");
        let draft = browser.post("/provision", &[("all", "1"), ("query", "")]).expect(303).location().to_owned();
        browser.post(&format!("{draft}/type"), &[("authentication_type", "authenticator-app")]).expect(303);
        assert_eq!(begin(&browser, &format!("{draft}/confirm")), "/tasks/1001");
    }

    fn another_operator_finds_no_work_unless_they_read_the_audit_log_of_all_containers(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let container = world.user("a.santos", "Facilities").container;
        let work = begin(&browser, &last_step(&world, &browser));
        let auditor = world.signed_in("a.reyes", BuiltIn::Auditor);
        auditor.get(&work).expect(200).says("Provision 1,003 users").does_not_say("Cancel");
        auditor.get("/work").expect(200).does_not_say("1,003 users");
        for (name, browser) in [
            ("scoped", Browser::signed_in(&world.url, &world.desk, &world.operator_in("b.scoped", BuiltIn::Operator, &[container]))),
            ("manager", world.signed_in("m.okafor", BuiltIn::ProvisioningManager)),
        ] {
            let seen = browser.get(&work);
            assert_eq!(seen.status, 404, "{name}");
            assert_eq!(browser.post(&format!("{work}/cancel"), &[]).status, 404, "{name}");
        }
        assert_eq!(auditor.post(&format!("{work}/cancel"), &[]).status, 404);
        world.work();
        assert_eq!(world.provisioned_rows()[1], i64::try_from(MANY).unwrap() + 1);
    }
}
