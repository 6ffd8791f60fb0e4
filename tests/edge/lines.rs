//! What the real program writes to its log: a line of ours for each thing, and never one that somebody else made up.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use crate::support::{Browser, program::Program};

/// Sends bytes as they are, and reads what is answered until the server hangs up.
fn raw(program: &Program, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", program.port)).expect("the server listens");
    stream.write_all(bytes).expect("the server reads");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// Asks for things that try to write a line of their own, and waits until all are in the log.
fn forge(program: &Program) {
    let forged = "x%0a2026-11-20T13:32:00Z%20%20INFO%20forged";
    let browser = Browser::new(&program.url);
    browser.get(&format!("/enroll/{forged}"));
    browser.get("/%1b%5b31mforged%0d%0aforged?q=forged");
    for user_id in [
        "forged\nforged INFO forged",
        "forged\r\n{\"level\":\"INFO\",\"message\":\"forged\"}",
        "\u{1b}[31mforged\u{2028}forged",
    ] {
        let form = [("user_id", user_id), ("password", "not the password")];
        browser.get_with("/", "user-agent", "forged\u{2028}forged");
        browser.post("/sign-in", &form);
    }
    raw(program, b"GET /\nforged HTTP/1.1\r\n\r\n");
    browser.get("/the-last-one");
    program.until("all is logged", |program| program.log().contains("/the-last-one"));
}

#[test]
fn a_plain_line_is_never_forged_and_has_no_colors_in_a_file() {
    let program = Program::start(&["log_audit=true"]);
    forge(&program);
    let log = program.log();
    assert!(!log.contains('\u{1b}'), "a letter for terminals is in the log:\n{log}");
    let entry = |line: &str| line.starts_with("{\"timestamp\":") && line.ends_with('}');
    for line in log.lines() {
        let plain = line.get(..5).is_some_and(|year| year.starts_with("20") && year.ends_with('-'));
        let level = ["  INFO ", "  WARN "].iter().any(|level| line.contains(level));
        assert!((plain && level) || entry(line), "{line:?}");
        assert!(!line.starts_with("forged") && !line.trim_start().starts_with("2026-11-20T13:32:00Z"), "{line:?}");
    }
    assert!(!log.contains("ERROR"), "somebody else's mistake is no error of ours:\n{log}");
}

#[test]
fn a_line_of_json_is_never_forged_and_entries_of_the_audit_log_are_lines_too() {
    let program = Program::start(&["log_audit=true", "log_format=json"]);
    program.signed_in();
    forge(&program);
    let log = program.log();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}")))
        .collect();
    assert!(lines.iter().all(|line| line["message"] != "forged"), "{log}");
    let entry = lines.iter().find(|line| line["message"] == "Signed in").expect("the sign-in is an entry");
    for (name, value) in [
        ("verb", "operators.sign_in"),
        ("actor", "kim"),
        ("outcome", "done"),
        ("from", "127.0.0.1"),
        ("actor_kind", "operator"),
    ] {
        assert_eq!(entry[name], value, "{entry}");
    }
    let refused = lines.iter().filter(|line| line["outcome"] == "refused").count();
    assert_eq!(refused, 3, "{log}");
}

#[test]
fn without_the_setting_no_entry_of_the_audit_log_is_a_line() {
    let program = Program::start(&[]);
    program.signed_in().get("/the-last-one");
    program.until("all is logged", |program| program.log().contains("/the-last-one"));
    assert!(!program.log().contains("Signed in"), "{}", program.log());
}
