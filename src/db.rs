//! The one place that knows there are two databases: SQLite (embedded) and PostgreSQL.
//!
//! Everything else writes diesel over [`AnyConn`] and calls the helpers here for what the two say differently.

use std::time::Duration;

use diesel::{
    RunQueryDsl,
    connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager},
    pg::PgConnection,
    r2d2::{ConnectionManager, CustomizeConnection, Pool, PooledConnection},
    result::DatabaseErrorKind,
    sqlite::SqliteConnection,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::{
    config::is_postgres,
    error::{Error, Result},
};

mod lock;

pub use lock::{Lock, hold, share};

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// How long a statement waits for SQLite's writer of another process, in milliseconds.
const BUSY_MILLISECONDS: u32 = 5_000;

/// How long a request waits for a connection before it fails, in seconds: longer, and the browser has given up.
const CHECKOUT_SECONDS: u64 = 10;

/// How often a transaction is tried that others keep from ending: they have gone by then, or something is wrong.
const TRIES: u32 = 5;

/// Rows in one INSERT: PostgreSQL takes 65,535 binds a statement, and no table here has more than 32 columns.
pub const ROWS_A_STATEMENT: usize = 2_000;

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub enum AnyConn {
    /// PostgreSQL.
    Pg(PgConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

/// Runs the same diesel expression on whichever database this is, where `AnyConn` cannot (batch inserts, upserts).
#[macro_export]
macro_rules! on {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $conn {
            $crate::db::AnyConn::Pg($c) => $body,
            $crate::db::AnyConn::Sqlite($c) => $body,
        }
    };
}

/// Inserts `rows` into `table` in statements that both databases take.
#[macro_export]
macro_rules! insert_all {
    ($conn:expr, $table:expr, $rows:expr) => {{
        let rows = $rows;
        let conn: &mut $crate::db::AnyConn = $conn;
        rows.chunks($crate::db::ROWS_A_STATEMENT).try_for_each(|chunk| {
            $crate::on!(&mut *conn, |c| diesel::RunQueryDsl::execute(diesel::insert_into($table).values(chunk), c))
                .map(|_| ())
        })
    }};
}

/// Inserts `rows`, and where the unique column `target` is there already sets `set`: many rows a statement on
/// PostgreSQL; on SQLite, where a statement costs no way to a server, one.
#[macro_export]
macro_rules! upsert_all {
    ($conn:expr, $table:expr, $rows:expr, $target:expr, $set:expr) => {{
        let rows = $rows;
        let conn: &mut $crate::db::AnyConn = $conn;
        match conn {
            $crate::db::AnyConn::Pg(c) => rows.chunks($crate::db::ROWS_A_STATEMENT).try_for_each(|chunk| {
                let insert = diesel::insert_into($table).values(chunk).on_conflict($target).do_update().set($set);
                diesel::RunQueryDsl::execute(insert, c).map(|_| ())
            }),
            $crate::db::AnyConn::Sqlite(c) => rows.iter().try_for_each(|row| {
                let insert = diesel::insert_into($table).values(row).on_conflict($target).do_update().set($set);
                diesel::RunQueryDsl::execute(insert, c).map(|_| ())
            }),
        }
    }};
}

/// The pools of connections: for SQLite one writer and several readers, for PostgreSQL one pool for both.
#[derive(Clone)]
pub struct Db {
    writer: Pool<ConnectionManager<AnyConn>>,
    reader: Pool<ConnectionManager<AnyConn>>,
    postgres: bool,
}

/// A pool at one moment.
#[derive(Clone, Copy, Debug)]
pub struct PoolState {
    /// "write" and "read" on SQLite, "both" on PostgreSQL.
    pub name: &'static str,
    /// Connections there are.
    pub open: u32,
    /// Of these, those that nobody uses.
    pub idle: u32,
    /// The most there can be.
    pub most: u32,
}

/// A connection on loan from a pool.
type Loan = PooledConnection<ConnectionManager<AnyConn>>;

#[derive(Debug)]
struct Manners {
    postgres: bool,
    read_only: bool,
}

impl CustomizeConnection<AnyConn, diesel::r2d2::Error> for Manners {
    fn on_acquire(&self, conn: &mut AnyConn) -> Result<(), diesel::r2d2::Error> {
        let manners = if self.postgres {
            "SET TIME ZONE 'UTC'".to_owned()
        } else {
            // FULL: what was confirmed to someone is on the disk. secure_delete: what was wiped is overwritten, not only
            // forgotten (a sealed secret would lie about in the file until SQLite needs the room).
            format!(
                "PRAGMA busy_timeout = {BUSY_MILLISECONDS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY; PRAGMA query_only = {};",
                if self.read_only { "ON" } else { "OFF" }
            )
        };
        conn.batch_execute(&manners).map_err(diesel::r2d2::Error::QueryError)
    }
}

impl Db {
    /// Opens `url` (`sqlite:PATH` or `postgres://…`) with up to `connections` for reading.
    ///
    /// # Errors
    /// `Database` if the file cannot be opened or the server does not answer.
    pub fn open(url: &str, connections: u32) -> Result<Self> {
        let postgres = is_postgres(url);
        let target = url.strip_prefix("sqlite:").unwrap_or(url);
        let pool = |size: u32, read_only: bool| {
            Pool::builder()
                .max_size(size)
                .min_idle(Some(1))
                .test_on_check_out(postgres)
                .connection_timeout(Duration::from_secs(CHECKOUT_SECONDS))
                .connection_customizer(Box::new(Manners { postgres, read_only }))
                .build(ConnectionManager::<AnyConn>::new(target))
                .map_err(|error| Error::Database(error.into()))
        };
        if postgres {
            let both = pool(connections, false)?;
            return Ok(Db { writer: both.clone(), reader: both, postgres });
        }
        // The writer opens first: it is the one that may create the file and switch it to WAL.
        let writer = pool(1, false)?;
        Ok(Db { writer, reader: pool(connections, true)?, postgres })
    }

    /// True for PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        self.postgres
    }

    /// Reads. On PostgreSQL and SQLite alike each statement sees what was committed before it.
    ///
    /// # Errors
    /// What `f` answers, or `Database` if no connection is free.
    pub fn read<T>(&self, f: impl FnOnce(&mut AnyConn) -> Result<T>) -> Result<T> {
        f(&mut *loan(&self.reader)?)
    }

    /// Runs `f` in one transaction: all or nothing. Not to be nested. Where PostgreSQL ends a transaction because it and
    /// another one wait for each other, nothing of it has happened, and `f` runs again from the beginning.
    ///
    /// # Errors
    /// What `f` answers, and then nothing has changed; or `Database` if it could not be committed.
    pub fn write<T>(&self, mut f: impl FnMut(&mut AnyConn) -> Result<T>) -> Result<T> {
        let mut conn = loan(&self.writer)?;
        let mut tries = 1;
        loop {
            match transaction(&mut conn, &mut f) {
                Err(error) if tries < TRIES && is_deadlock(&error) => {
                    tracing::warn!(
                        "two transactions waited for each other; try {tries} of {TRIES} is repeated: {error}"
                    );
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Brings the tables up to this version; several servers may start at once.
    ///
    /// # Errors
    /// `Database` with the migration that failed.
    pub fn migrate(&self) -> Result<Vec<String>> {
        let mut conn = loan(&self.writer)?;
        if let AnyConn::Pg(c) = &mut *conn {
            c.batch_execute(&format!("SELECT pg_advisory_lock({})", lock::number(Lock::Migrate)))?;
        }
        let outcome = match &mut *conn {
            AnyConn::Pg(c) => names(c.run_pending_migrations(POSTGRES_MIGRATIONS)),
            AnyConn::Sqlite(c) => names(c.run_pending_migrations(SQLITE_MIGRATIONS)),
        };
        if let AnyConn::Pg(c) = &mut *conn {
            c.batch_execute(&format!("SELECT pg_advisory_unlock({})", lock::number(Lock::Migrate)))?;
        }
        outcome
    }

    /// Copies the embedded database to a new file, as it is at one moment, while others go on writing.
    ///
    /// # Errors
    /// `Database` if the file cannot be written; `Internal` for PostgreSQL, which has tools of its own.
    pub fn copy_to(&self, file: &std::path::Path) -> Result<()> {
        match &mut *loan(&self.writer)? {
            AnyConn::Pg(_) => Err(Error::Internal("PostgreSQL is copied with pg_dump.".into())),
            AnyConn::Sqlite(c) => {
                diesel::sql_query("VACUUM INTO ?")
                    .bind::<diesel::sql_types::Text, _>(file.to_string_lossy().into_owned())
                    .execute(c)?;
                Ok(())
            }
        }
    }

    /// How the pools are at this moment, without waiting for anything.
    pub fn pools(&self) -> Vec<PoolState> {
        let state = |name, pool: &Pool<ConnectionManager<AnyConn>>| {
            let now = pool.state();
            PoolState { name, open: now.connections, idle: now.idle_connections, most: pool.max_size() }
        };
        if self.postgres {
            return vec![state("both", &self.reader)];
        }
        vec![state("write", &self.writer), state("read", &self.reader)]
    }

    /// The time of the database server's clock; `None` for SQLite, which runs on ours.
    ///
    /// # Errors
    /// `Database` if it does not answer.
    pub fn server_time(&self) -> Result<Option<crate::clock::Timestamp>> {
        match &mut *loan(&self.reader)? {
            AnyConn::Sqlite(_) => Ok(None),
            AnyConn::Pg(c) => {
                let now = diesel::dsl::sql::<diesel::sql_types::Timestamp>("clock_timestamp() AT TIME ZONE 'UTC'");
                Ok(Some(diesel::select(now).get_result(c)?))
            }
        }
    }

    /// The migrations this version has and the database has not.
    ///
    /// # Errors
    /// `Database` if it does not answer.
    pub fn pending_migrations(&self) -> Result<usize> {
        let mut conn = loan(&self.writer)?;
        let pending = match &mut *conn {
            AnyConn::Pg(c) => c.pending_migrations(POSTGRES_MIGRATIONS).map(|list| list.len()),
            AnyConn::Sqlite(c) => c.pending_migrations(SQLITE_MIGRATIONS).map(|list| list.len()),
        };
        pending.map_err(Error::Database)
    }
}

fn transaction<T>(conn: &mut AnyConn, f: &mut impl FnMut(&mut AnyConn) -> Result<T>) -> Result<T> {
    type Manager = <AnyConn as Connection>::TransactionManager;
    match conn {
        // IMMEDIATE: a deferred transaction that reads and then writes fails at once beside another writer.
        AnyConn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")?,
        AnyConn::Pg(c) => AnsiTransactionManager::begin_transaction(c)?,
    }
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| f(conn))) {
        Ok(Ok(value)) => {
            Manager::commit_transaction(conn)?;
            Ok(value)
        }
        Ok(Err(error)) => {
            Manager::rollback_transaction(conn)?;
            Err(error)
        }
        Err(panic) => {
            // The connection goes back to the pool: it must not carry half a transaction with it.
            let _ = Manager::rollback_transaction(conn);
            std::panic::resume_unwind(panic)
        }
    }
}

fn names(outcome: diesel::migration::Result<Vec<diesel::migration::MigrationVersion<'_>>>) -> Result<Vec<String>> {
    outcome.map(|versions| versions.iter().map(ToString::to_string).collect()).map_err(Error::Database)
}

fn loan(pool: &Pool<ConnectionManager<AnyConn>>) -> Result<Loan> {
    pool.get().map_err(|error| Error::Database(error.into()))
}

/// The form in which names are compared and sorted: without case, without outer spaces.
pub fn key(text: &str) -> String {
    text.trim().to_lowercase()
}

/// A LIKE pattern, with `\` as the escape, for what people type: `*` stands for anything, all else for itself.
pub fn like(typed: &str) -> String {
    let mut pattern = String::with_capacity(typed.len() + 8);
    for letter in key(typed).chars() {
        match letter {
            '*' => pattern.push('%'),
            '%' | '_' | '\\' => pattern.extend(['\\', letter]),
            _ => pattern.push(letter),
        }
    }
    pattern
}

/// The first text that no longer starts with `prefix`: `key >= prefix AND key < after(prefix)` uses an index on both
/// databases, which LIKE does not. `None` if there is no such text.
pub fn after(prefix: &str) -> Option<String> {
    let mut letters: Vec<char> = prefix.chars().collect();
    while let Some(last) = letters.pop() {
        let next = match last {
            '\u{D7FF}' => Some('\u{E000}'),
            _ => char::from_u32(last as u32 + 1),
        };
        if let Some(next) = next {
            letters.push(next);
            return Some(letters.into_iter().collect());
        }
    }
    None
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        Error::Database(Box::new(error))
    }
}

/// True if PostgreSQL ended the transaction because it and another one waited for each other. diesel does not hand on the
/// code (40P01), so the message is read; in most of the languages a server may speak it holds this word.
fn is_deadlock(error: &Error) -> bool {
    use diesel::result::Error as Diesel;
    matches!(error, Error::Database(inner) if matches!(
        inner.downcast_ref::<Diesel>(),
        Some(Diesel::DatabaseError(_, told)) if told.message().to_lowercase().contains("deadlock")
    ))
}

/// True if a unique index refused the row: the name is taken.
pub fn is_taken(error: &Error) -> bool {
    use diesel::result::Error as Diesel;
    matches!(error, Error::Database(inner) if matches!(
        inner.downcast_ref::<Diesel>(),
        Some(Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_star_is_a_wildcard() {
        assert_eq!(like("An*"), "an%");
        assert_eq!(like("50%_off"), "50\\%\\_off");
        assert_eq!(like("a\\b"), "a\\\\b");
    }

    #[test]
    fn the_text_after_a_prefix_bounds_it() {
        assert_eq!(after("an").as_deref(), Some("ao"));
        assert_eq!(after("a\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(after("\u{D7FF}").as_deref(), Some("\u{E000}"));
        assert_eq!(after(""), None);
    }
}
