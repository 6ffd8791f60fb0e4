//! A connection to either database.

use diesel::{pg::PgConnection, sqlite::SqliteConnection};

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
            $crate::on!(&mut *conn, |conn| diesel::RunQueryDsl::execute(
                diesel::insert_into($table).values(chunk),
                conn
            ))
            .map(|_| ())
        })
    }};
}

/// From so many rows on PostgreSQL is sent them by COPY: fewer cost less than its second way to the server.
pub const ROWS_FOR_COPY: usize = 16;

/// As [`insert_all!`], as fast as the database takes rows: many by COPY on PostgreSQL, each by one statement that is parsed
/// once on SQLite, where a statement costs no way to a server. No column of a row may be left to a default
/// (`treat_none_as_default_value = false`), so that all rows have the same.
#[macro_export]
macro_rules! insert_rows {
    ($conn:expr, $table:expr, $rows:expr) => {{
        let rows = $rows;
        let conn: &mut $crate::db::AnyConn = $conn;
        match conn {
            $crate::db::AnyConn::Pg(c) => rows.chunks($crate::db::ROWS_A_STATEMENT).try_for_each(|chunk| {
                let written = if chunk.len() < $crate::db::ROWS_FOR_COPY {
                    diesel::RunQueryDsl::execute(diesel::insert_into($table).values(chunk), c)
                } else {
                    diesel::prelude::ExecuteCopyFromDsl::execute(diesel::copy_from($table).from_insertable(chunk), c)
                };
                written.map(|_| ())
            }),
            $crate::db::AnyConn::Sqlite(c) => rows.iter().try_for_each(|row| {
                diesel::RunQueryDsl::execute(diesel::insert_into($table).values(row), c).map(|_| ())
            }),
        }
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
