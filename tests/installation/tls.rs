//! https without a proxy: certificate and key from files (PRODUCT.md §13).

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
    time::Instant,
};

use rcgen::{CertificateParams, CertifiedKey, KeyPair, date_time_ymd};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, ServerName},
};

use super::{PATIENCE, Place, Serving, set_mode};
use crate::support::demo::free_port;

/// A certificate for localhost that is good until then, and its key.
fn certificate(ends: (i32, u8, u8)) -> CertifiedKey<KeyPair> {
    let mut params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    params.not_after = date_time_ymd(ends.0, ends.1, ends.2);
    let signing_key = KeyPair::generate().expect("a key");
    let cert = params.self_signed(&signing_key).expect("a certificate");
    CertifiedKey { cert, signing_key }
}

fn good() -> CertifiedKey<KeyPair> {
    certificate((2096, 1, 1))
}

/// An installation whose settings name the files of a certificate, and where it listens for http.
struct Secure {
    place: Place,
    http: u16,
}

impl Secure {
    fn new(pair: &CertifiedKey<KeyPair>) -> Self {
        let (place, http) = (Place::new(), free_port());
        let port = place.port;
        place.write(
            "tokendesk.toml",
            &format!(
                "public_url = \"https://localhost:{port}\"\nlisten = \"127.0.0.1:{port}\"\nrequire_second_factor = false\n\
                 http_listen = \"127.0.0.1:{http}\"\ntls_certificate = \"cert.pem\"\ntls_key = \"key.pem\"\ndata_dir = \"{}\"\n",
                place.data().display()
            ),
        );
        let secure = Secure { place, http };
        secure.put(&pair.cert.pem(), &pair.signing_key.serialize_pem());
        secure.place.add_operator("kim").well();
        secure
    }

    fn put(&self, certificate: &str, key: &str) {
        self.place.write("cert.pem", certificate);
        self.place.write("key.pem", key);
        set_mode(&self.place.path("key.pem"), 0o600);
    }

    /// `serve`, once https is spoken under this certificate.
    fn serve(&self, pair: &CertifiedKey<KeyPair>) -> Serving {
        let process = self.place.program(&["serve"]).stderr(std::process::Stdio::piped()).spawn().expect("it starts");
        let mut serving = Serving { process };
        let begin = Instant::now();
        while self.ask(pair, "GET /readyz").is_none() {
            assert!(serving.process.try_wait().expect("it can be asked").is_none(), "{}", serving.end());
            assert!(begin.elapsed() < PATIENCE, "{}", serving.end());
        }
        serving
    }

    /// The answer to a request by https, from whoever shows this certificate; `None` if nobody does.
    fn ask(&self, pair: &CertifiedKey<KeyPair>, request: &str) -> Option<String> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(pair.cert.der().to_vec())).expect("it is a certificate");
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").expect("a name");
        let client = ClientConnection::new(Arc::new(config), name).expect("a client");
        let stream = TcpStream::connect(("127.0.0.1", self.place.port)).ok()?;
        exchange(StreamOwned::new(client, stream), request, &format!("localhost:{}", self.place.port))
    }

    /// The answer to a request by http, under a name that is not ours.
    fn ask_plainly(&self, request: &str) -> String {
        let stream = TcpStream::connect(("127.0.0.1", self.http)).expect("http is listened for");
        exchange(stream, request, "elsewhere.example").expect("an answer")
    }

    fn base(&self) -> String {
        format!("https://localhost:{}", self.place.port)
    }
}

fn exchange(mut stream: impl std::io::Read + std::io::Write, request: &str, host: &str) -> Option<String> {
    let (line, rest) = request.split_once('\n').unwrap_or((request, "\n"));
    let request = format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{}", rest.replace('\n', "\r\n"));
    stream.write_all(format!("{request}\r\n").as_bytes()).ok()?;
    let mut answer = Vec::new();
    // Whoever closes without a word of TLS has said all the same.
    let _ = stream.read_to_end(&mut answer);
    (!answer.is_empty()).then(|| String::from_utf8_lossy(&answer).into_owned())
}

#[test]
fn a_browser_signs_in_over_https_without_a_proxy() {
    let pair = good();
    let secure = Secure::new(&pair);
    let mut serving = secure.serve(&pair);
    let page = secure.ask(&pair, "GET /sign-in").expect("the page");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("strict-transport-security: max-age"), "{page}");
    let form = "user_id=kim&password=grape+lantern+orbit+seventeen";
    let signed_in = secure.ask(
        &pair,
        &format!(
            "POST /sign-in\nOrigin: {}\nContent-Type: application/x-www-form-urlencoded\nContent-Length: {}\n\n{form}",
            secure.base(),
            form.len()
        ),
    );
    let signed_in = signed_in.expect("an answer");
    let cookie =
        signed_in.lines().find(|line| line.contains("__Host-session=")).unwrap_or_else(|| panic!("{signed_in}"));
    assert!(cookie.contains("; Secure") && signed_in.starts_with("HTTP/1.1 303"), "{signed_in}");

    // Whoever speaks http, or nothing that anybody knows, to the port of https: others are served, the log stays quiet.
    for noise in ["GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "\u{16}\u{3}\u{1}nothing at all"] {
        let mut stream = TcpStream::connect(("127.0.0.1", secure.place.port)).expect("it is listened on");
        stream.write_all(noise.as_bytes()).expect("it is taken");
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert!(secure.ask(&pair, "GET /healthz").expect("an answer").contains("200 OK"));
    let log = serving.end();
    assert!(!log.contains("ERROR") && !log.contains("WARN  certificate"), "{log}");
}

#[test]
fn a_certificate_put_in_the_place_of_another_is_served_without_a_restart() {
    let (old, new) = (good(), good());
    let secure = Secure::new(&old);
    let mut serving = secure.serve(&old);
    assert!(secure.ask(&new, "GET /healthz").is_none(), "nobody shows the new one yet");
    secure.put(&new.cert.pem(), &new.signing_key.serialize_pem());
    let begin = Instant::now();
    while secure.ask(&new, "GET /healthz").is_none() {
        assert!(begin.elapsed() < PATIENCE, "{}", serving.end());
        std::thread::yield_now();
    }
    assert!(secure.ask(&old, "GET /healthz").is_none(), "nobody shows the old one any more");
    assert!(serving.end().contains("a new certificate is served from now on"), "the log says it");
}

#[test]
fn a_certificate_that_is_not_good_stops_the_start_and_check_says_it_too() {
    let (pair, other, ended) = (good(), good(), certificate((2026, 1, 2)));
    let (pem, key) = (pair.cert.pem(), pair.signing_key.serialize_pem());
    let secure = Secure::new(&pair);
    let report = secure.place.run(&["check"]).text;
    assert!(report.contains("OK        certificate: good until 2096-01-01 00:00"), "{report}");
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n".to_owned();
    for (certificate, key, sentence) in [
        (
            &pem,
            &other.signing_key.serialize_pem(),
            "The private key key.pem is not the one of the certificate cert.pem",
        ),
        (&ended.cert.pem(), &ended.signing_key.serialize_pem(), "The certificate cert.pem ended on 2026-01-02 00:00"),
        (&"nothing".to_owned(), &key, "cert.pem that the setting tls_certificate names holds no certificate in PEM"),
        (&pem, &pem, "key.pem that the setting tls_key names holds no private key in PEM"),
        (&pem, &encrypted, "The private key key.pem has a password"),
    ] {
        secure.put(certificate, key);
        let refused = secure.place.run(&["serve"]).refused();
        assert!(refused.contains(sentence) && refused.lines().count() == 1, "{refused}");
        let report = secure.place.run(&["check"]).refused();
        assert!(report.contains(&format!("FAILED    certificate: {}", refused.trim())), "{refused}{report}");
    }
    secure.put(&pem, &key);
    std::fs::remove_file(secure.place.path("cert.pem")).expect("it is ours");
    assert!(
        secure
            .place
            .run(&["serve"])
            .refused()
            .contains("cert.pem that the setting tls_certificate names cannot be read")
    );
}

#[test]
fn check_warns_of_a_certificate_for_another_host_and_of_a_key_that_others_can_read() {
    let pair = good();
    let secure = Secure::new(&pair);
    set_mode(&secure.place.path("key.pem"), 0o644);
    let report = secure.place.run(&["check", "--set", "public_url=https://tokens.example.org"]).refused();
    assert!(
        report.contains("warning   certificate: The certificate cert.pem is not for tokens.example.org"),
        "{report}"
    );
    assert!(report.contains("FAILED    private key: key.pem can be read by others on this machine"), "{report}");
    let report = secure.place.run(&["check"]).text;
    assert!(!report.contains("is not for"), "{report}");
}

#[test]
fn who_comes_by_http_is_sent_on_to_the_public_address_and_nowhere_else() {
    let pair = good();
    let secure = Secure::new(&pair);
    let _serving = secure.serve(&pair);
    let base = secure.base();
    for (request, place) in [
        ("GET /tasks?sort=stop&page=2", "/tasks?sort=stop&page=2"),
        ("HEAD /enroll/abc", "/enroll/abc"),
        ("GET //elsewhere.example/", "//elsewhere.example/"),
        ("GET http://elsewhere.example/x", "/x"),
        ("GET @elsewhere.example", "/"),
        ("GET /%0d%0aSet-Cookie:x", "/%0d%0aSet-Cookie:x"),
    ] {
        let answer = secure.ask_plainly(request);
        assert!(answer.starts_with("HTTP/1.1 308"), "{request}: {answer}");
        assert!(answer.contains(&format!("location: {base}{place}\r\n")), "{request}: {answer}");
        assert!(!answer.contains("strict-transport-security"), "browsers take it over https alone: {answer}");
    }
    let posted = secure.ask_plainly("POST /sign-in\nContent-Length: 3\n\na=b");
    assert!(posted.starts_with("HTTP/1.1 405") && posted.contains("allow: GET, HEAD"), "{posted}");
    assert!(!posted.contains("location:") && posted.contains("Nothing is taken here"), "{posted}");
    assert!(
        secure.ask_plainly("GET /healthz").starts_with("HTTP/1.1 200"),
        "whoever watches over the process asks here"
    );
}
