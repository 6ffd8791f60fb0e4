//! What a task says of its users and of the newest email any of them was sent (PRODUCT.md §2).

use tokendesk::{
    operators::{BuiltIn, Who},
    tasks::{
        remove, resend, stop_date,
        ticked_users::{self, TickedUsers},
    },
    users::User,
};

use crate::{
    on_both,
    support::{Browser, World},
};

/// Moves the Stop Date of one user of a task, with an email about it.
fn move_and_tell(world: &World, who: &Who, task: tokendesk::ids::TaskId, user: &User) {
    let enrollment = world.enrollment(task, user.id);
    let ticked = TickedUsers::These(vec![enrollment.id]);
    let date = "2026-12-10".parse().unwrap();
    let preview = ticked_users::preview(&world.desk, who, world.now(), task, &ticked).unwrap();
    let shown = preview.shown(&world.desk.keys, &stop_date::moving(date));
    stop_date::change_stop_date(&world.desk, who, world.now(), task, &ticked, date, true, &shown).unwrap();
}

on_both! {
    fn after_remove_nobody_of_the_task_is_active(world) {
        let who = world.lindqvist();
        let users = [world.user("a.berg", "Sales"), world.user("b.cole", "Sales"), world.user("c.dahl", "Sales")];
        let ids: Vec<_> = users.iter().map(|user| user.id).collect();
        let task = world.task(&who, &ids);
        world.enroll(task, ids[0]);
        world.lock(task, ids[1]);
        remove::remove_task(&world.desk, &who, world.now(), task, false, 2).unwrap();
        let scoped = world.operator_in("m.okafor", BuiltIn::Auditor, &[users[0].container]);
        for who in [who, scoped] {
            let browser = Browser::signed_in(&world.url, &world.desk, &who);
            let path = format!("/tasks/{task}");
            browser.get(&path).expect(200).says("Completed 0 Active 1 Locked 0 Expired 0 Removed 2");
            // Each number is how many rows have that status.
            let page = browser.get(&format!("{path}?status=active")).expect(200);
            assert!(page.body.contains("/users/a.berg\"") && !page.body.contains("/users/c.dahl\""), "{}", page.text());
            for status in ["locked", "expired", "completed"] {
                browser.get(&format!("{path}?status={status}")).expect(200).says("No user matches");
            }
        }
    }

    fn emailed_to_is_the_newest_email_of_any_kind(world) {
        let who = world.lindqvist();
        let (a, b) = (world.user("a.berg", "Sales"), world.user("b.cole", "Sales"));
        let task = world.task(&who, &[a.id, b.id]);
        let scoped = world.operator_in("m.okafor", BuiltIn::ProvisioningManager, &[a.container]);
        let says = |words: &str| {
            for who in [&who, &scoped] {
                let browser = Browser::signed_in(&world.url, &world.desk, who);
                for path in [format!("/tasks/{task}"), "/tasks".into(), "/reports/provisioning.csv".into()] {
                    let page = browser.get(&path).expect(200);
                    assert!(page.text().contains(words), "{path} as {}: {}", who.name(), page.text());
                }
            }
        };
        says("b.cole@example.org and 1 other");
        move_and_tell(&world, &who, task, &a);
        says("a.berg@example.org and 1 other");
        move_and_tell(&world, &who, task, &b);
        says("b.cole@example.org and 1 other");
    }

    fn a_masked_address_is_said_to_be_an_alternate_one(world) {
        let who = world.lindqvist();
        let user = world.user("a.berg", "Sales");
        let task = world.task(&who, &[user.id]);
        resend::resend(&world.desk, &who, world.now(), task, user.id, Some("anna@mail.example")).unwrap();
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let words = "a•••@m•••.example, alternate address";
        for path in [
            format!("/tasks/{task}"), "/tasks".into(), format!("/tasks/{task}/remove"), "/users/a.berg/authentication-methods".into(),
            "/reports/provisioning.csv".into(), "/reports/not-enrolled".into(),
        ] {
            let page = browser.get(&path).expect(200);
            assert!(page.text().contains(words), "{path}: {}", page.text());
        }
    }
}
