//! Find: one text, looked up wherever the role may look.

use tokendesk::{operators::BuiltIn, web::segment};

use crate::{
    on_both,
    support::{Browser, Page, World},
};

fn find(browser: &Browser, q: &str) -> Page {
    browser.get(&format!("/find?q={}", segment(q)))
}

fn users(world: &World) -> tokendesk::operators::Who {
    for (user_id, container) in [("t.adeyemi", "Sales"), ("t.adeyinka", "Legal"), ("b.ost", "Legal")] {
        world.user(user_id, container);
    }
    world.lindqvist()
}

on_both! {
    fn one_exact_hit_leads_straight_to_it(world) {
        let who = users(&world);
        let user = world.user("s.only", "Sales").id;
        let task = world.task(&who, &[user]);
        let token = world.app_of(&world.user("with.app", "Sales")).token;
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        assert_eq!(find(&browser, " T.Adeyemi ").location(), "/users/t.adeyemi/authentication-methods");
        assert_eq!(find(&browser, "T.ADEYEMI@example.org").location(), "/users/t.adeyemi/authentication-methods");
        for said in [task.to_string(), format!("Task {task}"), format!("#{task}")] {
            assert_eq!(find(&browser, &said).location(), format!("/tasks/{task}"));
        }
        assert_eq!(find(&browser, &token.serial.to_lowercase()).location(), format!("/tokens/{}", token.serial));
    }

    fn two_things_of_one_name_are_both_shown(world) {
        let who = users(&world);
        let task = world.task(&who, &[world.user("s.only", "Sales").id]);
        world.user(&task.to_string(), "Sales");
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let page = find(&browser, &task.to_string()).expect(200);
        assert!(page.body.contains(&format!("href=\"/tasks/{task}\"")));
        assert!(page.body.contains(&format!("href=\"/users/{task}/authentication-methods\"")));
    }

    fn what_begins_with_the_text_is_grouped(world) {
        let who = users(&world);
        let adeyinka = world.desk.db.read(|conn| tokendesk::users::find(conn, &who, "t.adeyinka")).unwrap();
        let task = world.task(&who, &[adeyinka.id]);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let page = find(&browser, "t.adey").expect(200).says("Users").says("Provisioning tasks");
        let page = page.says(&format!("Task {task}")).says("0 of 1 completed").says("stops in 14 days");
        page.says("no token").says("Active").does_not_say("b.ost");
        find(&browser, "First Last").expect(200).says("t.adeyemi").says("b.ost");
        find(&browser, "create").expect(200).says("Create User").says("Nothing that you may see begins with");
        find(&browser, "").expect(200).says("Actions");
        find(&browser, "%").expect(200).says("Nothing that you may see");
        find(&browser, "<script>alert(1)</script>").expect(200).does_not_say("alert(1)</script> <");
        find(&browser, "a\0b'\"; --").expect(400);
        find(&browser, &"9".repeat(300)).expect(200);
    }

    fn a_failed_email_is_said_beside_the_user(world) {
        let who = users(&world);
        let user = world.user("s.only", "Sales").id;
        let task = world.task(&who, &[user]);
        world.mail_state(world.enrollment(task, user).id, "Failed", "550 no such user");
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let page = find(&browser, "s.onl").expect(200).says("Mail failed").says(&format!("Resend task {task}"));
        assert!(page.body.contains(&format!("href=\"/users/s.only/tasks/{task}/edit\"")));
    }

    fn a_role_finds_what_it_may_see(world) {
        let who = users(&world);
        let user = world.user("s.only", "Sales").id;
        let task = world.task(&who, &[user]);
        let help_desk = world.signed_in("h.desk", BuiltIn::HelpDesk);
        find(&help_desk, &task.to_string()).expect(200).says("Nothing that you may see");
        let page = find(&help_desk, "s.on").expect(200).says("First Last s.only").says("Resend task");
        page.does_not_say("Provisioning tasks").does_not_say("Create User");
        world.stranger().get("/find?q=s.only").expect(303);
    }

    fn what_is_outside_of_the_scope_is_not_found(world) {
        let who = users(&world);
        let legal = world.desk.db.read(|conn| tokendesk::users::container(conn, "Legal")).unwrap().unwrap();
        let user = world.user("s.only", "Sales");
        let task = world.task(&who, &[user.id]);
        let serial = world.app_of(&user).token.serial;
        let keeper = world.operator_in("j.tanaka", BuiltIn::Operator, &[legal]);
        let keeper = Browser::signed_in(&world.url, &world.desk, &keeper);
        for outside in ["t.adeyemi", "s.only", "s.onl", "s.only@example.org", &task.to_string(), &serial, &serial[..9]] {
            find(&keeper, outside).expect(200).says("Nothing that you may see begins with");
        }
        find(&keeper, "t.adey").expect(200).says("t.adeyinka").does_not_say("t.adeyemi");
    }
}
