//! What two servers behind one nginx share: it makes no difference which of them is asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Barrier,
    thread,
};

use tokendesk::{
    authentication::{self, node::MOST_REJECTED},
    operators::Who,
    tokens::MovingFactor,
};

use super::Behind;
use crate::support::{
    Browser, Page,
    browser::send,
    program::{PASSWORD, PATIENCE},
    smtp::Sink,
};

/// Where nobody listens: email waits.
const NOWHERE: &str = "smtp://127.0.0.1:9";

/// So many requests that nginx asks each server some times.
const SOME: usize = 6;

/// So many users that both servers send email.
const MANY: usize = 120;

/// Signed in through nginx: the form from one server, the answer from another.
fn signed_in(behind: &Behind) -> Browser {
    let browser = Browser::new(&behind.url);
    browser.get("/sign-in").expect(200);
    assert_eq!(browser.post("/sign-in", &[("user_id", "kim"), ("password", PASSWORD)]).location(), "/");
    browser
}

/// An auth node with this key asks at this address.
fn ask(url: &str, key: &str, user_id: &str, otp: &str) -> Page {
    let asked = serde_json::json!({ "user_id": user_id, "otp": otp });
    send(Browser::new(url).bare("/api/v1/authenticate").bearer_auth(key).json(&asked))
}

/// The key of an auth node.
fn key(behind: &Behind) -> String {
    authentication::add_node(&behind.world.desk, &Who::command_line(), behind.world.now(), "VPN").expect("it is new")
}

#[test]
#[ignore = "needs PostgreSQL and nginx: tests/run installs them"]
fn an_operator_is_signed_in_at_both_and_signed_out_of_both() {
    let behind = Behind::nginx(NOWHERE);
    let browser = signed_in(&behind);
    let served: BTreeSet<String> =
        (0..SOME).map(|_| browser.get("/tasks").expect(200).header("x-served-by").to_owned()).collect();
    assert_eq!(served.len(), 2, "{served:?}");
    browser.post("/sign-out", &[]).expect(303);
    for _ in 0..SOME {
        assert!(browser.get("/tasks").location().starts_with("/sign-in"));
    }
}

#[test]
#[ignore = "needs PostgreSQL and nginx: tests/run installs them"]
fn what_one_refuses_counts_at_the_other() {
    let behind = Behind::nginx(NOWHERE);
    let (user, key) = (behind.world.user("t.adeyemi", "Sales"), key(&behind));
    let rejected = (0..)
        .map(|_| ask(&behind.url, &key, &user.user_id, "000000"))
        .take_while(|answer| answer.status == 403)
        .take(2 * usize::try_from(MOST_REJECTED).expect("a small number"))
        .count();
    // The count begins anew every ten minutes, perhaps just now; two counts would end at twice as many.
    assert!(rejected < 2 * usize::try_from(MOST_REJECTED).expect("a small number"), "{rejected}");
    for server in &behind.servers {
        let answer = ask(&server.url, &key, &user.user_id, "000000").expect(429);
        assert!(!answer.header("retry-after").is_empty());
    }
}

#[test]
#[ignore = "needs PostgreSQL and nginx: tests/run installs them"]
fn a_one_time_password_that_one_accepts_is_refused_by_the_other() {
    let behind = Behind::nginx(NOWHERE);
    let (user, key) = (behind.world.user("t.adeyemi", "Sales"), key(&behind));
    let device = behind.world.device_of(&user, "HW-100001", MovingFactor::Counter);
    let statuses = |otp: &str, urls: [&str; 2]| {
        let start = Barrier::new(urls.len());
        thread::scope(|scope| {
            let asked = urls.map(|url| {
                scope.spawn(|| {
                    start.wait();
                    ask(url, &key, &user.user_id, otp).status
                })
            });
            let mut statuses = asked.map(|asked| asked.join().expect("no panic"));
            statuses.sort_unstable();
            statuses
        })
    };
    let [one, other] = [&behind.servers[0].url, &behind.servers[1].url].map(String::as_str);
    for press in 1..=20 {
        assert_eq!(statuses(&device.press(press), [one, other]), [200, 403], "both at once, press {press}");
    }
    let otp = device.press(21);
    assert_eq!(ask(one, &key, &user.user_id, &otp).status, 200);
    assert_eq!(ask(other, &key, &user.user_id, &otp).status, 403);
}

#[test]
#[ignore = "needs PostgreSQL and nginx: tests/run installs them"]
fn a_policy_that_is_changed_at_one_holds_at_the_other_at_once() {
    let behind = Behind::nginx(NOWHERE);
    let path = "/policy/self-enrollment";
    let [one, other] = [0, 1].map(|server| {
        let server = &behind.servers[server];
        (server, server.signed_in())
    });
    let form = |version: &'static str, attempts: &'static str| {
        [
            ("version", version),
            ("days_to_enroll", "14"),
            ("longest_period", "30"),
            ("attempts_allowed", attempts),
            ("token_failures_allowed", "10"),
            ("code_length", "10"),
            ("link_carries_code", "1"),
            ("reminder_days", "3, 1"),
        ]
    };
    one.1.get(path).expect(200).says("Locked after 5 failed attempts");
    other.1.get(path).expect(200).says("Locked after 5 failed attempts");
    one.1.post(path, &form("1", "7")).expect(303);
    other.1.get(path).expect(200).says("Locked after 7 failed attempts");
    // Who had the page open at the other one is told.
    other.1.post(path, &form("1", "9")).expect(409).says("changed Attempts allowed from 5 to 7");
    other.1.post(path, &form("2", "9")).expect(303);
    one.1.get(path).expect(200).says("Locked after 9 failed attempts");
}

#[test]
#[ignore = "needs PostgreSQL and nginx: tests/run installs them"]
fn each_email_is_sent_once_whoever_of_them_sends_it() {
    let sink = Sink::new();
    let behind = Behind::nginx(&sink.url());
    let who = behind.world.lindqvist();
    let users: Vec<_> = (0..MANY).map(|number| behind.world.user(&format!("u{number}"), "Sales").id).collect();
    behind.world.task(&who, &users);
    let left = "SELECT COUNT(*) AS n FROM emails WHERE state <> 'Sent'";
    let begin = std::time::Instant::now();
    while behind.world.number(left) > 0 {
        assert!(begin.elapsed() < PATIENCE, "{} emails are not sent", behind.world.number(left));
        thread::yield_now();
    }
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for message in sink.received() {
        *times.entry(message.to[0].clone()).or_default() += 1;
    }
    assert_eq!((times.len(), times.values().max()), (MANY, Some(&1)));
    assert_eq!(behind.world.number("SELECT COUNT(*) AS n FROM emails WHERE tries <> 1"), 0);
}
