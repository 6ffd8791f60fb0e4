//! The demo as a stranger starts it: the real program, on a port of its own, with the clock standing still.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use tokendesk::clock::Timestamp;

/// A running demo; it ends with the test.
pub struct Demo {
    pub url: String,
    /// What it printed before it served.
    pub printed: String,
    process: Child,
}

/// Where the clock stands when it starts.
pub const TIME: &str = "2026-11-20T13:32:00Z";

impl Demo {
    /// Starts one whose clock stands still, and waits until it serves.
    pub fn start() -> Self {
        Demo::with(&["--fixed-time", TIME])
    }

    /// Starts one with these flags, and waits until it serves.
    pub fn with(flags: &[&str]) -> Self {
        let port = free_port();
        let mut process = Command::new(env!("CARGO_BIN_EXE_tokendesk"))
            .args(["demo", "--listen", &format!("127.0.0.1:{port}")])
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(process.stdout.take().expect("its output is piped")).lines();
        let mut printed = String::new();
        for line in lines.map_while(Result::ok) {
            printed.push_str(&line);
            printed.push('\n');
            // The operators are named last, the Auditor at the end of them.
            if line.contains("Auditor") {
                break;
            }
        }
        assert!(printed.contains("Auditor"), "the demo says who may sign in: {printed}");
        let url = format!("http://localhost:{port}");
        // The socket is bound before the world is made, so the first request is answered as soon as the server runs.
        let answer = reqwest::blocking::get(format!("{url}/healthz")).expect("the server answers");
        assert_eq!(answer.status(), 200);
        Demo { url, printed, process }
    }

    /// Moves the clock on; the time it shows then.
    pub fn advance(&self, minutes: u32) -> Timestamp {
        // As curl sends it: no session, no origin, no form of ours.
        let answer = reqwest::blocking::Client::new()
            .post(format!("{}/demo/clock", self.url))
            .body(format!("minutes={minutes}"))
            .send()
            .and_then(reqwest::blocking::Response::error_for_status)
            .expect("the clock moves");
        let text = answer.text().expect("a time");
        text.trim().trim_end_matches('Z').parse().expect("a time")
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}
