//! The mode in which the one-time password is asked for by a challenge.

use chrono::Duration;
use tokendesk::radius::code;

use super::{client, faults};
use crate::{
    on_both,
    support::radius::{CLIENT, Client, SECRET, pap},
};

on_both! {
    fn whatever_the_first_request_holds_the_one_time_password_is_asked_for_then(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        let node = world.radius_node("VPN", CLIENT, "challenge");
        let (listener, client) = (world.listener(), client());
        let state_of = |name: &str| {
            let answer = client.send(&listener, &world.desk, &client.request(name, "whatever")).unwrap();
            assert_eq!((answer.code, answer.first(code::REPLY_MESSAGE)), (code::ACCESS_CHALLENGE, Some(&b"Enter your one-time password"[..])));
            let state = answer.first(code::STATE).unwrap().to_vec();
            assert_eq!(state.len(), 16);
            state
        };
        let with = |name: &str, typed: &str, state: &[u8]| {
            let mut attributes = pap(name, typed);
            attributes.push((code::STATE, state.to_vec()));
            client.send(&listener, &world.desk, &client.packet(code::ACCESS_REQUEST, &attributes, true)).unwrap().code
        };
        let name_only = client.packet(code::ACCESS_REQUEST, &[(code::USER_NAME, b"t.adeyemi".to_vec())], true);
        assert_eq!(client.send(&listener, &world.desk, &name_only).unwrap().code, code::ACCESS_CHALLENGE);
        // Who is nobody is asked as anybody.
        state_of("nobody");
        let (first, second) = (state_of("t.adeyemi"), state_of("EXAMPLE\\t.adeyemi"));
        assert_ne!(first, second);
        assert_eq!(with("t.adeyemi", &app.at(world.now()), &first), code::ACCESS_ACCEPT);
        world.advance(Duration::seconds(30));
        assert_eq!(with("t.adeyemi", &app.at(world.now()), &first), code::ACCESS_REJECT, "a challenge is good once");
        assert_eq!(with("t.adeyemi", &app.at(world.now()), &second), code::ACCESS_ACCEPT, "with or without the domain");
        world.advance(Duration::seconds(30));
        let (late, whose, node_of) = (state_of("t.adeyemi"), state_of("a.berg"), state_of("t.adeyemi"));
        assert_eq!(with("t.adeyemi", &app.at(world.now()), &whose), code::ACCESS_REJECT, "another user's");
        world.radius_node("Other", "192.0.2.77", "challenge");
        let elsewhere = Client::at("192.0.2.77", SECRET);
        let mut attributes = pap("t.adeyemi", &app.at(world.now()));
        attributes.push((code::STATE, node_of));
        let packet = elsewhere.packet(code::ACCESS_REQUEST, &attributes, true);
        assert_eq!(elsewhere.send(&world.listener(), &world.desk, &packet).unwrap().code, code::ACCESS_REJECT, "another node's");
        world.advance(Duration::seconds(121));
        assert_eq!(with("t.adeyemi", &app.at(world.now()), &late), code::ACCESS_REJECT, "after two minutes");
        assert_eq!(with("t.adeyemi", &app.at(world.now()), &state_of("t.adeyemi")), code::ACCESS_ACCEPT, "none of these used the value up");
        assert!(world.dump("audit_entries").contains("The challenge it answers was answered before, ran out"));
        assert_eq!(faults(&world, node), []);
    }

    fn a_challenge_that_is_asked_for_again_is_the_same(world) {
        world.radius_node("VPN", CLIENT, "challenge");
        let (listener, client) = (world.listener(), client());
        let packet = client.request("t.adeyemi", "x");
        let first = client.send(&listener, &world.desk, &packet).unwrap();
        assert_eq!(client.send(&world.listener(), &world.desk, &packet).unwrap(), first);
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM radius_challenges"), 1);
    }
}
