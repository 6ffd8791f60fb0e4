//! An installation on the disk: its folder and files, its master key, its settings, its backup. The program is run as
//! people run it.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::support::demo::free_port;

mod acme;
mod backup;
mod init;
mod key;
mod service;
mod settings;
mod tls;

/// How long a start may take; on a machine that is very busy it takes a few seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// An empty folder with a settings file in it.
struct Place {
    folder: tempfile::TempDir,
    port: u16,
}

/// What a command said, and whether it ended well.
struct Said {
    well: bool,
    text: String,
}

impl Place {
    fn new() -> Self {
        Place::with("")
    }

    /// With more lines in the settings file.
    fn with(more: &str) -> Self {
        let enrollment = Place { folder: tempfile::tempdir().expect("a folder"), port: free_port() };
        let port = enrollment.port;
        let data = enrollment.data();
        enrollment.write(
            "tokendesk.toml",
            &format!(
                "public_url = \"http://localhost:{port}\"\nlisten = \"127.0.0.1:{port}\"\ndata_dir = \"{}\"\n{more}",
                data.display()
            ),
        );
        enrollment.write("password", "grape lantern orbit seventeen\n");
        enrollment
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    fn key_file(&self) -> PathBuf {
        self.data().join("master.key")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("the folder can be written");
    }

    /// The program with these words and the settings file, and nothing set from the environment of the tests.
    fn program(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokendesk"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TOKENDESK_")) {
            command.env_remove(name);
        }
        command.args(words).args(["--config", &self.path("tokendesk.toml").display().to_string()]);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Said {
        let output = self.program(words).output().expect("the program runs");
        let text = [output.stdout, output.stderr].concat();
        Said { well: output.status.success(), text: String::from_utf8(text).expect("text") }
    }

    fn add_operator(&self, user_id: &str) -> Said {
        let password = self.path("password").display().to_string();
        self.run(&["operator", "add", "--user-id", user_id, "--password-file", &password])
    }

    /// `serve`, until it is dropped; ready.
    fn serve(&self) -> Serving {
        let mut serving =
            Serving { process: self.program(&["serve"]).stderr(Stdio::piped()).spawn().expect("it starts") };
        let ready = format!("http://127.0.0.1:{}/readyz", self.port);
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if reqwest::blocking::get(&ready).is_ok_and(|answer| answer.status() == 200) {
                return serving;
            }
            assert!(serving.process.try_wait().expect("it can be asked").is_none(), "{}", serving.end());
        }
        panic!("the server is not ready: {}", serving.end());
    }
}

impl Said {
    #[track_caller]
    fn well(self) -> String {
        assert!(self.well, "{}", self.text);
        self.text
    }

    #[track_caller]
    fn refused(self) -> String {
        assert!(!self.well, "{}", self.text);
        self.text
    }
}

/// A running `serve`.
struct Serving {
    process: Child,
}

impl Serving {
    /// Kills it; what it wrote into its log.
    fn end(&mut self) -> String {
        let _ = self.process.kill();
        let mut log = String::new();
        if let Some(mut pipe) = self.process.stderr.take() {
            let _ = std::io::Read::read_to_string(&mut pipe, &mut log);
        }
        let _ = self.process.wait();
        log
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.end();
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
}

/// The files of a folder with their modes.
fn modes(folder: &Path) -> Vec<(String, u32)> {
    let list = fs::read_dir(folder).expect("the folder is there");
    let mut modes: Vec<(String, u32)> = list
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.file_name().expect("a name").to_string_lossy().into_owned(), mode(&path)))
        .collect();
    modes.sort();
    modes
}

#[test]
fn the_folder_and_its_files_are_their_owners_alone() {
    let enrollment = Place::new();
    enrollment.add_operator("kim").well();
    let serving = enrollment.serve();
    assert_eq!(mode(&enrollment.data()), 0o700);
    let files = modes(&enrollment.data());
    assert!(files.len() >= 4 && files.iter().all(|(_, mode)| *mode == 0o600), "{files:?}");
    drop(serving);
    enrollment.run(&["backup", "copy.db"]).well();
    assert_eq!(mode(&enrollment.path("copy.db")), 0o600);
}

#[test]
fn what_an_earlier_version_left_open_is_closed_at_the_start() {
    let enrollment = Place::new();
    enrollment.add_operator("kim").well();
    set_mode(&enrollment.data(), 0o755);
    for (name, _) in modes(&enrollment.data()) {
        set_mode(&enrollment.data().join(name), 0o644);
    }
    let report = enrollment.run(&["check"]).refused();
    assert!(report.contains("FAILED    files:") && report.contains("can be read by others"), "{report}");
    let mut serving = enrollment.serve();
    assert_eq!(mode(&enrollment.data()), 0o700);
    for name in ["tokendesk.db", "master.key"] {
        assert_eq!(mode(&enrollment.data().join(name)), 0o600, "{name}");
    }
    assert!(serving.end().contains("could be read by others"), "the log says it");
}

#[test]
fn one_server_at_a_time_has_an_embedded_database_and_a_killed_one_leaves_it() {
    let enrollment = Place::new();
    enrollment.add_operator("kim").well();
    let serving = enrollment.serve();
    let other = format!("listen=127.0.0.1:{}", free_port());
    let refused = enrollment.run(&["serve", "--set", &other]).refused();
    assert!(refused.contains("Another server has the database"), "{refused}");
    drop(serving);
    enrollment.serve();
}
