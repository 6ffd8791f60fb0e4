//! A certificate that the program gets by itself from Debian's pebble (PRODUCT.md §13): the first one, the next one, two servers,
//! and an authority that cannot reach it.

use std::{net::TcpStream, process::Stdio, sync::Arc, time::Instant};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};

use super::{PATIENCE, Place, Serving};
use crate::support::{
    databases::postgres,
    demo::free_port,
    pebble::{Pebble, curl},
};

const HOST: &str = "tokens.example.test";

/// Seconds that a certificate is good where nothing is renewed, and where it is.
const LONG: u32 = 86_400;
const SHORT: u32 = 24;

/// An installation that orders from `pebble` and is asked at `http`.
fn place(pebble: &Pebble, http: u16, more: &str) -> Place {
    let place = Place::new();
    let port = place.port;
    place.write(
        "tokendesk.toml",
        &format!(
            "public_url = \"https://{HOST}\"\nlisten = \"127.0.0.1:{port}\"\nrequire_second_factor = false\n\
             http_listen = \"127.0.0.1:{http}\"\nacme_email = \"ops@example.org\"\nacme_directory = \"{}\"\n\
             acme_ca_file = \"{}\"\ndata_dir = \"{}\"\n{more}",
            pebble.directory(),
            pebble.ca().display(),
            place.data().display()
        ),
    );
    place
}

fn start(place: &Place) -> Serving {
    Serving { process: place.program(&["serve"]).stderr(Stdio::piped()).spawn().expect("it starts") }
}

/// The certificate that is shown at this port to who believes `root`, if it is good for the host.
fn shown(port: u16, root: &str) -> Option<Vec<u8>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(root.as_bytes()).ok()?).ok()?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut client =
        ClientConnection::new(Arc::new(config), ServerName::try_from(HOST).expect("a name")).expect("a client");
    // No request: each is a line of the log, and nobody reads the log meanwhile.
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    while client.is_handshaking() {
        client.complete_io(&mut stream).ok()?;
    }
    Some(client.peer_certificates()?.first()?.to_vec())
}

/// Waits until the server shows a certificate that is another one than `known`.
#[track_caller]
fn until_shown(serving: &mut Serving, port: u16, root: &str, known: Option<&[u8]>) -> Vec<u8> {
    let begin = Instant::now();
    loop {
        match shown(port, root) {
            Some(certificate) if Some(certificate.as_slice()) != known => return certificate,
            _ => {}
        }
        assert!(serving.process.try_wait().expect("it can be asked").is_none(), "{}", serving.end());
        assert!(begin.elapsed() < PATIENCE, "{}", serving.end());
        std::thread::yield_now();
    }
}

#[test]
#[ignore = "needs pebble: tests/run installs it"]
fn a_server_gets_its_certificate_by_itself_and_keeps_it() {
    let http = free_port();
    let pebble = Pebble::start(http, LONG);
    let place = place(&pebble, http, "");
    place.add_operator("kim").well();
    let report = place.run(&["check"]).refused();
    assert!(
        report.contains(&format!(
            "FAILED    certificate: there is none for {HOST} yet, and a self-signed one is served."
        )),
        "{report}"
    );
    let mut serving = start(&place);
    let first = until_shown(&mut serving, place.port, &pebble.root(), None);
    let report = place.run(&["check"]).text;
    assert!(
        report.contains("OK        certificate: good until 20") && report.contains("; the next one is ordered from 20"),
        "{report}"
    );
    let nothing =
        reqwest::blocking::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let asked = |path: &str| nothing.get(format!("http://127.0.0.1:{http}{path}")).send().expect("an answer").status();
    assert_eq!(
        (asked("/.well-known/acme-challenge/nothing"), asked("/tasks")),
        (404.try_into().unwrap(), 308.try_into().unwrap())
    );
    let log = serving.end();
    assert!(log.contains(&format!("a certificate for {HOST} is ordered from")) && !log.contains("ERROR"), "{log}");
    // Started again it serves what it has, and orders nothing.
    let mut serving = start(&place);
    assert_eq!(until_shown(&mut serving, place.port, &pebble.root(), None), first);
    let log = serving.end();
    assert!(!log.contains("is ordered") && !log.contains("self-signed"), "{log}");
}

#[test]
#[ignore = "needs pebble: tests/run installs it"]
fn a_certificate_is_renewed_before_its_end_without_a_restart() {
    let http = free_port();
    let pebble = Pebble::start(http, SHORT);
    let place = place(&pebble, http, "");
    place.add_operator("kim").well();
    let mut serving = start(&place);
    let first = until_shown(&mut serving, place.port, &pebble.root(), None);
    until_shown(&mut serving, place.port, &pebble.root(), Some(&first));
}

#[test]
#[ignore = "needs PostgreSQL and pebble: tests/run has both"]
fn of_two_servers_one_orders_and_both_answer_and_serve() {
    let (_database, url) = postgres();
    let http = free_port();
    let pebble = Pebble::start(http, LONG);
    let more = format!("database_url = \"{url}\"\nmaster_key = \"{}\"\n", "07".repeat(32));
    // The authority asks at the door of the first one alone, whichever orders.
    let (one, two) = (place(&pebble, http, &more), place(&pebble, free_port(), &more));
    let (mut first, mut second) = (start(&one), start(&two));
    let root = pebble.root();
    let certificate = until_shown(&mut second, two.port, &root, None);
    assert_eq!(until_shown(&mut first, one.port, &root, None), certificate, "the same one");
    let logs = [first.end(), second.end()].concat();
    assert_eq!(logs.matches("is ordered from").count(), 1, "{logs}");
}

#[test]
#[ignore = "needs pebble: tests/run installs it"]
fn an_authority_that_cannot_come_in_is_told_of_and_https_is_spoken_all_the_same() {
    // Nobody listens where it asks.
    let pebble = Pebble::start(free_port(), LONG);
    let place = place(&pebble, free_port(), "");
    place.add_operator("kim").well();
    let serving = start(&place);
    let begin = Instant::now();
    let sentence = format!("open port 80 of {HOST} to it, and lead it to http_listen");
    loop {
        let report = place.run(&["check"]).refused();
        if report.contains(&sentence) {
            assert!(report.contains("; the next try is at 20"), "{report}");
            break;
        }
        assert!(begin.elapsed() < PATIENCE, "{report}");
    }
    assert!(curl(&format!("https://127.0.0.1:{}/healthz", place.port)).is_some(), "https is spoken");
    let mut serving = serving;
    let log = serving.end();
    assert!(log.contains(&sentence) && log.matches("is ordered from").count() == 1, "it is left alone: {log}");
}

#[test]
fn settings_that_do_not_go_together_stop_the_start_with_a_sentence() {
    let place = Place::new();
    let check = |lines: &str| {
        place.write("tokendesk.toml", &format!("data_dir = \"{}\"\n{lines}", place.data().display()));
        place.run(&["serve"]).refused()
    };
    let url = format!("public_url = \"https://{HOST}\"\n");
    for (lines, sentence) in [
        (format!("{url}acme_email = \"ops@example.org\"\n"), "needs http_listen, such as 0.0.0.0:80"),
        (
            format!("{url}acme_email = \"ops\"\nhttp_listen = \"127.0.0.1:1\"\n"),
            "must be an address, such as it@example.org",
        ),
        (format!("{url}acme_directory = \"https://ca.example/dir\"\n"), "needs acme_email beside it"),
        (
            format!(
                "{url}acme_email = \"o@example.org\"\nacme_directory = \"http://ca.example/dir\"\nhttp_listen = \"127.0.0.1:1\"\n"
            ),
            "must be an https address",
        ),
        (
            "public_url = \"https://127.0.0.1\"\nacme_email = \"o@example.org\"\nhttp_listen = \"127.0.0.1:1\"\n"
                .to_owned(),
            "has a name that the authority can look up",
        ),
        (
            format!(
                "{url}acme_email = \"o@example.org\"\ntls_certificate = \"c\"\ntls_key = \"k\"\nhttp_listen = \"127.0.0.1:1\"\n"
            ),
            "the certificate comes from one of the two",
        ),
        (
            format!(
                "{url}acme_email = \"o@example.org\"\nacme_ca_file = \"nowhere.pem\"\nhttp_listen = \"127.0.0.1:1\"\n"
            ),
            "a PEM file that can be read",
        ),
    ] {
        let refused = check(&lines);
        assert!(refused.contains(sentence) && refused.trim().lines().count() == 1, "{refused}");
    }
}
