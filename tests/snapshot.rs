//! The Snapshot: what is going on, as far as the role may see it.

use tokendesk::{operators::BuiltIn, reports};

use crate::{
    on_both,
    support::{Browser, World},
};

fn snapshot(world: &World, role: BuiltIn) -> crate::support::Page {
    world.signed_in(&role.name().replace(' ', "."), role).get("/").expect(200)
}

on_both! {
    fn it_says_what_is_going_on(world) {
        let history = world.history();
        let browser = Browser::signed_in(&world.url, &world.desk, &history.lindqvist);
        browser.get("/").expect(200)
            .says("Friday 20 November 2026, 14:32")
            .says("Open tasks 3 2 started this week")
            .says("Users still to enroll 7 of 9 in open tasks")
            .says("Stopping in 48 h 0 users in 0 tasks")
            .says("2 users locked All 5 attempts used, in 2 tasks")
            .says("7 users provisioned in 30 days")
            .says("Create User").says("Import Users");
    }

    fn whose_time_ends_within_48_hours_is_named_by_task(world) {
        let history = world.history();
        let people = [world.user("soon.0", "Sales").id, world.user("soon.1", "Legal").id];
        let task = world.task(&history.reyes, &people);
        world.stop(task, people[0], "2026-11-20");
        let browser = Browser::signed_in(&world.url, &world.desk, &history.lindqvist);
        let page = browser.get("/").expect(200).says("Stopping in 48 h 1 user in 1 task");
        assert!(page.body.contains(&format!("href=\"/tasks/{task}/edit\"")));
        world.stop(task, people[1], "2026-11-22");
        browser.get("/").expect(200).says("Stopping in 48 h 2 users in 1 task");
        world.lock(task, people[0]);
        browser.get("/").expect(200).says("Stopping in 48 h 1 user in 1 task");
        let keeper = world.operator_in("j.tanaka", BuiltIn::Auditor, &[history.legal]);
        let keeper = Browser::signed_in(&world.url, &world.desk, &keeper);
        let page = keeper.get("/").expect(200).says("Stopping in 48 h 1 user in 1 task");
        assert!(!page.body.contains("/edit\""), "an auditor extends nothing");
    }

    fn large_numbers_are_counted_once_a_minute_and_the_page_says_when(world) {
        let who = world.lindqvist();
        let (a, b) = (world.user("a.berg", "Sales"), world.user("b.cole", "Legal"));
        let task = world.task(&who, &[a.id, b.id]);
        let kim = Browser::signed_in(&world.url, &world.desk, &who);
        let maya = world.operator_in("m.okafor", BuiltIn::Operator, &[a.container]);
        let maya = Browser::signed_in(&world.url, &world.desk, &maya);
        let fold = |world: &World| reports::fold_numbers(&world.desk, world.now()).expect("they can be counted");
        fold(&world);
        assert!(!kim.get("/").expect(200).text().contains("Numbers as of"), "few are counted when somebody looks");
        world.multiply_tasks(10, task, task);
        kim.get("/").expect(200).says("Users still to enroll 2,048");
        fold(&world);
        kim.get("/").expect(200).says("Numbers as of 14:32").says("Users still to enroll 2,048");
        maya.get("/").expect(200).says("Numbers as of 14:32").says("Users still to enroll 1,024");
        world.lock(task, a.id);
        world.enroll(task, b.id);
        kim.get("/").expect(200).says("Users still to enroll 2,048");
        fold(&world);
        kim.get("/").expect(200).says("Users still to enroll 2,048").says("Numbers as of 14:32");
        world.advance(chrono::Duration::minutes(1));
        fold(&world);
        kim.get("/").expect(200).says("Numbers as of 14:33").says("Users still to enroll 2,047").says("1 user locked");
        maya.get("/").expect(200).says("Numbers as of 14:33").says("Users still to enroll 1,024");
        // Nobody of Sales has been at work since; the next who comes is counted for at once.
        world.advance(chrono::Duration::minutes(20));
        kim.get("/").expect(200);
        fold(&world);
        kim.get("/").expect(200).says("Numbers as of 14:53");
        assert!(!maya.get("/").expect(200).text().contains("Numbers as of"));
    }

    fn the_funnel_and_the_chart_count_the_last_30_days(world) {
        let history = world.history();
        let people: Vec<_> = (0..3).map(|n| world.user(&format!("new.{n}"), "Sales").id).collect();
        let task = world.task(&history.lindqvist, &people);
        world.complete(task, people[0]);
        let browser = Browser::signed_in(&world.url, &world.desk, &history.lindqvist);
        let page = browser.get("/").expect(200);
        // Seven were provisioned two days ago, three today; three enrolled, two of them used their tokens.
        let page = page
            .says("10 users provisioned in 30 days")
            .says("Provisioned 10 Email accepted 3 −7 Link opened 3 Enrolled 3 Completed 2 −1")
            .says("10 users provisioned in 30 days. Biggest loss: the email to 7 users is not accepted by a mail server yet.")
            .says("2 completed.");
        assert_eq!(page.body.matches("funnel-most").count(), 1, "one loss is the biggest");
        assert!(page.body.contains("View as table") && page.body.contains("<rect"));
        assert!(!page.body.contains("style="), "pages allow no inline style");
        page.says("2026-11-18 1").says("2026-11-20 1");
    }

    fn each_role_sees_what_it_may(world) {
        world.history();
        let page = snapshot(&world, BuiltIn::HelpDesk).says("Users still to enroll 7").says("Failed emails 0");
        let page = page.does_not_say("Open tasks").does_not_say("Stopping").does_not_say("Create User");
        page.does_not_say("Where enrollments stop").does_not_say("Reports").says("2 users locked");
        let page = snapshot(&world, BuiltIn::Auditor).says("Open tasks 3").says("Where enrollments stop");
        page.does_not_say("Import Users").does_not_say("Extend");
        let page = snapshot(&world, BuiltIn::ProvisioningManager).says("Open tasks 3").says("Import Users");
        assert!(page.body.contains("action=\"/find\""), "the box in the top bar");
        world.stranger().get("/").expect(303);
    }

    fn an_empty_house_shows_no_zeros_and_no_empty_frames(world) {
        for role in [BuiltIn::Operator, BuiltIn::ProvisioningManager, BuiltIn::Auditor] {
            let page = snapshot(&world, role).does_not_say("Open tasks").does_not_say("Failed emails").does_not_say("Biggest loss");
            let page = page.does_not_say("0 completed").does_not_say("Where enrollments stop").does_not_say("Stopping in");
            assert!(!page.body.contains("class=\"chart\"") && !page.body.contains("class=\"funnel\""));
            page.says("Nothing needs attention.");
        }
        snapshot(&world, BuiltIn::HelpDesk).does_not_say("Failed emails").says("Nothing needs attention.").says("No provisioning task was made yet").does_not_say("Get this server ready");
    }
}
