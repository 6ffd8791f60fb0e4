//! PgBouncer in transaction mode between the servers and PostgreSQL: each transaction may have another connection.

use std::thread;

use crate::support::{Browser, Database, browser::send, cluster::Bouncer, program::Program, smtp::Sink};

/// Connections of PgBouncer to PostgreSQL: fewer than the servers have to PgBouncer, so that they take turns.
const CONNECTIONS: u32 = 3;

/// Browsers that ask at the same time, each both servers in turn.
const BROWSERS: usize = 6;

/// Users that each of them makes.
const USERS: usize = 6;

#[test]
#[ignore = "needs PostgreSQL and pgbouncer: tests/run installs them"]
fn two_servers_start_at_once_and_work_through_pgbouncer() {
    let (database, sink) = (Database::empty(), Sink::new());
    let bouncer = Bouncer::start(database.url(), CONNECTIONS);
    let (user, name) =
        database.url().split_once('@').and_then(|(user, rest)| Some((user, rest.split_once('/')?.1))).expect("a name");
    let settings = [
        format!("database_url={user}@127.0.0.1:{}/{name}", bouncer.port),
        "database_prepared_statements=false".to_owned(),
        format!("master_key=\"{}\"", "07".repeat(32)),
        format!("smtp_url={}", sink.url()),
        "log_level=warn".to_owned(),
    ];
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let mut servers = [(); 2].map(|()| Program::of(env!("CARGO_BIN_EXE_tokendesk").as_ref(), &settings));
    servers[0].until("pgbouncer listens", |_| std::net::TcpStream::connect(("127.0.0.1", bouncer.port)).is_ok());
    // Both bring the empty database up to date at the same moment.
    thread::scope(|scope| servers.iter_mut().for_each(|server| drop(scope.spawn(move || server.serve()))));
    servers[0].add_kim();
    let console = servers[0].signed_in();
    let consoles = [console.at(&servers[0].url), console.at(&servers[1].url)];
    let work = |browser: usize| {
        for number in 0..USERS {
            let console = &consoles[(browser + number) % 2];
            let user_id = format!("u{browser}.{number}");
            let form = [
                ("user_id", user_id.as_str()),
                ("last_name", "Last"),
                ("first_name", "First"),
                ("email", &format!("{user_id}@example.org")),
                ("container", "Default"),
            ];
            console.post("/users/new", &form).expect(303);
            for path in ["/", "/tasks", "/users", &format!("/users?q={user_id}"), "/outbox", "/audit", "/readyz"] {
                console.get(path).expect(200);
            }
        }
    };
    thread::scope(|scope| {
        let work = &work;
        let browsers: Vec<_> = (0..BROWSERS).map(|browser| scope.spawn(move || work(browser))).collect();
        browsers.into_iter().for_each(|browser| browser.join().expect("no answer was an error"));
    });
    // An email of each server's own, once each.
    let list = consoles[0].get("/users?size=100").expect(200).body;
    let ids: Vec<&str> =
        list.split("name=\"user\" value=\"").skip(1).map(|rest| rest.split('"').next().expect("a number")).collect();
    assert_eq!(ids.len(), BROWSERS * USERS);
    let ticked: Vec<(&str, &str)> = ids.iter().map(|id| ("user", *id)).collect();
    let draft = consoles[1].post("/provision", &ticked).location().to_owned();
    let chosen = [("authentication_type", "authenticator-app"), ("description", ""), ("stop_on", "")];
    let confirm = consoles[0].post(&format!("{draft}/type"), &chosen).location().to_owned();
    let shown = consoles[1].get(&confirm).expect(200).hidden("shown");
    let task = consoles[0].post(&confirm, &[("shown", &shown)]).location().to_owned();
    sink.wait_for(ids.len());
    consoles[1].get(&task).expect(200);
    let report = String::from_utf8(servers[1].command(&["check"]).output().expect("the program runs").stdout);
    let report = report.expect("text");
    for well in ["database", "disk", "counts", "rounds"] {
        assert!(report.contains(&format!("OK        {well}")), "{report}");
    }
    assert_eq!(sink.received().len(), ids.len(), "each email once");
    for server in &servers {
        let log = server.log();
        let said: Vec<&str> = log.lines().filter(|line| !line.contains("nobody can sign in yet")).collect();
        assert_eq!(said, Vec::<&str>::new(), "nothing is to be said of it");
    }
    assert!(send(Browser::new(&servers[1].url).bare("/api/v1/authenticate")).status < 500);
}
