//! Auth nodes that ask by RADIUS: whose address it is, two secrets, who may.

use chrono::Duration;
use tokendesk::{
    authentication::{
        self,
        new::{New, Typed},
        new_secret,
    },
    error::Error,
    operators::{BuiltIn, Who},
    radius::code,
};

use crate::{
    on_both,
    operators::managing::between,
    support::{
        World,
        radius::{CLIENT, Client, SECRET},
    },
};

fn typed(name: &str, network: &str, secret: &str) -> Typed {
    Typed {
        name: name.into(),
        kind: "radius".into(),
        network: network.into(),
        secret: secret.into(),
        ..Typed::default()
    }
}

fn add(world: &World, name: &str, network: &str) -> Result<String, Error> {
    let new = New::parse(&typed(name, network, ""))?;
    authentication::new::add(&world.desk, &Who::command_line(), world.now(), &new).map(|added| added.proof.to_string())
}

fn is_answered(world: &World, address: &str, secret: &str) -> bool {
    let client = Client::at(address, secret);
    let packet = client.packet(code::STATUS_SERVER, &[], true);
    client.send(&world.listener(), &world.desk, &packet).is_some()
}

on_both! {
    fn equal_networks_are_refused_and_of_two_that_overlap_the_narrower_wins(world) {
        let wide = add(&world, "Data center", "192.0.2.7/28").unwrap();
        let narrow = add(&world, "VPN", CLIENT).unwrap();
        for network in ["192.0.2.0/28", "192.0.2.15/28", "::ffff:192.0.2.0/124"] {
            let wrong = add(&world, "Other", network).unwrap_err().to_string();
            assert!(wrong.contains("Data center asks from 192.0.2.0/28 already"), "{wrong}");
        }
        assert!(is_answered(&world, CLIENT, &narrow) && !is_answered(&world, CLIENT, &wide));
        assert!(is_answered(&world, "192.0.2.11", &wide) && !is_answered(&world, "192.0.2.16", &wide));
        // An API key may be bound to the same address as somebody who asks by RADIUS.
        let api = New::parse(&Typed { name: "Intranet".into(), network: CLIENT.into(), ..Typed::default() }).unwrap();
        let key = authentication::new::add(&world.desk, &Who::command_line(), world.now(), &api).unwrap().proof;
        let admits = |address: &str| authentication::admit(&world.desk, world.now(), Some(&key), address, "r1").is_ok();
        assert!(admits(CLIENT) && !admits("192.0.2.11") && !admits(""));
    }

    fn what_is_typed_wrong_is_said_at_its_field(world) {
        let wrong = |typed: &Typed, field: &str| match New::parse(typed).unwrap_err() {
            Error::Invalid(mistakes) => mistakes.of(field).to_owned(),
            other => panic!("{other}"),
        };
        assert!(wrong(&typed("VPN", "", ""), "network").contains("Give the address or network"));
        assert!(wrong(&typed("VPN", "here", ""), "network").contains("must be an address such as"));
        assert!(wrong(&typed("VPN", CLIENT, "fifteen-letters"), "secret").contains("16 characters or more"));
        assert!(wrong(&typed("", CLIENT, ""), "name").contains("Give the auth node a name"));
        add(&world, "VPN", CLIENT).unwrap();
        assert!(add(&world, "vpn", "192.0.2.11").unwrap_err().to_string().contains("There is an auth node called vpn already"));
    }

    fn two_secrets_are_taken_until_the_old_one_ends_by_a_button_or_after_seven_days(world) {
        let who = Who::command_line();
        let id = world.radius_node("VPN", CLIENT, "");
        let another = || new_secret::new_secret(&world.desk, &who, world.now(), id, "").unwrap().1.to_string();
        let second = another();
        assert!(is_answered(&world, CLIENT, SECRET) && is_answered(&world, CLIENT, &second));
        world.advance(Duration::days(7) - Duration::seconds(1));
        assert!(is_answered(&world, CLIENT, SECRET));
        // Held in memory, it ends at its time too.
        let listener = world.listener();
        world.advance(Duration::seconds(1));
        let client = Client::at(CLIENT, SECRET);
        assert!(client.send(&listener, &world.desk, &client.packet(code::STATUS_SERVER, &[], true)).is_none());
        assert!(is_answered(&world, CLIENT, &second));
        let third = another();
        assert!(is_answered(&world, CLIENT, &second) && is_answered(&world, CLIENT, &third));
        new_secret::end_old(&world.desk, &who, world.now(), id).unwrap();
        assert!(!is_answered(&world, CLIENT, &second) && is_answered(&world, CLIENT, &third));
        assert!(matches!(new_secret::end_old(&world.desk, &who, world.now(), id), Err(Error::Conflict(_))));
        // Of three the oldest is gone.
        let fourth = another();
        let fifth = another();
        assert!(!is_answered(&world, CLIENT, &third) && is_answered(&world, CLIENT, &fourth) && is_answered(&world, CLIENT, &fifth));
        assert_eq!(new_secret::secrets(&world.desk, &who, world.now(), id).unwrap().len(), 2);
        for table in ["auth_nodes", "auth_node_secrets", "audit_entries"] {
            let dump = world.dump(table);
            for secret in [SECRET, &second, &third, &fourth, &fifth] {
                assert!(!dump.contains(secret) && !dump.contains(&data_encoding::HEXLOWER.encode(secret.as_bytes())), "{table}");
                assert!(!dump.contains(&data_encoding::HEXUPPER.encode(secret.as_bytes())), "{table}");
            }
        }
    }

    fn who_may_not_manage_operators_adds_and_changes_nothing(world) {
        let id = world.radius_node("VPN", CLIENT, "");
        let who = world.operator("m.okafor", BuiltIn::HelpDesk);
        let new = New::parse(&typed("Other", "192.0.2.11", "")).unwrap();
        assert!(matches!(authentication::new::add(&world.desk, &who, world.now(), &new), Err(Error::Forbidden(_))));
        assert!(matches!(new_secret::new_secret(&world.desk, &who, world.now(), id, ""), Err(Error::Forbidden(_))));
        assert!(matches!(new_secret::end_old(&world.desk, &who, world.now(), id), Err(Error::Forbidden(_))));
        let settings = authentication::node::NodeSettings::default();
        assert!(matches!(authentication::edit::edit(&world.desk, &who, world.now(), id, None, &settings), Err(Error::Forbidden(_))));
    }
}

on_both! {
    fn in_the_console_a_node_is_added_set_and_given_a_second_secret(world) {
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        lindqvist.get("/auth-nodes/new").expect(200).says("RADIUS is off.").says("PAP, not CHAP or EAP");
        let form = |name: &'static str, network: &'static str, secret: &'static str| {
            [("name", name), ("kind", "radius"), ("network", network), ("mode", "challenge"), ("secret", secret)]
        };
        let page = lindqvist.post("/auth-nodes", &form("VPN Berlin", "192.0.2.300", "short")).expect(422);
        let page = page.says("must be an address such as").says("16 characters or more");
        assert!(page.body.contains("value=\"192.0.2.300\"") && !page.body.contains("short\""));
        let page = lindqvist.post("/auth-nodes", &form("VPN Berlin", CLIENT, "")).expect(200).says("Shown this once.");
        let secret = between(&page.body, "class=\"handed\">", "<");
        assert!(is_answered(&world, CLIENT, &secret));
        let page = lindqvist.post("/auth-nodes", &form("VPN Lyon", CLIENT, SECRET)).expect(422);
        let page = page.says("VPN Berlin asks from 192.0.2.10 already");
        assert!(!page.body.contains(SECRET), "a secret is not sent back");
        lindqvist.post("/auth-nodes", &form("Data center", "192.0.2.0/28", SECRET)).expect(200);
        lindqvist.get("/auth-nodes").expect(200).says("RADIUS 192.0.2.10 Has never asked");
        let path = format!("/auth-nodes/{}", world.number("SELECT id AS n FROM auth_nodes WHERE name = 'VPN Berlin'"));
        lindqvist.get(&path).expect(200).says("It has never asked").says("192.0.2.0/28; where both fit, VPN Berlin wins");
        // What is wrong is said, and what is set is saved.
        let client = Client::at(CLIENT, &secret);
        let unsigned = client.packet(code::ACCESS_REQUEST, &crate::support::radius::pap("t.adeyemi", "755224"), false);
        assert!(client.send(&world.listener(), &world.desk, &unsigned).is_none());
        lindqvist.get("/auth-nodes").expect(200).says("Asks, gets no answer No Message-Authenticator in 1 request since Today, 14:32");
        let page = lindqvist.get(&path).expect(200).says("It sends no Message-Authenticator").says("Do without");
        page.says("Its secret cannot be told").says("No answer 1");
        lindqvist.post(&path, &[("network", "192.0.2.0/28"), ("mode", "challenge")]).expect(422).says("Data center asks from");
        let settings = [("network", CLIENT), ("mode", "one-time-password"), ("takes_unsigned", "1"), ("sends_class", "1")];
        lindqvist.post(&path, &settings).expect(303);
        lindqvist.get(&path).expect(200).says("Saved the settings of VPN Berlin.");
        let log = world.dump("audit_entries");
        assert!(log.contains("Changed the settings of the auth node VPN Berlin") && log.contains("Challenge → One-time password"), "{log}");
        assert_eq!(client.send(&world.listener(), &world.desk, &unsigned).unwrap().code, code::ACCESS_REJECT);
        lindqvist.get(&path).expect(200).says("It works").says("Rejected 1");
        let key = format!("{path}/key");
        lindqvist.get(&key).expect(200).says("a second shared secret?");
        lindqvist.post(&key, &[("secret", "short")]).expect(422).says("16 characters or more");
        let page = lindqvist.post(&key, &[]).expect(200).says("Both secrets are taken for 7 days");
        let second = between(&page.body, "class=\"handed\">", "<");
        assert!(second != secret && is_answered(&world, CLIENT, &second) && is_answered(&world, CLIENT, &secret));
        lindqvist.get("/auth-nodes").expect(200).says("Two secrets");
        lindqvist.get(&path).expect(200).says("End the old one now");
        lindqvist.post(&format!("{path}/end-old"), &[]).expect(303);
        lindqvist.get(&path).expect(200).says("Ended the old shared secret of VPN Berlin.").says("Make a second one");
        lindqvist.post(&format!("{path}/end-old"), &[]).expect(409);
        assert!(is_answered(&world, CLIENT, &second) && !is_answered(&world, CLIENT, &secret));
        // A key over HTTP it has none.
        lindqvist.get("/auth-nodes/new?network=192.0.2.88").expect(200);
        assert!(lindqvist.get("/auth-nodes/new?network=192.0.2.5").body.contains("Data center asks from 192.0.2.0/28"));
    }
}

on_both! {
    fn the_help_desk_reads_that_a_client_turned_to_its_next_server(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        world.radius_node("VPN", CLIENT, "");
        let (listener, client, typed) = (world.listener(), Client::at(CLIENT, SECRET), app.at(world.now()));
        assert_eq!(client.send(&listener, &world.desk, &client.request("t.adeyemi", &typed)).unwrap().code, code::ACCESS_ACCEPT);
        world.advance(Duration::seconds(4));
        assert_eq!(client.send(&listener, &world.desk, &client.request("t.adeyemi", &typed)).unwrap().code, code::ACCESS_REJECT);
        let lindqvist = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let page = lindqvist.get("/users/t.adeyemi/authentication-methods").expect(200);
        page.says("The one-time password had been used before").says("It was accepted 4 s before at the same node");
    }
}
