//! Filling tables with very many rows at once: on a connection of its own, in one transaction, with the indexes made when
//! the rows are there.

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_query,
    sql_types::Text,
};

use super::AnyConn;
use crate::{
    config::is_postgres,
    error::{Error, Result},
};

/// What SQLite keeps of the file in memory meanwhile, in KiB: as much is sorted before it goes to a temporary file.
const CACHE_KIB: u32 = 64 * 1024;

/// Milliseconds that SQLite waits for who else has the file; nobody should.
const WAIT_MS: u32 = 5_000;

/// An index, and the statement that makes it.
#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    statement: String,
}

/// Runs `f` in a transaction over the database at `url`, which nobody else uses meanwhile: all of its rows are there
/// afterwards, or none. `tables` have no indexes while it runs but those of their keys; ids that `f` gave itself are not
/// given again. SQLite writes to the disk when it is done, and not before.
///
/// # Errors
/// What `f` answers.
pub fn fill<T>(url: &str, tables: &[&str], f: impl FnOnce(&mut AnyConn) -> Result<T>) -> Result<T> {
    let mut conn = connect(url)?;
    let value = conn.transaction(|conn| {
        let indexes = indexes(conn, tables)?;
        for index in &indexes {
            conn.batch_execute(&format!("DROP INDEX {}", index.name))?;
        }
        let value = f(conn)?;
        for index in &indexes {
            conn.batch_execute(&index.statement)?;
        }
        go_on_counting(conn, tables)?;
        Ok::<T, Error>(value)
    })?;
    if let AnyConn::Sqlite(sqlite) = &mut conn {
        sqlite.batch_execute("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)")?;
    }
    Ok(value)
}

fn connect(url: &str) -> Result<AnyConn> {
    let refused = |error: diesel::ConnectionError| Error::Database(error.into());
    if is_postgres(url) {
        return Ok(AnyConn::Pg(PgConnection::establish(url).map_err(refused)?));
    }
    let file = url.strip_prefix("sqlite:").unwrap_or(url);
    let mut sqlite = SqliteConnection::establish(file).map_err(refused)?;
    // Two threads sort for an index; what does not fit into the cache is sorted in a file.
    sqlite.batch_execute(&format!(
        "PRAGMA busy_timeout = {WAIT_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; \
         PRAGMA cache_size = -{CACHE_KIB}; PRAGMA temp_store = FILE; PRAGMA threads = 2;"
    ))?;
    Ok(AnyConn::Sqlite(sqlite))
}

/// PostgreSQL gives the ids after those that are there; SQLite does so by itself.
fn go_on_counting(conn: &mut AnyConn, tables: &[&str]) -> Result<()> {
    #[derive(QueryableByName)]
    struct Table {
        #[diesel(sql_type = Text)]
        name: String,
    }
    if let AnyConn::Pg(pg) = conn {
        let query = format!(
            "SELECT table_name::text AS name FROM information_schema.columns WHERE table_schema = current_schema() \
             AND table_name IN ('{}') AND column_name = 'id' AND is_identity = 'YES'",
            tables.join("', '")
        );
        for Table { name } in sql_query(query).load::<Table>(pg)? {
            pg.batch_execute(&format!("SELECT setval(pg_get_serial_sequence('{name}', 'id'), MAX(id)) FROM {name}"))?;
        }
    }
    Ok(())
}

/// The indexes of `tables` but those that keys and UNIQUE bring.
fn indexes(conn: &mut AnyConn, tables: &[&str]) -> Result<Vec<Index>> {
    let tables = format!("'{}'", tables.join("', '"));
    let query = match conn {
        AnyConn::Sqlite(_) => format!(
            "SELECT name, sql AS statement FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL \
             AND tbl_name IN ({tables}) ORDER BY name"
        ),
        AnyConn::Pg(_) => format!(
            "SELECT indexname::text AS name, indexdef AS statement FROM pg_indexes WHERE schemaname = current_schema() \
             AND tablename IN ({tables}) AND indexname NOT IN (SELECT conname FROM pg_constraint) ORDER BY indexname"
        ),
    };
    Ok(sql_query(query).load(conn)?)
}
