//! Provision page by page, a task's page, and Authentication Methods, over HTTP.

use tokendesk::{
    ids::{TaskId, UserId},
    operators::BuiltIn,
};

use crate::{
    on_both,
    support::{Browser, World, browser::Page},
};

/// From the ticked users to the Confirm page; the draft's address and the page.
fn to_confirm(browser: &Browser, form: &[(&str, &str)]) -> (String, Page) {
    let draft = browser.post("/provision", form).location().to_owned();
    browser.get(&draft).expect(200).says("Chosen users");
    browser.get(&format!("{draft}/type")).expect(200).says("Reserved for Provisioning Tasks").says("Unlimited");
    let choice =
        [("authentication_type", "authenticator-app"), ("description", "New starters"), ("stop_on", "2026-11-27")];
    let next = browser.post(&format!("{draft}/type"), &choice).location().to_owned();
    assert_eq!(next, format!("{draft}/confirm"));
    let page = browser.get(&next).expect(200);
    (draft, page)
}

fn task_of(location: &str) -> TaskId {
    TaskId(location.rsplit('/').next().unwrap().parse().unwrap())
}

fn people(world: &World, names: &[&str]) -> Vec<UserId> {
    names.iter().map(|name| world.user(name, "Sales").id).collect()
}

on_both! {
    fn an_operator_provisions_two_users_page_by_page(world) {
        let users = people(&world, &["a.santos", "d.hanley"]);
        let ids: Vec<String> = users.iter().map(ToString::to_string).collect();
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let (draft, page) = to_confirm(&browser, &[("user", &ids[0]), ("user", &ids[1])]);
        let shown = page.hidden("shown");
        page.says("Provision 2 users").says("Confirm and send 2 emails").says("Ready").says("a.santos@example.org");
        let done = browser.post(&format!("{draft}/confirm"), &[("shown", &shown)]);
        let task = task_of(done.location());
        browser.get(done.location()).expect(200).says(&format!("Task {task} was created.")).says("New starters").says("Active 2");
        // Coming back leads to the task, and a second Confirm makes no second one.
        assert_eq!(browser.get(&draft).location(), format!("/tasks/{task}"));
        assert_eq!(browser.post(&format!("{draft}/confirm"), &[("shown", &shown)]).location(), format!("/tasks/{task}"));
        assert_eq!(world.provisioned_rows(), [1, 2, 2, 2]);
    }

    fn all_that_match_are_provisioned(world) {
        people(&world, &["an.one", "an.two", "other"]);
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let (draft, page) = to_confirm(&browser, &[("all", "1"), ("query", "q=an.")]);
        let shown = page.hidden("shown");
        page.says("Provision 2 users");
        browser.post(&format!("{draft}/confirm"), &[("shown", &shown)]).location();
        assert_eq!(world.provisioned_rows()[1], 2);
    }

    fn users_can_be_left_out_in_the_review(world) {
        let users = people(&world, &["an.one", "an.two"]);
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let draft = browser.post("/provision", &[("all", "1"), ("query", "q=an.")]).location().to_owned();
        browser.post(&draft, &[("user", &users[0].to_string())]).location();
        browser.get(&draft).expect(200).says("Provision 1 user").does_not_say("an.one@");
    }

    fn confirm_offers_to_include_those_whom_it_left_out(world) {
        let who = world.lindqvist();
        let users = people(&world, &["a.santos", "b.santos", "c.santos"]);
        world.enroll(world.task(&who, &users[..1]), users[0]);
        world.task(&who, &users[1..2]);
        let browser = world.signed_in("m.okafor", BuiltIn::Operator);
        let ticked: Vec<String> = users.iter().map(ToString::to_string).collect();
        let (draft, page) = to_confirm(&browser, &[("user", &ticked[0]), ("user", &ticked[1])]);
        let confirm = format!("{draft}/confirm");
        page.says("Provision 0 users").says("Include the 1 who has a token").says("Include the 1 who is in an open task");
        assert_eq!(browser.post(&confirm, &[("include", "with-token")]).location(), confirm);
        let page = browser.get(&confirm).expect(200).says("Provision 1 user").does_not_say("who has a token");
        page.says("Include the 1 who is in an open task").says("Confirm and send 1 email");
        assert_eq!(browser.post(&confirm, &[("include", "with-task")]).location(), confirm);
        let page = browser.get(&confirm).expect(200).says("Provision 2 users").does_not_say("Include the");
        browser.post(&confirm, &[("shown", &page.hidden("shown"))]).location();

        // Who has no address cannot be included: other users can be chosen.
        world.desk.db.write(|conn| {
            use diesel::prelude::*;
            use tokendesk::schema::users;
            Ok(diesel::update(users::table.find(ticked[2].parse::<i64>().unwrap())).set(users::email.eq("")).execute(conn)?)
        }).unwrap();
        let (_, page) = to_confirm(&browser, &[("user", &ticked[2])]);
        page.says("without an email address").does_not_say("Include the").says("Choose other users");
    }

    fn moved_data_answers_409_with_the_new_picture(world) {
        let users = people(&world, &["a.santos"]);
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let (draft, page) = to_confirm(&browser, &[("user", &users[0].to_string())]);
        let shown = page.hidden("shown");
        world.task(&world.operator("m.okafor", BuiltIn::Operator), &users);
        let page = browser.post(&format!("{draft}/confirm"), &[("shown", &shown)]).expect(409);
        page.says("Something changed since this page was shown").says("already in open task");
        assert_eq!(world.provisioned_rows()[0], 1);
    }

    fn a_form_with_mistakes_comes_back_with_everything_typed(world) {
        let users = people(&world, &["a.santos"]);
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let draft = browser.post("/provision", &[("user", &users[0].to_string())]).location().to_owned();
        let long = "x".repeat(201);
        let page = browser.post(
            &format!("{draft}/type"),
            &[("authentication_type", "pigeon"), ("description", &long), ("stop_on", "2027-11-27"), ("include_with_task", "1")],
        ).expect(422);
        assert!(page.body.contains(&long) && page.body.contains("value=\"2027-11-27\""));
        page.says("Choose an Authentication Type.").says("201 characters").says("allows a Stop Date up to 2026-12-20");
    }

    fn nobody_ticked_leads_back_to_the_users(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        assert_eq!(browser.post("/provision", &[]).location(), "/users");
        assert_eq!(browser.get("/provision").location(), "/users");
    }

    fn drafts_of_others_and_unknown_ones_are_not_there(world) {
        let users = people(&world, &["a.santos"]);
        let mine = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let draft = mine.post("/provision", &[("user", &users[0].to_string())]).location().to_owned();
        let other = world.signed_in("m.okafor", BuiltIn::Operator);
        for end in ["", "/type", "/confirm"] {
            other.get(&format!("{draft}{end}")).expect(404);
            other.get(&format!("/provision/nonsense{end}")).expect(404);
        }
        world.signed_in("reader", BuiltIn::Auditor).get(&draft).expect(403).says("provision");
    }

    fn a_task_shows_its_users_by_status_and_its_history(world) {
        let who = world.lindqvist();
        let users = people(&world, &["active", "locked", "enrolled", "used"]);
        let task = world.task(&who, &users);
        world.lock(task, users[1]);
        world.enroll(task, users[2]);
        let token = world.enroll(task, users[3]);
        world.desk.db.write(|conn| tokendesk::tasks::note_used(conn, world.now(), token)).unwrap();
        world.mail_state(world.enrollment(task, users[0]).id, "Failed", "552 5.2.2 Mailbox full");
        let browser = world.signed_in("reader", BuiltIn::Auditor);
        let page = browser.get(&format!("/tasks/{task}")).expect(200);
        page.says("Completed 1").says("Active 2").says("Locked 1").says("Expired 0").says("5 of 5 attempts used")
            .says("Enrolled, not used yet").says("First sign-in today, 14:32").says("TD-TEST-").says("not enrolled")
            .says("Failed").says("552 5.2.2 Mailbox full").says("k.lindqvist provisioned 4 users").does_not_say("Edit");
        browser.get(&format!("/tasks/{task}?status=locked")).says("Rows 1 to 1 of 1").does_not_say("Enrolled, not");
        browser.get(&format!("/tasks/{task}?mail=failed")).says("Rows 1 to 1 of 1");
        browser.get(&format!("/tasks/{task}?q=us")).says("Rows 1 to 1 of 1");
        browser.get("/tasks/99999").expect(404);
        browser.get("/tasks/nonsense").expect(404);
    }

    fn a_completed_task_stays_readable(world) {
        let who = world.lindqvist();
        let users = people(&world, &["a.berg"]);
        let task = world.task(&who, &users);
        world.enroll(task, users[0]);
        let browser = world.signed_in("k2", BuiltIn::Operator);
        browser.get(&format!("/tasks/{task}")).expect(200).says("All users have enrolled").does_not_say("Edit");
        browser.get(&format!("/tasks/{task}/edit")).expect(422);
    }

    fn the_users_table_has_the_columns_of_the_seed_document_and_the_link_needs_the_permission(world) {
        let who = world.lindqvist();
        let users = people(&world, &["t.adeyemi"]);
        let path = "/users/t.adeyemi/authentication-methods";
        let desk = world.signed_in("desk", BuiltIn::HelpDesk);
        desk.get(path).expect(200).does_not_say("Provisioning Tasks Outstanding");
        let task = world.task(&who, &users);
        let page = desk.get(path).expect(200);
        assert!(!page.body.contains(&format!("href=\"/tasks/{task}\"")), "plain text without the permission");
        page.says("Task Requester Provisioned to Start Date Stop Date Status Authentication Type")
            .says("k.lindqvist").says("t.adeyemi@example.org").says("Active").says("Authenticator app (TOTP)");
        let page = world.signed_in("reader", BuiltIn::Auditor).get(path).expect(200);
        assert!(page.body.contains(&format!("href=\"/tasks/{task}\"")));
        desk.get("/users/nobody/authentication-methods").expect(404);
        let token = world.enroll(task, users[0]);
        desk.get(path).says("Enrolled, not used yet").says("TD-TEST-");
        world.desk.db.write(|conn| tokendesk::tasks::note_used(conn, world.now(), token)).unwrap();
        desk.get(path).does_not_say("Requester");
    }

    fn the_users_list_shows_the_provisioning_task_and_its_status(world) {
        let who = world.lindqvist();
        let users = people(&world, &["a.berg"]);
        let task = world.task(&who, &users);
        world.lock(task, users[0]);
        let link = format!("href=\"/tasks/{task}\"");
        let page = world.signed_in("reader", BuiltIn::Auditor).get("/users").expect(200);
        assert!(page.body.contains(&link));
        page.says("Provisioning task").says(&format!("Locked {task}"));
        let page = world.signed_in("desk", BuiltIn::HelpDesk).get("/users").expect(200);
        assert!(!page.body.contains(&link), "plain text without the permission");
    }
}
