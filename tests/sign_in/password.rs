//! UserID and password.

use chrono::Duration;
use tokendesk::operators::{self, Who};

use crate::operators::{PASSWORD, add, is_signed_in, sign_in};
use crate::{on_both, support::Browser};

/// What the page says, with what was typed taken out.
fn answer(browser: &Browser, user_id: &str, password: &str) -> (u16, String) {
    let page = sign_in(browser, user_id, password);
    (page.status, page.body.replace(user_id, "X"))
}

on_both! {
    fn the_right_password_signs_in(world) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        browser.get("/sign-in").expect(200).says("Sign in");
        assert!(!is_signed_in(&browser));
        assert_eq!(sign_in(&browser, " K.Lindqvist", PASSWORD).location(), "/");
        assert!(is_signed_in(&browser));
        browser.get("/").expect(200).says("Snapshot");
    }

    fn unknown_wrong_and_suspended_get_the_same_answer(world) {
        add(&world, "k.lindqvist", "Operator");
        add(&world, "m.okafor", "Help desk");
        operators::suspend(&world.desk, &Who::command_line(), world.now(), "m.okafor").unwrap();
        let browser = world.stranger();
        let wrong = answer(&browser, "k.lindqvist", "not the password");
        assert_eq!(wrong.0, 422);
        assert!(wrong.1.contains("User ID or password is not right."));
        assert_eq!(answer(&browser, "nobody.here", "not the password"), wrong);
        assert_eq!(answer(&browser, "m.okafor", PASSWORD), wrong);
        assert!(!is_signed_in(&browser));
    }

    fn what_was_typed_comes_back_but_for_the_password(world) {
        let page = sign_in(&world.stranger(), "a<b>\"c", "not the password");
        assert!(page.body.contains("value=\"a&#60;b&#62;&#34;c\""), "{}", page.body);
        assert!(!page.body.contains("not the password"));
    }

    fn five_failures_in_a_row_block_a_user_id_known_or_not(world) {
        add(&world, "k.lindqvist", "Operator");
        let mut answers = Vec::new();
        for user_id in ["k.lindqvist", "nobody.here"] {
            let browser = world.stranger();
            for _ in 0..5 {
                sign_in(&browser, user_id, "not the password").expect(422);
            }
            // The right password is not even looked at.
            let page = sign_in(&browser, user_id, PASSWORD).expect(429).says("Wait 1 second");
            assert_eq!(page.header("retry-after"), "1");
            answers.push(page.body.replace(user_id, "X"));
        }
        assert_eq!(answers[0], answers[1]);
    }

    fn the_wait_grows_with_each_failure_and_ends_with_success(world) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        for _ in 0..5 {
            sign_in(&browser, "k.lindqvist", "not the password").expect(422);
        }
        for wait in [1, 2, 4, 8] {
            assert_eq!(sign_in(&browser, "k.lindqvist", PASSWORD).expect(429).header("retry-after"), wait.to_string());
            world.advance(Duration::seconds(wait));
            sign_in(&browser, "k.lindqvist", "not the password").expect(422);
        }
        world.advance(Duration::seconds(16));
        assert_eq!(sign_in(&browser, "k.lindqvist", PASSWORD).location(), "/");
        sign_in(&browser, "k.lindqvist", "not the password").expect(422);
        assert_eq!(sign_in(&browser, "k.lindqvist", PASSWORD).location(), "/");
    }

    fn a_clock_that_is_set_back_makes_nobody_wait_longer(world) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        for _ in 0..5 {
            sign_in(&browser, "k.lindqvist", "not the password").expect(422);
        }
        world.advance(Duration::hours(-1));
        sign_in(&browser, "k.lindqvist", "not the password").expect(422);
        assert_eq!(sign_in(&browser, "k.lindqvist", PASSWORD).expect(429).header("retry-after"), "2");
        world.advance(Duration::hours(-1));
        assert_eq!(sign_in(&browser, "k.lindqvist", PASSWORD).location(), "/");
    }

    fn failures_are_forgotten_after_a_day(world) {
        let browser = world.stranger();
        for _ in 0..4 {
            sign_in(&browser, "k.lindqvist", "not the password").expect(422);
        }
        world.advance(Duration::days(1));
        for _ in 0..5 {
            sign_in(&browser, "k.lindqvist", "not the password").expect(422);
        }
        sign_in(&browser, "k.lindqvist", "not the password").expect(429);
    }

    fn one_address_cannot_try_many_user_ids(world) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        for n in 0..20 {
            sign_in(&browser, &format!("user{n}"), "not the password").expect(422);
        }
        sign_in(&browser, "k.lindqvist", PASSWORD).expect(429);
        world.advance(Duration::seconds(1));
        assert_eq!(sign_in(&browser, "k.lindqvist", PASSWORD).location(), "/");
    }

    fn back_leads_to_the_page_one_came_for_and_never_to_another_site(world) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        let there = browser.get("/audit?q=an%20&page=2").location().to_owned();
        assert_eq!(there, "/sign-in?back=%2Faudit%3Fq%3Dan%2520%26page%3D2");
        let page = browser.get(&there).expect(200);
        assert!(page.body.contains("name=\"back\" value=\"/audit?q=an%20&#38;page=2\""), "{}", page.body);
        for (back, leads_to) in [
            ("/audit?q=an%20&page=2", "/audit?q=an%20&page=2"),
            ("https://evil.example/", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/\n/evil.example", "/"),
            ("", "/"),
        ] {
            let fields = [("user_id", "k.lindqvist"), ("password", PASSWORD), ("back", back)];
            assert_eq!(world.stranger().post("/sign-in", &fields).location(), leads_to, "{back:?}");
        }
        let page = browser.get("/sign-in?back=https://evil.example/").expect(200);
        assert!(!page.body.contains("evil.example"));
    }

    fn sign_ins_are_in_the_audit_log_and_passwords_are_not(world) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        sign_in(&browser, "k.lindqvist", "not the password");
        sign_in(&browser, "hunter2hunter2", "not the password");
        sign_in(&browser, "k.lindqvist", PASSWORD);
        browser.post("/sign-out", &[]);
        let log = world.dump("audit_entries");
        for words in ["Sign-in refused, wrong password", "Sign-in refused, no such operator", "Signed in", "Signed out"] {
            assert!(log.contains(words), "{words}: {log}");
        }
        // The second one may be a password in the wrong field.
        for secret in [PASSWORD, "not the password", "hunter2hunter2"] {
            assert!(!log.contains(secret), "{secret}: {log}");
        }
    }
}
