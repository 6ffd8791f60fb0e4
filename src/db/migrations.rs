//! The tables at this version.

use diesel::{
    QueryableByName, RunQueryDsl,
    connection::SimpleConnection,
    migration::{MigrationSource, MigrationVersion},
    pg::Pg,
    sql_query,
    sql_types::{BigInt, Text},
    sqlite::Sqlite,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{AnyConn, Db, Lock, conn::loan, lock};
use crate::error::{Error, Result};

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Run {
    #[diesel(sql_type = Text)]
    version: String,
}

impl Db {
    /// Brings the tables up to this version; more than one server may start at once.
    ///
    /// # Errors
    /// `Database` with the migration that failed.
    pub fn migrate(&self) -> Result<Vec<String>> {
        let mut conn = loan(&self.writer)?;
        if let AnyConn::Pg(c) = &mut *conn {
            // A server that starts beside another waits for it, however long the migrations take.
            c.batch_execute("SET lock_timeout = 0")?;
            c.batch_execute(&format!("SELECT pg_advisory_lock({})", lock::number(Lock::Migrate)))?;
        }
        let outcome = match &mut *conn {
            AnyConn::Pg(c) => names(c.run_pending_migrations(POSTGRES_MIGRATIONS)),
            AnyConn::Sqlite(c) => names(c.run_pending_migrations(SQLITE_MIGRATIONS)),
        };
        if let AnyConn::Pg(c) = &mut *conn {
            c.batch_execute(&format!("SELECT pg_advisory_unlock({})", lock::number(Lock::Migrate)))?;
            c.batch_execute(&format!("SET lock_timeout = {}", self.wait.as_millis()))?;
        }
        outcome
    }

    /// How many migrations this version has and the database has not. Reads, and never waits for who writes.
    ///
    /// # Errors
    /// `Database` if it does not answer, `Busy` if all connections for reading are taken.
    pub fn pending_migrations(&self) -> Result<usize> {
        let ours: Vec<String> =
            if self.postgres { versions::<Pg>(&POSTGRES_MIGRATIONS) } else { versions::<Sqlite>(&SQLITE_MIGRATIONS) }?;
        let there = if self.postgres {
            "SELECT count(to_regclass('__diesel_schema_migrations')) AS count"
        } else {
            "SELECT count(*) AS count FROM sqlite_master WHERE name = '__diesel_schema_migrations'"
        };
        let run = self.read(|conn| {
            let there: Count = sql_query(there).get_result(conn)?;
            if there.count == 0 {
                return Ok(Vec::new());
            }
            Ok(sql_query("SELECT version FROM __diesel_schema_migrations").load::<Run>(conn)?)
        })?;
        Ok(ours.iter().filter(|version| !run.iter().any(|run| run.version == **version)).count())
    }
}

fn versions<B: diesel::backend::Backend>(source: &impl MigrationSource<B>) -> Result<Vec<String>> {
    let migrations = source.migrations().map_err(Error::Database)?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}

fn names(outcome: diesel::migration::Result<Vec<MigrationVersion<'_>>>) -> Result<Vec<String>> {
    outcome.map(|versions| versions.iter().map(ToString::to_string).collect()).map_err(Error::Database)
}
