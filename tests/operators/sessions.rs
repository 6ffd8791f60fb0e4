//! Sessions: what ends them, and that it takes effect at once.

use chrono::Duration;
use tokendesk::operators::{self, BuiltIn, Who, sessions};

use super::{PASSWORD, add, is_signed_in, sign_in};
use crate::{
    on_both,
    support::{Browser, browser::send},
};

on_both! {
    fn signing_out_ends_the_session_on_the_server(world) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        sign_in(&browser, "k.lindqvist", PASSWORD);
        let kept = browser.cookies();
        assert_eq!(browser.post("/sign-out", &[]).location(), "/sign-in");
        assert!(!is_signed_in(&browser));
        let thief = world.stranger();
        let page = send(thief.request("/account/password").header("cookie", kept));
        assert_eq!(page.location(), "/sign-in");
    }

    fn the_cookie_changes_at_each_step_of_signing_in(world, |s| s.require_second_factor = true) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        sign_in(&browser, "k.lindqvist", PASSWORD);
        let first = browser.cookies();
        assert!(first.contains("session="));
        sign_in(&browser, "k.lindqvist", PASSWORD);
        let second = browser.cookies();
        assert_ne!(first, second);
        // The planted one is worth nothing afterwards.
        let thief = world.stranger();
        let page = send(thief.request("/sign-in/set-up").header("cookie", first).form(&[("otp", "123456")]));
        assert_eq!(page.location(), "/sign-in");
    }

    fn the_cookie_is_closed_to_scripts_and_other_sites(world) {
        add(&world, "k.lindqvist", "Operator");
        let page = sign_in(&world.stranger(), "k.lindqvist", PASSWORD);
        let cookie = page.header("set-cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    }

    fn suspension_takes_effect_with_the_next_request(world) {
        add(&world, "k.lindqvist", "Operator");
        add(&world, "m.okafor", "Help desk");
        let browser = world.stranger();
        sign_in(&browser, "m.okafor", PASSWORD);
        assert!(is_signed_in(&browser));
        operators::suspend(&world.desk, &Who::command_line(), world.now(), "m.okafor").unwrap();
        assert!(!is_signed_in(&browser));
        operators::resume(&world.desk, &Who::command_line(), world.now(), "m.okafor").unwrap();
        // The old session stays ended.
        assert!(!is_signed_in(&browser));
        sign_in(&browser, "m.okafor", PASSWORD);
        assert!(is_signed_in(&browser));
    }

    fn a_new_role_takes_effect_with_the_next_request(world) {
        add(&world, "m.okafor", "Provisioning manager");
        let browser = world.stranger();
        sign_in(&browser, "m.okafor", PASSWORD);
        browser.get("/audit").expect(403).says("audit log");
        world.change_role(&Who::command_line(), "m.okafor", "Auditor").unwrap();
        browser.get("/audit").expect(200);
        browser.get("/account").expect(200).says("Auditor");
    }

    fn a_session_ends_after_thirty_minutes_without_a_request(world) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        sign_in(&browser, "k.lindqvist", PASSWORD);
        for _ in 0..3 {
            world.advance(Duration::minutes(29));
            assert!(is_signed_in(&browser));
        }
        world.advance(Duration::minutes(30));
        assert!(!is_signed_in(&browser));
    }

    fn a_session_ends_after_twelve_hours_in_any_case(world) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        sign_in(&browser, "k.lindqvist", PASSWORD);
        for _ in 0..35 {
            world.advance(Duration::minutes(20));
            assert!(is_signed_in(&browser));
        }
        world.advance(Duration::minutes(20));
        assert!(!is_signed_in(&browser));
    }

    fn beyond_fifty_sessions_the_oldest_ends_and_half_signed_in_ones_end_nobodys_work(world) {
        let who = world.operator("k.lindqvist", BuiltIn::Operator);
        let other = world.signed_in("m.okafor", BuiltIn::HelpDesk);
        let begin = || {
            world.advance(Duration::seconds(1));
            Browser::signed_in(&world.url, &world.desk, &who)
        };
        let first = begin();
        let second = begin();
        let rest: Vec<Browser> = (2..sessions::MOST).map(|_| begin()).collect();
        assert!(is_signed_in(&first) && is_signed_in(&second));
        let id = who.operator.unwrap().0.to_string();
        for _ in 0..sessions::MOST + 5 {
            let half = [(sessions::PENDING.to_owned(), id.clone())].into();
            world.advance(Duration::seconds(1));
            sessions::insert(&world.desk, &half, world.now()).unwrap();
        }
        assert!(is_signed_in(&first), "who knows the password alone ends nothing");
        let newest = begin();
        assert!(!is_signed_in(&first), "the oldest has ended");
        assert!(is_signed_in(&second) && is_signed_in(&newest) && rest.iter().all(is_signed_in));
        assert!(is_signed_in(&other), "everybody has their own");
    }

    fn a_made_up_cookie_is_nobodys(world) {
        let _ = world.operator("k.lindqvist", BuiltIn::Operator);
        let page = send(world.stranger().request("/account/password").header("cookie", "session=made-up"));
        assert_eq!(page.location(), "/sign-in");
    }

    fn the_table_of_sessions_signs_nobody_in(world) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        sign_in(&browser, "k.lindqvist", PASSWORD);
        let cookies = browser.cookies();
        let key = cookies.rsplit('=').next().expect("a value").chars().rev().take(20).collect::<Vec<_>>();
        let key: String = key.into_iter().rev().collect();
        assert!(!world.dump("sessions").contains(&key));
    }
}
