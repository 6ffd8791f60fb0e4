//! The one-time password.

use chrono::Duration;
use tokendesk::{clock::unix_seconds, oath};

use crate::operators::{PASSWORD, add, is_signed_in, sign_in};
use crate::{
    on_both,
    support::{Browser, World},
};

/// The seed from the key on the set-up page.
fn seed(body: &str) -> Vec<u8> {
    let key = body.split("<code>").nth(1).and_then(|rest| rest.split("</code>").next()).expect("the key is shown");
    data_encoding::BASE32_NOPAD.decode(key.replace(' ', "").as_bytes()).expect("the key is base32")
}

/// What the app shows now.
pub fn value(world: &World, seed: &[u8]) -> String {
    oath::totp(seed, unix_seconds(world.now()), 30, 6, oath::Algorithm::Sha1)
}

/// A value that the app shows neither now nor soon.
fn wrong(world: &World, seed: &[u8]) -> String {
    let now = unix_seconds(world.now());
    let right: Vec<String> = (-2..=2).map(|n| oath::totp(seed, now + 30 * n, 30, 6, oath::Algorithm::Sha1)).collect();
    (0..).map(|n| format!("{n:06}")).find(|value| !right.contains(value)).expect("six values are not all there are")
}

/// Signs in for the first time and sets the app up.
pub fn set_up(world: &World, browser: &Browser, user_id: &str) -> Vec<u8> {
    assert_eq!(sign_in(browser, user_id, PASSWORD).location(), "/sign-in/set-up");
    let seed = seed(&browser.get("/sign-in/set-up").expect(200).body);
    let page = browser.post("/sign-in/set-up", &[("otp", &value(world, &seed))]);
    assert_eq!(page.location(), "/");
    seed
}

on_both! {
    fn the_first_sign_in_sets_up_an_app_and_reload_shows_the_same_key(world, |s| s.require_second_factor = true) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        assert_eq!(sign_in(&browser, "k.lindqvist", PASSWORD).location(), "/sign-in/set-up");
        assert!(!is_signed_in(&browser));
        let page = browser.get("/sign-in/set-up").expect(200).says("Set up your second factor");
        assert!(page.body.contains("<svg role=\"img\" aria-label=\"QR code\""));
        let first = seed(&page.body);
        assert_eq!(first.len(), 20);
        browser.post("/sign-in/set-up", &[("otp", &wrong(&world, &first))]).expect(422).says("is not right");
        browser.post("/sign-in/set-up", &[("otp", "12 34")]).expect(422);
        assert_eq!(seed(&browser.get("/sign-in/set-up").body), first);
        assert!(!is_signed_in(&browser));
        let shown = value(&world, &first);
        let spaced = format!("{} {}", &shown[..3], &shown[3..]);
        assert_eq!(browser.post("/sign-in/set-up", &[("otp", &spaced)]).location(), "/");
        assert!(is_signed_in(&browser));
        // Proven: the key is shown to nobody any more.
        assert_eq!(browser.get("/sign-in/set-up").location(), "/sign-in");
        assert!(!world.dump("operators").contains(&data_encoding::HEXUPPER.encode(&first)));
    }

    fn a_one_time_password_is_accepted_once(world, |s| s.require_second_factor = true) {
        add(&world, "k.lindqvist", "Operator");
        let seed = set_up(&world, &world.stranger(), "k.lindqvist");
        let used = value(&world, &seed);
        let browser = world.stranger();
        assert_eq!(sign_in(&browser, "k.lindqvist", PASSWORD).location(), "/sign-in/verify");
        browser.get("/sign-in/verify").expect(200).says("Signing in as k.lindqvist");
        browser.post("/sign-in/verify", &[("otp", &used)]).expect(422).says("is not right");
        assert!(!is_signed_in(&browser));
        world.advance(Duration::seconds(30));
        assert_eq!(browser.post("/sign-in/verify", &[("otp", &value(&world, &seed))]).location(), "/");
        assert!(is_signed_in(&browser));
    }

    fn back_survives_the_second_step(world, |s| s.require_second_factor = true) {
        add(&world, "k.lindqvist", "Operator");
        let seed = set_up(&world, &world.stranger(), "k.lindqvist");
        world.advance(Duration::seconds(60));
        let browser = world.stranger();
        let fields = [("user_id", "k.lindqvist"), ("password", PASSWORD), ("back", "/audit?q=x")];
        assert_eq!(browser.post("/sign-in", &fields).location(), "/sign-in/verify");
        assert_eq!(browser.post("/sign-in/verify", &[("otp", &value(&world, &seed))]).location(), "/audit?q=x");
    }

    fn half_signed_in_is_not_signed_in_and_ends_after_ten_minutes(world, |s| s.require_second_factor = true) {
        add(&world, "k.lindqvist", "Operator");
        let seed = set_up(&world, &world.stranger(), "k.lindqvist");
        let browser = world.stranger();
        sign_in(&browser, "k.lindqvist", PASSWORD);
        assert_eq!(browser.get("/account").location(), "/sign-in?back=%2Faccount");
        world.advance(Duration::minutes(10));
        assert_eq!(browser.get("/sign-in/verify").location(), "/sign-in");
        assert_eq!(browser.post("/sign-in/verify", &[("otp", &value(&world, &seed))]).location(), "/sign-in");
        assert!(!is_signed_in(&browser));
        assert_eq!(world.stranger().get("/sign-in/verify").location(), "/sign-in");
    }

    fn guessing_one_time_passwords_is_slowed_down_and_the_password_does_not_reset_it(world, |s| s.require_second_factor = true) {
        add(&world, "k.lindqvist", "Operator");
        let seed = set_up(&world, &world.stranger(), "k.lindqvist");
        world.advance(Duration::seconds(60));
        let browser = world.stranger();
        sign_in(&browser, "k.lindqvist", PASSWORD);
        let wrong = wrong(&world, &seed);
        for _ in 0..5 {
            browser.post("/sign-in/verify", &[("otp", &wrong)]).expect(422);
        }
        sign_in(&browser, "k.lindqvist", PASSWORD);
        let page = browser.post("/sign-in/verify", &[("otp", &value(&world, &seed))]).expect(429);
        assert_eq!(page.header("retry-after"), "1");
        world.advance(Duration::seconds(1));
        assert_eq!(browser.post("/sign-in/verify", &[("otp", &value(&world, &seed))]).location(), "/");
    }

    fn a_lost_phone_is_replaced_at_the_next_sign_in(world, |s| s.require_second_factor = true) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        let seed = set_up(&world, &browser, "k.lindqvist");
        let who = tokendesk::operators::Who::command_line();
        tokendesk::sign_in::credentials::reset_second_factor(&world.desk, &who, world.now(), "k.lindqvist").unwrap();
        assert!(!is_signed_in(&browser));
        assert_ne!(set_up(&world, &browser, "k.lindqvist"), seed);
    }
}
