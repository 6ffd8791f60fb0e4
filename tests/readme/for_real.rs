//! "Run it for real": the commands and the nginx of README as they stand there, from an empty folder to a sign-in over
//! https. Only host names, ports, answers and the path of the program are put in.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use tokendesk::clock::Clock;

use super::{fenced, section};
use crate::support::{demo::free_port, nginx::Nginx, oathtool};

const USER_ID: &str = "you";

const PASSWORD: &str = "grape lantern orbit seventeen";

/// How long nginx and the server may take to start on a machine that is very busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// The commands of a section, in their order.
fn commands(section: &'static str) -> Vec<&'static str> {
    section.lines().filter_map(|line| line.strip_prefix("    target/release/")).collect()
}

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

/// A shell in `folder`, with nothing set from the environment of the tests.
fn shell(folder: &Path, line: &str) -> Command {
    let mut command = Command::new("sh");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TOKENDESK_")) {
        command.env_remove(name);
    }
    command.args(["-c", line]).current_dir(folder);
    command
}

/// A browser of one's own: curl with its cookies, that believes the certificate beside it.
fn curl(folder: &Path, url: &str, form: &[(&str, &str)]) -> String {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--include", "--noproxy", "*", "--cacert", "localhost.pem"]);
    command.args(["--cookie", "cookies", "--cookie-jar", "cookies", url]).current_dir(folder);
    let origin = url.split('/').take(3).collect::<Vec<_>>().join("/");
    for (name, value) in form {
        command.args(["--data-urlencode", &format!("{name}={value}"), "--header", &format!("Origin: {origin}")]);
    }
    let Output { stdout, .. } = command.output().expect("curl is installed (tests/run does it)");
    String::from_utf8_lossy(&stdout).into_owned()
}

/// What README calls the program, and where; a server that ends with the test, and its first operator.
struct Readme {
    home: tempfile::TempDir,
    _server: Running,
}

impl Readme {
    /// Runs the commands of README as they stand there: the first one makes the program, which the tests have done; the
    /// questions of the second are answered with these lines, and the third one serves.
    fn follow(home: tempfile::TempDir, answers: &[&str]) -> Self {
        let text = section("Run it for real");
        assert!(text.starts_with("\n    cargo build --release\n"), "README begins in another way");
        let folder = home.path();
        let commands = commands(text);
        let [init, serve] = commands.as_slice() else { panic!("other commands than two: {commands:?}") };
        let program = |line: &str| {
            let line = line.replacen("tokendesk", env!("CARGO_BIN_EXE_tokendesk"), 1);
            shell(folder, &format!("exec {line}"))
        };
        let mut asking = program(init).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let lines: String = answers.iter().map(|answer| format!("{answer}\n")).collect();
        let typed = asking.stdin.take().expect("it is piped").write_all(lines.as_bytes());
        typed.expect("it is read");
        let output = asking.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        let server = Running(program(serve).stderr(Stdio::null()).spawn().expect("it starts"));
        Readme { home, _server: server }
    }

    /// The first operator signs in at this address, and sets up a one-time password.
    fn sign_in(&self, base: &str) {
        let folder = self.home.path();
        let mut page = String::new();
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            page = curl(folder, &format!("{base}/sign-in"), &[]);
            if page.contains("200 OK") {
                break;
            }
        }
        assert!(page.contains("name=\"user_id\""), "{page}");
        let first = curl(folder, &format!("{base}/sign-in"), &[("user_id", USER_ID), ("password", PASSWORD)]);
        assert!(first.contains("/sign-in/set-up"), "{first}");
        let set_up = curl(folder, &format!("{base}/sign-in/set-up"), &[]);
        let key = set_up.split_once("<code>").and_then(|(_, rest)| rest.split_once("</code>")).expect("the key").0;
        let key: String = key.split_whitespace().collect();
        let otp = oathtool::totp(&key, Clock::System.now(), "sha1", 6, 30);
        let second = curl(folder, &format!("{base}/sign-in/set-up"), &[("otp", &otp)]);
        assert!(second.contains("303"), "{second}");
        let snapshot = curl(folder, &format!("{base}/"), &[]);
        assert!(snapshot.contains("200 OK") && snapshot.contains(USER_ID), "{snapshot}");
    }
}

/// An empty folder, but for a certificate of this machine and its key.
fn folder() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    fs::write(home.path().join("localhost.pem"), certificate.cert.pem()).expect("the certificate");
    fs::write(home.path().join("localhost.key"), certificate.signing_key.serialize_pem()).expect("its key");
    home
}

#[test]
#[ignore = "needs curl and oathtool: tests/run installs them"]
fn the_readmes_commands_lead_from_an_empty_folder_to_a_sign_in_over_https() {
    let home = folder();
    let (http, https) = (free_port(), free_port());
    let base = format!("https://localhost:{https}");
    let data = home.path().join("data").display().to_string();
    let (listen, plain) = (format!("127.0.0.1:{https}"), format!("127.0.0.1:{http}"));
    let certificate = ["localhost.pem", "localhost.key", &listen, &plain];
    let rest = ["Example Org", "extension 4400", "Europe/Berlin", &data, "", "none", "", USER_ID, PASSWORD];
    let readme = Readme::follow(home, &[&[&*base], &certificate[..], &rest].concat());
    readme.sign_in(&base);
    let sent_on = curl(readme.home.path(), &format!("http://localhost:{http}/tasks"), &[]);
    assert!(sent_on.contains("308") && sent_on.contains(&format!("location: {base}/tasks")), "{sent_on}");
}

#[test]
#[ignore = "needs nginx, curl and oathtool: tests/run installs them"]
fn the_readmes_nginx_speaks_https_for_a_server_without_a_certificate() {
    let home = folder();
    let (http, https) = (free_port(), free_port());
    let base = format!("https://localhost:{https}");
    let data = home.path().join("data").display().to_string();
    let listen = format!("127.0.0.1:{http}");
    let rest =
        ["", &listen, "Example Org", "extension 4400", "Europe/Berlin", &data, "", "none", "", USER_ID, PASSWORD];
    let readme = Readme::follow(home, &[&[&*base], &rest[..]].concat());
    let snippet = fenced(section("Run it for real"), "nginx")
        .replace("listen 443", &format!("listen 127.0.0.1:{https}"))
        .replace("tokens.example.org", "localhost")
        .replace("127.0.0.1:8080", &listen);
    fs::write(readme.home.path().join("tokendesk.conf"), snippet).expect("the snippet");
    let _nginx = Nginx::start(readme.home.path(), "include tokendesk.conf;");
    readme.sign_in(&base);
}
