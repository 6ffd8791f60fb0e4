//! Certificates that servers get by themselves: who orders, for how long an authority that fails is left alone, and that what
//! is secret is sealed (PRODUCT.md §13). The real authority is in `installation/acme.rs`.

use chrono::Duration;
use tokendesk::{
    acme::{self, Pair, trouble},
    config::Acme,
    operators::BuiltIn,
};

use crate::{on_both, support::World};

fn authority() -> Acme {
    Acme {
        email: "ops@example.org".into(),
        directory: "https://ca.example.org/directory".into(),
        host: "tokens.example.org".into(),
        ca: None,
    }
}

fn claims(world: &World, server: &str) -> bool {
    acme::claim(&world.desk, &authority(), world.now(), server).unwrap()
}

fn pair(text: &str) -> Pair {
    Pair { chain: format!("chain {text}"), key: format!("private {text}") }
}

fn keep(world: &World, server: &str, text: &str, days: i64) {
    let ends_at = world.now() + Duration::days(days);
    acme::keep(&world.desk, &authority(), world.now(), server, &pair(text), ends_at).unwrap();
}

on_both! {
    fn of_two_servers_one_orders_and_both_have_the_certificate(world) {
        assert!(claims(&world, "one"));
        assert!(!claims(&world, "two"), "one is at it");
        keep(&world, "one", "A", 90);
        let issued = acme::newer(&world.desk, &authority(), None).unwrap().expect("it is there for all");
        assert_eq!((issued.pair.chain.as_str(), issued.pair.key.as_str()), ("chain A", "private A"));
        assert!(acme::newer(&world.desk, &authority(), Some(issued.made_at)).unwrap().is_none(), "read once");
        assert!(!claims(&world, "two"), "there is nothing to order");
        let elsewhere = Acme { directory: "https://other.example.org/directory".into(), ..authority() };
        assert!(acme::newer(&world.desk, &elsewhere, None).unwrap().is_none());
        assert!(acme::claim(&world.desk, &elsewhere, world.now(), "two").unwrap(), "another authority is another order");
    }

    fn a_certificate_is_renewed_when_two_thirds_of_its_time_are_over(world) {
        assert!(claims(&world, "one"));
        keep(&world, "one", "A", 90);
        world.advance(Duration::days(60) - Duration::seconds(1));
        assert!(!claims(&world, "one"));
        world.advance(Duration::seconds(1));
        assert!(claims(&world, "two") && !claims(&world, "one"));
        keep(&world, "two", "B", 90);
        let issued = acme::newer(&world.desk, &authority(), None).unwrap().unwrap();
        assert_eq!((issued.pair.key.as_str(), issued.made_at), ("private B", world.now()));
    }

    fn a_server_that_was_killed_in_an_order_is_waited_for_five_minutes_and_says_nothing_later(world) {
        assert!(claims(&world, "killed"));
        world.advance(Duration::minutes(5) - Duration::seconds(1));
        assert!(!claims(&world, "two"));
        world.advance(Duration::seconds(1));
        assert!(claims(&world, "two"));
        acme::fail(&world.desk, &authority(), world.now(), "killed", "too late").unwrap();
        assert!(!claims(&world, "three"), "the right of another is not given back");
        acme::release(&world.desk, &authority(), "two").unwrap();
        assert!(claims(&world, "three"), "a server that stops gives it back");
        acme::release_all(&world.desk).unwrap();
        assert!(claims(&world, "four"), "as the only server of a database does for who was killed");
    }

    fn an_authority_that_fails_is_left_alone_for_longer_each_time_and_says_why(world) {
        for minutes in [2, 10, 60, 720, 720] {
            assert!(claims(&world, "one"), "{minutes}");
            let problem = trouble::words(&authority(), "urn:ietf:params:acme:error:connection", "refused");
            acme::fail(&world.desk, &authority(), world.now(), "one", &problem).unwrap();
            world.advance(Duration::minutes(minutes) - Duration::seconds(1));
            assert!(!claims(&world, "one") && !claims(&world, "two"), "{minutes}");
            world.advance(Duration::seconds(1));
        }
        let standing = world.desk.db.read(|conn| acme::standing(conn, &authority())).unwrap();
        let sentence = trouble::sentence(&standing, world.desk.settings.zone).unwrap();
        assert!(sentence.contains("open port 80 of tokens.example.org") && sentence.contains("; the next try is at 2026-11-2"), "{sentence}");
        assert!(claims(&world, "one"));
        keep(&world, "one", "A", 90);
        let standing = world.desk.db.read(|conn| acme::standing(conn, &authority())).unwrap();
        assert_eq!((standing.failures, trouble::sentence(&standing, world.desk.settings.zone)), (0, None));
        // The next failure is a first one again.
        world.advance(Duration::days(60));
        assert!(claims(&world, "one"));
        acme::fail(&world.desk, &authority(), world.now(), "one", "no").unwrap();
        world.advance(Duration::minutes(2));
        assert!(claims(&world, "one"));
    }

    fn the_snapshot_says_that_no_certificate_was_issued(world, |settings| {
        settings.public_url = "https://tokens.example.org".into();
        settings.http_listen = "127.0.0.1:1".into();
        settings.acme_email = "ops@example.org".into();
        settings.acme_directory = "https://ca.example.org/directory".into();
    }) {
        assert!(claims(&world, "one"));
        acme::fail(&world.desk, &authority(), world.now(), "one", "The authority is asleep.").unwrap();
        let who = world.operator("k.lindqvist", BuiltIn::Operator);
        let glance = world.desk.db.read(|conn| tokendesk::reports::glance(&world.desk, conn, &who, world.now()));
        let certificate = glance.unwrap().certificate.unwrap();
        assert_eq!(certificate, "The authority is asleep. This was at 2026-11-20 14:32; the next try is at 2026-11-20 14:34.");
    }

    fn nothing_of_it_is_in_the_open(world) {
        assert!(claims(&world, "one"));
        keep(&world, "one", "XYZZY", 90);
        assert!(!world.dump("acme_certificates").contains("XYZZY"));
        assert_eq!(acme::answer(&world.desk, world.now(), "unknown-token").unwrap(), None);
        assert_eq!(acme::answer(&world.desk, world.now(), "../../etc\0").unwrap(), None);
    }
}

#[test]
fn what_is_sealed_opens_in_these_places() {
    assert_eq!(acme::account_context("https://ca"), "acme_accounts.sealed:https://ca");
    assert_eq!(acme::certificate_context("a.example"), "acme_certificates.sealed:a.example");
    assert_eq!(acme::challenge_context("t"), "acme_challenges.sealed:t");
}
