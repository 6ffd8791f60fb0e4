//! The screens of Assignment.

use tokendesk::{
    operators::{BuiltIn, Who},
    users,
};

use super::{container, user};
use crate::{
    on_both,
    support::{Browser, World},
};

const ADEYEMI: [(&str, &str); 10] = [
    ("user_id", "t.adeyemi"),
    ("last_name", "Adeyemi"),
    ("first_name", "Tobi"),
    ("email", "t.adeyemi@example.org"),
    ("mobile", "+44 20 7946 0000"),
    ("container", "Default"),
    ("new_container", "Service desk"),
    ("custom1", "Lagos"),
    ("custom2", ""),
    ("custom3", ""),
];

/// The form with some fields typed otherwise.
fn form<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields: Vec<(&str, &str)> = ADEYEMI.to_vec();
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

fn manager(world: &World) -> Browser {
    world.signed_in("m.okafor", BuiltIn::ProvisioningManager)
}

on_both! {
    fn a_user_is_created_seen_and_found(world) {
        let browser = manager(&world);
        browser.get("/users").expect(200).says("No users yet").says("Import Users");
        browser.get("/users/new").expect(200).says("Create User");
        let answer = browser.post("/users/new", &ADEYEMI);
        assert_eq!(answer.location(), "/users/t.adeyemi");
        browser.get("/users/t.adeyemi").expect(200)
            .says("Created Tobi Adeyemi.").says("Service desk").says("Lagos").says("Authentication Methods").says("Provision");
        browser.get("/users?q=ade").expect(200).says("t.adeyemi").says("Rows 1 to 1 of 1");
        browser.get("/users?q=nobody").expect(200).says("No user matches").says("Clear filters").does_not_say("t.adeyemi");
        browser.get("/users/T.ADEYEMI").expect(200);
        browser.get("/users/nobody").expect(404);
        browser.get("/users/%00").expect(404);
        assert!(world.dump("audit_entries").contains("users.create"));
    }

    fn a_form_with_mistakes_keeps_what_was_typed(world) {
        let browser = manager(&world);
        let wrong = form(&[("email", "\"><script>alert(1)</script>"), ("last_name", ""), ("mobile", "ring me")]);
        let page = browser.post("/users/new", &wrong).expect(422)
            .says("This user cannot be created yet").says("Enter a last name.").says("digits, spaces");
        assert!(page.body.contains("value=\"t.adeyemi\"") && page.body.contains("value=\"ring me\""));
        assert!(page.body.contains("aria-invalid") && !page.body.contains("<script>alert"));
        browser.post("/users/new", &ADEYEMI).expect(303);
        browser.post("/users/new", &form(&[("user_id", "T.Adeyemi")])).expect(422).says("The User ID T.Adeyemi is taken.");
        for reserved in ["new", "IMPORT", "..", "a/b", "a b", ""] {
            browser.post("/users/new", &form(&[("user_id", reserved)])).expect(422);
        }
        let header = form(&[("user_id", "x"), ("email", "a@example.org\r\nBcc: b@example.org")]);
        browser.post("/users/new", &header).expect(422);
    }

    fn letters_of_any_kind_stay_letters(world) {
        let browser = manager(&world);
        for id in ["100%", "a+b@example.org", "Ünal", "o'neill", "<b>", "a?b#c", "%2f", "a&b=c"] {
            let answer = browser.post("/users/new", &form(&[("user_id", id), ("last_name", "<script>x</script>")]));
            let page = browser.get(answer.location()).expect(200).says(id).says("<script>x</script>");
            assert!(!page.body.contains("<script>x"), "{id}");
            let query = format!("/users?user_id={}", tokendesk::web::segment(id));
            let page = browser.get(&query).expect(200).says(id);
            assert!(page.body.contains(&format!("href=\"{}\"", answer.location())), "{id}");
            browser.get(&format!("{}/edit", answer.location())).expect(200);
        }
    }

    fn two_who_edit_the_same_user_learn_of_each_other(world) {
        let browser = manager(&world);
        browser.post("/users/new", &ADEYEMI).expect(303);
        let was = "user_id=t.adeyemi&last_name=Adeyemi&first_name=Tobi&email=t.adeyemi%40example.org\
            &mobile=%2B44+20+7946+0000&container=Service+desk&custom1=Lagos";
        let base = [("container", "Service desk"), ("new_container", ""), ("version", "1"), ("was", was)];
        let with = |more: &[(&'static str, &'static str)]| form(&[&base[..], more].concat());
        let page = browser.get("/users/t.adeyemi/edit").expect(200);
        assert!(page.body.contains("name=\"version\" value=\"1\""));
        let saved = browser.post("/users/t.adeyemi/edit", &with(&[("email", "tobi@example.org")]));
        assert_eq!(saved.location(), "/users/t.adeyemi");
        let page = browser.post("/users/t.adeyemi/edit", &with(&[("mobile", "+49 30 1"), ("custom1", "Lagos")])).expect(409)
            .says("Someone else changed this user meanwhile").says("tobi@example.org").says("+49 30 1");
        assert!(page.body.contains("value=\"tobi@example.org\""), "theirs is kept where mine changed nothing");
        assert!(page.body.contains("value=\"+49 30 1\"") && page.body.contains("name=\"version\" value=\"2\""));
        let user = world.desk.db.read(|conn| users::find(conn, &Who::command_line(), "t.adeyemi")).unwrap();
        assert_eq!((user.mobile.as_str(), user.version), ("+44 20 7946 0000", 2), "nothing has changed");
        browser.post("/users/t.adeyemi/edit", &with(&[("email", "none"), ("version", "2")])).expect(422).says("one @");
        // Saving again what is there is fine, and the User ID may change its case.
        let same = with(&[("email", "tobi@example.org"), ("user_id", "T.Adeyemi"), ("version", "2")]);
        assert_eq!(browser.post("/users/t.adeyemi/edit", &same).location(), "/users/T.Adeyemi");
        assert!(world.dump("audit_entries").contains("t.adeyemi@example.org → tobi@example.org"));
    }

    fn an_account_is_disabled_and_enabled(world) {
        let browser = manager(&world);
        user(&world, "a", "Anna", "Berg", "Sales");
        assert_eq!(browser.post("/users/a/disable", &[]).location(), "/users/a");
        browser.get("/users/a").expect(200).says("Disabled Anna Berg.").says("Enable account").does_not_say("Provision ");
        browser.get("/users").expect(200).says("No user matches");
        browser.get("/users?state=disabled").expect(200).says("Anna Berg");
        assert_eq!(browser.post("/users/a/enable", &[]).location(), "/users/a");
        browser.get("/users").expect(200).says("Anna Berg");
        let audit = world.dump("audit_entries");
        assert!(audit.contains("users.disable") && audit.contains("users.enable"));
    }

    fn the_help_desk_sees_users_and_changes_none(world) {
        user(&world, "a", "Anna", "Berg", "Sales");
        let browser = world.signed_in("h.brandt", BuiltIn::HelpDesk);
        let list = browser.get("/users").expect(200).says("Anna Berg")
            .does_not_say("Create User").does_not_say("Import Users").does_not_say("Select users to provision");
        assert!(!list.body.contains("name=\"user\""), "no boxes to tick");
        browser.get("/users/a").expect(200).does_not_say("Disable account").does_not_say("Edit");
        for path in ["/users/new", "/users/a/edit"] {
            browser.get(path).expect(403).says("create, edit, import users");
        }
        for path in ["/users/new", "/users/a/edit", "/users/a/disable", "/users/a/enable"] {
            browser.post(path, &ADEYEMI).expect(403);
        }
        browser.get("/users?all=1").expect(200).does_not_say("are selected");
        assert!(world.dump("audit_entries").contains("refused"));
    }

    fn all_who_match_can_be_selected_beyond_the_page(world) {
        for n in 0..20 {
            user(&world, &format!("anna{n:02}"), "Anna", "Berg", "Sales");
        }
        user(&world, "bo", "Bo", "Hansen", "Sales");
        let browser = manager(&world);
        let page = browser.get("/users?q=anna").expect(200)
            .says("Select all 20 matching “anna”").says("Rows 1 to 18 of 20");
        assert!(!page.body.contains("class=\"selection\""), "nothing is drawn as selected before it is");
        assert_eq!(page.body.matches("name=\"user\"").count(), 18);
        assert!(!page.body.contains("name=\"all\""));
        let page = browser.get("/users?q=anna&all=1").expect(200).says("All 20 matching “anna” are selected");
        assert!(page.body.contains("name=\"all\" value=\"1\"") && page.body.contains("name=\"query\" value=\"q=anna\""));
        assert!(!page.body.contains("name=\"user\""));
        browser.get("/users?q=anna&page=2").expect(200).says("Rows 19 to 20 of 20");
        browser.get("/users?q=anna&page=900").expect(200);
        browser.get("/users?q=anna&page=x&size=7&sort=evil&state=odd").expect(200).says("anna00");
        let page = browser.get("/users?sort=-last_name&size=50&container=Sales").expect(200).says("Container is Sales");
        assert!(page.body.contains("aria-sort=\"descending\""));
        assert!(page.body.contains("/users?container=Sales&#38;size=50&#38;sort=email") || page.body.contains("sort=email"));
    }

    fn what_is_outside_of_the_scope_is_on_no_page(world) {
        user(&world, "ours", "Our", "Own", "Sales");
        user(&world, "theirs", "The", "Others", "Finance");
        let who = world.operator_in("scoped", BuiltIn::ProvisioningManager, &[container(&world, "Sales")]);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        browser.get("/users?state=any").expect(200).says("ours").does_not_say("theirs").does_not_say("Finance");
        for path in ["/users/theirs", "/users/theirs/edit"] {
            browser.get(path).expect(404).does_not_say("Others");
        }
        browser.post("/users/theirs/edit", &ADEYEMI).expect(404);
        browser.post("/users/theirs/disable", &[]).expect(404);
        let elsewhere = form(&[("container", "Finance"), ("new_container", "")]);
        browser.post("/users/new", &elsewhere).expect(422).says("There is no container Finance in your scope.");
        browser.post("/users/new", &form(&[("new_container", "Mine")])).expect(422);
        browser.get("/users/new").expect(200).does_not_say("New container").does_not_say("Finance");
    }
}
