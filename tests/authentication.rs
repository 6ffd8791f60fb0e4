//! Checking one-time passwords: once only, drift, look-ahead, resynchronization, lock; and the API of auth nodes.

use std::{sync::Barrier, thread};

use chrono::Duration;
use tokendesk::{
    authentication::{self, Caller},
    oath::Algorithm,
    operators::{BuiltIn, Who},
    tokens::{self, Making, MovingFactor, Reason, Seed, TokenState, Verdict},
    users::{self, User},
};

use crate::{
    on_both,
    support::{Page, World, browser, oathtool, people::Carried},
};

fn key(world: &World) -> String {
    authentication::add_node(&world.desk, &Who::command_line(), world.now(), "VPN").unwrap()
}

fn caller(world: &World) -> Caller {
    authentication::admit(&world.desk, world.now(), Some(&key(world)), "192.0.2.1", "r1").unwrap()
}

fn check(world: &World, user: &User, typed: &str) -> Verdict {
    world.desk.db.write(|conn| tokens::check(&world.desk, conn, world.now(), user.id, typed)).unwrap()
}

fn accepted(world: &World, user: &User, typed: &str) -> bool {
    matches!(check(world, user, typed), Verdict::Accepted { .. })
}

/// A value that the token will not show for a while.
fn wrong(of: &Carried, world: &World) -> String {
    (0..1_000_000)
        .map(|number| format!("{number:06}"))
        .find(|typed| (-30..30).all(|step| of.at(world.now() + Duration::seconds(30 * step)) != *typed))
        .unwrap()
}

fn ask(world: &World, key: &str, body: &str) -> Page {
    let request = world.stranger().bare("/api/v1/authenticate").header("authorization", format!("Bearer {key}"));
    browser::send(request.header("content-type", "application/json").body(body.to_owned()))
}

fn question(user_id: &str, otp: &str) -> String {
    serde_json::json!({ "user_id": user_id, "otp": otp }).to_string()
}

on_both! {
    fn a_value_is_accepted_once(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        let typed = app.at(world.now());
        assert!(accepted(&world, &user, &typed));
        assert_eq!(check(&world, &user, &typed), Verdict::Rejected(Reason::Repeated));
        world.advance(Duration::seconds(30));
        assert_eq!(check(&world, &user, &typed), Verdict::Rejected(Reason::Repeated));
        assert!(accepted(&world, &user, &app.at(world.now())));
    }

    fn a_value_before_one_that_was_accepted_is_used_up_with_it(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        assert!(accepted(&world, &user, &app.at(world.now() + Duration::seconds(30))));
        assert!(!accepted(&world, &user, &app.at(world.now())));
    }

    fn only_the_first_accepted_one_is_the_first(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        assert!(matches!(check(&world, &user, &app.at(world.now())), Verdict::Accepted { first: true, .. }));
        world.advance(Duration::seconds(30));
        assert!(matches!(check(&world, &user, &app.at(world.now())), Verdict::Accepted { first: false, .. }));
        let token = world.token(&app.token.serial);
        assert_eq!((token.first_used_at, token.last_used_at), (Some(world.now() - Duration::seconds(30)), Some(world.now())));
    }

    fn drift_is_remembered_from_one_check_to_the_next(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        assert!(!accepted(&world, &user, &app.at(world.now() - Duration::seconds(60))), "two steps late is too late");
        assert!(accepted(&world, &user, &app.at(world.now() - Duration::seconds(30))));
        world.advance(Duration::hours(1));
        assert!(accepted(&world, &user, &app.at(world.now() - Duration::seconds(60))), "for a clock known to be late it is not");
    }

    fn a_counter_is_found_within_the_look_ahead_and_resynchronized_beyond(world) {
        let user = world.user("t.adeyemi", "Sales");
        let device = world.device_of(&user, "HW-1", MovingFactor::Counter);
        assert!(accepted(&world, &user, &device.press(11)), "0 was the proof, 1 is next, 11 is ten ahead");
        assert_eq!(check(&world, &user, &device.press(60)), Verdict::Rejected(Reason::FarAhead));
        assert!(accepted(&world, &user, &device.press(61)));
        assert_eq!(check(&world, &user, &device.press(61)), Verdict::Rejected(Reason::Repeated));
        assert_eq!(check(&world, &user, &device.press(60)), Verdict::Rejected(Reason::Used));
        assert!(accepted(&world, &user, &device.press(62)));
    }

    fn ten_wrong_in_a_row_lock_the_token(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        let bad = wrong(&app, &world);
        for _ in 0..9 {
            assert_eq!(check(&world, &user, &bad), Verdict::Rejected(Reason::Wrong));
        }
        assert!(accepted(&world, &user, &app.at(world.now())));
        for _ in 0..9 {
            assert_eq!(check(&world, &user, &bad), Verdict::Rejected(Reason::Wrong));
        }
        assert_eq!(check(&world, &user, &bad), Verdict::Rejected(Reason::JustLocked(vec![app.token.serial.clone()])));
        world.advance(Duration::seconds(30));
        assert_eq!(check(&world, &user, &app.at(world.now())), Verdict::Rejected(Reason::Locked));
        let token = world.token(&app.token.serial);
        assert_eq!((token.state, token.state_reason.as_str()), (TokenState::Locked, "10 wrong one-time passwords in a row"));
    }

    fn a_client_that_sends_every_value_twice_locks_nothing(world) {
        let user = world.user("t.adeyemi", "Sales");
        let (app, other) = (world.app_of(&user), world.app_of(&user));
        let device = world.device_of(&user, "HW-1", MovingFactor::Counter);
        let bad = wrong(&app, &world);
        for round in 1..=20 {
            for typed in [app.at(world.now()), device.press(round)] {
                assert!(accepted(&world, &user, &typed));
                for _ in 0..3 {
                    assert_eq!(check(&world, &user, &typed), Verdict::Rejected(Reason::Repeated));
                }
            }
            world.advance(Duration::seconds(30));
        }
        let failures = |serial: &str| world.token(serial).failures;
        for carried in [&app, &other, &device] {
            assert_eq!(failures(&carried.token.serial), 0, "{}", carried.token.serial);
        }
        // Whatever else is wrong counts as before: one that was used earlier, one that is no value at all, and the one
        // accepted last once its window is over.
        assert_eq!(check(&world, &user, &device.press(19)), Verdict::Rejected(Reason::Used));
        assert_eq!(check(&world, &user, &bad), Verdict::Rejected(Reason::Wrong));
        let last = app.at(world.now());
        assert!(accepted(&world, &user, &last));
        assert_eq!(check(&world, &user, &bad), Verdict::Rejected(Reason::Wrong));
        world.advance(Duration::seconds(60));
        assert_eq!(check(&world, &user, &last), Verdict::Rejected(Reason::Wrong));
        assert_eq!(failures(&app.token.serial), 2);
    }

    fn all_active_tokens_of_the_user_are_tried(world) {
        let user = world.user("t.adeyemi", "Sales");
        let (app, other) = (world.app_of(&user), world.app_of(&user));
        let bad = wrong(&app, &world);
        check(&world, &user, &bad);
        assert_eq!((world.token(&app.token.serial).failures, world.token(&other.token.serial).failures), (1, 1));
        assert!(accepted(&world, &user, &other.at(world.now())));
        assert_eq!((world.token(&app.token.serial).failures, world.token(&other.token.serial).failures), (0, 0));
        assert!(accepted(&world, &user, &app.at(world.now())));
    }

    fn one_value_sent_twice_at_the_same_instant_is_accepted_once(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        let caller = caller(&world);
        for round in 0..20 {
            world.advance(Duration::seconds(30));
            let (typed, now) = (app.at(world.now()), world.now());
            let start = Barrier::new(2);
            let ask = || {
                start.wait();
                authentication::authenticate(&world.desk, &caller, now, "t.adeyemi", &typed).unwrap()
            };
            let (one, two) = thread::scope(|scope| {
                let (one, two) = (scope.spawn(ask), scope.spawn(ask));
                (one.join().unwrap(), two.join().unwrap())
            });
            assert!(one != two, "round {round}: {one} and {two}");
        }
    }

    fn a_device_goes_to_one_user_only(world) {
        let users = [world.user("t.adeyemi", "Sales"), world.user("a.berg", "Sales")];
        for round in 0..10 {
            let serial = format!("HW-{round}");
            let device = world.device(&serial, MovingFactor::Counter);
            let start = Barrier::new(2);
            let bind = |user: &User| {
                start.wait();
                let bound = world.desk.db.write(|conn| {
                    tokens::bind_hardware(&world.desk, conn, world.now(), user.id, user.container, &serial, &device.press(0))
                });
                matches!(bound.unwrap(), tokens::Binding::Bound(_))
            };
            let (one, two) = thread::scope(|scope| {
                let (one, two) = (scope.spawn(|| bind(&users[0])), scope.spawn(|| bind(&users[1])));
                (one.join().unwrap(), two.join().unwrap())
            });
            assert!(one != two, "round {round}: {one} and {two}");
        }
    }

    fn a_device_of_another_container_cannot_be_taken(world) {
        let (sales, legal) = (world.user("t.adeyemi", "Sales"), world.user("a.berg", "Legal"));
        let seed = Seed::new(*b"12345678901234567890");
        let making = Making { moving_factor: MovingFactor::Counter, ..Making::APP };
        let device = tokens::Device { serial: "HW-1".into(), seed, making, container: Some(legal.container) };
        world.desk.db.write(|conn| tokens::insert_inventory(&world.desk, conn, world.now(), std::slice::from_ref(&device))).unwrap();
        let bind = |user: &User| {
            world.desk.db.write(|conn| {
                tokens::bind_hardware(&world.desk, conn, world.now(), user.id, user.container, "hw-1", "755224")
            }).unwrap()
        };
        assert!(matches!(bind(&sales), tokens::Binding::Refused(tokens::BindingRefusal::Elsewhere)));
        assert!(matches!(bind(&legal), tokens::Binding::Bound(_)));
    }

    fn seeds_are_sealed(world) {
        world.device("HW-1", MovingFactor::Counter);
        let dump = world.dump("tokens");
        assert!(!dump.contains("12345678901234567890") && !dump.to_lowercase().contains("3132333435363738"));
    }

    fn an_auth_node_gets_accept_and_reject(world) {
        let (key, user) = (key(&world), world.user("t.adeyemi", "Sales"));
        let app = world.app_of(&user);
        let typed = app.at(world.now());
        let page = ask(&world, &key, &question("T.Adeyemi", &typed)).expect(200);
        assert_eq!(page.body, r#"{"result":"accept"}"#);
        assert!(page.header("content-type").starts_with("application/json"));
        // No is never a 2xx: there are clients that read the status alone.
        let page = ask(&world, &key, &question("t.adeyemi", &typed)).expect(403);
        assert_eq!(page.body, r#"{"result":"reject"}"#);
        assert!(page.header("content-type").starts_with("application/json"));
    }

    fn every_rejection_has_the_same_answer_and_its_reason_in_the_audit_log(world) {
        let (key, manager) = (key(&world), world.operator("k.admin", BuiltIn::Operator));
        let (user, gone) = (world.user("t.adeyemi", "Sales"), world.user("a.berg", "Sales"));
        let (app, of_gone) = (world.app_of(&user), world.app_of(&gone));
        world.user("n.token", "Sales");
        users::disable(&world.desk, &manager, world.now(), "a.berg").unwrap();
        let questions = [
            question("t.adeyemi", &wrong(&app, &world)),
            question("t.adeyemi", "not a number"),
            question("nobody", "123456"),
            question("a.berg", &of_gone.at(world.now())),
            question("n.token", "123456"),
        ];
        for question in questions {
            assert_eq!(ask(&world, &key, &question).expect(403).body, r#"{"result":"reject"}"#);
        }
        let log = world.dump("audit_entries");
        for reason in ["Wrong one-time password", "There is no such user", "The user is disabled", "The user has no active token"] {
            assert!(log.contains(reason), "{reason}");
        }
        assert!(log.contains("VPN") && log.contains("nobody"));
        assert!(!log.contains(&of_gone.at(world.now())), "no one-time password is kept");
    }

    fn a_disabled_user_can_use_the_token_again_once_enabled(world) {
        let (manager, user) = (world.operator("k.admin", BuiltIn::Operator), world.user("t.adeyemi", "Sales"));
        let (app, caller) = (world.app_of(&user), caller(&world));
        let ask = || authentication::authenticate(&world.desk, &caller, world.now(), "t.adeyemi", &app.at(world.now())).unwrap();
        users::disable(&world.desk, &manager, world.now(), "t.adeyemi").unwrap();
        assert!(!ask());
        users::enable(&world.desk, &manager, world.now(), "t.adeyemi").unwrap();
        assert!(ask());
    }

    fn a_wrong_key_is_told_apart_from_a_wrong_question(world) {
        let key = key(&world);
        for bad in ["", "td_wrong", "wrong", &key[..key.len() - 1], &format!("{key}x")] {
            let page = ask(&world, bad, &question("t.adeyemi", "123456")).expect(401);
            assert_eq!(page.header("www-authenticate"), "Bearer");
            assert!(page.header("content-type").starts_with("application/json"), "{}", page.body);
        }
        browser::send(world.stranger().bare("/api/v1/authenticate").body(question("a", "1"))).expect(401);
        let basic = world.stranger().bare("/api/v1/authenticate").header("authorization", "Basic YTpi");
        browser::send(basic.body(question("a", "1"))).expect(401);
        let long = question("t.adeyemi", &"1".repeat(5000));
        for bad in ["", "{", "[]", "{}", r#"{"user_id":"a"}"#, r#"{"user_id":"a","otp":123456}"#, r#"{"user_id":" ","otp":"1"}"#, &long] {
            let page = ask(&world, &key, bad).expect(422);
            assert!(page.header("content-type").starts_with("application/json"), "{}", page.body);
        }
        world.stranger().get("/api/v1/authenticate").expect(405);
    }

    fn a_disabled_auth_node_is_refused(world) {
        let key = key(&world);
        authentication::disable_node(&world.desk, &Who::command_line(), world.now(), "vpn").unwrap();
        ask(&world, &key, &question("t.adeyemi", "123456")).expect(401);
        assert!(world.dump("audit_entries").contains("Refused a disabled auth node"));
        assert!(authentication::disable_node(&world.desk, &Who::command_line(), world.now(), "vpn").is_err());
    }

    fn keys_are_kept_as_hashes_and_names_are_unique(world) {
        let key = key(&world);
        assert!(key.starts_with("td_") && key.len() > 40);
        let rest = &key[3..];
        for table in ["auth_nodes", "audit_entries"] {
            assert!(!world.dump(table).contains(rest), "{table}");
        }
        let again = authentication::add_node(&world.desk, &Who::command_line(), world.now(), " vpn ");
        assert!(matches!(again, Err(tokendesk::error::Error::Invalid(_))), "{again:?}");
        let help = world.operator("h.desk", BuiltIn::HelpDesk);
        assert!(authentication::add_node(&world.desk, &help, world.now(), "Mail").is_err());
    }

    fn too_many_rejections_of_one_user_at_one_node_have_to_wait(world) {
        let (key, user) = (key(&world), world.user("t.adeyemi", "Sales"));
        let app = world.app_of(&user);
        let caller = authentication::admit(&world.desk, world.now(), Some(&key), "192.0.2.1", "r1").unwrap();
        for _ in 0..authentication::node::MOST_REJECTED {
            authentication::authenticate(&world.desk, &caller, world.now(), "nobody", "123456").unwrap();
        }
        let page = ask(&world, &key, &question("NOBODY", "123456")).expect(429);
        assert_eq!(page.header("retry-after"), "600");
        assert!(page.header("content-type").starts_with("application/json"), "{}", page.body);
        ask(&world, &key, &question("t.adeyemi", &app.at(world.now()))).expect(200);
        world.advance(Duration::minutes(10));
        ask(&world, &key, &question("nobody", "123456")).expect(403);
    }

    fn too_many_unknown_keys_from_one_address_have_to_wait_and_good_keys_do_not(world) {
        let key = key(&world);
        for _ in 0..authentication::node::MOST_UNKNOWN_KEYS {
            ask(&world, "td_wrong", &question("a", "1")).expect(401);
        }
        assert_eq!(ask(&world, "td_wrong", &question("a", "1")).expect(429).header("retry-after"), "600");
        ask(&world, &key, &question("a", "1")).expect(403);
    }
}

fn values_from_an_independent_program_are_accepted(world: &World) {
    let key = key(world);
    for (n, (algorithm, word, length)) in
        [(Algorithm::Sha1, "sha1", 20), (Algorithm::Sha256, "sha256", 32), (Algorithm::Sha512, "sha512", 64)]
            .into_iter()
            .enumerate()
    {
        for (digits, period) in [(6, 30), (8, 30), (6, 60), (8, 60)] {
            let (user_id, serial) = (format!("u{n}.{digits}.{period}"), format!("HW-{n}-{digits}-{period}"));
            let user = world.user(&user_id, "Sales");
            let seed = Seed::new((0..length).map(|byte| byte * 3 + 1).collect::<Vec<u8>>());
            let base32 = seed.base32().to_string();
            let making = Making { moving_factor: MovingFactor::Time, algorithm, digits, period };
            world.device_that(&serial, making, seed);
            let typed = oathtool::totp(&base32, world.now(), word, digits, period);
            let bound = world.desk.db.write(|conn| {
                tokens::bind_hardware(&world.desk, conn, world.now(), user.id, user.container, &serial, &typed)
            });
            assert!(matches!(bound, Ok(tokens::Binding::Bound(_))), "{serial}: {bound:?}");
            let next = world.now() + Duration::seconds(period.into());
            let typed = oathtool::totp(&base32, next, word, digits, period);
            assert_eq!(ask(world, &key, &question(&user_id, &typed)).body, r#"{"result":"accept"}"#, "{serial}");
        }
    }
    let user = world.user("c.ounter", "Sales");
    let device = world.device_of(&user, "HW-C", MovingFactor::Counter);
    for counter in [1, 2, 9] {
        let typed = oathtool::hotp(&device.seed.base32(), counter, 6);
        assert_eq!(ask(world, &key, &question("c.ounter", &typed)).body, r#"{"result":"accept"}"#, "{counter}");
    }
}

#[test]
#[ignore = "needs oathtool: tests/run"]
fn values_from_oathtool_are_accepted_on_sqlite() {
    values_from_an_independent_program_are_accepted(&World::new(crate::support::On::Sqlite));
}

#[test]
#[ignore = "needs oathtool and PostgreSQL: tests/run"]
fn values_from_oathtool_are_accepted_on_postgres() {
    values_from_an_independent_program_are_accepted(&World::new(crate::support::On::Postgres));
}
