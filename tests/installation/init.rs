//! `tokendesk init`: from an empty folder to a server that somebody can sign in to (PRODUCT.md §13).

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use super::{Said, mode};
use crate::support::{On, demo::free_port, smtp::Sink};

const PASSWORD: &str = "grape lantern orbit seventeen";

/// The program in this folder, with these lines typed.
fn run(folder: &Path, words: &[&str], typed: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokendesk"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TOKENDESK_")) {
        command.env_remove(name);
    }
    command.args(words).current_dir(folder);
    let mut process =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let lines: String = typed.iter().map(|line| format!("{line}\n")).collect();
    // A program that refuses at once reads nothing.
    let _ = process.stdin.take().expect("it is piped").write_all(lines.as_bytes());
    let output = process.wait_with_output().expect("it ends");
    Said {
        well: output.status.success(),
        text: String::from_utf8([output.stdout, output.stderr].concat()).expect("text"),
    }
}

/// All flags there are but those of the mail server and the database.
fn flags(data: &str) -> Vec<&str> {
    let pairs = [
        ["init", "--usual"],
        ["--host", "tokens.example.org"],
        ["--data-dir", data],
        ["--organization", "Example Org"],
        ["--help-desk", "extension 4400"],
        ["--time-zone", "Europe/Berlin"],
        ["--user-id", "kim"],
        ["--password-file", "password"],
    ];
    pairs.into_iter().flatten().collect()
}

fn folder() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("password"), format!("{PASSWORD}\n")).expect("the folder can be written");
    let data = folder.path().join("data").display().to_string();
    (folder, data)
}

fn settings(folder: &Path) -> toml::Table {
    toml::from_str(&fs::read_to_string(folder.join("tokendesk.toml")).expect("it is written")).expect("it is TOML")
}

#[test]
fn whoever_answers_the_questions_has_settings_a_database_and_an_operator() {
    let sink = Sink::new();
    let (home, data) = folder();
    let port = free_port();
    let (url, listen, mail) = (format!("http://localhost:{port}"), format!("127.0.0.1:{port}"), sink.url());
    let dead = format!("smtp://127.0.0.1:{}", free_port());
    let said = run(
        home.path(),
        &["init"],
        &[
            "tokens.example.org/path", // no host
            &url, "everywhere", // no address
            &listen, "Example Org", "", // needs an answer
            "extension 4400", "Mars", // no zone
            "Europe/Berlin", &data, "mysql://x", // no database
            "", &dead, // nobody listens there
            &mail, "nobody", // no address
            "Desk <desk@example.org>", "k im", // no UserID
            "kim", "tokendesk", // too short
            PASSWORD,
        ],
    )
    .well();
    for sentence in [
        "but must be an http or https address without a path",
        "but must be an address and a port",
        "This needs an answer.",
        "but must be an IANA name",
        "This must be sqlite, or start with postgres://.",
        "does not take mail",
        "but must be Name <address>",
        "Use at least",
        "Operator kim was added with the role Operator.",
    ] {
        assert!(said.contains(sentence), "{sentence}: {said}");
    }
    assert!(!said.contains(PASSWORD), "{said}");
    assert_eq!(mode(&home.path().join("tokendesk.toml")), 0o600);
    let settings = settings(home.path());
    for (name, value) in [
        ("public_url", url.as_str()),
        ("listen", &listen),
        ("organization", "Example Org"),
        ("help_desk", "extension 4400"),
        ("time_zone", "Europe/Berlin"),
        ("data_dir", &data),
        ("smtp_url", &mail),
        ("mail_from", "Desk <desk@example.org>"),
    ] {
        assert_eq!(settings[name].as_str(), Some(value), "{name}");
    }
    let report = run(home.path(), &["check", "--config", "tokendesk.toml"], &[]).well();
    assert!(report.contains("OK        operators: someone can sign in"), "{report}");
    assert!(sink.received().is_empty(), "the mail server is greeted, and gets no email");
}

#[test]
fn with_flags_nobody_is_asked() {
    let (home, data) = folder();
    let words = [&flags(&data)[..], &["--mail-server", "none"]].concat();
    run(home.path(), &words, &[]).well();
    let settings = settings(home.path());
    assert_eq!(settings["public_url"].as_str(), Some("https://tokens.example.org"));
    assert_eq!(settings["trusted_proxies"].as_array().map(Vec::len), Some(1), "a proxy on this machine speaks https");
    assert!(!settings.contains_key("smtp_url") && !settings.contains_key("database_url"));
    assert_eq!(mode(Path::new(&data)), 0o700);
}

#[test]
fn a_flag_that_is_wrong_or_lacks_ends_it_and_nothing_is_written() {
    let (home, data) = folder();
    let dead = format!("smtp://127.0.0.1:{}", free_port());
    fs::write(home.path().join("weak"), "password1234\n").expect("the folder can be written");
    let more = |more: &[&'static str]| [&flags(&data)[..], more].concat();
    for (words, sentence) in [
        (more(&[]), "give it with --mail-server"),
        ([&flags(&data)[..], &["--mail-server", &dead]].concat(), "does not take mail"),
        (more(&["--mail-server", "none", "--database", "mysql://x"]), "must be sqlite, or start with postgres://"),
        (more(&["--mail-server", "none", "--listen", "here"]), "The setting listen is “here”"),
        (more(&["--mail-server", "none", "--tls-certificate", "not-there.pem"]), "not-there.pem cannot be read"),
    ] {
        let refused = run(home.path(), &words, &[]).refused();
        assert!(refused.contains(sentence), "{words:?}: {refused}");
    }
    let mut weak = more(&["--mail-server", "none"]);
    let at = weak.iter().position(|word| *word == "password").expect("the flag is there");
    weak[at] = "weak";
    assert!(run(home.path(), &weak, &[]).refused().contains("The password is not taken."));
    assert!(!home.path().join("tokendesk.toml").exists() && !Path::new(&data).exists());
    run(home.path(), &[&flags(&data)[..], &["--mail-server", &dead, "--mail-untried"]].concat(), &[]).well();
}

#[test]
fn a_settings_file_that_is_there_is_left_as_it_is_unless_it_is_to_be_replaced() {
    let (home, data) = folder();
    fs::write(home.path().join("tokendesk.toml"), "organization = \"Mine\"\n").expect("the folder can be written");
    let words = [&flags(&data)[..], &["--mail-server", "none"]].concat();
    let refused = run(home.path(), &words, &[]).refused();
    assert!(refused.contains("is there already. --replace writes it anew"), "{refused}");
    assert_eq!(settings(home.path()).len(), 1);
    run(home.path(), &[&words[..], &["--replace"]].concat(), &[]).well();
    assert_eq!(settings(home.path())["organization"].as_str(), Some("Example Org"));
    assert_eq!(mode(&home.path().join("tokendesk.toml")), 0o600);
    let again = run(home.path(), &[&words[..], &["--replace"]].concat(), &[]).well();
    assert!(again.contains("has operators already; nobody was added"), "{again}");
}

#[test]
fn a_certificate_is_tried_and_its_paths_are_whole() {
    let (home, data) = folder();
    let made = rcgen::generate_simple_self_signed(["tokens.example.org".to_owned()]).expect("a certificate");
    let other = rcgen::generate_simple_self_signed(["tokens.example.org".to_owned()]).expect("a certificate");
    fs::write(home.path().join("cert.pem"), made.cert.pem()).expect("the folder can be written");
    fs::write(home.path().join("key.pem"), made.signing_key.serialize_pem()).expect("the folder can be written");
    fs::write(home.path().join("other.pem"), other.signing_key.serialize_pem()).expect("the folder can be written");
    let with = |key| {
        [&flags(&data)[..], &["--mail-server", "none", "--tls-certificate", "cert.pem", "--tls-key", key]].concat()
    };
    let refused = run(home.path(), &with("other.pem"), &[]).refused();
    assert!(refused.contains("is not the one of the certificate"), "{refused}");
    run(home.path(), &with("key.pem"), &[]).well();
    let settings = settings(home.path());
    assert_eq!(settings["tls_key"].as_str(), Some(&*home.path().join("key.pem").display().to_string()));
    assert_eq!(
        (settings["listen"].as_str(), settings["http_listen"].as_str()),
        (Some("0.0.0.0:443"), Some("0.0.0.0:80"))
    );
    assert!(!settings.contains_key("trusted_proxies"));
}

#[test]
#[ignore = "needs PostgreSQL: tests/run starts one"]
fn a_postgresql_is_tried_and_gets_a_master_key() {
    let world = crate::support::World::new(On::Postgres);
    let url = world.desk.settings.database_url.clone();
    let (home, data) = folder();
    let words = [&flags(&data)[..], &["--mail-server", "none", "--database"]].concat();
    let port = free_port();
    let dead = format!("postgres://tokendesk@127.0.0.1:{port}/x");
    let refused = run(home.path(), &[&words[..], &[&dead]].concat(), &[]).refused();
    assert!(!home.path().join("tokendesk.toml").exists(), "{refused}");
    let said = run(home.path(), &[&words[..], &[&url]].concat(), &[]).well();
    assert!(said.contains("It holds the master_key: keep a copy somewhere else"), "{said}");
    assert!(said.contains("Operator kim was added"), "{said}");
    assert_eq!(settings(home.path())["master_key"].as_str().map(str::len), Some(64));
}
