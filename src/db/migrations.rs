//! The tables at this version.

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl,
    connection::SimpleConnection,
    migration::MigrationSource,
    pg::Pg,
    sql_query,
    sql_types::{BigInt, Text},
    sqlite::Sqlite,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{AnyConn, Db, Lock, loan::loan, lock};
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
    /// Brings the tables up to this version; more than one server may start at once. Each migration is a transaction, and
    /// holds a lock that ends with it.
    ///
    /// # Errors
    /// `Database` with the migration that failed.
    pub fn migrate(&self) -> Result<Vec<String>> {
        let mut done = Vec::new();
        match &mut *loan(&self.writer)? {
            AnyConn::Sqlite(c) => {
                let run = c.run_pending_migrations(SQLITE_MIGRATIONS).map_err(Error::Database)?;
                done.extend(run.iter().map(ToString::to_string));
            }
            AnyConn::Pg(c) => {
                while let Some(version) = c.transaction(next).map_err(Error::Database)? {
                    done.push(version);
                }
            }
        }
        Ok(done)
    }

    /// The newest migration of this version, for either database.
    ///
    /// # Errors
    /// `Database` if the migrations cannot be read.
    pub fn newest_migration(postgres: bool) -> Result<String> {
        let ours =
            if postgres { versions::<Pg>(&POSTGRES_MIGRATIONS) } else { versions::<Sqlite>(&SQLITE_MIGRATIONS) }?;
        Ok(ours.into_iter().max().unwrap_or_default())
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

/// Runs the next migration, if there is one.
fn next(conn: &mut PgConnection) -> diesel::migration::Result<Option<String>> {
    // A server that starts beside another waits for it, however long the migration takes.
    let lock = lock::number(Lock::Migrate);
    conn.batch_execute(&format!("SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock({lock})"))?;
    if !conn.has_pending_migration(POSTGRES_MIGRATIONS)? {
        return Ok(None);
    }
    Ok(Some(conn.run_next_migration(POSTGRES_MIGRATIONS)?.to_string()))
}
