//! The own account.

use tokendesk::{
    error::Error,
    operators::{self, Who},
};

use crate::on_both;
use crate::operators::{OTHER_PASSWORD as OTHER, PASSWORD, add, is_signed_in, new, sign_in};

on_both! {
    fn changing_the_password_signs_out_everywhere_else(world) {
        add(&world, "k.lindqvist", "Operator");
        let (here, there) = (world.stranger(), world.stranger());
        sign_in(&here, "k.lindqvist", PASSWORD);
        sign_in(&there, "k.lindqvist", PASSWORD);
        let fields = [("current", PASSWORD), ("new", OTHER), ("again", OTHER)];
        assert_eq!(here.post("/account/password", &fields).location(), "/account");
        here.get("/account").expect(200).says("Your password was changed.");
        assert!(!is_signed_in(&there));
        sign_in(&there, "k.lindqvist", PASSWORD).expect(422);
        assert_eq!(sign_in(&there, "k.lindqvist", OTHER).location(), "/");
    }

    fn mistakes_come_back_at_their_fields(world) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        sign_in(&browser, "k.lindqvist", PASSWORD);
        let send = |current: &str, new: &str, again: &str| {
            browser.post("/account/password", &[("current", current), ("new", new), ("again", again)]).expect(422)
        };
        send("", "", "").says("Type the password you have now.").says("at least 12 characters");
        send(PASSWORD, OTHER, "something else").says("differ");
        send(PASSWORD, "password1234", "password1234").says("commonest");
        send(PASSWORD, PASSWORD, PASSWORD).says("Choose another");
        let page = send("not the password", OTHER, OTHER).says("This is not the password you have now.");
        assert!(page.body.contains("aria-describedby=\"current-error\""));
        assert!(!page.body.contains(OTHER), "passwords do not come back");
        assert!(is_signed_in(&browser));
    }

    fn common_passwords_and_names_near_at_hand_are_taken_nowhere(world) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        sign_in(&browser, "k.lindqvist", PASSWORD);
        let by_hand = Who::command_line();
        for bad in [
            "Password123!", "qwerty1234567", "football12345", "passw0rd12345", "baseball12345", "iloveyou12345",
            "princess1234", "Example Org 1", "tokendesk2026", "k.lindqvist12", "password1234567",
        ] {
            let fields = [("current", PASSWORD), ("new", bad), ("again", bad)];
            let page = browser.post("/account/password", &fields).expect(422);
            assert!(page.text().contains("tried first"), "{bad}: {}", page.text());
            let given = tokendesk::sign_in::credentials::reset_password(&world.desk, &by_hand, world.now(), "k.lindqvist", bad);
            assert!(matches!(given, Err(Error::Invalid(_))), "{bad}: {given:?}");
            let added = operators::NewOperator { password: bad.into(), ..new("k.lindqvist2", "Operator") };
            let added = operators::add(&world.desk, &by_hand, world.now(), added);
            assert!(matches!(added, Err(Error::Invalid(_))), "{bad}: {added:?}");
        }
        for (n, good) in ["grape lantern orbit seventeen", "correct horse battery staple"].into_iter().enumerate() {
            let added = operators::NewOperator { password: good.into(), ..new(&format!("g.ood{n}"), "Operator") };
            operators::add(&world.desk, &by_hand, world.now(), added).unwrap();
        }
    }

    fn an_attack_elsewhere_does_not_keep_who_is_signed_in_from_changing_the_password(world) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        sign_in(&browser, "k.lindqvist", PASSWORD);
        for _ in 0..5 {
            sign_in(&world.stranger(), "k.lindqvist", "not the password");
        }
        let fields = [("current", PASSWORD), ("new", OTHER), ("again", OTHER)];
        assert_eq!(browser.post("/account/password", &fields).location(), "/account");
    }

    fn an_open_session_is_no_place_to_guess_in(world) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        sign_in(&browser, "k.lindqvist", PASSWORD);
        let fields = [("current", "not the password"), ("new", OTHER), ("again", OTHER)];
        for _ in 0..5 {
            browser.post("/account/password", &fields).expect(422);
        }
        browser.post("/account/password", &fields).expect(429).says("Wait 1 second");
    }

    fn a_password_given_by_someone_else_is_changed_before_anything_else(world) {
        let given = operators::NewOperator { must_change_password: true, ..new("k.lindqvist", "Operator") };
        operators::add(&world.desk, &Who::command_line(), world.now(), given).unwrap();
        let browser = world.stranger();
        sign_in(&browser, "k.lindqvist", PASSWORD);
        assert_eq!(browser.get("/").location(), "/account");
        assert_eq!(browser.get("/audit").location(), "/account");
        browser.get("/account").expect(200).says("Choose one of your own");
        let fields = [("current", PASSWORD), ("new", OTHER), ("again", OTHER)];
        assert_eq!(browser.post("/account/password", &fields).location(), "/account");
        browser.get("/audit").expect(200);
    }
}
