//! Databases of their own for tests: made from a template that was migrated once, and gone with the test.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock},
};

use diesel::{Connection, PgConnection, connection::SimpleConnection};
use tokendesk::{config::Settings, db::Db};

/// The server that `tests/run` starts, as `postgres://user@host:port`.
const POSTGRES: &str = "TOKENDESK_TEST_POSTGRES";

/// Where the database is, so that it can be thrown away.
pub enum Place {
    Folder(#[allow(dead_code, reason = "held for its Drop")] tempfile::TempDir),
    Database { admin: String, name: String },
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Place::Database { admin, name } = self
            && let Ok(mut conn) = PgConnection::establish(admin)
        {
            let _ = conn.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// A PostgreSQL database without a table; it is gone with the test.
pub struct Database(#[allow(dead_code, reason = "held for its Drop")] Place, String);

impl Database {
    /// A new one.
    pub fn empty() -> Self {
        let (place, url) = own_postgres("template1");
        Database(place, url)
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.1
    }
}

/// A copy of a file that was migrated once for all tests.
pub fn sqlite() -> (Place, String) {
    static TEMPLATE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, template) = TEMPLATE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("template.db");
        migrate(&format!("sqlite:{}", file.display()));
        (folder, file)
    });
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tokendesk.db");
    std::fs::copy(template, &file).expect("the template can be copied");
    let url = format!("sqlite:{}", file.display());
    (Place::Folder(folder), url)
}

fn migrate(url: &str) {
    let settings = Settings::plain("http://localhost", url).expect("the settings are right");
    let db = Db::open(&settings, 1).expect("the database opens");
    db.migrate().expect("the migrations run");
    if let Some(path) = url.strip_prefix("sqlite:") {
        db.write(|_| Ok(())).expect("the database answers");
        drop(db);
        let mut conn = diesel::SqliteConnection::establish(path).expect("the database opens");
        conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").expect("the log is written back");
        assert!(Path::new(path).exists());
    }
}

/// A database of its own, made from a template that was migrated once for all tests.
pub fn postgres() -> (Place, String) {
    static TEMPLATE: OnceLock<(String, Place)> = OnceLock::new();
    let (template, _) = TEMPLATE.get_or_init(|| {
        let name = format!("td_template_{}", std::process::id());
        let (place, url) = create_postgres(&name, "template1");
        migrate(&url);
        (name, place)
    });
    own_postgres(template)
}

/// A database of its own, made from this template.
pub fn own_postgres(template: &str) -> (Place, String) {
    static COUNT: Mutex<u32> = Mutex::new(0);
    // PostgreSQL copies a template for one at a time.
    let mut count = COUNT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    *count += 1;
    create_postgres(&format!("td_{}_{count}", std::process::id()), template)
}

fn create_postgres(name: &str, template: &str) -> (Place, String) {
    let server = std::env::var(POSTGRES).unwrap_or_else(|_| panic!("{POSTGRES} names no server; tests/run starts one"));
    let admin = format!("{server}/postgres");
    let mut conn = PgConnection::establish(&admin).expect("the server answers");
    conn.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).expect("the statement runs");
    conn.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}")).expect("the statement runs");
    (Place::Database { admin, name: name.into() }, format!("{server}/{name}"))
}
