//! A flood of sign-ins takes neither the memory of the server nor the console from those who are signed in.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed},
    thread,
};

use tokendesk::operators::BuiltIn;

use crate::{
    on_both,
    support::{Browser, browser, program::Program},
};

/// The most memory that the server may ever have had, in KiB: what a small machine can spare.
const MOST_KIB: u64 = 256 * 1024;

/// What is left of it when the flood is over, in KiB: without the buffers of the hashes, 19 MiB each.
const LEFT_KIB: u64 = 128 * 1024;

const TRIES: u32 = 400;
const AT_ONCE: usize = 64;

/// One wrong sign-in after the other, each from an address of its own, until all are made; how often each status came.
fn flood(url: &str) -> BTreeMap<u16, u32> {
    let (next, gone) = (AtomicU32::new(0), AtomicUsize::new(0));
    let send = || {
        let browser = Browser::new(url);
        let mut statuses = BTreeMap::new();
        loop {
            let n = next.fetch_add(1, Relaxed);
            if n >= TRIES {
                gone.fetch_add(1, Relaxed);
                return statuses;
            }
            let from = format!("198.18.{}.{}", n / 250, n % 250 + 1);
            let form = [("user_id", format!("u{n}")), ("password", "y".to_owned())];
            let page = browser::send(browser.request("/sign-in").header("x-forwarded-for", from).form(&form));
            if page.status == 503 {
                assert_ne!(page.header("retry-after"), "", "who is turned away is told when to come back");
            }
            *statuses.entry(page.status).or_insert(0) += 1;
        }
    };
    thread::scope(|scope| {
        let senders: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(send)).collect();
        senders.into_iter().flat_map(|sender| sender.join().expect("each request is answered")).fold(
            BTreeMap::new(),
            |mut all, (status, count)| {
                *all.entry(status).or_insert(0) += count;
                all
            },
        )
    })
}

#[test]
fn a_flood_of_sign_ins_takes_no_more_memory_than_a_few_and_gives_it_back() {
    let program = Program::start(&["trusted_proxies=[\"127.0.0.1\"]", "log_level=error"]);
    let kim = program.signed_in();
    let statuses = flood(&program.url);
    kim.get("/tasks").expect(200);
    let most = program.memory("VmHWM");
    assert!(most < MOST_KIB, "{most} KiB at the most, after {statuses:?}");
    assert_eq!(statuses.values().sum::<u32>(), TRIES);
    assert!(statuses.keys().all(|status| [422, 503].contains(status)), "{statuses:?}");
    program.until("the buffers are given back", |program| program.memory("VmRSS") < LEFT_KIB);
}

on_both! {
    fn who_finds_no_place_to_hash_is_told_when_to_come_back_and_nothing_is_written(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let written = || ["sign_in_throttle", "audit_entries", "operators"].map(|table| world.dump(table));
        let before = written();
        let mut enrollments: Vec<_> = std::iter::from_fn(|| world.desk.hashers.slot().ok()).collect();
        assert!(enrollments.len() <= 64, "the queue has an end: {}", enrollments.len());
        let own = [("current", "a b c d e f g h"), ("new", "a walk in the rain"), ("again", "a walk in the rain")];
        let new = [
            ("user_id", "m.okafor"), ("name", "M"), ("email", ""), ("role", "Help desk"), ("scope", "all"),
            ("password", "a walk in the rain"), ("again", "a walk in the rain"),
        ];
        let tries = [
            world.stranger().post("/sign-in", &[("user_id", "k.lindqvist"), ("password", "not the password")]),
            browser.post("/account/password", &own),
            browser.post("/operators/new", &new),
        ];
        for page in tries {
            let page = page.expect(503).says("Tokendesk is busy").says("Nothing was changed");
            assert_eq!(page.header("retry-after"), "5");
        }
        browser.get("/tasks").expect(200);
        assert_eq!(written(), before);
        enrollments.pop();
        let form = [("user_id", "k.lindqvist"), ("password", "not the password")];
        world.stranger().post("/sign-in", &form).expect(422);
    }
}
