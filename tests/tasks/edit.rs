//! Edit, Remove, Unlock: verbs and screens.

use tokendesk::{
    error::Error,
    ids::{EnrollmentId, TaskId, UserId},
    operators::{BuiltIn, Who},
    tasks::{
        members::Filter,
        remove, resend,
        status::RemovedWhy,
        stop_date,
        ticked_users::{self, TickedUsers},
    },
};

use crate::{
    on_both,
    support::{Browser, World},
};

pub fn people(world: &World, names: &[&str]) -> Vec<UserId> {
    names.iter().map(|name| world.user(name, "Sales").id).collect()
}

fn these(world: &World, task: TaskId, users: &[UserId]) -> TickedUsers {
    TickedUsers::These(users.iter().map(|user| world.enrollment(task, *user).id).collect::<Vec<EnrollmentId>>())
}

fn shown(world: &World, who: &Who, task: TaskId, ticked: &TickedUsers, change: &str) -> String {
    ticked_users::preview(&world.desk, who, world.now(), task, ticked).unwrap().shown(&world.desk.keys, change)
}

pub fn emails(world: &World, kind: &str, state: &str) -> i64 {
    use diesel::prelude::*;
    use tokendesk::schema::emails;
    world
        .desk
        .db
        .read(|conn| {
            Ok(emails::table.filter(emails::kind.eq(kind).and(emails::state.eq(state))).count().get_result(conn)?)
        })
        .unwrap()
}

on_both! {
    fn removed_users_lose_their_place_and_are_told(world) {
        let who = world.lindqvist();
        let users = people(&world, &["a", "b", "c"]);
        let task = world.task(&who, &users);
        let ticked = these(&world, task, &users[..2]);
        let seen = shown(&world, &who, task, &ticked, remove::REMOVE);
        assert_eq!(remove::remove_users(&world.desk, &who, world.now(), task, &ticked, true, &seen).unwrap(), 2);
        assert_eq!(world.enrollment(task, users[0]).removed_why, Some(RemovedWhy::Removed));
        assert!(world.enrollment(task, users[2]).removed_at.is_none());
        assert_eq!((emails(&world, "enrollment", "Canceled"), emails(&world, "canceled", "Queued")), (2, 2));
        let row = world.desk.db.read(|conn| {
            tokendesk::tasks::find(conn, &who, world.now(), world.desk.settings.zone, task)
        }).unwrap();
        assert_eq!((row.task.counts.users, row.task.emailed_to.as_str()), (1, "c@example.org"));
    }

    fn who_has_enrolled_cannot_be_removed(world) {
        let who = world.lindqvist();
        let users = people(&world, &["a", "b"]);
        let task = world.task(&who, &users);
        world.enroll(task, users[0]);
        let preview = ticked_users::preview(&world.desk, &who, world.now(), task, &TickedUsers::Matching(Filter::default())).unwrap();
        assert_eq!(preview.members.len(), 1);
        let only = these(&world, task, &users[..1]);
        assert!(matches!(ticked_users::preview(&world.desk, &who, world.now(), task, &only), Err(Error::Invalid(_))));
    }

    fn a_change_between_page_and_button_does_nothing(world) {
        let who = world.lindqvist();
        let users = people(&world, &["a", "b"]);
        let task = world.task(&who, &users);
        let all = TickedUsers::Matching(Filter::default());
        let seen = shown(&world, &who, task, &all, remove::REMOVE);
        world.enroll(task, users[0]);
        let outcome = remove::remove_users(&world.desk, &who, world.now(), task, &all, false, &seen);
        assert!(matches!(outcome, Err(Error::Conflict(_))));
        assert!(world.enrollment(task, users[1]).removed_at.is_none());
    }

    fn an_expired_user_whose_date_is_moved_on_is_active_again(world) {
        let who = world.lindqvist();
        let users = people(&world, &["a", "b"]);
        let task = world.task(&who, &users);
        world.advance(chrono::Duration::days(16));
        let all = TickedUsers::Matching(Filter::default());
        let date = "2026-12-10".parse().unwrap();
        let seen = shown(&world, &who, task, &all, &stop_date::moving(date));
        let effect = stop_date::change_stop_date(&world.desk, &who, world.now(), task, &all, date, false, &seen).unwrap();
        assert_eq!(effect.label(), "2 users become Active again");
        assert_eq!(world.enrollment(task, users[0]).facts.stop_on, date);
        assert_eq!(emails(&world, "new-stop-date", "Queued"), 0);
        let row = world.desk.db.read(|conn| {
            tokendesk::tasks::find(conn, &who, world.now(), world.desk.settings.zone, task)
        }).unwrap();
        assert_eq!((row.task.stop_on(), row.progress.active), (date, 2));
    }

    fn a_new_stop_date_is_neither_past_nor_beyond_the_policy(world) {
        let who = world.lindqvist();
        let users = people(&world, &["a"]);
        let task = world.task(&who, &users);
        let all = TickedUsers::Matching(Filter::default());
        for wrong in ["2026-11-19", "2026-12-21"] {
            let date = wrong.parse().unwrap();
            let seen = shown(&world, &who, task, &all, &stop_date::moving(date));
            let outcome = stop_date::change_stop_date(&world.desk, &who, world.now(), task, &all, date, false, &seen);
            assert!(matches!(outcome, Err(Error::Invalid(_))), "{wrong}");
        }
    }

    fn unlock_needs_a_reason_and_sends_a_fresh_email(world) {
        let who = world.lindqvist();
        let users = people(&world, &["a"]);
        let task = world.task(&who, &users);
        world.lock(task, users[0]);
        let ticked = these(&world, task, &users);
        let seen = shown(&world, &who, task, &ticked, resend::UNLOCK);
        assert!(resend::unlock(&world.desk, &who, world.now(), task, &ticked, " ", &seen).is_err());
        assert_eq!(resend::unlock(&world.desk, &who, world.now(), task, &ticked, "On the phone", &seen).unwrap(), 1);
        assert_eq!(world.enrollment(task, users[0]).facts.failures, 0);
        let row = world.desk.db.read(|conn| {
            tokendesk::tasks::find(conn, &who, world.now(), world.desk.settings.zone, task)
        }).unwrap();
        assert_eq!((row.task.counts.locked, row.progress.active), (0, 1));
        assert_eq!(emails(&world, "enrollment", "Queued"), 1);
        assert!(world.dump("audit_entries").contains("On the phone"));
    }

    fn a_removed_task_leaves_the_list_and_enrolled_users_keep_their_tokens(world) {
        let who = world.lindqvist();
        let users = people(&world, &["a", "b"]);
        let task = world.task(&who, &users);
        world.enroll(task, users[0]);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let page = browser.get(&format!("/tasks/{task}/remove")).expect(200);
        assert_eq!(page.hidden("lose"), "1");
        assert!(page.body.contains("<b>b</b>") && !page.body.contains("<b>a</b>"), "it names who loses it");
        let page = page.says("1 user loses their ability to enroll").says("1 user has enrolled and keeps the token");
        page.says("The 1 user who can no longer enroll");
        browser.post(&format!("/tasks/{task}/remove"), &[("lose", "2"), ("notify", "1")]).expect(409);
        let done = browser.post(&format!("/tasks/{task}/remove"), &[("lose", "1"), ("notify", "1")]);
        assert_eq!(done.location(), "/tasks");
        browser.get("/tasks").says("was removed").says("No provisioning tasks yet");
        assert!(world.enrollment(task, users[0]).removed_at.is_none());
        assert_eq!(world.enrollment(task, users[1]).removed_why, Some(RemovedWhy::TaskRemoved));
        assert_eq!(emails(&world, "canceled", "Queued"), 1);
        browser.get(&format!("/tasks/{task}")).expect(200).says("Removed by k.lindqvist").says("b@").does_not_say("Edit task");
    }

    fn a_scoped_operator_removes_only_those_in_scope(world) {
        let who = world.lindqvist();
        let inside = world.user("inside", "Sales");
        let outside = world.user("outside", "Facilities").id;
        let task = world.task(&who, &[inside.id, outside]);
        let scoped = world.operator_in("m.okafor", BuiltIn::ProvisioningManager, &[inside.container]);
        assert_eq!(remove::remove_task(&world.desk, &scoped, world.now(), task, false, 1).unwrap(), 1);
        assert!(world.enrollment(task, outside).removed_at.is_none());
        assert!(world.enrollment(task, inside.id).removed_at.is_some());
    }

    fn the_edit_page_says_what_will_happen_before_it_does(world) {
        let who = world.lindqvist();
        let users = people(&world, &["a", "b"]);
        let task = world.task(&who, &users);
        world.enroll(task, users[1]);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let edit = format!("/tasks/{task}/edit");
        browser.get(&edit).expect(200).says("New Stop Date").says("1 user has enrolled and cannot be changed here").says("Remove");
        let enrollment = world.enrollment(task, users[0]).id.to_string();
        let ticked = [("user", enrollment.as_str()), ("stop_on", "2026-12-10")];
        let page = browser.post(&format!("{edit}/stop-date"), &ticked).expect(200);
        let seen = page.hidden("shown");
        page.says("New Stop Date for 1 user in task").says("a gets more time").says("+6 days").says("Apply").says("Cancel");
        let done = browser.post(
            &format!("{edit}/stop-date"),
            &[ticked[0], ticked[1], ("confirmed", "1"), ("shown", &seen)],
        );
        assert_eq!(done.location(), edit);
        browser.get(&edit).says("New Stop Date 2026-12-10: 1 user gets 6 more days.");
        let page = browser.post(&format!("{edit}/remove"), &[("all", "1"), ("q", ""), ("status", "")]).expect(200);
        let seen = page.hidden("shown");
        page.says("Remove 1 user from task").says("This cannot be reversed").says("Email notification").says("Keep them");
        let wrong = browser.post(&format!("{edit}/remove"), &[("all", "1"), ("confirmed", "1"), ("shown", "old")]);
        wrong.expect(409).says("Something changed since");
        browser.post(&format!("{edit}/remove"), &[("all", "1"), ("confirmed", "1"), ("shown", &seen)]).location();
        assert!(world.enrollment(task, users[0]).removed_at.is_some());
        browser.post(&format!("{edit}/remove"), &[]).expect(422).says("Everyone in task").does_not_say("Something changed");
    }

    fn an_email_that_still_waits_says_the_new_stop_date(world) {
        let who = world.lindqvist();
        let users = people(&world, &["a"]);
        let task = world.task(&who, &users);
        let all = TickedUsers::Matching(Filter::default());
        let date = "2026-12-10".parse().unwrap();
        let seen = shown(&world, &who, task, &all, &stop_date::moving(date));
        stop_date::change_stop_date(&world.desk, &who, world.now(), task, &all, date, false, &seen).unwrap();
        let (facts, give_up_at): (String, tokendesk::clock::Timestamp) = world.desk.db.read(|conn| {
            use diesel::prelude::*;
            use tokendesk::schema::emails;
            Ok(emails::table.select((emails::facts, emails::give_up_at)).first(conn)?)
        }).unwrap();
        assert!(facts.contains("2026-12-10") && !facts.contains("2026-12-04"), "{facts}");
        assert_eq!(give_up_at, world.desk.settings.zone.end_of(date));
    }
}
