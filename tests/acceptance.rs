//! The document the product was asked for with, line by line: every screen, column, button and effect it names, in its
//! own words. What each of them does in every case has tests of its own beside its feature.

use chrono::Duration;
use tokendesk::{ids::TaskId, operators::BuiltIn, tasks, users::User};

use crate::{
    on_both,
    support::{Browser, Page, World},
};

/// Fails the test unless the page says all of `words`.
fn has(browser: &Browser, path: &str, words: &[&str]) {
    let page = browser.get(path).expect(200);
    let text = page.text();
    for one in words {
        assert!(text.contains(one), "“{one}” is not on {path}: {text}");
    }
}

/// Four users in a task, of whom the last has enrolled and used the token.
fn roll_out(world: &World) -> (TaskId, Vec<User>) {
    let users: Vec<User> = ["a.berg", "b.cole", "c.diaz", "d.evans"].iter().map(|id| world.user(id, "Sales")).collect();
    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    let task = world.task(&world.lindqvist(), &ids);
    let token = world.enroll(task, ids[3]);
    world.desk.db.write(|conn| tasks::note_used(conn, world.now(), token)).expect("the token was used");
    (task, users)
}

on_both! {
    fn viewing_all_provisioning_tasks(world) {
        let (task, _) = roll_out(&world);
        let browser = world.signed_in("m.okafor", BuiltIn::Operator);
        has(&browser, "/", &["Shortcuts", "Provisioning Tasks"]);
        let columns = ["Task", "Operator", "Emailed to", "Start Date", "Stop Date", "Count", "Edit", "Remove"];
        has(&browser, "/tasks", &columns);
        has(&browser, "/tasks", &["Provisioning Task Management", "k.lindqvist", "d.evans@example.org and 3 others"]);
        assert!(browser.get("/tasks").body.contains(&format!("href=\"/tasks/{task}\"")), "the Task is a link");
        has(&browser, &format!("/tasks/{task}"), &["Provisioning Task Management", "Status", "Serial Number", "TD-TEST-"]);
    }

    fn the_status_of_each_user(world) {
        let (task, users) = roll_out(&world);
        let browser = world.signed_in("m.okafor", BuiltIn::Operator);
        let page = |browser: &Browser| browser.get(&format!("/tasks/{task}")).expect(200);
        let row = |page: &Page, user: &User| {
            let row = page.body.split("<tr").find(|row| row.contains(&user.user_id)).expect("the user has a row");
            row.to_owned()
        };
        world.lock(task, users[1].id);
        let now = page(&browser);
        assert!(row(&now, &users[0]).contains("Active"));
        assert!(row(&now, &users[1]).contains("Locked"));
        assert!(row(&now, &users[3]).contains("Completed"));
        world.advance(Duration::days(15));
        let later = page(&world.signed_in("j.tanaka", BuiltIn::Operator));
        assert!(row(&later, &users[0]).contains("Expired"));
        assert!(row(&later, &users[1]).contains("Locked"));
    }

    fn removing_a_task_from_the_list(world) {
        let (task, _) = roll_out(&world);
        let browser = world.signed_in("m.okafor", BuiltIn::Operator);
        let path = format!("/tasks/{task}/remove");
        has(&browser, &path, &["3 users lose their ability to enroll", "This cannot be reversed.", "Email notification"]);
        browser.post(&path, &[("lose", "3")]).expect(303);
        browser.get("/tasks").does_not_say("d.evans@example.org");
        has(&browser, "/reports/provisioning", &["Removed"]);
    }

    fn a_completed_task_is_kept_for_reporting_only(world) {
        let users = [world.user("a.berg", "Sales")];
        let task = world.task(&world.lindqvist(), &[users[0].id]);
        world.enroll(task, users[0].id);
        let browser = world.signed_in("m.okafor", BuiltIn::Operator);
        assert!(!browser.get("/tasks").body.contains(&format!("href=\"/tasks/{task}\"")));
        has(&browser, "/reports/provisioning", &[&task.to_string()]);
    }

    fn editing_a_provisioning_task(world) {
        let (task, users) = roll_out(&world);
        let browser = world.signed_in("m.okafor", BuiltIn::Operator);
        let path = format!("/tasks/{task}/edit");
        has(&browser, &path, &["Remove", "New Stop Date", "Cancel", "Resend", "Unlock"]);
        let ticked = world.enrollment(task, users[0].id).id.to_string();
        let page = browser.post(&format!("{path}/remove"), &[("user", &ticked)]);
        page.says("Email notification").says("cannot be reversed").says("a.berg");
        let page = browser.post(&format!("{path}/stop-date"), &[("user", &ticked), ("stop_on", "2026-12-10")]);
        page.says("Apply").says("Cancel");
    }

    fn viewing_provisioning_tasks_for_a_user(world) {
        let (task, _) = roll_out(&world);
        world.user("e.fox", "Sales");
        let (manager, desk) = (world.signed_in("m", BuiltIn::ProvisioningManager), world.signed_in("h", BuiltIn::HelpDesk));
        let path = "/users/a.berg/authentication-methods";
        let columns = ["Task", "Requester", "Provisioned to", "Start Date", "Stop Date", "Status", "Authentication Type"];
        has(&manager, path, &columns);
        has(&manager, path, &["Assignment", "User Detail", "Authentication Methods", "Provisioning Tasks", "a.berg@example.org"]);
        let link = format!("href=\"/tasks/{task}\"");
        assert!(manager.get(path).body.contains(&link), "a hyperlink for the provisioning manager");
        assert!(!desk.get(path).body.contains(&link), "plain text without the permission");
        desk.get("/users/e.fox/authentication-methods").expect(200).does_not_say("Requester");
    }

    fn resending_a_token_provisioning_task(world) {
        let (task, users) = roll_out(&world);
        let desk = world.signed_in("h", BuiltIn::HelpDesk);
        let edit = format!("/users/a.berg/tasks/{task}/edit");
        let page = desk.get("/users/a.berg/authentication-methods").expect(200);
        assert!(page.body.contains(&format!("href=\"{edit}\"")) && page.text().contains("Edit"));
        let page = desk.get(&edit).expect(200).says("Resend").says("Email").says("Stop Date");
        assert!(page.body.contains("value=\"a.berg@example.org\""), "the profile's address is in the field");
        world.advance(Duration::days(3));
        let desk = world.signed_in("h2", BuiltIn::HelpDesk);
        desk.post(&edit, &[("email", "elsewhere@example.net")]).expect(303);
        // Adjusted by the Self-Enrollment Policy: 14 days from today.
        assert_eq!(world.enrollment(task, users[0].id).facts.stop_on.to_string(), "2026-12-07");
        // Only active ones can be resent.
        let sends = |page: &Page| page.body.contains(&format!("action=\"{edit}\""));
        assert!(sends(&desk.get(&edit).expect(200)), "an Active one can be");
        world.lock(task, users[0].id);
        assert!(!sends(&desk.get(&edit).expect(200).says("This cannot be resent.")));
        desk.post(&edit, &[("email", "a.berg@example.org")]).expect(422);
    }
}
