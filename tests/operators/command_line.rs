//! `tokendesk operator`.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

use super::PASSWORD;

/// Runs the program with `input` as standard input, on a database in `folder`.
fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tokendesk"))
        .args(arguments)
        .args(["--set", &format!("data_dir={}", folder.display())])
        // The settings of whoever runs the tests are none of theirs.
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    // It may have ended already, with a mistake in its arguments.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("the program ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_first_operator_is_added_on_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let add = ["operator", "add", "--user-id", "k.lindqvist"];
    let first = run(folder.path(), &add, &format!("{PASSWORD}\n"));
    assert!(first.status.success(), "{}", text(&first.stderr));
    let said = text(&first.stdout);
    assert!(said.contains("Operator k.lindqvist was added with the role Operator."), "{said}");
    assert!(said.contains("/sign-in") && said.contains("authenticator app"), "{said}");
    let twice = run(folder.path(), &add, PASSWORD);
    assert!(!twice.status.success());
    assert!(text(&twice.stderr).contains("There is an operator k.lindqvist already."), "{}", text(&twice.stderr));
}

#[test]
fn a_mistake_on_the_command_line_is_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let short = run(folder.path(), &["operator", "add", "--user-id", "k.lindqvist"], "short\n");
    assert_eq!(text(&short.stderr), "Use at least 12 characters.\n");
    let gone = run(folder.path(), &["operator", "add", "--user-id", "x", "--password-file", "/no/such/file"], "");
    assert!(text(&gone.stderr).contains("/no/such/file cannot be read"), "{}", text(&gone.stderr));
    let unknown = run(folder.path(), &["operator", "reset-second-factor", "--user-id", "nobody"], "");
    assert_eq!(text(&unknown.stderr), "There is no operator nobody.\n");
}

#[test]
fn passwords_and_second_factors_are_reset_on_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).expect("the file is written");
    let file = file.display().to_string();
    let user = ["--user-id", "k.lindqvist"];
    let password = ["--password-file", file.as_str()];
    for (verb, with_password) in [("add", true), ("reset-password", true), ("reset-second-factor", false)] {
        let mut arguments = vec!["operator", verb];
        arguments.extend(user);
        if with_password {
            arguments.extend(password);
        }
        let done = run(folder.path(), &arguments, "");
        assert!(done.status.success(), "{verb}: {}", text(&done.stderr));
    }
}
