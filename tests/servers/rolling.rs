//! Servers of two versions on one PostgreSQL, while an installation is replaced one server after the other. `tests/rolling`
//! runs it with the program of an earlier commit; without one the older server is of this version too.

use std::{env, path::PathBuf, thread, time::Instant};

use mail_parser::MessageParser;
use tokendesk::clock::Clock;

use crate::support::{
    Browser, Database, Page,
    browser::send,
    oathtool,
    program::{PATIENCE, Program},
    smtp::Sink,
};

/// Names the program of an earlier commit.
const PREVIOUS: &str = "TOKENDESK_TEST_PREVIOUS";

/// Users, by the container they are in at first.
const USERS: [(&str, &str); 8] = [
    ("a.berg", "Sales"),
    ("b.cole", "Sales"),
    ("c.dahl", "Legal"),
    ("d.ek", "Legal"),
    ("e.fox", "Sales"),
    ("f.gray", "Legal"),
    ("g.hall", "Sales"),
    ("h.ito", "Sales"),
];

/// Two servers, the emails they send, and what people carry about.
struct Installation {
    older: Program,
    newer: Program,
    sink: Sink,
    folder: tempfile::TempDir,
    /// The key of an auth node.
    key: String,
    database: Database,
}

impl Installation {
    /// Users from a file, brought in by a command of this program.
    fn import(&self, program: &Program, users: &[(&str, &str)]) {
        let mut text = "User ID,Last Name,First Name,Email,Container\n".to_owned();
        for (user, container) in users {
            text += &format!("{user},Last,First,{user}@example.org,{container}\n");
        }
        let file = self.folder.path().join("users.csv");
        std::fs::write(&file, text).expect("the folder can be written");
        program.run(&["users", "import", &file.display().to_string()]);
    }

    /// Provisions users with the console of one server, as the operator who is signed in at both; the address of the task.
    fn provision(&self, console: &Browser, users: &[&str]) -> String {
        let list = console.get("/users?size=100").expect(200).body;
        let id = |user: &&str| {
            let (before, _) = list.split_once(&format!("aria-label=\"Select {user}\"")).expect("the user is listed");
            before.rsplit("value=\"").next().and_then(|rest| rest.split('"').next()).expect("a number").to_owned()
        };
        let ids: Vec<String> = users.iter().map(id).collect();
        let ticked: Vec<(&str, &str)> = ids.iter().map(|id| ("user", id.as_str())).collect();
        let draft = console.post("/provision", &ticked).location().to_owned();
        let chosen = [("authentication_type", "authenticator-app"), ("description", ""), ("stop_on", "")];
        let confirm = console.post(&format!("{draft}/type"), &chosen).location().to_owned();
        let shown = console.get(&confirm).expect(200).hidden("shown");
        console.post(&confirm, &[("shown", &shown)]).location().to_owned()
    }

    /// Handle and code of the email to a user, once one of the servers has sent it.
    fn link_to(&self, user: &str) -> (String, String) {
        let begin = Instant::now();
        loop {
            let received = self.sink.received();
            let theirs = received.iter().find(|message| message.to[0].starts_with(&format!("{user}@")));
            if let Some(message) = theirs {
                let text = MessageParser::default().parse(message.data.as_bytes()).expect("an email");
                let text = text.body_text(0).expect("a text").into_owned();
                let (_, rest) = text.split_once("/enroll/").expect("a link");
                let (handle, rest) = rest.split_once('#').expect("the code");
                return (handle.to_owned(), rest.chars().take_while(|c| c.is_ascii_alphanumeric()).collect());
            }
            assert!(begin.elapsed() < PATIENCE, "no email to {user}");
            thread::yield_now();
        }
    }

    /// The user enrolls an app, each step at the next of these servers; its key.
    fn enroll(&self, user: &str, servers: [&Program; 3]) -> String {
        let (handle, code) = self.link_to(user);
        let phone = Browser::new(&servers[0].url);
        let portal = format!("/enroll/{handle}");
        let next = phone.post(&portal, &[("code", &code)]).location().to_owned();
        let page = phone.at(&servers[1].url).get(&next).expect(200);
        let (_, rest) = page.body.split_once("data-copy=\"").expect("the key");
        let key = rest.split('"').next().expect("the key").to_owned();
        let otp = oathtool::totp(&key, Clock::System.now(), "sha1", 6, 30);
        phone.at(&servers[2].url).post(&next, &[("otp", &otp)]).expect(303);
        key
    }

    /// What the auth node is told at this server.
    fn ask(&self, server: &Program, user: &str, otp: &str) -> Page {
        let asked = serde_json::json!({ "user_id": user, "otp": otp });
        send(Browser::new(&server.url).bare("/api/v1/authenticate").bearer_auth(&self.key).json(&asked))
    }
}

/// An installation of the previous version, and the program that is to take its place.
fn installation() -> Installation {
    let this = PathBuf::from(env!("CARGO_BIN_EXE_tokendesk"));
    let previous = env::var_os(PREVIOUS).map_or_else(|| this.clone(), PathBuf::from);
    let (database, sink) = (Database::empty(), Sink::new());
    let settings = [
        format!("database_url={}", database.url()),
        format!("master_key=\"{}\"", "07".repeat(32)),
        format!("smtp_url={}", sink.url()),
        "log_level=info".to_owned(),
    ];
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let [mut older, newer] = [previous, this].map(|binary| Program::of(&binary, &settings));
    older.add_kim();
    let key = older.run(&["auth-node", "add", "VPN"]);
    let key = key.lines().find(|line| line.starts_with("td_")).expect("the key is shown once").to_owned();
    older.serve();
    Installation { older, newer, sink, folder: tempfile::tempdir().expect("a folder"), key, database }
}

#[test]
#[ignore = "needs PostgreSQL: tests/run starts one"]
fn servers_of_two_versions_work_beside_each_other_and_the_newer_one_makes_right_what_the_older_one_left() {
    let mut house = installation();
    house.import(&house.older, &USERS[..6]);
    let at_older = house.older.signed_in();
    let first = house.provision(&at_older, &["a.berg", "c.dahl"]);
    house.enroll("a.berg", [&house.older; 3]);

    // The newer program adds its tables while the older server works.
    house.newer.run(&["migrate"]);
    assert!(house.older.is_ready());
    at_older.get(&first).expect(200);
    house.newer.serve();
    let at_newer = at_older.at(&house.newer.url);
    at_newer.get(&first).expect(200).says("a.berg");

    // Each works with what the other one made.
    let second = house.provision(&at_older, &["b.cole", "d.ek"]);
    let third = house.provision(&at_newer, &["e.fox", "f.gray"]);
    let [older, newer] = [&house.older, &house.newer];
    house.enroll("b.cole", [newer, older, newer]);
    house.enroll("d.ek", [older, newer, older]);
    let app = house.enroll("e.fox", [older; 3]);
    house.enroll("c.dahl", [older; 3]);
    for console in [&at_older, &at_newer] {
        for (task, user) in [(&first, "c.dahl"), (&second, "d.ek"), (&third, "f.gray")] {
            console.get(task).expect(200).says(user);
        }
    }
    // Of the window around now, what is older than what was proven is used up; the step after it never was.
    let otp = oathtool::totp(&app, Clock::System.now() + chrono::Duration::seconds(30), "sha1", 6, 30);
    for (server, expected) in [(older, "accept"), (newer, "reject"), (older, "reject")] {
        let answer = house.ask(server, "e.fox", &otp);
        assert!(answer.body.contains(expected), "{}", answer.body);
    }
    // Users come, move and are found; a policy changes what counts as locked; a task is removed.
    house.import(older, &[("f.gray", "Sales"), ("b.cole", "Legal")]);
    house.import(older, &USERS[6..]);
    let fourth = house.provision(&at_older, &["g.hall", "h.ito"]);
    let removal = at_older.get(&format!("{fourth}/remove")).expect(200);
    let lose = removal.body.contains("name=\"lose\"").then(|| removal.hidden("lose"));
    let fields: Vec<(&str, &str)> = lose.iter().map(|lose| ("lose", lose.as_str())).collect();
    at_older.post(&format!("{fourth}/remove"), &fields).expect(303);
    at_newer.get("/tasks?view=past").expect(200);

    // The older server ends, and nothing of what it left is wrong.
    house.older.terminate();
    house.older.ended();
    let said = house.newer.run(&["migrate"]);
    println!("{said}");
    // A server of this version leaves nothing to be made right.
    assert!(env::var_os(PREVIOUS).is_some() || !said.contains("counted anew"), "{said}");
    let report = String::from_utf8(house.newer.command(&["check"]).output().expect("the program runs").stdout);
    let report = report.expect("text");
    for well in ["database", "counts", "User IDs", "rounds"] {
        assert!(report.contains(&format!("OK        {well}")), "{report}");
    }
    at_newer.get("/users?q=g.hall").expect(200).says("g.hall");
    at_newer.get(&fourth).expect(200);
    let times = |user: &str| house.sink.received().iter().filter(|message| message.to[0].starts_with(user)).count();
    for (user, _) in &USERS[..6] {
        assert!(times(user) >= 1, "no email to {user}");
    }
    drop(house.database);
}
