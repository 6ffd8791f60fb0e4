//! Proof of presence: what a session alone is not enough for, and that known browsers stay open under attack.

use chrono::Duration;
use tokendesk::{
    authentication,
    operators::{BuiltIn, Who},
    web::presence::CONFIRM,
};

use super::second_factor::{set_up, value};
use crate::operators::{OTHER_PASSWORD, PASSWORD, add, is_signed_in, managing::between, sign_in};
use crate::{
    on_both,
    support::{Browser, World},
};

/// k.lindqvist, who has just signed in, and m.okafor, too. Signing in is no proof: a stolen session has it behind it.
fn later(world: &World) -> (Browser, Browser) {
    add(world, "k.lindqvist", "Operator");
    add(world, "m.okafor", "Help desk");
    let (browser, other) = (world.stranger(), world.stranger());
    sign_in(&browser, "k.lindqvist", PASSWORD).expect(303);
    sign_in(&other, "m.okafor", PASSWORD).expect(303);
    (browser, other)
}

on_both! {
    fn a_session_alone_takes_nobody_over(world) {
        let (browser, other) = later(&world);
        authentication::add_node(&world.desk, &Who::command_line(), world.now(), "VPN").unwrap();
        let node = between(&browser.get("/auth-nodes").body, "cell-title\"><a href=\"/auth-nodes/", "\"");
        let key = format!("/auth-nodes/{node}/key");
        for page in ["/operators/m.okafor/password", "/operators/new", &key] {
            let ask = browser.get(page).location().to_owned();
            assert_eq!(ask, format!("{CONFIRM}?back={}", page.replace('/', "%2F")));
            browser.get(&ask).expect(200).says("Confirm that it is you");
        }
        let before = (world.dump("operators"), world.dump("auth_nodes"));
        let forms: [(&str, &[(&str, &str)]); 7] = [
            ("/operators/m.okafor/password", &[]),
            ("/operators/m.okafor/second-factor", &[]),
            ("/operators/m.okafor/sessions", &[]),
            ("/operators/new", &[("user_id", "n.new"), ("role", "Operator"), ("scope", "all")]),
            ("/account/sessions", &[]),
            ("/auth-nodes", &[("name", "VPN Bonn")]),
            (&key, &[]),
        ];
        for (path, form) in forms {
            let page = browser.post(path, form).expect(403).says("Confirm that it is you");
            assert!(page.body.contains(&format!("<form class=\"card\" action=\"{path}\" method=\"post\"")), "{path}");
            for (name, value) in form {
                assert!(page.body.contains(&format!("name=\"{name}\" value=\"{value}\"")), "{path} {name}");
            }
        }
        assert_eq!((world.dump("operators"), world.dump("auth_nodes")), before);
        assert!(is_signed_in(&other));
    }

    fn what_was_asked_for_is_done_with_the_proof_and_the_proof_holds_for_five_minutes(world) {
        let (browser, other) = later(&world);
        let typed = [("name", "VPN Bonn"), ("proof", PASSWORD)];
        browser.post("/auth-nodes", &typed).expect(200).says("This key is shown once");
        world.advance(Duration::seconds(299));
        browser.post("/operators/m.okafor/sessions", &[]).expect(303);
        assert!(!is_signed_in(&other));
        world.advance(Duration::seconds(1));
        browser.post("/operators/m.okafor/sessions", &[]).expect(403);
        let log = world.dump("audit_entries");
        assert!(log.contains("Confirmed who they are") && !log.contains(PASSWORD));
    }

    fn the_question_leads_back_to_where_one_was_and_nowhere_else(world) {
        let (browser, _) = later(&world);
        for (back, leads_to) in [
            ("/operators/m.okafor/password", "/operators/m.okafor/password"),
            ("https://evil.example/operators", "/account"),
            ("//evil.example", "/account"),
            ("/tasks", "/account"),
        ] {
            world.advance(Duration::minutes(5));
            browser.get(CONFIRM).expect(200);
            assert_eq!(browser.post(CONFIRM, &[("back", back), ("proof", PASSWORD)]).location(), leads_to);
        }
        browser.get("/operators/m.okafor/password").expect(200).says("a new first password?");
        assert_eq!(browser.get(&format!("{CONFIRM}?back=/operators/new")).location(), "/operators/new", "it holds");
    }

    fn a_wrong_proof_comes_back_with_what_was_typed_and_guessing_is_slowed_down(world) {
        let (browser, _) = later(&world);
        for _ in 0..5 {
            let page = browser.post("/auth-nodes", &[("name", "VPN <b>"), ("proof", "not the password")]).expect(422);
            assert!(page.body.contains("name=\"name\" value=\"VPN &#60;b&#62;\""), "{}", page.body);
            assert!(!page.body.contains("not the password"));
        }
        let page = browser.post("/auth-nodes", &[("name", "VPN"), ("proof", PASSWORD)]).expect(429);
        assert_eq!(page.header("retry-after"), "1");
        assert!(!world.dump("auth_nodes").contains("VPN"));
        assert!(world.dump("audit_entries").contains("Did not confirm who they are, wrong password"));
        world.advance(Duration::seconds(1));
        browser.post("/auth-nodes", &[("name", "VPN"), ("proof", PASSWORD)]).expect(200);
    }

    fn with_an_authenticator_app_its_value_is_a_proof_too_and_is_used_up_by_it(world, |s| s.require_second_factor = true) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        let seed = set_up(&world, &browser, "k.lindqvist");
        world.advance(Duration::minutes(6));
        browser.get(CONFIRM).expect(200).says("One-time password, or your password");
        let typed = value(&world, &seed);
        browser.post("/account/sessions", &[("proof", &typed)]).expect(303);
        world.advance(Duration::minutes(5) - Duration::seconds(1));
        browser.post("/account/sessions", &[]).expect(303);
        world.advance(Duration::minutes(5));
        let typed = value(&world, &seed);
        browser.post("/account/sessions", &[("proof", &typed)]).expect(303);
        // In another session of theirs the same value proves nothing.
        let there = world.stranger();
        sign_in(&there, "k.lindqvist", PASSWORD);
        there.post("/sign-in/verify", &[("otp", &typed)]).expect(422);
        browser.post("/sign-out", &[]);
        assert_eq!(browser.post("/account/sessions", &[("proof", &typed)]).location(), "/sign-in");
    }

    fn the_proof_ends_with_its_session_and_counts_in_no_other(world) {
        let (browser, _) = later(&world);
        let here = world.stranger();
        sign_in(&here, "k.lindqvist", PASSWORD).expect(303);
        here.post("/auth-nodes", &[("name", "VPN")]).expect(403);
        here.post("/auth-nodes", &[("name", "VPN"), ("proof", PASSWORD)]).expect(200);
        browser.post("/auth-nodes", &[("name", "VPN Bonn")]).expect(403);
    }

    fn changing_the_own_password_asks_for_it_and_is_a_proof(world) {
        let (browser, _) = later(&world);
        let fields = [("current", PASSWORD), ("new", OTHER_PASSWORD), ("again", OTHER_PASSWORD)];
        assert_eq!(browser.post("/account/password", &fields).location(), "/account");
        browser.post("/auth-nodes", &[("name", "VPN")]).expect(200);
    }

    fn an_attack_on_a_user_id_keeps_strangers_out_and_not_its_owner(world) {
        add(&world, "k.lindqvist", "Operator");
        let owner = world.stranger();
        sign_in(&owner, "k.lindqvist", PASSWORD).expect(303);
        owner.post("/sign-out", &[]).expect(303);
        // From the owner's own address, even.
        let attacker = world.stranger();
        for _ in 0..26 {
            sign_in(&attacker, "k.lindqvist", "not the password");
            world.advance(Duration::minutes(15));
        }
        sign_in(&attacker, "k.lindqvist", "not the password");
        sign_in(&world.stranger(), "k.lindqvist", PASSWORD).expect(429);
        assert_eq!(sign_in(&owner, "K.Lindqvist", PASSWORD).location(), "/");
        // That the owner got in does not help the attacker.
        sign_in(&attacker, "k.lindqvist", PASSWORD).expect(429);
        // A known browser is no second place to guess in, and no way in for another UserID.
        owner.post("/sign-out", &[]);
        for _ in 0..5 {
            sign_in(&owner, "k.lindqvist", "not the password").expect(422);
        }
        sign_in(&owner, "k.lindqvist", PASSWORD).expect(429);
        add(&world, "m.okafor", "Help desk");
        for _ in 0..5 {
            sign_in(&attacker, "m.okafor", "not the password");
        }
        sign_in(&owner, "m.okafor", PASSWORD).expect(429);
    }

    fn who_knows_the_password_keeps_the_owner_out_no_more(world, |s| s.require_second_factor = true) {
        add(&world, "k.lindqvist", "Operator");
        let (owner, attacker) = (world.stranger(), world.stranger());
        let seed = set_up(&world, &owner, "k.lindqvist");
        world.advance(Duration::minutes(20));
        sign_in(&attacker, "k.lindqvist", PASSWORD);
        for otp in ["000001", "000002", "000003", "000004", "000005"] {
            attacker.post("/sign-in/verify", &[("otp", otp)]).expect(422);
        }
        attacker.post("/sign-in/verify", &[("otp", &value(&world, &seed))]).expect(429);
        sign_in(&owner, "k.lindqvist", PASSWORD).expect(303);
        assert_eq!(owner.post("/sign-in/verify", &[("otp", &value(&world, &seed))]).location(), "/");
    }

    fn a_one_time_password_that_is_sent_twice_is_no_guess(world, |s| s.require_second_factor = true) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        let seed = set_up(&world, &browser, "k.lindqvist");
        let used = value(&world, &seed);
        let again = world.stranger();
        sign_in(&again, "k.lindqvist", PASSWORD);
        for _ in 0..8 {
            again.post("/sign-in/verify", &[("otp", &used)]).expect(422);
        }
        world.advance(Duration::seconds(30));
        assert_eq!(again.post("/sign-in/verify", &[("otp", &value(&world, &seed))]).location(), "/");
    }

    fn a_first_password_ends_after_three_days_and_says_so_to_who_can_make_another(world) {
        let manager = world.signed_in("k.admin", BuiltIn::Operator);
        let page = manager.post("/operators/new", &[("user_id", "m.okafor"), ("role", "Help desk"), ("scope", "all")]).expect(200);
        let password = between(&page.body, "<code class=\"handed\">", "</code>");
        page.says("Good until Monday 23 November 2026, 14:32");
        let refused = sign_in(&world.stranger(), "m.okafor", "not the password").expect(422).body;
        world.advance(Duration::hours(72) - Duration::seconds(1));
        let early = world.stranger();
        assert_eq!(sign_in(&early, "m.okafor", &password).location(), "/");
        world.advance(Duration::seconds(1));
        let late = sign_in(&world.stranger(), "m.okafor", &password).expect(422);
        assert_eq!(late.body, refused, "it says no more than a wrong one");
        assert!(world.dump("audit_entries").contains("Sign-in refused, the first password has ended"));
        let manager = world.signed_in("h.olsen", BuiltIn::Operator);
        manager.get("/operators").expect(200).says("First password ended").says("2026-11-23 14:32; make another");
        manager.get("/operators/m.okafor").expect(200).says("First password ended 2026-11-23 14:32").says("Make another");
        let page = manager.post("/operators/m.okafor/password", &[]).expect(200);
        let second = between(&page.body, "<code class=\"handed\">", "</code>");
        let browser = world.stranger();
        assert_eq!(sign_in(&browser, "m.okafor", &second).location(), "/");
        let fields = [("current", second.as_str()), ("new", PASSWORD), ("again", PASSWORD)];
        assert_eq!(browser.post("/account/password", &fields).location(), "/account");
        // One of their own never ends.
        world.advance(Duration::days(400));
        assert_eq!(sign_in(&world.stranger(), "m.okafor", PASSWORD).location(), "/");
        let manager = world.signed_in("l.last", BuiltIn::Operator);
        manager.get("/operators/m.okafor").expect(200).says("Password their own");
    }
}
