//! Who is left out of what is done to many: the page says whom and why, and what it counts is what happens.

use diesel::prelude::*;
use tokendesk::{
    error::Error,
    ids::{TaskId, UserId},
    operators::Who,
    schema::{emails, users},
    tasks::{
        members::Filter,
        resend,
        ticked::{self, Change, TickedTasks},
        ticked_users::{self, TickedUsers},
    },
};

use crate::{
    on_both,
    support::{Browser, World},
};

/// A task of users of every kind: two who can be resent to, a disabled one, one without an address, a Locked one, an
/// Expired one, and one who has enrolled.
struct Mixed {
    who: Who,
    task: TaskId,
    users: Vec<UserId>,
}

const NAMES: [&str; 7] = ["a.able", "b.able", "c.disabled", "d.mute", "e.locked", "f.late", "g.done"];

fn mixed(world: &World) -> Mixed {
    let who = world.lindqvist();
    let users: Vec<UserId> = NAMES.iter().map(|name| world.user(name, "Sales").id).collect();
    let task = world.task(&who, &users);
    disable(world, users[2]);
    forget_address(world, users[3]);
    world.lock(task, users[4]);
    world.enroll(task, users[6]);
    let yesterday: chrono::NaiveDate = "2026-11-19".parse().unwrap();
    use tokendesk::schema::enrollments;
    let late = enrollments::table.filter(enrollments::user_id.eq(users[5].0));
    world
        .desk
        .db
        .write(|conn| Ok(diesel::update(late).set(enrollments::stop_on.eq(yesterday)).execute(conn)?))
        .unwrap();
    world.desk.db.write(|conn| tokendesk::counts::recount(conn, task)).unwrap();
    Mixed { who, task, users }
}

fn disable(world: &World, user: UserId) {
    let at = Some(world.now());
    world
        .desk
        .db
        .write(|conn| Ok(diesel::update(users::table.find(user.0)).set(users::disabled_at.eq(at)).execute(conn)?))
        .unwrap();
}

fn forget_address(world: &World, user: UserId) {
    let nothing = (users::email.eq(""), users::email_key.eq(""));
    world.desk.db.write(|conn| Ok(diesel::update(users::table.find(user.0)).set(nothing).execute(conn)?)).unwrap();
}

fn written(world: &World) -> i64 {
    world
        .desk
        .db
        .read(|conn| Ok(emails::table.filter(emails::kind.eq("enrollment")).count().get_result(conn)?))
        .unwrap()
}

on_both! {
    fn what_the_page_of_resend_counts_is_what_happens(world) {
        let Mixed { who, task, .. } = mixed(&world);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        browser.get(&format!("/tasks/{task}")).says("Resend to 2 active users");
        let resend = format!("/tasks/{task}/edit/resend");
        let page = browser.post(&resend, &[("all", "1")]).expect(200).says("Resend to 2 users");
        let seen = page.hidden("shown");
        page.says("1 is disabled, 1 is Locked, 1 is Expired, 1 has no email address")
            .says("c.disabled").says("is disabled: enable the user first")
            .says("d.mute").says("has no email address: add one to the profile")
            .says("e.locked").says("is Locked: unlock instead")
            .says("f.late").says("is Expired: set a new Stop Date first, or give more time")
            .does_not_say("g.done");
        let before = written(&world);
        browser.post(&resend, &[("all", "1"), ("confirmed", "1"), ("shown", &seen)]).location();
        assert_eq!(written(&world) - before, 2);
        browser.get(&format!("/tasks/{task}/edit")).says("Resent to 2 users.");
    }

    fn nobody_left_is_said_with_the_reason_and_nothing_changed(world) {
        let Mixed { who, task, users } = mixed(&world);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let ids: Vec<String> = [2, 3].map(|n: usize| world.enrollment(task, users[n]).id.to_string()).to_vec();
        let ticked = [("user", ids[0].as_str()), ("user", &ids[1])];
        // Before, every try answered that something had changed.
        for _ in 0..2 {
            let page = browser.post(&format!("/tasks/{task}/edit/resend"), &ticked).expect(422);
            for id in &ids {
                assert!(page.body.contains(&format!("name=\"user\" value=\"{id}\"")), "the tick is gone");
            }
            page.says("Nobody of them can be resent to: 1 is disabled, 1 has no email address.").does_not_say("Something changed");
        }
        browser.post(&format!("/tasks/{task}/edit/unlock"), &ticked).expect(422)
            .says("Nobody of them can be unlocked: 1 is disabled, 1 is not Locked.");
        let ticked = TickedUsers::These(vec![world.enrollment(task, users[2]).id]);
        let shown = ticked_users::preview(&world.desk, &who, world.now(), task, &ticked).unwrap().shown(&world.desk.keys, resend::RESEND);
        let outcome = resend::resend_all(&world.desk, &who, world.now(), task, &ticked, &shown);
        assert!(matches!(outcome, Err(Error::Invalid(_))), "{outcome:?}");
    }

    fn who_enrolled_after_the_tick_is_named_as_left_out(world) {
        let Mixed { who, task, users } = mixed(&world);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let ids: Vec<String> = [0, 1].map(|n: usize| world.enrollment(task, users[n]).id.to_string()).to_vec();
        let ticked = [("user", ids[0].as_str()), ("user", &ids[1])];
        world.enroll(task, users[0]);
        let remove = format!("/tasks/{task}/edit/remove");
        let page = browser.post(&remove, &ticked).expect(200).says("Remove 1 user from task");
        page.says("a.able").says("has enrolled and keeps the token");
    }

    fn an_address_that_goes_between_page_and_button_is_a_change(world) {
        let Mixed { who, task, users } = mixed(&world);
        let all = TickedUsers::Matching(Filter::default());
        let preview_of = || ticked_users::preview(&world.desk, &who, world.now(), task, &all).unwrap();
        let shown = preview_of().shown(&world.desk.keys, resend::RESEND);
        forget_address(&world, users[1]);
        let outcome = resend::resend_all(&world.desk, &who, world.now(), task, &all, &shown);
        assert!(matches!(outcome, Err(Error::Conflict(_))), "{outcome:?}");
        let shown = preview_of().shown(&world.desk.keys, resend::RESEND);
        assert_eq!(resend::resend_all(&world.desk, &who, world.now(), task, &all, &shown).unwrap(), 1);
    }

    fn the_ticked_tasks_leave_out_the_same_users_and_name_them(world) {
        let Mixed { who, task, .. } = mixed(&world);
        let mute = world.user("z.mute", "Sales").id;
        let other = world.task(&who, &[mute]);
        forget_address(&world, mute);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let (one, two) = (task.to_string(), other.to_string());
        let page = browser.post("/tasks/ticked/resend", &[("task", &one), ("task", &two)]).expect(200);
        let seen = page.hidden("shown");
        page.says("Resend to 2 users in 1 task").says("d.mute").says("e.locked")
            .says(&format!("Task {other}: Nobody of them can be resent to: 1 has no email address."));
        let before = written(&world);
        let form = [("task", one.as_str()), ("task", &two), ("confirmed", "1"), ("shown", &seen)];
        browser.post("/tasks/ticked/resend", &form).location();
        assert_eq!(written(&world) - before, 2);
        // None is left: the list comes back with the tick, and says why.
        let page = browser.post("/tasks/ticked/resend", &[("task", &two)]).expect(422).says("has no email address");
        assert!(page.body.contains(&format!("value=\"{two}\" aria-label=\"Select task {two}\" checked")), "{}", page.body);
        let several = ticked::preview(&world.desk, &who, world.now(), &TickedTasks::These(vec![task]), Change::Resend).unwrap();
        assert_eq!((several.users(Change::Resend), several.users_left_out(Change::Resend).len()), (2, 4));
    }

    fn an_email_notification_says_whom_it_does_not_reach(world) {
        let Mixed { who, task, .. } = mixed(&world);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let page = browser.post(&format!("/tasks/{task}/edit/remove"), &[("all", "1")]).expect(200);
        page.says("Remove 6 users from task").says("An email tells 5 users that the enrollment was canceled. 1 has no email address, and none is sent.");
    }
}
