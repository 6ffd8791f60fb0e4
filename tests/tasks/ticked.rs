//! Tasks that are ticked in the list.

use tokendesk::{
    error::Error,
    ids::TaskId,
    operators::{BuiltIn, Who},
    tasks::{
        list::Query,
        ticked::{self, Change, TickedTasks},
    },
};

use crate::{
    on_both,
    support::{Browser, World},
};

/// A task of one new user in each container named.
fn task(world: &World, who: &Who, names: &[(&str, &str)]) -> TaskId {
    let users: Vec<_> = names.iter().map(|(name, container)| world.user(name, container).id).collect();
    world.task(who, &users)
}

fn see(world: &World, who: &Who, ticked: &TickedTasks, change: Change) -> ticked::Preview {
    ticked::preview(&world.desk, who, world.now(), ticked, change).unwrap()
}

fn is_open(world: &World, task: TaskId) -> bool {
    let who = Who::system();
    let zone = world.desk.settings.zone;
    world.desk.db.read(|conn| tokendesk::tasks::find(conn, &who, world.now(), zone, task)).unwrap().task.is_open()
}

on_both! {
    fn ticked_tasks_are_removed_after_a_page_that_names_them(world) {
        let who = world.lindqvist();
        let (first, second) = (task(&world, &who, &[("a.berg", "Sales")]), task(&world, &who, &[("b.cole", "Sales")]));
        let third = task(&world, &who, &[("c.dahl", "Sales")]);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        browser.get("/tasks").expect(200).says("New Stop Date").says("Resend to active users").says("Remove");
        let (one, two) = (first.to_string(), second.to_string());
        let page = browser.post("/tasks/ticked/remove", &[("task", &one), ("task", &two)]).expect(200);
        let shown = page.hidden("shown");
        page.says("Remove 2 tasks?").says("This cannot be reversed.").says(&one).says(&two).says("Email notification");
        assert!(is_open(&world, first));
        let form = [("task", one.as_str()), ("task", &two), ("confirmed", "1"), ("shown", &shown), ("notify", "1")];
        assert_eq!(browser.post("/tasks/ticked/remove", &form).location(), "/tasks");
        browser.get("/tasks").says("Removed 2 tasks.").says("2 users can no longer enroll.");
        assert_eq!([first, second, third].map(|task| is_open(&world, task)), [false, false, true]);
    }

    fn a_new_stop_date_says_what_it_does_before_apply(world) {
        let who = world.lindqvist();
        let tasks = [task(&world, &who, &[("a.berg", "Sales"), ("b.cole", "Sales")]), task(&world, &who, &[("c.dahl", "Sales")])];
        world.advance(chrono::Duration::days(16));
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let all = [("all", "1"), ("view", "past")];
        // The policy's own proposal goes beyond the longest period of these tasks.
        browser.post("/tasks/ticked/stop-date", &[&all[..], &[("stop_on", "2026-12-21")]].concat()).expect(422).says("up to 2026-12-20");
        let page = browser.post("/tasks/ticked/stop-date", &[&all[..], &[("stop_on", "2026-12-10")]].concat()).expect(200);
        let shown = page.hidden("shown");
        page.says("New Stop Date for 2 tasks").says("3 users become Active again.");
        // Another date under the same button is shown first.
        let sent = [&all[..], &[("confirmed", "1"), ("shown", &shown), ("previewed", "2026-12-10")]].concat();
        let other = browser.post("/tasks/ticked/stop-date", &[&sent[..], &[("stop_on", "2026-12-11")]].concat()).expect(200);
        other.says("2026-12-11 does this.");
        let done = browser.post("/tasks/ticked/stop-date", &[&sent[..], &[("stop_on", "2026-12-10")]].concat());
        assert_eq!(done.location(), "/tasks");
        browser.get("/tasks").says("New Stop Date 2026-12-10 in 2 tasks.").says("3 users become Active again.");
        for task in tasks {
            let row = world.desk.db.read(|conn| tokendesk::tasks::find(conn, &who, world.now(), world.desk.settings.zone, task));
            assert_eq!(row.unwrap().task.stop_on().to_string(), "2026-12-10");
        }
    }

    fn a_task_that_cannot_take_the_date_is_left_and_named(world) {
        let who = world.lindqvist();
        let old = task(&world, &who, &[("a.berg", "Sales")]);
        world.advance(chrono::Duration::days(10));
        let young = task(&world, &who, &[("b.cole", "Sales")]);
        let change = Change::StopDate("2026-12-28".parse().unwrap());
        let seen = see(&world, &who, &TickedTasks::These(vec![old, young]), change);
        assert_eq!(seen.parts.len(), 1);
        assert_eq!((seen.left_out[0].0, seen.left_out[0].1.contains("2026-12-20")), (old, true));
        let past = Change::StopDate("2026-11-29".parse().unwrap());
        let refused = ticked::preview(&world.desk, &who, world.now(), &TickedTasks::These(vec![young]), past);
        assert!(matches!(refused, Err(Error::Invalid(_))));
    }

    fn only_active_users_are_resent_to(world) {
        let who = world.lindqvist();
        let (first, second) = (task(&world, &who, &[("a.berg", "Sales"), ("b.cole", "Sales")]), task(&world, &who, &[("c.dahl", "Sales")]));
        let user = |name: &str| world.desk.db.read(|conn| tokendesk::users::find(conn, &who, name)).unwrap().id;
        world.lock(first, user("a.berg"));
        world.enroll(second, user("c.dahl"));
        let ticked = TickedTasks::These(vec![first, second]);
        let seen = see(&world, &who, &ticked, Change::Resend);
        assert_eq!((seen.users(Change::Resend), seen.left_out.len()), (1, 1));
        let shown = seen.shown(&world.desk.keys, Change::Resend);
        let done = ticked::apply(&world.desk, &who, world.now(), &ticked, Change::Resend, false, &shown).unwrap();
        assert_eq!(done.users(Change::Resend), 1);
        assert_eq!(world.enrollment(first, user("a.berg")).facts.failures, 5);
    }

    fn nothing_is_done_if_one_of_the_tasks_moved(world) {
        let who = world.lindqvist();
        let (first, second) = (task(&world, &who, &[("a.berg", "Sales")]), task(&world, &who, &[("b.cole", "Sales"), ("c.dahl", "Sales")]));
        let ticked = TickedTasks::Matching(Query::default());
        let shown = see(&world, &who, &ticked, Change::Remove).shown(&world.desk.keys, Change::Remove);
        let user = world.desk.db.read(|conn| tokendesk::users::find(conn, &who, "b.cole")).unwrap().id;
        world.enroll(second, user);
        let outcome = ticked::apply(&world.desk, &who, world.now(), &ticked, Change::Remove, false, &shown);
        assert!(matches!(outcome, Err(Error::Conflict(_))));
        assert!(is_open(&world, first) && is_open(&world, second));
    }

    fn tasks_outside_of_the_scope_are_neither_changed_nor_named(world) {
        let who = world.lindqvist();
        let (mine, theirs) = (task(&world, &who, &[("a.berg", "Sales")]), task(&world, &who, &[("b.cole", "Legal")]));
        let sales = world.user("c.dahl", "Sales").container;
        let scoped = world.operator_in("m.okafor", BuiltIn::ProvisioningManager, &[sales]);
        let seen = see(&world, &scoped, &TickedTasks::These(vec![mine, theirs]), Change::Remove);
        assert_eq!((seen.parts.len(), seen.left_out.len()), (1, 0));
        let only_theirs = ticked::preview(&world.desk, &scoped, world.now(), &TickedTasks::These(vec![theirs]), Change::Remove);
        assert!(matches!(only_theirs, Err(Error::Invalid(_))));
    }

    fn without_the_permissions_there_is_nothing_to_tick(world) {
        task(&world, &world.lindqvist(), &[("a.berg", "Sales")]);
        let auditor = world.signed_in("a.reyes", BuiltIn::Auditor);
        auditor.get("/tasks").expect(200).does_not_say("Select tasks").does_not_say("Resend to active users");
    }
}
