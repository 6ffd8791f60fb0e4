//! The radclient of FreeRADIUS against a server with a socket.

use chrono::Duration;

use super::wrong;
use crate::support::{
    On, World,
    program::Program,
    radius::{SECRET, Server, radclient, radclient_trying},
};

/// What radclient is given to ask with.
fn asks(name: &str, typed: &str) -> String {
    format!("User-Name = \"{name}\"\nUser-Password = \"{typed}\"\nMessage-Authenticator = 0x00\n")
}

with_programs! {
    #[ignore = "needs radclient: tests/run installs it"]
    fn radclient_is_accepted_rejected_and_told_nothing_else(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        world.radius_node("VPN", "127.0.0.1", "");
        let server = Server::start(&world.desk);
        let ask = |typed: &str| radclient(server.port, "auth", SECRET, &asks("t.adeyemi", typed));
        let typed = app.at(world.now());
        assert!(ask(&typed).contains("Received Access-Accept"), "{}", ask(&typed));
        assert!(ask(&typed).contains("Received Access-Reject"), "a replay");
        let long = radclient(server.port, "auth", SECRET, &asks("t.adeyemi", &"x".repeat(40)));
        assert!(long.contains("Received Access-Reject"), "{long}");
        world.advance(Duration::seconds(60));
        let with_state = format!("{}Proxy-State = 0x0102\nProxy-State = 0x0a\n", asks("EX\\\\\\\\t.adeyemi", &app.at(world.now())));
        let answer = radclient(server.port, "auth", SECRET, &with_state);
        let received = answer.split("Received Access-Accept").nth(1).unwrap_or_else(|| panic!("{answer}"));
        let order = ["Message-Authenticator", "Proxy-State = 0x0102", "Proxy-State = 0x0a"].map(|text| received.find(text));
        assert!(order.is_sorted() && order[0].is_some(), "{received}");
        let status = radclient(server.port, "status", SECRET, "Message-Authenticator = 0x00\n");
        assert!(status.contains("Received Access-Accept"), "{status}");
        for _ in 0..10 {
            ask(&wrong(&app, &world));
        }
        world.advance(Duration::seconds(60));
        assert!(ask(&app.at(world.now())).contains("Received Access-Reject"), "locked");
    }

    #[ignore = "needs radclient: tests/run installs it"]
    fn radclient_with_another_secret_or_without_message_authenticator_hears_nothing(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        world.radius_node("VPN", "127.0.0.1", "");
        let server = Server::start(&world.desk);
        let typed = app.at(world.now());
        for (secret, lines) in [
            ("another-secret-of-somebody", asks("t.adeyemi", &typed)),
            (SECRET, format!("User-Name = \"t.adeyemi\"\nUser-Password = \"{typed}\"\n")),
        ] {
            let answer = radclient_trying(server.port, "auth", secret, &lines, "1", "1");
            assert!(answer.contains("No reply from server") && !answer.contains("Received"), "{answer}");
        }
        assert!(radclient(server.port, "auth", SECRET, &asks("t.adeyemi", &typed)).contains("Received Access-Accept"));
    }

    #[ignore = "needs radclient: tests/run installs it"]
    fn radclient_answers_a_challenge(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        world.radius_node("VPN", "127.0.0.1", "challenge");
        let server = Server::start(&world.desk);
        let answer = radclient(server.port, "auth", SECRET, &asks("t.adeyemi", "whatever"));
        assert!(answer.contains("Received Access-Challenge") && answer.contains("Enter your one-time password"), "{answer}");
        let state = answer.split("State = ").nth(1).and_then(|rest| rest.lines().next()).expect("a State").to_owned();
        let lines = format!("{}State = {state}\n", asks("t.adeyemi", &app.at(world.now())));
        let answer = radclient(server.port, "auth", SECRET, &lines);
        assert!(answer.contains("Received Access-Accept"), "{answer}");
    }
}

/// The real program: the setting, the command line, `check`, a port in use; and no secret in its log.
#[test]
#[ignore = "needs radclient: tests/run installs it"]
fn the_program_answers_radius_where_it_is_told_to() {
    let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let setting = format!("radius_listen=127.0.0.1:{port}");
    let mut program = Program::of(env!("CARGO_BIN_EXE_tokendesk").as_ref(), &[&setting, "log_level=trace"]);
    program.add_kim();
    let printed = program.run(&["auth-node", "add", "VPN Berlin", "--radius", "127.0.0.1"]);
    let secret = printed.lines().last().unwrap().to_owned();
    assert_eq!(secret.len(), 34, "{printed}");
    assert!(program.run(&["auth-node", "list"]).contains("VPN Berlin: RADIUS from 127.0.0.1, in use, never asked"));
    let refused = program.command(&["auth-node", "add", "VPN Lyon", "--radius", "127.0.0.1/32"]).output().unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("VPN Berlin asks from 127.0.0.1 already"));
    let checked = |program: &Program| String::from_utf8(program.command(&["check"]).output().unwrap().stdout).unwrap();
    assert!(
        checked(&program).contains(&format!("OK        RADIUS: 127.0.0.1:{port} is free")),
        "{}",
        checked(&program)
    );
    program.serve();
    assert!(checked(&program).contains("is in use, as it is while Tokendesk serves"));
    let answer = radclient(port, "auth", &secret, &asks("nobody", "755224"));
    assert!(answer.contains("Received Access-Reject"), "{answer}");
    let status = radclient(port, "status", &secret, "Message-Authenticator = 0x00\n");
    assert!(status.contains("Received Access-Accept"), "{status}");
    program.terminate();
    program.ended();
    let log = program.log();
    assert!(log.contains("RADIUS is answered") && log.contains("reject"), "{log}");
    for secret in [secret.as_str(), "755224"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    let _taken = std::net::UdpSocket::bind(("127.0.0.1", port)).unwrap();
    let stopped = program.command(&["serve"]).output().unwrap();
    assert!(!stopped.status.success());
    let said = String::from_utf8_lossy(&stopped.stderr);
    assert!(said.contains("(the setting radius_listen): another program has it"), "{said}");
}

#[test]
#[ignore = "needs PostgreSQL and radclient: tests/run installs them"]
fn two_servers_on_one_database_accept_a_value_once() {
    let world = World::new(On::Postgres);
    let user = world.user("t.adeyemi", "Sales");
    let app = world.app_of(&user);
    world.radius_node("VPN", "127.0.0.1", "");
    let servers = [Server::start(&world.desk), Server::start(&world.desk)];
    let typed = app.at(world.now());
    let first = radclient(servers[0].port, "auth", SECRET, &asks("t.adeyemi", &typed));
    let second = radclient(servers[1].port, "auth", SECRET, &asks("t.adeyemi", &typed));
    assert!(first.contains("Received Access-Accept") && second.contains("Received Access-Reject"), "{first}\n{second}");
}
