//! One guess at each of many users: what an auth node rejects over all of them, who is told, and who has to wait.

use chrono::Duration;
use diesel::prelude::*;
use tokendesk::{
    alerts::{Delivery, Event},
    authentication::{self, Caller, rejections::FEWEST},
    error::Error,
    operators::{BuiltIn, Who},
    schema::{auth_nodes, check_rejections},
};

use crate::{on_both, support::World};

fn node(world: &World, name: &str) -> Caller {
    let key = authentication::add_node(&world.desk, &Who::command_line(), world.now(), name).unwrap();
    authentication::admit(&world.desk, world.now(), Some(&key), "192.0.2.1", "r1").unwrap()
}

fn ask(world: &World, caller: &Caller, user_id: &str, typed: &str) -> Result<bool, Error> {
    authentication::authenticate(&world.desk, caller, world.now(), user_id, typed)
}

/// One guess at each of so many users; how many were answered before the auth node had to wait, and how long.
fn guess(world: &World, caller: &Caller, from: usize, users: usize) -> (usize, Option<u64>) {
    for n in 0..users {
        match ask(world, caller, &format!("user{}", from + n), "000000") {
            Ok(accepted) => assert!(!accepted),
            Err(Error::TooMany(seconds)) => return (n, Some(seconds)),
            Err(error) => panic!("{error}"),
        }
    }
    (users, None)
}

fn left(world: &World) -> Vec<Option<String>> {
    let from = world.now() - Duration::hours(24);
    let left = world.desk.db.read(|conn| authentication::left_the_usual(conn, from)).unwrap();
    left.into_iter().map(|left| left.node).collect()
}

/// What the auth node called `name` rejected in an hour, `days` ago.
fn before(world: &World, name: &str, days: i64, rejections: i64) {
    use check_rejections::dsl;
    let id: i64 = world
        .desk
        .db
        .read(|conn| Ok(auth_nodes::table.filter(auth_nodes::name.eq(name)).select(auth_nodes::id).first(conn)?))
        .unwrap();
    let row = (
        dsl::node_id.eq(id),
        dsl::since.eq(authentication::rejections::bucket(world.now() - Duration::days(days))),
        dsl::rejections.eq(rejections),
        dsl::usual.eq(0_i64),
        dsl::usual_of_all.eq(0_i64),
    );
    world.desk.db.write(|conn| Ok(diesel::insert_into(dsl::check_rejections).values(row).execute(conn)?)).unwrap();
}

on_both! {
    fn a_wave_of_rejections_is_told_before_anybody_waits(world) {
        let operator = world.operator("k.lindqvist", BuiltIn::Operator);
        world.set_address(&operator, Some("k.lindqvist@desk.example"));
        world.choose("Operator", Event::Rejections, Delivery::AtOnce);
        let (vpn, user) = (node(&world, "VPN Berlin"), world.user("t.adeyemi", "Sales"));
        let app = world.app_of(&user);
        assert_eq!(guess(&world, &vpn, 0, 99), (99, None));
        assert_eq!((left(&world), world.round()), (vec![], 0));
        assert_eq!(guess(&world, &vpn, 99, 51), (51, None), "nobody waits yet");
        assert_eq!(left(&world), [Some("VPN Berlin".to_owned())]);
        assert!(ask(&world, &vpn, "t.adeyemi", &app.at(world.now())).unwrap(), "what is right is accepted");
        assert_eq!(world.round(), 1);
        assert_eq!(world.sums(), ["k.lindqvist@desk.example: 1 wave of rejected one-time passwords"]);
        let told = serde_json::to_string(&world.alerts()[0].1).unwrap();
        assert!(told.contains("Auth node VPN Berlin") && told.contains("/auth-nodes"), "{told}");
        let browser = world.signed_in("h.olsen", BuiltIn::Operator);
        browser.get("/").expect(200).says("VPN Berlin rejected more than usual").says("Today, 14:32");
        browser.get("/auth-nodes").expect(200).says("Rejects more than usual Today, 14:32");
        let sales = world.operator_in("s.ales", BuiltIn::Operator, &[user.container]);
        let scoped = crate::support::Browser::signed_in(&world.url, &world.desk, &sales);
        scoped.get("/").expect(200).does_not_say("more than usual");
        // The same wave is told once.
        guess(&world, &vpn, 150, 20);
        world.advance(Duration::minutes(20));
        guess(&world, &vpn, 170, 5);
        assert_eq!(world.round(), 0);
        world.advance(Duration::hours(25));
        let browser = world.signed_in("l.last", BuiltIn::Operator);
        browser.get("/").expect(200).does_not_say("more than usual");
    }

    fn far_out_of_the_usual_an_auth_node_waits_and_no_other_does(world) {
        let (vpn, mail) = (node(&world, "VPN Berlin"), node(&world, "Mail"));
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        // 14:32: the five minutes end at 14:35.
        assert_eq!(guess(&world, &vpn, 0, 1_000), (300, Some(180)));
        assert!(matches!(ask(&world, &vpn, "t.adeyemi", &app.at(world.now())), Err(Error::TooMany(180))));
        assert!(ask(&world, &mail, "t.adeyemi", &app.at(world.now())).unwrap());
        world.advance(Duration::seconds(180));
        assert!(ask(&world, &vpn, "t.adeyemi", &app.at(world.now())).unwrap());
        assert_eq!(guess(&world, &vpn, 300, 1_000), (8, Some(300)), "a share gets through, and no more");
        world.advance(Duration::minutes(60));
        assert_eq!(guess(&world, &vpn, 400, 50), (50, None), "the wave is over");
        assert!(left(&world).contains(&Some("VPN Berlin".to_owned())));
    }

    fn guessing_at_many_auth_nodes_is_told_too(world) {
        let nodes = ["A", "B", "C", "D"].map(|name| node(&world, name));
        for (n, caller) in nodes.iter().enumerate() {
            assert_eq!(guess(&world, caller, n * 100, 74), (74, None));
        }
        assert_eq!(left(&world), []);
        guess(&world, &nodes[0], 500, 4);
        assert_eq!(left(&world), [None], "all of them together");
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        browser.get("/").expect(200).says("Auth nodes rejected more than usual");
    }

    fn what_is_usual_is_what_was_rejected_in_the_past_week(world) {
        let vpn = node(&world, "VPN Berlin");
        before(&world, "VPN Berlin", 9, 1_000_000);
        before(&world, "VPN Berlin", 3, 40 * 24 * 7);
        assert_eq!(guess(&world, &vpn, 0, 399), (399, None));
        assert!(!left(&world).contains(&Some("VPN Berlin".to_owned())), "40 in an hour are usual here");
        guess(&world, &vpn, 399, 1);
        assert!(left(&world).contains(&Some("VPN Berlin".to_owned())));
        let rows: i64 = world.desk.db.read(|conn| Ok(check_rejections::table.count().get_result(conn)?)).unwrap();
        assert_eq!(rows, 2, "what is older than a week and a day is forgotten");
    }

    fn what_is_accepted_and_what_a_client_sends_twice_is_no_guess(world) {
        let (vpn, user) = (node(&world, "VPN Berlin"), world.user("t.adeyemi", "Sales"));
        let app = world.app_of(&user);
        for _ in 0..FEWEST {
            world.advance(Duration::seconds(30));
            let typed = app.at(world.now());
            assert!(ask(&world, &vpn, "t.adeyemi", &typed).unwrap());
            assert!(!ask(&world, &vpn, "t.adeyemi", &typed).unwrap());
        }
        assert_eq!(world.dump("check_rejections"), "");
    }
}
