//! The only module that knows there are two databases: SQLite (embedded) and PostgreSQL.
//!
//! Everything else writes diesel over [`AnyConn`] and calls the helpers here for what the two say differently.

use std::{path::PathBuf, sync::Arc, time::Duration};

use diesel::{RunQueryDsl, r2d2::Pool};

use crate::{
    config::{Settings, is_postgres},
    error::{Error, Result},
};

mod changes;
mod conn;
mod each;
mod fill;
pub mod keys;
mod line;
mod loan;
mod lock;
mod manager;
mod migrations;
mod refusal;
mod room;
mod span;
pub mod total;
mod transaction;

use line::Line;
use loan::{Connections, loan};
use manager::Manager;

pub use crate::text::key;
pub use changes::Changes;
pub use conn::{AnyConn, ROWS_A_STATEMENT, ROWS_FOR_COPY};
pub use each::set_each;
pub use fill::fill;
pub use lock::{Lock, hold, share};
pub use refusal::is_taken;
pub use span::{Begin, Span};
pub use total::Total;
pub use transaction::once_committed;

/// The pools of connections: for SQLite one writer and some readers, for PostgreSQL one pool for both.
#[derive(Clone)]
pub struct Db {
    writer: Connections,
    reader: Connections,
    /// Where callers wait for the writer of the embedded database.
    line: Option<Arc<Line>>,
    postgres: bool,
    wait: Duration,
    /// The file of the embedded database.
    file: Option<PathBuf>,
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

impl Db {
    /// Opens the database that the settings name, with up to `connections` for reading. Nothing waits longer than the
    /// settings say for a connection, for the writer of another process, or for what others hold: it is `Busy` then.
    ///
    /// # Errors
    /// `Database` if the file cannot be opened or the server does not answer.
    pub fn open(settings: &Settings, connections: u32) -> Result<Self> {
        let (url, wait) = (&settings.database_url, settings.database_wait);
        let postgres = is_postgres(url);
        let target = url.strip_prefix("sqlite:").unwrap_or(url);
        let pool = |size: u32, read_only: bool| {
            Pool::builder()
                .max_size(size)
                .min_idle(Some(1))
                .test_on_check_out(postgres)
                .connection_timeout(wait)
                .build(Manager::new(target, postgres, read_only, wait, settings.database_prepared_statements))
                .map_err(|error| Error::Database(error.into()))
        };
        if postgres {
            let both = pool(connections, false)?;
            return Ok(Db { writer: both.clone(), reader: both, line: None, postgres, wait, file: None });
        }
        // The writer opens first: it is the one that may create the file and switch it to WAL.
        let writer = pool(1, false)?;
        let line = Some(Line::new(writer.clone(), wait));
        Ok(Db { writer, reader: pool(connections, true)?, line, postgres, wait, file: Some(target.into()) })
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
    /// On SQLite changes that wait for each other are committed together; nothing of one that fails stays.
    ///
    /// # Errors
    /// What `f` answers, and then nothing has changed; or `Database` if it could not be committed.
    pub fn write<T>(&self, f: impl FnMut(&mut AnyConn) -> Result<T>) -> Result<T> {
        match &self.line {
            Some(line) => line.write(false, f),
            None => transaction::repeated(loan(&self.writer)?, self.wait, f),
        }
    }

    /// As [`Db::write`], for what may take long (whatever is ticked, a whole file): it is committed by itself, so that
    /// nobody else's change waits for it to be told.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub fn write_alone<T>(&self, f: impl FnMut(&mut AnyConn) -> Result<T>) -> Result<T> {
        match &self.line {
            Some(line) => line.write(true, f),
            None => transaction::repeated(loan(&self.writer)?, self.wait, f),
        }
    }

    /// As [`Db::write`], if nobody else writes at this moment; `None` if somebody does, and then nothing was done.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub fn write_if_free<T>(&self, f: impl FnMut(&mut AnyConn) -> Result<T>) -> Result<Option<T>> {
        match &self.line {
            Some(line) => line.write_if_free(f),
            None => self.writer.try_get().map(|conn| transaction::repeated(conn, self.wait, f)).transpose(),
        }
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

    /// How many changes were committed by this process.
    pub fn changes(&self) -> Changes {
        self.line.as_ref().map_or_else(Changes::default, |line| line.changes())
    }

    /// How many changes wait for the writer of the embedded database at this moment.
    pub fn waiting(&self) -> usize {
        self.line.as_ref().map_or(0, |line| line.waiting())
    }

    /// How the pools are at this moment, without waiting for anything.
    pub fn pools(&self) -> Vec<PoolState> {
        let state = |name, pool: &Connections| {
            let now = pool.state();
            PoolState { name, open: now.connections, idle: now.idle_connections, most: pool.max_size() }
        };
        if self.postgres {
            return vec![state("both", &self.reader)];
        }
        vec![state("write", &self.writer), state("read", &self.reader)]
    }

    /// The time of the database server's clock; `None` for SQLite, which runs on ours.
    pub fn server_time(&self) -> Result<Option<crate::clock::Timestamp>> {
        match &mut *loan(&self.reader)? {
            AnyConn::Sqlite(_) => Ok(None),
            AnyConn::Pg(c) => {
                let now = diesel::dsl::sql::<diesel::sql_types::Timestamp>("clock_timestamp() AT TIME ZONE 'UTC'");
                Ok(Some(diesel::select(now).get_result(c)?))
            }
        }
    }
}

/// A column for a condition that no index is to answer: where few rows are sought by another one, or many are walked in their order,
/// a database may else rather read all that this condition holds for.
pub fn unindexed<T: diesel::sql_types::SingleValue>(column: &str) -> diesel::expression::SqlLiteral<T> {
    diesel::dsl::sql(&format!("COALESCE({column}, {column})"))
}

/// The SQL for the hours from one time to another.
pub fn hours_between(conn: &AnyConn, from: &str, to: &str) -> String {
    match conn {
        AnyConn::Sqlite(_) => format!("(julianday({to}) - julianday({from})) * 24"),
        AnyConn::Pg(_) => format!("EXTRACT(EPOCH FROM ({to} - {from})) / 3600"),
    }
}

/// The keys that a name may have: as it is written, and as all names are compared. The first is that of a name which
/// already had a namesake when they began to count as one.
pub fn keys(text: &str) -> Vec<String> {
    let mut keys = vec![crate::text::key_as_written(text), key(text)];
    keys.dedup();
    keys
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
