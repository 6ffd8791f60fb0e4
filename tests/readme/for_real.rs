//! "Run it for real": the commands, the settings and the nginx of README as they stand there, from an empty folder to a
//! sign-in over https. Only host names, ports, `data_dir` and the path of the program are put in.

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

#[test]
#[ignore = "needs nginx, curl and oathtool: tests/run installs them"]
fn the_readmes_commands_lead_from_an_empty_folder_to_a_sign_in_over_https() {
    let text = section("Run it for real");
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path();
    let (http, https) = (free_port().to_string(), free_port().to_string());
    let put_in = |text: &str| {
        text.replace("https://tokens.example.org", &format!("https://localhost:{https}"))
            .replace("listen 443", &format!("listen 127.0.0.1:{https}"))
            .replace("tokens.example.org", "localhost")
            .replace("127.0.0.1:8080", &format!("127.0.0.1:{http}"))
            .replace("/var/lib/tokendesk", &folder.join("data").display().to_string())
    };
    fs::write(folder.join("tokendesk.toml"), put_in(fenced(text, "toml"))).expect("the settings");
    let commands = commands(text);
    let [add, serve] = commands.as_slice() else { panic!("other commands than two: {commands:?}") };
    let program = |line: &str| {
        let line = line.replacen("tokendesk", env!("CARGO_BIN_EXE_tokendesk"), 1);
        shell(folder, &format!("exec {line}"))
    };

    let mut adding = program(add).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let typed = adding.stdin.take().expect("it is piped").write_all(format!("{PASSWORD}\n").as_bytes());
    typed.expect("it is read");
    assert!(adding.wait_with_output().expect("it ends").status.success(), "{add}");
    let user_id = add.split_once("--user-id ").expect("who is added").1.split(' ').next().expect("who is added");
    let _server = Running(program(serve).stderr(Stdio::null()).spawn().expect("it starts"));

    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    fs::write(folder.join("localhost.pem"), certificate.cert.pem()).expect("the certificate");
    fs::write(folder.join("localhost.key"), certificate.signing_key.serialize_pem()).expect("its key");
    fs::write(folder.join("tokendesk.conf"), put_in(fenced(text, "nginx"))).expect("the snippet");
    let _nginx = Nginx::start(folder, "include tokendesk.conf;");

    let base = format!("https://localhost:{https}");
    let mut page = String::new();
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        page = curl(folder, &format!("{base}/sign-in"), &[]);
        if page.contains("200 OK") {
            break;
        }
    }
    assert!(page.contains("name=\"user_id\""), "{page}");
    let first = curl(folder, &format!("{base}/sign-in"), &[("user_id", user_id), ("password", PASSWORD)]);
    assert!(first.contains("/sign-in/set-up"), "{first}");
    let set_up = curl(folder, &format!("{base}/sign-in/set-up"), &[]);
    let key = set_up.split_once("<code>").and_then(|(_, rest)| rest.split_once("</code>")).expect("the key").0;
    let key: String = key.split_whitespace().collect();
    let otp = oathtool::totp(&key, Clock::System.now(), "sha1", 6, 30);
    let second = curl(folder, &format!("{base}/sign-in/set-up"), &[("otp", &otp)]);
    assert!(second.contains("303"), "{second}");
    let snapshot = curl(folder, &format!("{base}/"), &[]);
    assert!(snapshot.contains("200 OK") && snapshot.contains(user_id), "{snapshot}");
}
