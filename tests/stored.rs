//! Names in the code that stand in the database, too: what a version wrote, every later one reads. Whoever renames one of
//! these in the code gives it the old name to be stored under; a new one is added here.

use tokendesk::{
    audit::{Area, Verb},
    authentication,
    ids::{AuthNodeId, OperatorId, UserId},
    mail::letter::{Facts, Kind, Secret, wording::placeholders},
    operators::Permissions,
    provision::choice::Selection,
    sign_in::second_factor,
    tally::Fault,
};

#[test]
fn permissions_in_the_rows_of_roles_are_read_by_these_names() {
    let names = "SeeUsers EditUsers SeeTasks Provision ChangeStopDate Remove Resend Unlock SuspendTokens ImportTokens \
                 ReportLost ReplaceToken CheckCaller TemporaryCode HandOver \
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
        "site", "works_until",
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
        "works_until":"2026-11-21T13:38:00",
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
fn a_sealed_shared_secret_opens_in_this_place() {
    assert_eq!(authentication::secret::seal_context(AuthNodeId(7)), "auth_node_secrets.sealed:7");
}

#[test]
fn kinds_modes_and_faults_of_auth_nodes_are_read_by_these_words() {
    use authentication::node::{Kind, Mode};
    kept(&[Kind::Api, Kind::Radius], Kind::code, "api, radius");
    kept(&[Mode::OneTimePassword, Mode::Challenge], Mode::code, "one-time-password, challenge");
    let faults = "no-message-authenticator, other-secret, chap, ms-chap, eap, no-password, not-whole, other-code";
    kept(&Fault::ALL, Fault::code, faults);
}

#[test]
fn a_sealed_second_factor_opens_in_this_place() {
    assert_eq!(second_factor::seal_context(OperatorId(7)), "operators.second_factor:7");
}

#[test]
fn what_an_entry_of_the_audit_log_tells_of_stands_in_these_words() {
    let words = "alerts.change alerts.send auth_nodes.add auth_nodes.disable auth_nodes.edit auth_nodes.enable auth_nodes.end_old auth_nodes.new_key \
        authentication.check console.open enrollment.accept_code enrollment.attempt enrollment.enroll \
        first_start.backup mail.bounce mail.cancel mail.cancel_each mail.report mail.send mail.send_again \
        mail.send_again_each messages.change messages.reset messages.test operators.add \
        operators.change_password operators.confirm operators.edit operators.end_sessions operators.remove \
        operators.reset_password operators.reset_second_factor operators.resume operators.set_up_second_factor \
        operators.sign_in operators.sign_out operators.suspend policy.change reports.download roles.add \
        roles.edit roles.remove tasks.give_more_time tasks.hand_over tasks.provision tasks.provision_user tasks.remind \
        tasks.remove tasks.remove_user tasks.remove_users tasks.replace tasks.resend tasks.resend_user \
        tasks.stop_date tasks.stop_date_user tasks.unlock tokens.assign tokens.end_temporary_code tokens.found \
        tokens.give_temporary_code tokens.import tokens.replace tokens.report_lost tokens.resume \
        tokens.resync tokens.revoke tokens.suspend tokens.unlock users.check_caller users.create users.disable \
        users.edit users.enable users.import users.send_call_back work.cancel";
    let read: Vec<&str> = words.split_whitespace().filter_map(Verb::from_code).map(Verb::code).collect();
    assert_eq!(read.join(" "), words.split_whitespace().collect::<Vec<_>>().join(" "));
    assert_eq!(Verb::ALL.len(), read.len(), "a new verb is added to the list");
    for word in read {
        let area = word.split('.').next().unwrap();
        assert!(Area::from_code(area).is_some(), "the filter of the audit log offers no area of {word}");
    }
}

/// The words of a list are those under which its values are kept, in the same order.
fn kept<T: Copy>(values: &[T], code: fn(T) -> &'static str, words: &str) {
    let codes: Vec<&str> = values.iter().map(|value| code(*value)).collect();
    assert_eq!(codes.join(", "), words);
}

#[test]
fn states_and_kinds_in_rows_are_read_by_these_words() {
    use tokendesk::{alerts, audit, imports, mail, rounds::Round, tokens, work};
    kept(&[audit::Outcome::Done, audit::Outcome::Refused], audit::Outcome::code, "done, refused");
    use mail::State;
    let states = [State::Queued, State::Sent, State::Deferred, State::Failed, State::Bounced, State::Canceled];
    kept(&states, State::code, "Queued, Sent, Deferred, Failed, Bounced, Canceled");
    use mail::Action;
    let actions = [Action::Failed, Action::Delayed, Action::Delivered, Action::Relayed, Action::Expanded];
    kept(&actions, Action::code, "failed, delayed, delivered, relayed, expanded");
    kept(&[imports::Kind::Users, imports::Kind::Tokens], imports::Kind::code, "users, tokens");
    kept(&Round::ALL, Round::code, "sweep, alert, probe, count, renew, work, note");
    kept(&work::Kind::ALL, work::Kind::code, "provision, resend, unlock, stop-date, remove");
    let states = "waiting, preparing, applying, done, canceled, moved, refused, stopped, failed";
    kept(&work::State::ALL, work::State::code, states);
    use alerts::{Delivery, Event};
    let events = [Event::Expired, Event::LockOut, Event::FailedMail, Event::Rejections];
    kept(&events, Event::code, "expired, lock-out, failed-mail, rejections");
    kept(&[Delivery::Off, Delivery::AtOnce, Delivery::Daily], Delivery::code, "off, at-once, daily");
    use tokens::{AuthenticationType, MovingFactor, TokenState, lifecycle::Fate};
    kept(&[MovingFactor::Counter, MovingFactor::Time], MovingFactor::code, "counter, time");
    let types = [AuthenticationType::AuthenticatorApp, AuthenticationType::HardwareToken];
    kept(&types, AuthenticationType::code, "authenticator-app, hardware-token");
    kept(&[Fate::Inventory, Fate::Lost, Fate::Faulty], Fate::code, "inventory, lost, faulty");
    let states = [
        TokenState::Inventory,
        TokenState::Assigned,
        TokenState::Active,
        TokenState::Suspended,
        TokenState::Locked,
        TokenState::Lost,
        TokenState::Faulty,
    ];
    kept(&states, TokenState::code, "Inventory, Assigned, Active, Suspended, Locked, Lost, Faulty");
}

#[test]
fn filters_in_addresses_that_somebody_kept_are_read_by_these_words() {
    use tokendesk::{operators::search::State, reports::history::Outcome, tasks::status::Status};
    let statuses = [Status::Active, Status::Completed, Status::Locked, Status::Expired];
    kept(&statuses, Status::code, "active, completed, locked, expired");
    kept(&[State::CanSignIn, State::Suspended], State::code, "can-sign-in, suspended");
    let outcomes = [Outcome::Open, Outcome::Completed, Outcome::Removed, Outcome::Incomplete];
    kept(&outcomes, Outcome::code, "Open, Completed, Removed, Incomplete");
}
