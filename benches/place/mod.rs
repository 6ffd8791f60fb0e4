//! Where a benchmark has its tables.

use std::error::Error;

use diesel::{Connection, PgConnection, connection::SimpleConnection};

/// Where the tables are; a database on a server, or a folder, goes with it.
pub struct Place {
    /// For the setting `database_url`.
    pub url: String,
    server: Option<(String, String)>,
    #[allow(dead_code, reason = "held for its Drop")]
    folder: Option<tempfile::TempDir>,
}

impl Place {
    /// On the server of `BENCH_POSTGRES`, or else SQLite in a temporary folder.
    ///
    /// # Errors
    /// What the server or the disk says.
    pub fn of_environment() -> Result<Self, Box<dyn Error>> {
        if let Ok(server) = std::env::var("BENCH_POSTGRES") {
            return Place::on_server(server);
        }
        let folder = tempfile::tempdir()?;
        Ok(Place { url: format!("sqlite:{}/bench.db", folder.path().display()), server: None, folder: Some(folder) })
    }

    /// The name of the database, for people.
    pub fn database(&self) -> &'static str {
        if self.server.is_some() { "PostgreSQL" } else { "SQLite" }
    }

    fn on_server(server: String) -> Result<Self, Box<dyn Error>> {
        let name = format!("tokendesk_bench_{}", std::process::id());
        PgConnection::establish(&format!("{server}/postgres"))?.batch_execute(&format!("CREATE DATABASE {name}"))?;
        Ok(Place { url: format!("{server}/{name}"), server: Some((server, name)), folder: None })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.server
            && let Ok(mut conn) = PgConnection::establish(&format!("{server}/postgres"))
        {
            let _ = conn.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}
