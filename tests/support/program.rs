//! The real program, `tokendesk serve`, on an embedded database of its own or beside others on PostgreSQL, and a port of its own.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use super::{Browser, demo::free_port};

/// How long something that is on its way may take; a machine that is very busy takes a few seconds.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The password of the operator `kim`, whom every such program has.
pub const PASSWORD: &str = "quiet harbor lanterns";

/// A server; it ends with the test.
pub struct Program {
    pub url: String,
    pub port: u16,
    binary: PathBuf,
    folder: tempfile::TempDir,
    settings: Vec<String>,
    process: Option<Child>,
}

impl Program {
    /// Starts it with these further settings, `NAME=VALUE` each.
    pub fn start(further: &[&str]) -> Self {
        let mut program = Program::of(env!("CARGO_BIN_EXE_tokendesk").as_ref(), further);
        program.add_kim();
        program.serve();
        program
    }

    /// The program in this file with these further settings, `NAME=VALUE` each; it does not serve yet.
    pub fn of(binary: &Path, further: &[&str]) -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().expect("a folder"));
        let url = format!("http://127.0.0.1:{port}");
        let own = [
            format!("listen=127.0.0.1:{port}"),
            format!("public_url={url}"),
            format!("data_dir={}", folder.path().join("data").display()),
            "require_second_factor=false".to_owned(),
        ];
        let settings = own
            .into_iter()
            .chain(further.iter().map(|pair| (*pair).to_owned()))
            .flat_map(|pair| ["--set".to_owned(), pair])
            .collect();
        Program { url, port, binary: binary.to_owned(), folder, settings, process: None }
    }

    /// Adds the operator `kim`.
    pub fn add_kim(&self) {
        let file = self.folder.path().join("password");
        std::fs::write(&file, PASSWORD).expect("the folder can be written");
        self.run(&["operator", "add", "--user-id", "kim", "--password-file", &file.display().to_string()]);
    }

    /// Serves, and is ready.
    pub fn serve(&mut self) {
        let log = std::fs::File::create(self.folder.path().join("log")).expect("the folder can be written");
        let process = self.command(&["serve"]).stderr(log).stdout(Stdio::null()).spawn();
        self.process = Some(process.expect("the program starts"));
        self.until("the server is ready", Program::is_ready);
    }

    /// True if it takes requests, as it says itself.
    pub fn is_ready(&self) -> bool {
        reqwest::blocking::get(format!("{}/readyz", self.url)).is_ok_and(|answer| answer.status() == 200)
    }

    /// The program, with nothing set from the environment of the tests.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TOKENDESK_")) {
            command.env_remove(name);
        }
        command.args(words).args(&self.settings);
        command
    }

    /// What a command of the program prints.
    pub fn run(&self, words: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.command(words).output().expect("the program runs");
        assert!(status.success(), "{words:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).expect("text")
    }

    /// What the server has written to standard error.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("the log is text")
    }

    /// Waits until something is so.
    #[track_caller]
    pub fn until(&self, what: &str, mut so: impl FnMut(&Self) -> bool) {
        let begin = Instant::now();
        while !so(self) {
            assert!(begin.elapsed() < PATIENCE, "not so in time: {what}");
            std::thread::yield_now();
        }
    }

    /// A browser that `kim` signed in with.
    pub fn signed_in(&self) -> Browser {
        let browser = Browser::new(&self.url);
        let page = browser.post("/sign-in", &[("user_id", "kim"), ("password", PASSWORD)]);
        assert_eq!(page.location(), "/");
        browser
    }

    /// A line of `/proc/PID/status` in KiB: `VmHWM`, the most memory it ever had, or `VmRSS`, what it has.
    pub fn memory(&self, line: &str) -> u64 {
        let process = self.process.as_ref().expect("it runs").id();
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
        let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':')).expect("the line");
        found.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Sends it SIGTERM.
    pub fn terminate(&self) {
        let process = self.process.as_ref().expect("it runs").id();
        let sent = Command::new("kill").args(["-TERM", &process.to_string()]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Waits until it has ended by itself, and well.
    pub fn ended(&mut self) {
        let status = self.process.take().expect("it runs").wait().expect("it ends");
        assert!(status.success(), "the server did not end well:\n{}", self.log());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
