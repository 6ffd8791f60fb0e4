use std::path::Path;

use super::*;
use crate::config::Written;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// The certificate and the key in PEM, good for so many days from 20 November 2026.
fn pair(days: i64) -> (String, String) {
    let mut params = rcgen::CertificateParams::new(["tokens.example.org".to_owned()]).expect("a name");
    let end = at("2026-11-20T12:00:00") + Duration::days(days);
    params.not_after =
        rcgen::date_time_ymd(1970, 1, 1) + std::time::Duration::from_secs(end.and_utc().timestamp() as u64);
    let key = rcgen::KeyPair::generate().expect("a key");
    (params.self_signed(&key).expect("a certificate").pem(), key.serialize_pem())
}

fn put(folder: &Path, (certificate, key): &(String, String)) {
    std::fs::write(folder.join("cert.pem"), certificate).expect("the folder can be written");
    std::fs::write(folder.join("key.pem"), key).expect("the folder can be written");
}

fn served(folder: &Path, now: Timestamp) -> Arc<Served> {
    let settings = Settings::check(Written {
        public_url: "https://tokens.example.org".into(),
        tls_certificate: folder.join("cert.pem").display().to_string(),
        tls_key: folder.join("key.pem").display().to_string(),
        ..Written::default()
    });
    Served::open(&settings.expect("they are right"), now).expect("it is good").expect("there is one")
}

fn shown(served: &Served) -> Timestamp {
    served.current.read().expect("nobody panics").ends_at
}

#[test]
fn what_is_not_good_leaves_the_old_certificate_in_use_until_something_good_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let now = at("2026-11-20T12:00:00");
    let first = pair(90);
    put(folder.path(), &first);
    let served = served(folder.path(), now);
    let until = shown(&served);
    assert_eq!(until, now + Duration::days(90));
    let (certificate, key) = pair(300);
    for bad in [(certificate.clone(), first.1.clone()), (certificate.clone(), String::new()), pair(-1)] {
        put(folder.path(), &bad);
        served.reread(now);
        assert_eq!(shown(&served), until);
    }
    std::fs::remove_file(folder.path().join("key.pem")).expect("it is ours");
    served.reread(now);
    assert_eq!(shown(&served), until);
    put(folder.path(), &(certificate, key));
    served.reread(now);
    assert_eq!(shown(&served), now + Duration::days(300));
}

#[test]
fn a_certificate_that_nears_its_end_is_told_of_and_a_new_one_ends_that() {
    let folder = tempfile::tempdir().expect("a folder");
    let now = at("2026-11-20T12:00:00");
    put(folder.path(), &pair(20));
    let served = served(folder.path(), now);
    let ending = || served.last.lock().expect("nobody panics").ending.clone();
    served.reread(now + Duration::days(1));
    assert_eq!(ending(), None);
    served.reread(now + Duration::days(7));
    assert!(ending().expect("it ends soon").contains("ends on 2026-12-10 12:00"), "{:?}", ending());
    served.reread(now + Duration::days(21));
    assert!(ending().expect("it has ended").contains("ended on 2026-12-10 12:00"), "{:?}", ending());
    put(folder.path(), &pair(90));
    served.reread(now + Duration::days(21));
    assert_eq!(ending(), None);
}

#[test]
fn a_certificate_that_was_put_there_before_its_time_is_taken_when_it_has_come() {
    let folder = tempfile::tempdir().expect("a folder");
    let now = at("2026-11-20T12:00:00");
    put(folder.path(), &pair(90));
    let served = served(folder.path(), now);
    let mut params = rcgen::CertificateParams::new(["tokens.example.org".to_owned()]).expect("a name");
    (params.not_before, params.not_after) = (rcgen::date_time_ymd(2026, 12, 1), rcgen::date_time_ymd(2027, 12, 1));
    let key = rcgen::KeyPair::generate().expect("a key");
    put(folder.path(), &(params.self_signed(&key).expect("a certificate").pem(), key.serialize_pem()));
    served.reread(now);
    assert_eq!(shown(&served), now + Duration::days(90));
    let refusal = served.last.lock().expect("nobody panics").refusal.clone().expect("it is too early");
    assert!(refusal.contains("is good from 2026-12-01 00:00 on only"), "{refusal}");
    served.reread(at("2026-12-01T00:00:01"));
    assert_eq!(shown(&served), at("2027-12-01T00:00:00"));
}

#[test]
fn a_certificate_is_compared_with_the_host_that_people_type() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), &pair(90));
    let served = served(folder.path(), at("2026-11-20T12:00:00"));
    let certificate = served.current.read().expect("nobody panics");
    assert_eq!(certificate.unfit_for("https://tokens.example.org:8443"), None);
    for other in ["https://example.org", "https://192.0.2.1", "https://a.tokens.example.org"] {
        let sentence = certificate.unfit_for(other).expect("it is for another one");
        assert!(sentence.contains(other.trim_start_matches("https://")), "{sentence}");
    }
}
