//! Names in the code that stand in the database, too: what a version wrote, every later one reads. Whoever renames one of
//! these in the code gives it the old name to be stored under; a new one is added here.

use tokendesk::{
    ids::{OperatorId, UserId},
    mail::letter::{Facts, Kind, Secret, wording::placeholders},
    operators::Permissions,
    provision::choice::Selection,
    sign_in::second_factor,
};

#[test]
fn permissions_in_the_rows_of_roles_are_read_by_these_names() {
    let names = "SeeUsers EditUsers SeeTasks Provision ChangeStopDate Remove Resend Unlock SuspendTokens ImportTokens \
                 SeeOutbox SendAgain EditPolicies Reports SeeAudit SeeOwnAudit ManageOperators";
    for name in names.split_whitespace() {
        let read = Permissions::parse(name);
        assert_eq!((read.count(), read.to_names().as_str()), (1, name));
    }
}

#[test]
fn placeholders_in_messages_that_were_edited_are_read_by_these_names() {
    let known: Vec<&str> = Kind::ALL.iter().flat_map(|kind| placeholders(*kind)).map(|one| one.name).collect();
    for name in [
        "first_name", "user_id", "authentication_type", "a_token", "link", "link_shown", "code", "stop_date",
        "stop_day", "previous_stop_date", "task", "serial_number", "requester", "organization", "sender", "help_desk",
        "site",
    ] {
        assert!(known.contains(&name), "{name}");
    }
}

#[test]
fn a_draft_of_provision_keeps_its_selection_in_these_words() {
    for (selection, text) in [
        (Selection::Users(vec![UserId(7)]), r#"{"Users":[7]}"#),
        (
            Selection::Matching { query: "q=a".into(), without: vec![UserId(7)] },
            r#"{"Matching":{"query":"q=a","without":[7]}}"#,
        ),
    ] {
        assert_eq!(selection.to_text().unwrap(), text);
        assert_eq!(Selection::from_text(text).unwrap(), selection);
    }
}

#[test]
fn an_email_that_waits_is_read_by_these_names() {
    let facts = r#"{"first_name":"Tobi","name":"Tobi Adeyemi","user_id":"t.adeyemi","authentication_type":"Authenticator app",
        "task":42,"stop_on":"2026-11-27","previous_stop_on":"2026-11-24","requester":"k.lindqvist","serial":"TD-1",
        "alert":{"sum":"1 lock-out","digest":true,"operator":"k.lindqvist","role":"Operator","until":"14:00",
        "groups":[{"heading":"1 lock-out","lines":[{"what":"t.adeyemi","detail":"Locked","path":"/users/t.adeyemi"}],"more":3,
        "list":"/tasks"}]}}"#;
    let written: serde_json::Value = serde_json::from_str(facts).unwrap();
    let read: Facts = serde_json::from_str(facts).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), written);
    let secret = r#"{"handle":"h","code":"c","carries_code":true,"alternate_to":"a@example.org"}"#;
    let written: serde_json::Value = serde_json::from_str(secret).unwrap();
    let read: Secret = serde_json::from_str(secret).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), written);
}

#[test]
fn a_sealed_second_factor_opens_in_this_place() {
    assert_eq!(second_factor::seal_context(OperatorId(7)), "operators.second_factor:7");
}
