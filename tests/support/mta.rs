//! A real mail server of others on loopback: aiosmtpd from Debian (package `python3-aiosmtpd`), which puts what it is
//! given into a maildir.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// The running server; it ends with this value.
pub struct Mta {
    /// Where it listens.
    pub port: u16,
    folder: tempfile::TempDir,
    process: Child,
}

impl Mta {
    /// Starts one that demands STARTTLS and shows a certificate it made itself.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).expect("a certificate");
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        std::fs::write(&certificate, made.cert.pem()).expect("the folder can be written");
        std::fs::write(&key, made.signing_key.serialize_pem()).expect("the folder can be written");
        // The port is free now; that somebody takes it in the next moment is what a second try would be for.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
        let mut process = Command::new("aiosmtpd")
            .args(["--nosetuid", "--debug", "--listen", &format!("127.0.0.1:{port}")])
            .args(["--class", "aiosmtpd.handlers.Mailbox"])
            .arg("--tlscert")
            .arg(&certificate)
            .arg("--tlskey")
            .arg(&key)
            .arg(folder.path().join("mail"))
            .stderr(Stdio::piped())
            .spawn()
            .expect("aiosmtpd starts; tests/run installs it");
        let stderr = process.stderr.take().expect("it is piped");
        let mut lines = BufReader::new(stderr).lines();
        let listens = lines.by_ref().map_while(Result::ok).any(|line| line.contains("Server is listening"));
        assert!(listens, "aiosmtpd ended before it listened");
        // What it says later is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Mta { port, folder, process }
    }

    /// `smtp://127.0.0.1:port`, to be used as `smtp_url`.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Every message it has put into the maildir, as bytes, in no order.
    pub fn messages(&self) -> Vec<Vec<u8>> {
        let new: PathBuf = self.folder.path().join("mail").join("new");
        let Ok(entries) = std::fs::read_dir(new) else { return Vec::new() };
        entries.map(|entry| std::fs::read(entry.expect("the maildir can be read").path()).expect("a message")).collect()
    }
}

impl Drop for Mta {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
