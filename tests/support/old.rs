//! A world that an older version made, brought up to date as its owner does it: `tests/fixtures/26b1365` says what is in it.

use std::{fs, process::Command};

use diesel::{Connection as _, PgConnection, SqliteConnection, connection::SimpleConnection as _};
use tokendesk::clock::Timestamp;

use super::{
    On, World,
    databases::{Place, own_postgres},
};

/// The world, a day after it was made.
pub struct Old {
    pub world: World,
    known: serde_json::Value,
    settings: Vec<String>,
}

/// A database as the old program left it; nothing has been done to it yet.
pub struct Stored {
    stored: (Place, String),
    known: serde_json::Value,
    folder: tempfile::TempDir,
}

impl Stored {
    /// Loads it.
    pub fn load(on: On) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (name, stored) = match on {
            On::Sqlite => {
                let own = tempfile::tempdir().expect("a folder");
                let url = format!("sqlite:{}", own.path().join("tokendesk.db").display());
                ("sqlite", (Place::Folder(own), url))
            }
            On::Postgres => ("postgres", own_postgres("template1")),
        };
        let read = |ext: &str| fs::read_to_string(format!("tests/fixtures/26b1365/{name}.{ext}")).expect("the fixture");
        let sql = read("sql");
        match stored.1.strip_prefix("sqlite:") {
            Some(file) => SqliteConnection::establish(file).expect("it opens").batch_execute(&sql),
            None => PgConnection::establish(&stored.1).expect("it opens").batch_execute(&sql),
        }
        .expect("the old database loads");
        Stored { stored, known: serde_json::from_str(&read("json")).expect("what is known of it"), folder }
    }

    /// Runs a command of the program of today on it: whether it went well, and what it said.
    pub fn run(&self, words: &[&str]) -> (bool, String) {
        run(&self.settings(&self.known["master_key"]), words)
    }

    /// As [`Stored::run`], with another master key.
    pub fn run_with_another_key(&self, words: &[&str]) -> (bool, String) {
        run(&self.settings(&"27".repeat(32).into()), words)
    }

    fn settings(&self, key: &serde_json::Value) -> Vec<String> {
        let key = key.as_str().expect("a text");
        let pairs = [
            format!("database_url={}", self.stored.1),
            format!("data_dir={}", self.folder.path().display()),
            format!("master_key={key}"),
        ];
        pairs.into_iter().flat_map(|pair| ["--set".to_owned(), pair]).collect()
    }

    /// Brings it up to date, and opens it a day later.
    pub fn upgraded(self) -> Old {
        let settings = self.settings(&self.known["master_key"]);
        let (well, said) = run(&settings, &["migrate"]);
        assert!(well && said.contains("were run"), "{said}");
        let Stored { stored, known, .. } = self;
        let key = data_encoding::HEXLOWER.decode(known["master_key"].as_str().expect("a text").as_bytes());
        let key = key.expect("hexadecimal").try_into().expect("32 bytes");
        let made_at: Timestamp = known["made_at"].as_str().and_then(|at| at.parse().ok()).expect("a time");
        let change = |written: &mut tokendesk::config::Written| written.require_second_factor = true;
        let world = World::over(stored, (&key, made_at + chrono::Duration::days(1)), change, |_| {});
        Old { world, known, settings }
    }
}

impl Old {
    /// What is known of it under this name.
    #[track_caller]
    pub fn known(&self, name: &str) -> &str {
        self.known[name].as_str().unwrap_or_else(|| panic!("{name} is not known"))
    }

    /// A key that was shown as base 32.
    pub fn key(&self, name: &str) -> Vec<u8> {
        data_encoding::BASE32_NOPAD.decode(self.known(name).as_bytes()).expect("base 32")
    }

    /// As [`Stored::run`].
    pub fn run(&self, words: &[&str]) -> (bool, String) {
        run(&self.settings, words)
    }
}

fn run(settings: &[String], words: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokendesk"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TOKENDESK_")) {
        command.env_remove(name);
    }
    let output = command.args(words).args(settings).output().expect("the program runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).expect("text"))
}
