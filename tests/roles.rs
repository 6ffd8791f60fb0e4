//! Roles made in the console.

use tokendesk::operators::{self, BuiltIn, Permission, Who};

use crate::operators::managing::between;
use crate::{
    on_both,
    support::{Browser, Page, World},
};

fn id_of(world: &World, name: &str) -> String {
    let role = world.desk.db.read(|conn| operators::role_named(conn, name)).unwrap();
    role.expect("the role is there").id.to_string()
}

fn version(page: &Page) -> String {
    between(&page.body, "name=\"version\" value=\"", "\"")
}

on_both! {
    fn a_role_made_from_check_boxes_opens_exactly_that(world) {
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        lindqvist.get("/roles/new").expect(200).says("Provisioning Tasks").says("unlock an enrollment or a token");
        let typed = [("name", "Night shift"), ("permissions", "SeeUsers"), ("permissions", "Resend")];
        assert_eq!(lindqvist.post("/roles/new", &typed).location(), "/roles");
        lindqvist.get("/roles").says("Night shift").says(&format!("2 of {} permissions", Permission::ALL.len()));
        let night = world.operator("night", BuiltIn::Auditor);
        world.change_role(&Who::command_line(), "night", "Night shift").unwrap();
        let night = Browser::signed_in(&world.url, &world.desk, &night);
        night.get("/users").expect(200);
        night.get("/tasks").expect(403);
        night.get("/reports/tokens").expect(403);
        // What is ticked later counts from the next request on.
        let path = format!("/roles/{}", id_of(&world, "night shift"));
        let version = version(&lindqvist.get(&path).says("1 operator has this role."));
        let typed = [("version", version.as_str()), ("name", "Night shift"), ("permissions", "Reports")];
        lindqvist.post(&path, &typed).expect(303);
        night.get("/reports/tokens").expect(200);
        night.get("/users").expect(403);
        let audit = world.dump("audit_entries");
        assert!(audit.contains("Made a role") && audit.contains("Gained") && audit.contains("reports; export"), "{audit}");
    }

    fn a_role_needs_a_name_of_its_own_and_a_permission(world) {
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        lindqvist.post("/roles/new", &[]).expect(422).says("Give the role a name").says("Tick at least one permission");
        let typed = [("name", "HELP DESK"), ("permissions", "SeeUsers")];
        let page = lindqvist.post("/roles/new", &typed).expect(422).says("There is a role HELP DESK already.");
        assert!(page.body.contains("value=\"HELP DESK\""));
        assert!(page.body.contains("value=\"SeeUsers\" checked"));
        let long = "x".repeat(41);
        lindqvist.post("/roles/new", &[("name", long.as_str()), ("permissions", "SeeUsers")]).expect(422);
    }

    fn built_in_roles_are_neither_edited_nor_removed(world) {
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        for role in BuiltIn::ALL {
            let path = format!("/roles/{}", id_of(&world, role.name()));
            let version = version(&lindqvist.get(&path).says("This role is built in"));
            let typed = [("version", version.as_str()), ("name", "Mine"), ("permissions", "SeeUsers")];
            lindqvist.post(&path, &typed).expect(422).says("built in");
            lindqvist.post(&format!("{path}/remove"), &[]).expect(422).says("built in");
        }
        assert!(!world.dump("roles").contains("Mine"));
    }

    fn a_role_that_somebody_has_stays(world) {
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let held = [Permission::SeeUsers].into_iter().collect();
        tokendesk::roles::add(&world.desk, &Who::command_line(), world.now(), "Night shift", held).unwrap();
        world.operator("night", BuiltIn::Auditor);
        world.change_role(&Who::command_line(), "night", "Night shift").unwrap();
        let path = format!("/roles/{}/remove", id_of(&world, "Night shift"));
        lindqvist.get(&path).expect(200).says("1 operator has this role.");
        lindqvist.post(&path, &[]).expect(422).says("Give them another one first.");
        // An operator who was removed is no hindrance.
        operators::remove(&world.desk, &Who::command_line(), world.now(), "night").unwrap();
        lindqvist.post(&path, &[]).expect(303);
        lindqvist.get("/roles").says("Removed the role Night shift.");
        lindqvist.get("/roles").does_not_say("Night shift");
    }

    fn nobody_makes_or_changes_a_role_beyond_their_own(world) {
        let manage = [Permission::ManageOperators, Permission::SeeUsers].into_iter().collect();
        tokendesk::roles::add(&world.desk, &Who::command_line(), world.now(), "Clerk", manage).unwrap();
        let held = [Permission::Reports].into_iter().collect();
        tokendesk::roles::add(&world.desk, &Who::command_line(), world.now(), "Reader", held).unwrap();
        let clerk = world.operator("clerk", BuiltIn::Auditor);
        world.change_role(&Who::command_line(), "clerk", "Clerk").unwrap();
        let clerk = Browser::signed_in(&world.url, &world.desk, &clerk);
        let beyond = [("name", "More"), ("permissions", "Reports")];
        clerk.post("/roles/new", &beyond).expect(403).says("reports; export");
        clerk.post("/roles/new", &[("name", "Less"), ("permissions", "SeeUsers")]).expect(303);
        let path = format!("/roles/{}", id_of(&world, "Reader"));
        clerk.get(&path).expect(200).says("which you lack");
        let less = [("version", "1"), ("name", "Reader"), ("permissions", "SeeUsers")];
        clerk.post(&path, &less).expect(403);
        clerk.post(&format!("{path}/remove"), &[]).expect(403);
        // Nor their own, so that nobody takes the key along.
        let path = format!("/roles/{}", id_of(&world, "Clerk"));
        clerk.post(&path, &[("version", "1"), ("name", "Clerk"), ("permissions", "SeeUsers")]).expect(422);
    }

    fn of_two_who_edit_the_same_role_the_second_is_told(world) {
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let held = [Permission::SeeUsers].into_iter().collect();
        tokendesk::roles::add(&world.desk, &Who::command_line(), world.now(), "Night shift", held).unwrap();
        let path = format!("/roles/{}", id_of(&world, "Night shift"));
        let typed = [("version", "1"), ("name", "Night shift"), ("permissions", "Reports")];
        lindqvist.post(&path, &typed).expect(303);
        lindqvist.post(&path, &typed).expect(409).says("someone else changed this role");
    }

    fn roles_count_everywhere_and_are_not_for_who_works_in_a_part(world) {
        let sales = world.user("a.berg", "Sales").container;
        let chief = world.operator_in("chief", BuiltIn::Operator, &[sales]);
        let chief = Browser::signed_in(&world.url, &world.desk, &chief);
        chief.get("/roles").expect(200).does_not_say("Create role");
        chief.get("/roles/new").expect(403).says("all containers");
        chief.post("/roles/new", &[("name", "Mine"), ("permissions", "SeeUsers")]).expect(403).says("all containers");
        chief.get("/auth-nodes").expect(200).does_not_say("Add an auth node");
        chief.post("/auth-nodes", &[("name", "VPN")]).expect(403).says("all containers");
    }
}
