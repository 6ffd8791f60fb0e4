//! How a connection is made, and which one is lent again.

use std::time::Duration;

use diesel::{
    Connection, PgConnection, SqliteConnection,
    connection::{CacheSize, SimpleConnection},
    r2d2::{Error, ManageConnection, R2D2Connection},
};

use super::AnyConn;

/// What a reader keeps of the file, in KB: more than a page of the console reads. The system keeps the rest, once for all
/// connections; were it mapped (`mmap_size`), it would count for each of them.
const READER_CACHE_KB: u32 = 2_000;

/// What the writer keeps of it: a change of thousands of rows goes to and fro between a table and its indexes.
const WRITER_CACHE_KB: u32 = 16_000;

/// What libpq is told where the address says nothing of it, so that a server that went without a word is given up: seconds
/// for each host until it takes a connection; seconds without traffic until it is asked whether it is there, between two
/// such questions, and how many of them; milliseconds that what was sent may go without an answer of its system.
const GIVING_UP: [(&str, u32); 5] = [
    ("connect_timeout", 3),
    ("keepalives_idle", 10),
    ("keepalives_interval", 5),
    ("keepalives_count", 2),
    ("tcp_user_timeout", 10_000),
];

/// Makes the connections of a pool.
pub(super) struct Manager {
    /// A file, or the address of a PostgreSQL with all that libpq is told.
    target: String,
    postgres: bool,
    read_only: bool,
    wait: Duration,
    prepared: bool,
}

impl Manager {
    /// For the file or the address `target`.
    pub(super) fn new(target: &str, postgres: bool, read_only: bool, wait: Duration, prepared: bool) -> Self {
        let target = if postgres { giving_up(target) } else { target.to_owned() };
        Manager { target, postgres, read_only, wait, prepared }
    }

    fn postgres(&self) -> Result<PgConnection, Error> {
        let mut conn = PgConnection::establish(&self.target).map_err(Error::ConnectionError)?;
        if self.prepared {
            let wait = self.wait.as_millis();
            conn.batch_execute(&format!("SET lock_timeout = {wait}")).map_err(Error::QueryError)?;
        } else {
            // Each transaction may have another connection to the database: nothing stays with one.
            conn.set_prepared_statement_cache_size(CacheSize::Disabled);
        }
        Ok(conn)
    }

    fn sqlite(&self) -> Result<SqliteConnection, Error> {
        let mut conn = SqliteConnection::establish(&self.target).map_err(Error::ConnectionError)?;
        let wait = self.wait.as_millis();
        // FULL: what was confirmed to someone is on the disk. secure_delete: what was wiped is overwritten, not only
        // forgotten (a sealed secret would lie about in the file until SQLite needs the room). temp_store: what a reader
        // sorts beyond its cache goes to a file, so that memory does not grow with the world; what the writer may have
        // to take back goes to none.
        let (query_only, cache, sorts) =
            if self.read_only { ("ON", READER_CACHE_KB, "FILE") } else { ("OFF", WRITER_CACHE_KB, "MEMORY") };
        let manners = format!(
            "PRAGMA busy_timeout = {wait}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON; PRAGMA cache_size = -{cache}; \
             PRAGMA temp_store = {sorts}; PRAGMA query_only = {query_only};"
        );
        conn.batch_execute(&manners).map_err(Error::QueryError)?;
        Ok(conn)
    }
}

impl ManageConnection for Manager {
    type Connection = AnyConn;
    type Error = Error;

    fn connect(&self) -> Result<AnyConn, Error> {
        if self.postgres { self.postgres().map(AnyConn::Pg) } else { self.sqlite().map(AnyConn::Sqlite) }
    }

    /// Asked before a connection to PostgreSQL is lent: whether it is there, and takes writes. A standby that followed a
    /// primary does not, until it is promoted.
    fn is_valid(&self, conn: &mut AnyConn) -> Result<(), Error> {
        match conn {
            AnyConn::Pg(c) => c.batch_execute("BEGIN READ WRITE; COMMIT").map_err(Error::QueryError),
            AnyConn::Sqlite(_) => Ok(()),
        }
    }

    fn has_broken(&self, conn: &mut AnyConn) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}

/// The address, with what [`GIVING_UP`] has and it has not.
fn giving_up(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in GIVING_UP {
        if !url.contains(&format!("{name}=")) {
            let joint = if url.contains('?') { '&' } else { '?' };
            url.push_str(&format!("{joint}{name}={value}"));
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::giving_up;

    #[test]
    fn an_address_says_when_a_server_is_given_up_unless_its_owner_said_so() {
        let url = giving_up("postgres://td@one:5432,two:5432/td");
        assert!(url.starts_with("postgres://td@one:5432,two:5432/td?connect_timeout=3&keepalives_idle=10&"), "{url}");
        let own = giving_up("postgres://td@one,two/td?target_session_attrs=read-write&connect_timeout=9");
        assert!(own.contains("read-write&connect_timeout=9&keepalives_idle=10"), "{own}");
        assert_eq!(own.matches("connect_timeout").count(), 1);
    }
}
