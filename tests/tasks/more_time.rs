//! Give more time: one Expired user, in one step (PRODUCT.md §2).

use chrono::Duration;
use tokendesk::{
    error::Error,
    ids::TaskId,
    operators::{BuiltIn, Who},
    policy::Policy,
    tasks::{Status, more_time::give_more_time, resend, status},
    users::User,
};

use crate::{
    on_both,
    support::{Browser, World},
};

/// Who made the task, the task, and the user in it, whose Stop Date has passed, and so has the longest period.
fn expired(world: &World) -> (Who, TaskId, User) {
    let who = world.lindqvist();
    let user = world.user("g.ferrari", "Sales");
    let task = world.task(&who, &[user.id]);
    world.advance(Duration::days(60));
    (who, task, user)
}

fn status_of(world: &World, task: TaskId, user: &User) -> Status {
    let today = world.desk.settings.zone.today(world.now());
    status(&world.enrollment(task, user.id).facts, Policy::default().attempts_allowed, today)
}

/// What the verb writes, to see that nothing happened.
fn rows(world: &World) -> [String; 4] {
    ["enrollments", "enrollment_links", "emails", "audit_entries"].map(|table| world.dump(table))
}

on_both! {
    fn the_help_desk_gives_an_expired_user_more_time_in_one_step(world) {
        let (_, task, user) = expired(&world);
        let desk = world.signed_in("desk", BuiltIn::HelpDesk);
        let methods = "/users/g.ferrari/authentication-methods";
        let path = format!("/users/g.ferrari/tasks/{task}/edit");
        assert!(desk.get(methods).expect(200).body.contains(&format!("href=\"{path}\"")));
        // 60 days on, the task's own longest period is over: it is counted anew from today.
        let page = desk.get(&path).expect(200).says("Give more time").says("Tuesday 2 February 2027").does_not_say("cannot be resent");
        assert!(page.body.contains(&format!("action=\"/users/g.ferrari/tasks/{task}/more-time\"")));
        assert!(page.body.contains("value=\"g.ferrari@example.org\""));
        let before = rows(&world);
        let more = format!("/users/g.ferrari/tasks/{task}/more-time");
        let wrong = desk.post(&more, &[("email", "g.ferrari@")]).expect(422);
        assert!(wrong.body.contains("value=\"g.ferrari@\"") && wrong.body.contains(&more));
        assert_eq!(rows(&world), before);
        assert_eq!(desk.post(&more, &[("email", "g.ferrari@example.org")]).location(), methods);
        desk.get(methods).says("An email to g.ferrari@example.org is on its way.").says("The Stop Date is 2027-02-02.");
        let enrollment = world.enrollment(task, user.id);
        assert_eq!(enrollment.facts.stop_on.to_string(), "2027-02-02");
        assert_eq!(status_of(&world, task, &user), Status::Active);
        let links: Vec<bool> = world.desk.db.read(|conn| {
            use diesel::prelude::*;
            use tokendesk::schema::enrollment_links as l;
            Ok(l::table.order(l::id).select(l::superseded_at.is_not_null()).load(conn)?)
        }).unwrap();
        assert_eq!(links, [true, false], "one link works: the newest");
        let row = world.desk.db.read(|conn| tokendesk::tasks::find(conn, &Who::system(), world.now(), world.desk.settings.zone, task)).unwrap();
        assert_eq!((row.task.stop_on().to_string(), row.progress.active), ("2027-02-02".into(), 1));
        let log = world.dump("audit_entries");
        assert!(log.contains("tasks.give_more_time") && log.contains("2026-12-04 → 2027-02-02"), "{log}");
        // Once is enough: then the user is Active, and the page is Resend again.
        desk.post(&more, &[("email", "g.ferrari@example.org")]).expect(422).says("Resend the email instead");
        desk.get(&path).says("Stop Date after Resend");
    }

    fn only_an_expired_user_is_given_more_time(world) {
        let (who, task, ferrari) = expired(&world);
        let today = ["locked", "enrolled", "removed", "disabled", "active"].map(|name| world.user(name, "Sales"));
        let ids = today.each_ref().map(|user| user.id);
        let later = world.task(&who, &ids);
        world.lock(later, ids[0]);
        world.enroll(later, ids[1]);
        use diesel::prelude::*;
        use tokendesk::{schema::{enrollments, users}, tasks};
        world.desk.db.write(|conn| {
            tasks::end_enrollments(conn, world.now(), &[world.enrollment(later, ids[2]).id], "test", tokendesk::tasks::status::RemovedWhy::Removed, None)?;
            Ok(())
        }).unwrap();
        world.advance(Duration::days(30));
        let now = world.now();
        world.desk.db.write(|conn| {
            diesel::update(users::table.find(ids[3].0)).set(users::disabled_at.eq(Some(now))).execute(conn)?;
            let enrollment = enrollments::table.filter(enrollments::user_id.eq(ids[4].0));
            diesel::update(enrollment).set(enrollments::stop_on.eq(world.desk.settings.zone.today(now))).execute(conn)?;
            Ok(())
        }).unwrap();
        let before = rows(&world);
        let words = ["Unlock", "has enrolled", "removed from task", "is disabled", "Resend the email instead"];
        for (user, word) in ids.into_iter().zip(words) {
            let Err(Error::Refused(sentence)) = give_more_time(&world.desk, &who, now, later, user, None) else {
                panic!("more time was given: {word}");
            };
            assert!(sentence.contains(word), "{sentence}");
        }
        assert_eq!(rows(&world), before);
        let Err(Error::Refused(sentence)) = resend::resend(&world.desk, &who, now, task, ferrari.id, None) else {
            panic!("Resend is for Active users");
        };
        assert!(sentence.contains("Give more time"), "{sentence}");
    }

    fn a_row_of_the_task_offers_it_to_who_may_resend(world) {
        let (who, task, _) = expired(&world);
        let offer = format!("/users/g.ferrari/tasks/{task}/edit\" aria-label=\"Give more time to g.ferrari\"");
        let page = Browser::signed_in(&world.url, &world.desk, &who).get(&format!("/tasks/{task}")).expect(200);
        assert!(page.body.contains(&offer), "{}", page.body);
        let auditor = world.signed_in("a.reyes", BuiltIn::Auditor);
        let page = auditor.get(&format!("/tasks/{task}")).expect(200).does_not_say("Give more time");
        assert!(!page.body.contains(&offer));
        auditor.post(&format!("/users/g.ferrari/tasks/{task}/more-time"), &[("email", "g.ferrari@example.org")]).expect(403).says("resend");
    }
}
