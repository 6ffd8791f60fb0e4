//! The real thing: `tokendesk serve` on PostgreSQL with a mail server that others wrote, from the first operator on the
//! command line to Completed, and SIGTERM at the end.

use std::{
    io::Write as _,
    path::Path,
    process::{Child, Command, Output},
    time::{Duration, Instant},
};

use mail_parser::MessageParser;
use tokendesk::clock::{Clock, Timestamp};

use crate::support::{Browser, On, World, demo::free_port, mta::Mta, oathtool};

/// How long something that is on its way may take; a machine that is very busy takes a few seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server of its own on the world's database.
struct Server {
    url: String,
    settings: Vec<String>,
    process: Option<Child>,
}

impl Server {
    fn start(world: &World, mta: &Mta) -> Self {
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        let settings = [
            format!("listen=127.0.0.1:{port}"),
            format!("public_url={url}"),
            format!("database_url={}", world.desk.settings.database_url),
            format!("master_key=\"{}\"", "0b".repeat(32)),
            format!("smtp_url={}", mta.url()),
            "organization=Example Org".to_owned(),
            "time_zone=Europe/Berlin".to_owned(),
        ]
        .into_iter()
        .flat_map(|pair| ["--set".to_owned(), pair])
        .collect();
        let mut server = Server { url, settings, process: None };
        let process = server.program(&["serve"]).spawn().expect("the program starts");
        server.process = Some(process);
        let begin = Instant::now();
        while reqwest::blocking::get(format!("{}/readyz", server.url)).map_or(true, |answer| answer.status() != 200) {
            assert!(begin.elapsed() < PATIENCE, "the server is not ready");
        }
        server
    }

    /// The program, with nothing set from the environment of the tests.
    fn program(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokendesk"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TOKENDESK_")) {
            command.env_remove(name);
        }
        command.args(words).args(&self.settings);
        command
    }

    fn run(&self, words: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.program(words).output().expect("the program runs");
        assert!(status.success(), "{words:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).expect("text")
    }

    /// SIGTERM; the server ends by itself, and well.
    fn terminate(mut self) {
        let mut process = self.process.take().expect("it runs");
        let sent = Command::new("kill").args(["-TERM", &process.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        assert!(process.wait().expect("it ends").success(), "the server did not end well");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::File::create(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .expect("the folder can be written");
    path.display().to_string()
}

/// What stands between `before` and `after` in a page.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("{before} is not in {text}"));
    rest.split_once(after).unwrap_or_else(|| panic!("{after} is not in {rest}")).0
}

fn now() -> Timestamp {
    Clock::System.now()
}

#[test]
#[ignore = "needs PostgreSQL, aiosmtpd and oathtool: tests/run installs them"]
fn serve_carries_the_thread_on_postgresql_with_a_real_mail_server() {
    let (world, mta) = (World::new(On::Postgres), Mta::start());
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&world, &mta);

    let password = "quiet harbor lanterns";
    let file = write(folder.path(), "password", password);
    server.run(&["operator", "add", "--user-id", "kim", "--password-file", &file]);
    let users = write(
        folder.path(),
        "users.csv",
        "User ID,Last Name,First Name,Email\nt.adeyemi,Adeyemi,Tobi,tobi@example.org\n",
    );
    server.run(&["users", "import", &users]);
    let key = server.run(&["auth-node", "add", "vpn"]);
    let key = key.lines().find(|line| line.starts_with("td_")).expect("the key is shown once").to_owned();

    let browser = Browser::new(&server.url);
    let signed_in = browser.post("/sign-in", &[("user_id", "kim"), ("password", password)]);
    assert_eq!(signed_in.location(), "/sign-in/set-up");
    let set_up = browser.get("/sign-in/set-up").expect(200).body;
    let own_key: String = between(&set_up, "<code>", "</code>").split_whitespace().collect();
    browser.post("/sign-in/set-up", &[("otp", &oathtool::totp(&own_key, now(), "sha1", 6, 30))]).location();

    let list = browser.get("/users").expect(200).body;
    let row = between(&list, "name=\"user\" value=\"", "\"").to_owned();
    let draft = browser.post("/provision", &[("user", &row)]).location().to_owned();
    let chosen = [("authentication_type", "authenticator-app"), ("description", "The first one"), ("stop_on", "")];
    let confirm = browser.post(&format!("{draft}/type"), &chosen).location().to_owned();
    let page = browser.get(&confirm).expect(200).says("Confirm and send 1 email").body;
    let shown = between(&page, "name=\"shown\" value=\"", "\"").to_owned();
    let task = browser.post(&confirm, &[("shown", &shown)]).location().to_owned();

    let begin = Instant::now();
    let email = loop {
        if let Some(bytes) = mta.messages().into_iter().next() {
            break MessageParser::default()
                .parse(&bytes)
                .and_then(|m| Some(m.body_text(0)?.into_owned()))
                .expect("a body");
        }
        assert!(begin.elapsed() < PATIENCE, "no email arrived");
    };
    let handle = between(&email, "/enroll/", "#").to_owned();
    let code = email.lines().skip_while(|line| !line.contains("activation code:")).nth(1).expect("the code").to_owned();

    let phone = Browser::new(&server.url);
    let next = phone.post(&format!("/enroll/{handle}"), &[("code", &code)]).location().to_owned();
    let shown = phone.get(&next).expect(200).body;
    let secret = between(&shown, "data-copy=\"", "\"").to_owned();
    let proven = now();
    let done = phone.post(&next, &[("otp", &oathtool::totp(&secret, proven, "sha1", 6, 30))]).location().to_owned();
    phone.get(&done).expect(200).says("Your token is set up");
    browser.get(&task).expect(200).says("Enrolled, not used yet");

    // The value of the step after is within the window, and unlike the one that proved the key it was never used.
    let otp = oathtool::totp(&secret, proven + chrono::Duration::seconds(30), "sha1", 6, 30);
    let asked = serde_json::json!({ "user_id": "t.adeyemi", "otp": otp });
    for (status, expected) in [(200, "accept"), (403, "reject")] {
        let answer = phone.bare("/api/v1/authenticate").bearer_auth(&key).json(&asked);
        let answer = crate::support::browser::send(answer).expect(status);
        assert!(answer.body.contains(expected), "{}", answer.body);
    }
    browser.get(&task).expect(200).says("Completed");
    let open = browser.get("/tasks").expect(200);
    assert!(!open.body.contains(&format!("href=\"{task}\"")), "the finished task is still on the list");

    let report = server.run(&["check"]);
    assert!(!report.contains("FAILED"), "{report}");
    server.terminate();
}
