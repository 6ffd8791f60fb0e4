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

#[test]
fn a_setting_of_tls_that_lacks_another_says_which() {
    let https = |w: &mut Written| w.public_url = "https://tokens.example.org".into();
    assert!(error(|w| w.tls_key = "k.pem".into()).contains("tls_key needs tls_certificate"));
    assert!(error(|w| w.tls_certificate = "c.pem".into()).contains("tls_certificate needs tls_key"));
    let pair = |w: &mut Written| (w.tls_certificate, w.tls_key) = ("c.pem".into(), "k.pem".into());
    assert!(error(pair).contains("a public_url that starts with https://"));
    assert!(error(|w| w.http_listen = "0.0.0.0:80".into()).contains("http_listen needs tls_certificate"));
    let with = |listen: &str| {
        error(|w| {
            https(w);
            pair(w);
            w.http_listen = listen.into();
        })
    };
    assert!(with("80").contains("“80”, but must be an address and a port"));
    assert!(with("127.0.0.1:8080").contains("another port than listen"));
}
