//! The demo of a fixed time, as the real program: its clock, which any client moves, and its pages, which are the same on
//! any port.

mod world;

use tokendesk::clock::Timestamp;

use crate::{
    on_both,
    support::{
        Browser, Page, browser,
        demo::{Demo, TIME},
    },
};

/// An operator who may do everything, and one who gets alerts.
const OPERATOR: &str = "k.lindqvist";

fn signed_in(demo: &Demo) -> Browser {
    let browser = Browser::new(&demo.url);
    let (_, rest) = demo.printed.split_once("with the password ").expect("the password is printed");
    let password = rest.lines().next().expect("the password is printed");
    browser.post("/sign-in", &[("user_id", OPERATOR), ("password", password)]).expect(303);
    browser
}

/// Moves the clock as a client with no session does.
fn move_clock(demo: &Demo, body: &str) -> Page {
    browser::send(Browser::new(&demo.url).bare("/demo/clock").body(body.to_owned()))
}

fn time(page: Page) -> Timestamp {
    page.expect(200).body.trim().trim_end_matches('Z').parse().expect("a time")
}

/// What the mailbox shows, the newest first.
fn mailbox(demo: &Demo) -> String {
    Browser::new(&demo.url).get("/demo/mailbox?size=100").expect(200).text()
}

#[test]
fn any_client_moves_the_clock_of_a_demo_and_what_is_refused_moves_nothing() {
    let demo = Demo::start();
    let start: Timestamp = TIME.trim_end_matches('Z').parse().expect("a time");
    let minutes = |count| start + chrono::Duration::minutes(count);
    assert_eq!(time(move_clock(&demo, "minutes=1")), minutes(1));
    let in_the_address = Browser::new(&demo.url).bare("/demo/clock?minutes=1");
    assert_eq!(time(browser::send(in_the_address)), minutes(2));
    for site in ["same-origin", "same-site", "none"] {
        let request = Browser::new(&demo.url).bare("/demo/clock").header("sec-fetch-site", site).body("minutes=1");
        browser::send(request).expect(200);
    }
    for body in ["", "minutes=", "minutes=0", "minutes=-1", "minutes=x", "minutes=1.5", "minutes=527041"] {
        move_clock(&demo, body).expect(422);
    }
    let elsewhere =
        Browser::new(&demo.url).bare("/demo/clock").header("sec-fetch-site", "cross-site").body("minutes=1");
    browser::send(elsewhere).expect(403);
    browser::send(Browser::new(&demo.url).bare("/sign-in").body("user_id=k.lindqvist")).expect(403);
    assert_eq!(time(move_clock(&demo, "minutes=1")), minutes(6));
}

#[test]
fn the_clock_of_a_demo_answers_when_every_round_has_run_at_the_new_time() {
    let demo = Demo::start();
    let operator = signed_in(&demo);
    let alerts = [("version", "1"), ("failed-mail--1", "at-once")];
    operator.post("/policy/alerts", &alerts).expect(303);
    let reminders = |mailbox: &str| mailbox.matches("Reminder: set up your sign-in token by 24 November").count();
    assert_eq!(reminders(&mailbox(&demo)), 0, "they are due three days before");

    Browser::new(&demo.url).get("/demo/mailbox?q=lindqvist").expect(200).does_not_say("Today");

    time(move_clock(&demo, "minutes=1440"));
    let then = mailbox(&demo);
    assert!(reminders(&then) > 0, "reminders: {then}");
    assert_eq!(operator.get("/outbox").location(), "/sign-in?back=%2Foutbox", "sessions have ended");
    // One of the reminders was refused, and who wants to know that at once does.
    let outbox = signed_in(&demo).get("/outbox").expect(200).says("Queued 0").says("Reminder Failed No such mailbox");
    let mine = Browser::new(&demo.url).get("/demo/mailbox?q=lindqvist").expect(200);
    mine.says("Today, 14:32");

    time(move_clock(&demo, "minutes=1"));
    assert_eq!(mailbox(&demo), then, "nothing had been left to be done: {}", outbox.text());
}

/// Every page of the console that is looked at, and those without a session.
const PAGES: &[&str] = &[
    "/",
    "/find?q=an",
    "/tasks",
    "/tasks/1040",
    "/tasks/1029/edit",
    "/users",
    "/users/a.adeyemi/authentication-methods",
    "/provision",
    "/tokens",
    "/outbox",
    "/outbox?state=sent",
    "/outbox/20",
    "/audit",
    "/reports/provisioning",
    "/reports/not-enrolled",
    "/policy/self-enrollment",
    "/policy/alerts",
    "/messages",
    "/messages/enrollment",
    "/operators",
    "/roles",
    "/auth-nodes",
    "/auth-nodes/1",
    "/account",
    "/demo/mailbox",
];

#[test]
fn the_pages_of_a_fixed_demo_show_the_same_on_any_port() {
    let demos = [Demo::start(), Demo::start()];
    let [one, other] = demos.each_ref().map(signed_in);
    let strangers = demos.each_ref().map(|demo| Browser::new(&demo.url));
    for path in PAGES {
        let (one, other) = (one.get(path), other.get(path));
        assert_eq!(one.status, other.status, "{path}");
        assert_eq!(one.text(), other.text(), "{path}");
    }
    for path in ["/sign-in", "/enroll/nothing", "/nothing"] {
        assert_eq!(strangers[0].get(path).text(), strangers[1].get(path).text(), "{path}");
    }
}

#[test]
fn an_operator_of_the_demo_finds_people_by_their_names_as_anybody_types_them() {
    let demo = Demo::start();
    let operator = signed_in(&demo);
    for (typed, name) in [
        ("jovanovic", "Milica Jovanović-Đorđević"),
        ("zoe berg", "Zoë Berg"),
        ("isil yildiz", "Işıl Yıldız"),
        ("nguyen thi", "Thị Bích Ngọc Nguyễn"),
        ("garcia marquez", "María José García Márquez"),
        ("hohenstein", "Maximiliane Alexandra Theodora von Hohenstein-Wallenrodt zu Löwenfels"),
        ("כהן", "דוד כהן"),
        ("ليلى", "ليلى حداد"),
        ("田中", "美咲 田中"),
        ("王", "伟 王"),
        ("김", "지우 김"),
    ] {
        let q = tokendesk::web::segment(typed);
        operator.get(&format!("/users?q={q}")).expect(200).says(name);
        operator.get(&format!("/find?q={q}")).expect(200).says(name);
    }
}

#[test]
fn a_demo_with_the_machines_clock_says_that_it_cannot_be_moved() {
    let demo = Demo::with(&[]);
    move_clock(&demo, "minutes=1").expect(422).says("not started with --fixed-time");
}

on_both! {
    fn there_is_no_such_address_where_it_is_no_demo(world) {
        let now = world.now();
        browser::send(world.stranger().bare("/demo/clock").body("minutes=1")).expect(403);
        world.stranger().post("/demo/clock", &[("minutes", "1")]).expect(404);
        assert_eq!(world.now(), now);
    }
}
