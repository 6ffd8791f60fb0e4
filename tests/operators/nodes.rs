//! Auth nodes in the console.

use tokendesk::{authentication, operators::BuiltIn};

use super::managing::between;
use crate::{on_both, support::World};

fn admits(world: &World, key: &str) -> bool {
    authentication::admit(&world.desk, world.now(), Some(key), "192.0.2.1", "r1").is_ok()
}

on_both! {
    fn the_key_of_an_auth_node_is_shown_once_and_refused_once_it_is_disabled(world) {
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        lindqvist.get("/auth-nodes").expect(200).says("No auth node yet.");
        let page = lindqvist.post("/auth-nodes", &[("name", "VPN Berlin")]).expect(200).says("This key is shown once");
        let key = between(&page.body, "Bearer ", "<");
        assert!(key.starts_with("td_"), "{key}");
        assert!(admits(&world, &key));
        for table in ["auth_nodes", "audit_entries", "sessions"] {
            assert!(!world.dump(table).contains(&key), "{table}");
        }
        let page = lindqvist.get("/auth-nodes").says("VPN Berlin").says("In use");
        let disable = between(&page.body, "cell-title\"><a href=\"/auth-nodes/", "\"");
        lindqvist.post(&format!("/auth-nodes/{disable}/disable"), &[]).expect(303);
        lindqvist.get("/auth-nodes").says("Disabled VPN Berlin.");
        assert!(!admits(&world, &key));
        // A new key puts it in use again; the old one stays refused.
        lindqvist.get(&format!("/auth-nodes/{disable}/key")).expect(200).says("in use again");
        let page = lindqvist.post(&format!("/auth-nodes/{disable}/key"), &[]).expect(200);
        let second = between(&page.body, "Bearer ", "<");
        assert!(admits(&world, &second) && !admits(&world, &key));
        assert!(world.dump("audit_entries").contains("Gave the auth node VPN Berlin a new key"));
    }

    fn disabling_says_who_asks_there_and_enable_takes_the_same_key(world) {
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let page = lindqvist.post("/auth-nodes", &[("name", "VPN Berlin")]).expect(200);
        let key = between(&page.body, "Bearer ", "<");
        let list = lindqvist.get("/auth-nodes");
        let path = format!("/auth-nodes/{}", between(&list.body, "cell-title\"><a href=\"/auth-nodes/", "\""));
        let (disable, enable) = (format!("{path}/disable"), format!("{path}/enable"));
        lindqvist.get(&disable).expect(200).says("Last asked never").says("In the last 24 hours not once");
        for user_id in ["t.adeyemi", "A.Berg", "a.berg"] {
            let caller = authentication::admit(&world.desk, world.now(), Some(&key), "192.0.2.7", "r1").unwrap();
            authentication::authenticate(&world.desk, &caller, world.now(), user_id, "123456").unwrap();
        }
        let page = lindqvist.get(&disable).expect(200);
        page.says("Last asked Today, 14:32").says("3 times, about 2 users").says("192.0.2.7").says("VPN Berlin is in use.");
        // Looking is not doing.
        assert!(admits(&world, &key));
        lindqvist.get(&enable).expect(405);
        lindqvist.post(&disable, &[]).expect(303);
        assert!(!admits(&world, &key));
        lindqvist.get(&disable).expect(303);
        lindqvist.get("/auth-nodes").expect(200).says("Disabled");
        lindqvist.get(&path).expect(200).says("It is disabled").says("Enable");
        lindqvist.post(&enable, &[]).expect(303);
        lindqvist.get(&path).expect(200).says("Enabled VPN Berlin.").says("In use").says("Disable").does_not_say("Enable ");
        assert!(admits(&world, &key), "with the key it had");
        let log = world.dump("audit_entries");
        assert!(log.contains("Disabled the auth node VPN Berlin") && log.contains("Enabled the auth node VPN Berlin"));
        world.advance(chrono::Duration::hours(25));
        lindqvist.get("/auth-nodes").expect(303);
        let later = world.signed_in("h.olsen", BuiltIn::Operator);
        later.get(&disable).expect(200).says("In the last 24 hours not once").does_not_say("is in use.");
        later.post("/auth-nodes/99/enable", &[]).expect(404);
    }

    fn a_name_that_is_taken_or_empty_comes_back_at_its_field(world) {
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        lindqvist.post("/auth-nodes", &[("name", " ")]).expect(422).says("Give the auth node a name.");
        lindqvist.post("/auth-nodes", &[("name", "VPN")]).expect(200);
        let page = lindqvist.post("/auth-nodes", &[("name", "vpn")]).expect(422).says("There is an auth node called vpn already.");
        assert!(page.body.contains("value=\"vpn\""));
        lindqvist.post("/auth-nodes/99/disable", &[]).expect(404);
        lindqvist.get("/auth-nodes/x/key").expect(404);
    }
}
