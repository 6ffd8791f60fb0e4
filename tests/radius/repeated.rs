//! Requests that come again, at one server and at two, and when the database is away.

use std::{sync::Barrier, thread};

use chrono::Duration;
use tokendesk::{
    authentication, authentication::listener::Next, clock::Clock, desk::Desk, ids::Random, operators::Who, radius::code,
};

use super::{client, wrong};
use crate::{
    on_both,
    support::{
        MASTER, On, World,
        cluster::Cluster,
        radius::{CLIENT, Client, SECRET},
    },
};

on_both! {
    fn a_request_that_comes_again_gets_the_same_bytes_for_thirty_seconds(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        let node = world.radius_node("VPN", CLIENT, "");
        let (listener, client) = (world.listener(), client());
        let entries = || world.number("SELECT COUNT(*) AS n FROM audit_entries WHERE verb = 'authentication.check'");
        let (yes, no) = (client.request("t.adeyemi", &app.at(world.now())), client.request("t.adeyemi", &wrong(&app, &world)));
        let (accept, reject) = (client.send(&listener, &world.desk, &yes).unwrap(), client.send(&listener, &world.desk, &no).unwrap());
        assert_eq!((accept.code, reject.code), (code::ACCESS_ACCEPT, code::ACCESS_REJECT));
        let (before, failures) = (entries(), world.token(&app.token.serial).failures);
        for _ in 0..12 {
            assert_eq!(client.send(&listener, &world.desk, &yes).unwrap(), accept);
            assert_eq!(client.send(&listener, &world.desk, &no).unwrap(), reject);
            // At another server on the same database.
            assert_eq!(client.send(&world.listener(), &world.desk, &yes).unwrap(), accept);
        }
        world.advance(Duration::seconds(29));
        assert_eq!(client.send(&listener, &world.desk, &yes).unwrap(), accept);
        assert_eq!((entries(), world.token(&app.token.serial).failures), (before, failures), "nothing is counted twice");
        // Another port is another request.
        let mut elsewhere = Client::at(CLIENT, SECRET);
        elsewhere.from.set_port(40_001);
        assert_eq!(elsewhere.send(&listener, &world.desk, &yes).unwrap().code, code::ACCESS_REJECT);
        world.advance(Duration::seconds(1));
        assert_eq!(client.send(&listener, &world.desk, &yes).unwrap().code, code::ACCESS_REJECT, "after 30 s it is a new one");
        let today = authentication::standing(&world.desk, &Who::command_line(), world.now()).unwrap().today(node);
        assert_eq!((today.accepted, today.rejected, today.repeated, today.unanswered), (1, 3, 37, 0));
        // What was answered is swept out.
        assert!(world.number("SELECT COUNT(*) AS n FROM radius_answers") > 0);
        world.advance(Duration::seconds(31));
        authentication::note(&world.desk, world.now()).unwrap();
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM radius_answers"), 0);
    }

    fn while_the_first_is_under_way_a_repeat_gets_no_answer(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        world.radius_node("VPN", CLIENT, "");
        let (listener, client) = (world.listener(), client());
        let packet = client.request("t.adeyemi", &app.at(world.now()));
        let Next::Check(first) = listener.receive(&world.desk, world.now(), client.from, &packet) else { panic!("it is checked") };
        assert_eq!(client.send(&listener, &world.desk, &packet), None);
        let bytes = listener.check(&world.desk, world.now(), first).unwrap();
        assert_eq!(client.send(&listener, &world.desk, &packet).unwrap().bytes, bytes);
    }

    fn two_servers_that_get_a_request_at_once_answer_with_the_same_bytes(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        world.radius_node("VPN", CLIENT, "");
        for round in 0..8 {
            let client = client();
            let mut client = client;
            client.from.set_port(41_000 + round);
            let packet = client.request("t.adeyemi", &app.at(world.now()));
            let barrier = Barrier::new(2);
            let answers = thread::scope(|scope| {
                let both = [(); 2].map(|()| scope.spawn(|| {
                    let listener = world.listener();
                    barrier.wait();
                    client.send(&listener, &world.desk, &packet).unwrap()
                }));
                both.map(|one| one.join().unwrap())
            });
            assert_eq!(answers[0].code, code::ACCESS_ACCEPT, "round {round}");
            assert_eq!(answers[0], answers[1], "round {round}");
            world.advance(Duration::seconds(30));
        }
    }
}

#[test]
#[ignore = "needs PostgreSQL: tests/run starts one"]
fn while_the_database_is_away_nothing_is_answered_not_even_status_server() {
    let mut away = World::new(On::Sqlite);
    let cluster = Cluster::primary();
    let mut settings = (*away.desk.settings).clone();
    settings.database_url = cluster.url();
    settings.database_wait = std::time::Duration::from_secs(1);
    let desk = Desk::assemble(settings, &MASTER, Random::seeded(2), Clock::fixed(away.now())).unwrap();
    desk.db.migrate().unwrap();
    away.desk = desk;
    let user = away.user("t.adeyemi", "Sales");
    let app = away.app_of(&user);
    away.radius_node("VPN", CLIENT, "");
    let (listener, client) = (away.listener(), client());
    let typed = app.at(away.now());
    cluster.kill();
    let packet = client.request("t.adeyemi", &typed);
    assert_eq!(client.send(&listener, &away.desk, &packet), None);
    assert_eq!(client.send(&listener, &away.desk, &client.packet(code::STATUS_SERVER, &[], true)), None);
    // Those that were read before are still known, and the same request is answered when the database is back.
    assert!(listener.read(&away.desk, away.now()).is_err());
    cluster.start();
    assert_eq!(client.send(&listener, &away.desk, &packet).unwrap().code, code::ACCESS_ACCEPT);
}
