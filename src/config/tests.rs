use super::*;

fn error(change: impl FnOnce(&mut Written)) -> String {
    let mut written = Written::default();
    change(&mut written);
    Settings::check(written).unwrap_err().to_string()
}

#[test]
fn the_defaults_are_good() {
    let settings = Settings::check(Written::default()).unwrap();
    assert!(settings.require_second_factor);
    assert_eq!(settings.database_url, "sqlite:tokendesk-data/tokendesk.db");
}

#[test]
fn a_wrong_setting_is_named_with_what_it_must_be() {
    assert!(error(|w| w.listen = "here".into()).contains("setting listen"));
    assert!(error(|w| w.public_url = "https://a.example/path".into()).contains("public_url"));
    assert!(error(|w| w.time_zone = "Mars".into()).contains("Europe/Berlin"));
    assert!(error(|w| w.master_key = "abc".into()).contains("64 hex digits"));
    assert!(error(|w| w.session_hours = 0).contains("session_hours"));
    assert!(error(|w| w.database_url = "mysql://x".into()).contains("database_url"));
    assert!(error(|w| w.mail_from = "nobody".into()).contains("mail_from"));
    assert!(error(|w| w.mail_return_path = "Bounces <b@example.org>".into()).contains("mail_return_path"));
    assert!(error(|w| w.smtp_ca_file = "not/there.pem".into()).contains("not/there.pem"));
}

#[test]
fn a_wrong_secret_is_not_repeated() {
    let short = error(|w| w.metrics_key = "hunter2".into());
    assert!(short.contains("metrics_key") && !short.contains("hunter2"), "{short}");
    assert!(!error(|w| w.smtp_url = "http://me:hunter2@mail".into()).contains("hunter2"));
}
