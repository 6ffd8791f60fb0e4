//! What the program says of settings that are wrong.

use super::Place;

#[test]
fn a_wrong_setting_is_told_in_one_sentence_with_file_line_and_name() {
    let enrollment = Place::with("\ndatabse_url = \"sqlite:x\"\n");
    for command in [&["serve"][..], &["check"], &["migrate"], &["operator", "add", "--user-id", "kim"]] {
        let said = enrollment.run(command).refused();
        assert_eq!(
            said.trim_end(),
            format!(
                "There is no setting databse_url (line 5 of {}). Did you mean database_url?",
                enrollment.path("tokendesk.toml").display()
            )
        );
    }
    let enrollment = Place::new();
    let said = enrollment.run(&["check", "--set", "mail_workers=many"]).refused();
    assert_eq!(said.trim_end(), "The setting mail_workers (the flag --set) is \"many\", but must be a whole number.");
    let variable = enrollment.program(&["check"]).env("TOKENDESK_LISTEN", "here").output().unwrap();
    let said = String::from_utf8(variable.stderr).unwrap();
    assert!(said.starts_with("The setting listen (the variable TOKENDESK_LISTEN) is “here”, but must be"), "{said}");
}

#[test]
fn one_is_not_said_as_many() {
    let enrollment = Place::new();
    let said = enrollment.run(&["migrate"]).well();
    assert!(said.contains(" migrations were run: "), "{said}");
    assert!(enrollment.run(&["migrate"]).well().contains("at this version already"));
}
