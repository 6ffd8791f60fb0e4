//! Operators as those who manage them see and change them: adding, editing, suspending, first passwords, removal,
//! sessions, and who exists for whom.

use tokendesk::{
    error::Error,
    operators::{self, BuiltIn, Who},
};

use super::{PASSWORD, add, is_signed_in, sign_in};
use crate::{
    on_both,
    support::{Browser, Page, World},
};

/// The version in the form of an operator's page.
fn version(page: &Page) -> String {
    between(&page.body, "name=\"version\" value=\"", "\"")
}

pub fn between(body: &str, before: &str, after: &str) -> String {
    let rest = body.split_once(before).unwrap_or_else(|| panic!("no {before} in {body}")).1;
    rest.split_once(after).expect("it ends").0.to_owned()
}

/// The first password that a page shows.
fn handed(page: &Page) -> String {
    between(&page.body, "<code class=\"handed\">", "</code>")
}

fn form<'a>(version: &'a str, role: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("version", version), ("name", ""), ("email", ""), ("role", role), ("scope", "all")]
}

fn role_of(world: &World, user_id: &str) -> String {
    let found = world.desk.db.read(|conn| operators::row(conn, user_id)).unwrap();
    found.expect("the operator is there").role
}

on_both! {
    fn an_operator_is_added_with_a_first_password_that_is_shown_once(world) {
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let page = lindqvist
            .post("/operators/new", &[
                ("user_id", "n.weber"), ("name", "Nora Weber"), ("email", "n.weber@example.org"),
                ("role", "Help desk"), ("scope", "all"),
            ])
            .expect(200)
            .says("This password is shown once");
        let password = handed(&page);
        assert_eq!(password.len(), 23, "{password}");
        assert!(!world.dump("sessions").contains(&password));
        assert!(!world.dump("audit_entries").contains(&password));
        lindqvist.get("/operators").says("n.weber").says("first password not changed yet");
        let weber = world.stranger();
        sign_in(&weber, "n.weber", &password);
        assert_eq!(weber.get("/users").location(), "/account");
        assert!(world.dump("audit_entries").contains("Added an operator"));
    }

    fn what_is_wrong_comes_back_at_its_field(world) {
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let typed = [("user_id", "a b"), ("name", "Nora"), ("email", "nowhere"), ("role", "Nobody"), ("scope", "some")];
        lindqvist
            .post("/operators/new", &typed)
            .expect(422)
            .says("A UserID has 1 to 64 letters")
            .says("This is not an email address.")
            .says("This operator cannot be added yet");
        let typed = [("user_id", "n.weber"), ("name", "Nora"), ("role", "Nobody"), ("scope", "some")];
        let page = lindqvist.post("/operators/new", &typed).expect(422);
        let page = page.says("There is no role “Nobody”.").says("Choose one or more of the containers there are.");
        assert!(page.body.contains("value=\"Nora\""));
        let typed = [("user_id", "K.LINDQVIST"), ("role", "Auditor"), ("scope", "all")];
        lindqvist.post("/operators/new", &typed).expect(422).says("There is an operator K.LINDQVIST already");
    }

    fn role_and_scope_change_and_count_from_the_next_request(world) {
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let weber = world.signed_in("n.weber", BuiltIn::HelpDesk);
        weber.get("/reports/tokens").expect(403);
        let version = version(&lindqvist.get("/operators/n.weber"));
        let path = "/operators/n.weber";
        assert_eq!(lindqvist.post(path, &form(&version, "Auditor")).location(), path);
        lindqvist.get(path).says("Saved.");
        weber.get("/reports/tokens").expect(200);
        assert!(world.dump("audit_entries").contains("Help desk → Auditor"));
    }

    fn of_two_who_edit_the_same_operator_the_second_is_told(world) {
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        world.operator("n.weber", BuiltIn::HelpDesk);
        let path = "/operators/n.weber";
        let seen = version(&lindqvist.get(path));
        lindqvist.post(path, &form(&seen, "Auditor")).expect(303);
        let page = lindqvist.post(path, &form(&seen, "Provisioning manager")).expect(409);
        let page = page.says("someone else changed n.weber while you were typing").says("Auditor");
        assert_eq!(role_of(&world, "n.weber"), "Auditor");
        // The next try is made knowing what changed.
        lindqvist.post(path, &form(&version(&page), "Provisioning manager")).expect(303);
        assert_eq!(role_of(&world, "n.weber"), "Provisioning manager");
    }

    fn nobody_changes_suspends_or_removes_themselves(world) {
        world.operator("second", BuiltIn::Operator);
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let path = "/operators/k.lindqvist";
        let page = lindqvist.get(path).says("This is you");
        assert!(!page.body.contains("/suspend"));
        lindqvist.post(path, &form(&version(&page), "Auditor")).expect(422).says("Nobody changes their own role.");
        lindqvist.post(&format!("{path}/suspend"), &[]).expect(422).says("Nobody can suspend themselves.");
        lindqvist.post(&format!("{path}/remove"), &[]).expect(422).says("Nobody can remove themselves.");
        assert_eq!(role_of(&world, "k.lindqvist"), "Operator");
    }

    fn a_removed_operator_is_out_and_their_user_id_is_nobody_elses(world) {
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        add(&world, "n.weber", "Help desk");
        let weber = world.stranger();
        sign_in(&weber, "n.weber", PASSWORD);
        lindqvist.get("/operators/n.weber/remove").expect(200).says("This cannot be reversed.");
        assert_eq!(lindqvist.post("/operators/n.weber/remove", &[]).location(), "/operators");
        assert!(!is_signed_in(&weber));
        sign_in(&weber, "n.weber", PASSWORD).expect(422);
        lindqvist.get("/operators").says("Removed n.weber.");
        lindqvist.get("/operators").does_not_say("n.weber");
        lindqvist.get("/operators/n.weber").expect(404);
        let again = [("user_id", "N.Weber"), ("role", "Auditor"), ("scope", "all")];
        lindqvist.post("/operators/new", &again).expect(422).says("even after the first was removed");
        assert!(world.dump("audit_entries").contains("Removed an operator"));
    }

    fn the_last_operator_is_neither_suspended_removed_nor_demoted_in_the_console(world) {
        add(&world, "k.lindqvist", "Operator");
        // Someone with a role of their own making that holds as much.
        let all = operators::Permissions::all();
        tokendesk::roles::add(&world.desk, &Who::command_line(), world.now(), "Twin", all).unwrap();
        let twin = world.operator("twin", BuiltIn::Auditor);
        world.change_role(&Who::command_line(), "twin", "Twin").unwrap();
        let twin = Browser::signed_in(&world.url, &world.desk, &twin);
        for verb in ["suspend", "remove"] {
            let page = twin.post(&format!("/operators/k.lindqvist/{verb}"), &[]).expect(422);
            page.says("k.lindqvist is the last one with the role Operator who can sign in.");
        }
        let version = version(&twin.get("/operators/k.lindqvist"));
        let page = twin.post("/operators/k.lindqvist", &form(&version, "Auditor")).expect(422);
        page.says("k.lindqvist is the last one with the role Operator who can sign in.");
        assert_eq!(role_of(&world, "k.lindqvist"), "Operator");
    }

    fn a_lost_password_and_a_lost_phone_are_mended_in_the_console(world) {
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        add(&world, "n.weber", "Help desk");
        let weber = world.stranger();
        sign_in(&weber, "n.weber", PASSWORD);
        lindqvist.get("/operators/n.weber/password").expect(200).says("signed out everywhere");
        let page = lindqvist.post("/operators/n.weber/password", &[]).expect(200);
        assert!(!is_signed_in(&weber));
        sign_in(&weber, "n.weber", &handed(&page));
        assert_eq!(weber.get("/users").location(), "/account");
        assert_eq!(lindqvist.post("/operators/n.weber/second-factor", &[]).location(), "/operators/n.weber");
        assert!(!is_signed_in(&weber));
    }

    fn a_session_is_ended_by_its_owner_and_by_who_manages_operators(world) {
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        add(&world, "n.weber", "Help desk");
        let [here, there, elsewhere] = [0; 3].map(|_| {
            let browser = world.stranger();
            sign_in(&browser, "n.weber", PASSWORD);
            browser
        });
        let page = here.get("/account").says("this one");
        assert_eq!(page.body.matches("name=\"mark\"").count(), 2, "one's own session has no button");
        let mark = between(&page.body, "name=\"mark\" value=\"", "\"");
        let form = [("mark", mark.as_str()), ("proof", PASSWORD)];
        assert_eq!(here.post("/account/sessions", &form).location(), "/account");
        assert!(is_signed_in(&here));
        assert!(is_signed_in(&there) != is_signed_in(&elsewhere), "one of the two");
        here.post("/account/sessions", &[]);
        assert!(is_signed_in(&here) && !is_signed_in(&there) && !is_signed_in(&elsewhere));
        sign_in(&there, "n.weber", PASSWORD);
        lindqvist.get("/operators/n.weber").says("Signed in").says("Sign out everywhere");
        lindqvist.post("/operators/n.weber/sessions", &[]).expect(303);
        assert!(!is_signed_in(&here) && !is_signed_in(&there));
        assert!(world.dump("audit_entries").contains("Signed an operator out"));
    }

    fn a_mark_ends_no_session_of_somebody_else(world) {
        let weber = world.signed_in("n.weber", BuiltIn::HelpDesk);
        let other = world.signed_in("o.other", BuiltIn::HelpDesk);
        let who = world.desk.db.read(|conn| operators::row(conn, "o.other")).unwrap().unwrap();
        let open = world.desk.db.read(|conn| tokendesk::operators::sessions::open_of(&world.desk, conn, who.id, world.now())).unwrap();
        weber.post("/account/sessions", &[("mark", &open[0].mark)]).expect(303);
        assert!(is_signed_in(&other));
    }

    fn who_works_in_a_part_knows_no_operator_from_outside_of_it(world) {
        let user = |id: &str, container: &str| world.user(id, container).container;
        let (sales, legal) = (user("a.berg", "Sales"), user("b.cho", "Legal"));
        let twin: Vec<_> = operators::Permission::ALL.to_vec();
        tokendesk::roles::add(&world.desk, &Who::command_line(), world.now(), "Chief", twin.into_iter().collect()).unwrap();
        let chief = world.operator_in("chief", BuiltIn::Auditor, &[sales]);
        world.change_role(&Who::command_line(), "chief", "Chief").unwrap();
        world.operator("everywhere", BuiltIn::HelpDesk);
        world.operator_in("in.sales", BuiltIn::HelpDesk, &[sales]);
        world.operator_in("in.legal", BuiltIn::HelpDesk, &[legal]);
        world.operator_in("in.both", BuiltIn::HelpDesk, &[sales, legal]);
        let chief = Browser::signed_in(&world.url, &world.desk, &chief);
        let list = chief.get("/operators").expect(200).says("in.sales").says("chief");
        for hidden in ["in.legal", "in.both", "everywhere", "Legal"] {
            let list = &list;
            assert!(!list.text().contains(hidden), "{hidden}");
        }
        for hidden in ["in.legal", "in.both", "everywhere"] {
            chief.get(&format!("/operators/{hidden}")).expect(404);
            for verb in ["suspend", "remove", "password", "second-factor", "sessions"] {
                chief.post(&format!("/operators/{hidden}/{verb}"), &[]).expect(404);
            }
        }
        // Nobody is given a scope that is not inside of one's own.
        let typed = [("user_id", "new"), ("role", "Help desk"), ("scope", "all")];
        chief.post("/operators/new", &typed).expect(403).says("all containers");
        let elsewhere = legal.to_string();
        let typed = [("user_id", "new"), ("role", "Help desk"), ("scope", "some"), ("containers", &elsewhere)];
        // A container out of scope is as good as none.
        chief.post("/operators/new", &typed).expect(422).says("Choose one or more of the containers there are.");
        let here = sales.to_string();
        let typed = [("user_id", "new"), ("role", "Help desk"), ("scope", "some"), ("containers", &here)];
        chief.post("/operators/new", &typed).expect(200);
    }

    fn nobody_changes_an_operator_who_may_do_more(world) {
        let manage = [operators::Permission::ManageOperators, operators::Permission::SeeUsers];
        let held = manage.into_iter().collect();
        tokendesk::roles::add(&world.desk, &Who::command_line(), world.now(), "Clerk", held).unwrap();
        let clerk = world.operator("clerk", BuiltIn::Auditor);
        world.change_role(&Who::command_line(), "clerk", "Clerk").unwrap();
        world.operator("n.weber", BuiltIn::HelpDesk);
        let clerk = Browser::signed_in(&world.url, &world.desk, &clerk);
        let page = clerk.get("/operators/n.weber").expect(200).says("which you lack");
        assert!(!page.body.contains("/suspend"));
        clerk.post("/operators/n.weber/suspend", &[]).expect(403);
        clerk.post("/operators/n.weber/password", &[]).expect(403);
        let page = clerk.get("/operators/new");
        assert!(page.text().contains("Clerk") && !page.text().contains("Provisioning manager"));
        let typed = [("user_id", "new"), ("role", "Help desk"), ("scope", "all")];
        clerk.post("/operators/new", &typed).expect(403);
    }

    fn operators_are_found_by_name_role_and_state(world) {
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        for n in 0..30 {
            world.operator(&format!("desk{n:02}"), BuiltIn::HelpDesk);
        }
        operators::suspend(&world.desk, &Who::command_line(), world.now(), "desk07").unwrap();
        lindqvist.get("/operators").says("of 31").does_not_say("desk29");
        lindqvist.get("/operators?q=ESK29").says("desk29").says("of 1");
        lindqvist.get("/operators?role=Operator").says("k.lindqvist").says("of 1");
        lindqvist.get("/operators?state=suspended").says("desk07").says("of 1");
        lindqvist.get("/operators?q=%25").says("No operator matches");
        lindqvist.get("/operators?page=2&sort=-user-id").expect(200).says("desk00");
        lindqvist.get("/operators?sort=sign-in").expect(200);
    }

    fn an_unknown_operator_has_no_page(world) {
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        for path in ["/operators/nobody", "/operators/nobody/password", "/operators/nobody/remove", "/roles/9", "/roles/x"] {
            lindqvist.get(path).expect(404);
        }
        let outcome = operators::remove(&world.desk, &Who::command_line(), world.now(), "nobody");
        assert!(matches!(outcome, Err(Error::NotFound { .. })));
    }
}
