//! Debian's pebble: an authority that speaks ACME (RFC 8555), with a name server of its own that leads every name here.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use super::demo::free_port;

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running authority; it ends with the test.
pub struct Pebble {
    folder: tempfile::TempDir,
    port: u16,
    management: u16,
    processes: Vec<Child>,
}

impl Pebble {
    /// One that asks for challenges at this port, and issues certificates that are good for so many seconds.
    pub fn start(challenges: u16, seconds: u32) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // The certificate of its own https, from an authority that the program is told of.
        let mut params = CertificateParams::new(Vec::new()).expect("no name");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let ca = params.self_signed(&key).expect("a certificate");
        let own = KeyPair::generate().expect("a key");
        let issuer = Issuer::new(params, key);
        let leaf = CertificateParams::new(["localhost".to_owned()]).expect("a name").signed_by(&own, &issuer);
        let write =
            |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("the folder can be written");
        write("ca.pem", &ca.pem());
        write("cert.pem", &leaf.expect("a certificate").pem());
        write("key.pem", &own.serialize_pem());
        let (port, management, names) = (free_port(), free_port(), free_port());
        let at = |name: &str| folder.path().join(name).display().to_string();
        write(
            "pebble.json",
            &format!(
                "{{\"pebble\": {{\"listenAddress\": \"127.0.0.1:{port}\", \"managementListenAddress\": \"127.0.0.1:{management}\", \
                 \"certificate\": \"{}\", \"privateKey\": \"{}\", \"httpPort\": {challenges}, \"tlsPort\": {}, \
                 \"ocspResponderURL\": \"\", \"externalAccountBindingRequired\": false, \"certificateValidityPeriod\": {seconds}}}}}",
                at("cert.pem"),
                at("key.pem"),
                free_port()
            ),
        );
        let dns = format!("127.0.0.1:{names}");
        let quiet = |mut command: Command| {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().expect("pebble is installed (tests/run does it)")
        };
        let mut server = Command::new("pebble-challtestsrv");
        server.args(["-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", ""]);
        server.args(["-dns01", &dns, "-management", &format!("127.0.0.1:{}", free_port())]);
        let mut pebble = Command::new("pebble");
        pebble.args(["-config", &at("pebble.json"), "-dnsserver", &dns]).env("PEBBLE_VA_NOSLEEP", "1");
        let pebble = Pebble { port, management, processes: vec![quiet(server), quiet(pebble)], folder };
        let begin = Instant::now();
        while pebble.ask("/roots/0").is_none() {
            assert!(begin.elapsed() < PATIENCE, "pebble does not start");
        }
        pebble
    }

    /// The address of its directory.
    pub fn directory(&self) -> String {
        format!("https://localhost:{}/dir", self.port)
    }

    /// The file with the authority of its own https.
    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The root of what it issues, in PEM: another one each time it starts.
    pub fn root(&self) -> String {
        self.ask("/roots/0").expect("it runs")
    }

    fn ask(&self, path: &str) -> Option<String> {
        curl(&format!("https://localhost:{}{path}", self.management))
    }
}

/// What is answered to a GET over https, whoever vouches for who answers; `None` if nobody does.
pub fn curl(url: &str) -> Option<String> {
    let output = Command::new("curl").args(["-skf", "--max-time", "10", url]).output().expect("curl is installed");
    output.status.success().then(|| String::from_utf8(output.stdout).expect("text"))
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
