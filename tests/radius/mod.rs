//! RADIUS: what a VPN meets (PRODUCT.md §10), packet by packet, and with the radclient of FreeRADIUS.

/// Laws on both databases that need programs of others: `tests/run` installs them.
macro_rules! with_programs {
    ($(#[ignore = $why:literal] fn $name:ident($world:ident) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            fn law($world: $crate::support::World) $body

            #[test]
            #[ignore = $why]
            fn sqlite() {
                law($crate::support::World::new($crate::support::On::Sqlite));
            }

            #[test]
            #[ignore = $why]
            fn postgres() {
                law($crate::support::World::new($crate::support::On::Postgres));
            }
        }
    )+};
}

mod challenge;
mod freeradius;
mod nodes;
mod pam;
mod radclient;
mod repeated;

use chrono::Duration;
use tokendesk::{
    authentication::{self, node::NodeSettings},
    ids::AuthNodeId,
    operators::Who,
    radius::code,
    tally::Fault,
    tasks,
};

use crate::{
    on_both,
    support::{
        World,
        people::Carried,
        radius::{CLIENT, Client, SECRET, pap},
    },
};

fn client() -> Client {
    Client::at(CLIENT, SECRET)
}

/// Changes what is set of an auth node.
fn set(world: &World, node: AuthNodeId, change: impl FnOnce(&mut NodeSettings)) {
    let who = Who::command_line();
    let found = authentication::node(&world.desk, &who, node).unwrap();
    let mut settings = found.settings;
    change(&mut settings);
    authentication::edit::edit(&world.desk, &who, world.now(), node, found.network, &settings).unwrap();
}

fn faults(world: &World, node: AuthNodeId) -> Vec<(Fault, i64)> {
    let standing = authentication::standing(&world.desk, &Who::command_line(), world.now()).unwrap();
    let mut faults: Vec<(Fault, i64)> =
        standing.faults(node).into_iter().map(|(fault, seen)| (fault, seen.times)).collect();
    faults.sort();
    faults
}

fn wrong(of: &Carried, world: &World) -> String {
    (0..1_000_000)
        .map(|number| format!("{number:06}"))
        .find(|typed| (-30..30).all(|step| of.at(world.now() + Duration::seconds(30 * step)) != *typed))
        .unwrap()
}

on_both! {
    fn a_vpn_that_asks_with_a_right_value_is_accepted_once(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        world.radius_node("VPN", CLIENT, "");
        let (listener, client, typed) = (world.listener(), client(), app.at(world.now()));
        let answer = client.send(&listener, &world.desk, &client.request("t.adeyemi", &typed)).unwrap();
        assert_eq!((answer.code, answer.attributes.len()), (code::ACCESS_ACCEPT, 1), "nothing but the proof");
        assert_eq!(client.send(&listener, &world.desk, &client.request("t.adeyemi", &typed)).unwrap().code, code::ACCESS_REJECT);
        let log = world.dump("audit_entries");
        assert!(log.contains("Accepted") && log.contains("VPN") && log.contains(CLIENT) && log.contains("came again"), "{log}");
        assert!(!log.contains(&typed));
    }

    fn the_first_value_over_radius_makes_completed(world) {
        let user = world.user("t.adeyemi", "Sales");
        let task = world.task(&world.lindqvist(), &[user.id]);
        let app = world.app_of(&user);
        let enrollment = world.enrollment(task, user.id).id;
        world.desk.db.write(|conn| tasks::note_enrolled(conn, world.now(), enrollment, app.token.id)).unwrap();
        world.radius_node("VPN", CLIENT, "");
        world.advance(Duration::seconds(60));
        let (listener, client) = (world.listener(), client());
        let answer = client.send(&listener, &world.desk, &client.request("t.adeyemi", &app.at(world.now()))).unwrap();
        assert_eq!(answer.code, code::ACCESS_ACCEPT);
        assert!(world.dump("audit_entries").contains("the enrollment is Completed"));
    }

    fn an_unknown_user_a_wrong_value_and_a_locked_token_are_rejected_alike(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        world.radius_node("VPN", CLIENT, "");
        let (listener, client, bad) = (world.listener(), client(), wrong(&app, &world));
        let shape = |name: &str, typed: &str| {
            let answer = client.send(&listener, &world.desk, &client.request(name, typed)).unwrap();
            (answer.code, answer.attributes.len(), answer.bytes.len())
        };
        let nobody = shape("nobody", &bad);
        assert_eq!(nobody.0, code::ACCESS_REJECT);
        for _ in 0..10 {
            assert_eq!(shape("t.adeyemi", &bad), nobody);
        }
        assert_eq!(shape("t.adeyemi", &app.at(world.now())), nobody, "it is locked");
        assert!(world.dump("audit_entries").contains("The token is locked"));
    }

    fn a_domain_or_a_realm_is_cut_off_unless_the_switch_is_off_and_failures_count_for_the_user(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        let node = world.radius_node("VPN", CLIENT, "");
        let client = client();
        for name in ["EXAMPLE\\t.adeyemi", "t.adeyemi@example.org", "T.Adeyemi"] {
            let packet = client.request(name, &app.at(world.now()));
            assert_eq!(client.send(&world.listener(), &world.desk, &packet).unwrap().code, code::ACCESS_ACCEPT, "{name}");
            world.advance(Duration::seconds(30));
        }
        // Whoever varies the realm is still held up as one.
        for number in 0..authentication::node::MOST_REJECTED {
            client.send(&world.listener(), &world.desk, &client.request(&format!("nobody@{number}"), "000000")).unwrap();
        }
        let entries = || world.number("SELECT COUNT(*) AS n FROM audit_entries WHERE verb = 'authentication.check'");
        let before = entries();
        let packet = client.request("nobody@elsewhere", "000000");
        assert_eq!(client.send(&world.listener(), &world.desk, &packet).unwrap().code, code::ACCESS_REJECT);
        assert_eq!(entries(), before, "it was not looked at");
        set(&world, node, |settings| settings.strips_realm = false);
        let packet = client.request("t.adeyemi@example.org", &app.at(world.now()));
        assert_eq!(client.send(&world.listener(), &world.desk, &packet).unwrap().code, code::ACCESS_REJECT);
    }

    fn class_filter_id_and_reply_message_come_by_choice(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        let node = world.radius_node("VPN", CLIENT, "");
        set(&world, node, |settings| (settings.sends_class, settings.sends_filter_id, settings.sends_message) = (true, true, true));
        let (listener, client) = (world.listener(), client());
        let mut attributes = pap("t.adeyemi", &app.at(world.now()));
        attributes.extend([(code::PROXY_STATE, b"one".to_vec()), (code::PROXY_STATE, b"two".to_vec())]);
        let answer = client.send(&listener, &world.desk, &client.packet(code::ACCESS_REQUEST, &attributes, true)).unwrap();
        let text = |kind| answer.first(kind).map(|content| String::from_utf8_lossy(content).into_owned());
        assert_eq!((text(code::CLASS).as_deref(), text(code::FILTER_ID).as_deref()), (Some("Sales"), Some("Sales")));
        assert_eq!(text(code::REPLY_MESSAGE), None);
        assert_eq!(answer.attributes[3..], [(code::PROXY_STATE, b"one".to_vec()), (code::PROXY_STATE, b"two".to_vec())]);
        let answer = client.send(&listener, &world.desk, &client.request("t.adeyemi", "1")).unwrap();
        assert_eq!(answer.first(code::REPLY_MESSAGE).unwrap(), b"Your sign-in was rejected.");
        assert_eq!(answer.first(code::CLASS), None);
    }

    fn what_is_not_signed_rightly_gets_no_answer_and_the_node_says_what_came(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        let node = world.radius_node("VPN", CLIENT, "");
        let (listener, good) = (world.listener(), client());
        let other = Client::at(CLIENT, "another-secret-of-somebody");
        let typed = app.at(world.now());
        let quiet = |client: &Client, packet: &[u8]| assert_eq!(client.send(&listener, &world.desk, packet), None);
        quiet(&other, &other.request("t.adeyemi", &typed));
        quiet(&good, &good.packet(code::ACCESS_REQUEST, &pap("t.adeyemi", &typed), false));
        quiet(&good, &good.packet(4, &[], true));
        quiet(&good, &good.request("t.adeyemi", &typed)[..30]);
        let mut damaged = good.request("t.adeyemi", &typed);
        damaged[25] ^= 1;
        quiet(&good, &damaged);
        quiet(&good, &good.packet(code::STATUS_SERVER, &[], false));
        let expected = [
            (Fault::NoMessageAuthenticator, 2), (Fault::OtherSecret, 2), (Fault::NotWhole, 1), (Fault::OtherCode, 1),
        ];
        assert_eq!(faults(&world, node), expected);
        authentication::note(&world.desk, world.now()).unwrap();
        assert_eq!(faults(&world, node), expected, "kept");
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM audit_entries WHERE verb = 'authentication.check'"), 0);
        // The value was not used up by any of them.
        assert_eq!(good.send(&listener, &world.desk, &good.request("t.adeyemi", &typed)).unwrap().code, code::ACCESS_ACCEPT);
    }

    fn chap_ms_chap_and_eap_are_rejected_and_the_node_says_so(world) {
        let node = world.radius_node("VPN", CLIENT, "");
        let challenge = world.radius_node("WLAN", "192.0.2.11", "challenge");
        let name = (code::USER_NAME, b"t.adeyemi".to_vec());
        let ms_chap = [&311_u32.to_be_bytes()[..], &[25, 52], &[0; 50]].concat();
        for (address, node) in [(CLIENT, node), ("192.0.2.11", challenge)] {
            let client = Client::at(address, SECRET);
            let listener = world.listener();
            for proof in [(code::CHAP_PASSWORD, vec![0; 17]), (code::VENDOR_SPECIFIC, ms_chap.clone()), (code::EAP_MESSAGE, vec![2, 0, 0, 4])] {
                let packet = client.packet(code::ACCESS_REQUEST, &[name.clone(), proof], true);
                assert_eq!(client.send(&listener, &world.desk, &packet).unwrap().code, code::ACCESS_REJECT);
            }
            assert_eq!(faults(&world, node), [(Fault::Chap, 1), (Fault::MsChap, 1), (Fault::Eap, 1)]);
        }
        let client = client();
        let packet = client.packet(code::ACCESS_REQUEST, &[name], true);
        assert_eq!(client.send(&world.listener(), &world.desk, &packet).unwrap().code, code::ACCESS_REJECT);
    }

    fn an_old_client_may_do_without_message_authenticator_where_an_operator_says_so(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        let node = world.radius_node("VPN", CLIENT, "");
        set(&world, node, |settings| settings.takes_unsigned = true);
        let (listener, client) = (world.listener(), client());
        let other = Client::at(CLIENT, "another-secret-of-somebody");
        let unsigned = |client: &Client, typed: &str| client.packet(code::ACCESS_REQUEST, &pap("t.adeyemi", typed), false);
        let typed = app.at(world.now());
        assert_eq!(other.send(&listener, &world.desk, &unsigned(&other, &typed)), None, "noise is no password");
        let answer = client.send(&listener, &world.desk, &unsigned(&client, &typed)).unwrap();
        assert_eq!(answer.code, code::ACCESS_ACCEPT);
        // One that is there has to be right all the same, and Status-Server has one always.
        assert_eq!(other.send(&listener, &world.desk, &other.request("t.adeyemi", &typed)), None);
        assert_eq!(client.send(&listener, &world.desk, &client.packet(code::STATUS_SERVER, &[], false)), None);
    }

    fn status_server_is_answered_to_auth_nodes(world) {
        let node = world.radius_node("VPN", CLIENT, "");
        let (listener, client) = (world.listener(), client());
        let packet = client.packet(code::STATUS_SERVER, &[(code::PROXY_STATE, b"p".to_vec())], true);
        let answer = client.send(&listener, &world.desk, &packet).unwrap();
        assert_eq!((answer.code, answer.first(code::PROXY_STATE)), (code::ACCESS_ACCEPT, Some(&b"p"[..])));
        assert_eq!(faults(&world, node), []);
    }

    fn a_disabled_node_gets_no_answer_and_whom_it_asked_for_is_noted(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        world.radius_node("VPN", CLIENT, "");
        authentication::disable_node(&world.desk, &Who::command_line(), world.now(), "VPN").unwrap();
        let (listener, client) = (world.listener(), client());
        let packet = client.request("t.adeyemi@example.org", &app.at(world.now()));
        assert_eq!(client.send(&listener, &world.desk, &packet), None);
        let refused = world.desk.db.read(|conn| authentication::refused_node(conn, user.id, world.now() - Duration::hours(1)));
        assert_eq!(refused.unwrap(), Some(("VPN".to_owned(), world.now())));
        authentication::enable_node(&world.desk, &Who::command_line(), world.now(), "VPN").unwrap();
        assert_eq!(client.send(&world.listener(), &world.desk, &packet).unwrap().code, code::ACCESS_ACCEPT);
    }

    fn an_unknown_sender_gets_no_answer_and_is_listed_when_it_was_noted(world) {
        world.radius_node("VPN", CLIENT, "");
        let (listener, stranger) = (world.listener(), Client::at("192.0.2.88", SECRET));
        for _ in 0..3 {
            assert_eq!(stranger.send(&listener, &world.desk, &stranger.request("a.berg", "755224")), None);
        }
        let other = Client::at("203.0.113.200", SECRET);
        assert!(matches!(listener.receive(&world.desk, world.now(), other.from, b"GET / HTTP/1.0\r\n"), tokendesk::authentication::listener::Next::Nothing));
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM unknown_senders"), 0);
        authentication::note(&world.desk, world.now()).unwrap();
        let standing = authentication::standing(&world.desk, &Who::command_line(), world.now()).unwrap();
        let mut listed: Vec<_> = standing.strangers().into_iter().map(|one| (one.address.to_string(), one.code, one.bytes, one.seen.times)).collect();
        listed.sort();
        assert_eq!(listed[0].0, "192.0.2.88");
        assert_eq!((listed[0].1, listed[0].3), (Some(1), 3));
        assert_eq!(listed[1], ("203.0.113.200".to_owned(), None, 16, 1));
        // Of many the last twenty are kept.
        for number in 0..50_u8 {
            world.advance(Duration::seconds(1));
            let many = Client::at(&format!("198.51.100.{number}"), SECRET);
            many.send(&listener, &world.desk, &many.request("a.berg", "755224"));
            authentication::note(&world.desk, world.now()).unwrap();
        }
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM unknown_senders"), 20);
        assert!(world.dump("unknown_senders").contains("198.51.100.49"));
    }
}
