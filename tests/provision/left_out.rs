//! Who is left out of Provision, and why: first on every step, and as soon as it is known (PRODUCT.md §2).

use diesel::prelude::*;
use tokendesk::{operators::BuiltIn, tokens::MovingFactor};

use crate::{
    on_both,
    support::{Browser, Page, World},
};

/// Where these stand on the page, which must be in this order.
#[track_caller]
fn in_order(page: &Page, names: &[&str]) {
    let text = page.text();
    let at: Vec<usize> =
        names.iter().map(|name| text.find(name).unwrap_or_else(|| panic!("{name} is not in {text}"))).collect();
    assert!(at.is_sorted(), "{names:?} stand at {at:?} in {text}");
}

fn without_address(world: &World, user_id: &str) {
    use tokendesk::schema::users::dsl;
    world
        .desk
        .db
        .write(|conn| {
            Ok(diesel::update(dsl::users.filter(dsl::user_id.eq(user_id))).set(dsl::email.eq("")).execute(conn)?)
        })
        .expect("the user is there");
}

on_both! {
    fn who_is_outside_of_the_scope_is_counted_on_every_step_and_never_named(world) {
        let (inside, outside) = (world.user("inside", "Sales"), world.user("elsewhere", "Facilities"));
        let who = world.operator_in("m.okafor", BuiltIn::ProvisioningManager, &[inside.container]);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let form = [("user", inside.id.to_string()), ("user", outside.id.to_string()), ("user", "999999".to_owned())];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let draft = browser.post("/provision", &form).location().to_owned();
        let words = "Left out: 2 outside your scope, or not there.";
        browser.get(&draft).expect(200).says("Provision 1 user").says(words).does_not_say("elsewhere");
        browser.post(&format!("{draft}/type"), &[("authentication_type", "authenticator-app")]).expect(303);
        let page = browser.get(&format!("{draft}/confirm")).expect(200).says("Provision 1 user").says(words).does_not_say("elsewhere");
        let shown = page.hidden("shown");
        browser.post(&format!("{draft}/confirm"), &[("shown", &shown)]).expect(303);
        assert_eq!(world.provisioned_rows()[1], 1);
    }

    fn who_left_the_scope_since_the_page_was_shown_is_a_change(world) {
        let (a, b) = (world.user("a.berg", "Sales"), world.user("b.cole", "Sales"));
        let lab = world.user("l", "Lab").container;
        let who = world.operator_in("m.okafor", BuiltIn::ProvisioningManager, &[a.container]);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let draft = browser.post("/provision", &[("user", &a.id.to_string()), ("user", &b.id.to_string())]).location().to_owned();
        browser.post(&format!("{draft}/type"), &[("authentication_type", "authenticator-app")]).expect(303);
        let shown = browser.get(&format!("{draft}/confirm")).expect(200).hidden("shown");
        world.desk.db.write(|conn| {
            use tokendesk::schema::users::dsl;
            Ok(diesel::update(dsl::users.find(b.id.0)).set(dsl::container_id.eq(lab.0)).execute(conn)?)
        }).unwrap();
        browser.post(&format!("{draft}/confirm"), &[("shown", &shown)]).expect(409).says("1 outside your scope, or not there");
        assert_eq!(world.provisioned_rows()[0], 0);
    }

    fn who_is_left_out_comes_first_with_the_reason(world) {
        let who = world.lindqvist();
        let names = ["a.ready", "m.token", "n.place", "x.silent", "z.disabled"];
        let users: Vec<_> = names.iter().map(|name| world.user(name, "Sales")).collect();
        let older = world.task(&who, &[users[1].id]);
        world.enroll(older, users[1].id);
        world.task(&who, &[users[2].id]);
        without_address(&world, "x.silent");
        tokendesk::users::disable(&world.desk, &who, world.now(), "z.disabled").unwrap();
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let ids: Vec<String> = users.iter().map(|user| user.id.to_string()).collect();
        let form: Vec<(&str, &str)> = ids.iter().map(|id| ("user", id.as_str())).collect();
        let draft = browser.post("/provision", &form).location().to_owned();
        let page = browser.get(&draft).expect(200).says("Left out: 1 without an email address, 1 disabled.");
        in_order(&page, &["Left out: no email address", "Left out: disabled", "a.ready"]);
        // As soon as a type can be chosen it is told who clashes with it.
        browser.get(&format!("{draft}/type")).expect(200).says("1 has one already, 1 is in an open task of it: left out unless you include them.");
        browser.post(&format!("{draft}/type"), &[("authentication_type", "authenticator-app"), ("include_with_task", "1")]).expect(303);
        let page = browser.get(&format!("{draft}/confirm")).expect(200);
        in_order(&page, &[
            "m.token", "Left out: already has a token of this type", "x.silent", "z.disabled", "n.place", "Replaces their enrollment", "a.ready",
        ]);
    }

    fn too_few_tokens_answers_with_the_numbers_and_what_to_do(world) {
        let who = world.lindqvist();
        world.device("FT-1", MovingFactor::Counter);
        let (a, b) = (world.user("a.berg", "Sales"), world.user("b.cole", "Sales"));
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let draft = browser.post("/provision", &[("user", &a.id.to_string()), ("user", &b.id.to_string())]).location().to_owned();
        browser.post(&format!("{draft}/type"), &[("authentication_type", "hardware-token")]).expect(303);
        let words = "2 users need 2 tokens, but 1 is available. Leave out 1 user, or import tokens first.";
        let page = browser.get(&format!("{draft}/confirm")).expect(200).says(words);
        let shown = page.hidden("shown");
        let page = browser.post(&format!("{draft}/confirm"), &[("shown", &shown)]).expect(422);
        let page = page.says("Nothing was done.").says(words).does_not_say("Something changed");
        assert!(page.body.contains(&format!("href=\"{draft}\"")), "it leads back to the users");
        assert_eq!(world.provisioned_rows()[0], 0);
    }
}
