//! Rows that each get a text of their own, many in one statement.

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{Array, BigInt, Text, Timestamp as SqlTimestamp},
};

use super::{AnyConn, ROWS_A_STATEMENT};
use crate::{
    clock::Timestamp,
    error::{Error, Result},
};

/// Sets `column` of the rows of `table` with these ids to the text beside each, and `moment.0`, a time, to the same in all.
/// A statement has three values, however many rows: PostgreSQL reads the rows from two arrays, SQLite from one text.
pub fn set_each(
    conn: &mut AnyConn,
    table: &str,
    column: &str,
    moment: (&str, Timestamp),
    rows: &[(i64, String)],
) -> Result<()> {
    let (time, at) = moment;
    for part in rows.chunks(ROWS_A_STATEMENT) {
        match conn {
            AnyConn::Pg(pg) => {
                let (ids, texts): (Vec<i64>, Vec<&str>) = part.iter().map(|(id, text)| (*id, text.as_str())).unzip();
                sql_query(format!(
                    "UPDATE {table} SET {time} = $1, {column} = each.text FROM unnest($2, $3) AS each (id, text) \
                     WHERE {table}.id = each.id"
                ))
                .bind::<SqlTimestamp, _>(at)
                .bind::<Array<BigInt>, _>(ids)
                .bind::<Array<Text>, _>(texts)
                .execute(pg)?;
            }
            AnyConn::Sqlite(sqlite) => {
                let list = serde_json::to_string(part).map_err(|error| Error::Internal(error.to_string()))?;
                sql_query(format!(
                    "UPDATE {table} SET {time} = ?, {column} = each.text FROM \
                     (SELECT value ->> 0 AS id, value ->> 1 AS text FROM json_each(?)) AS each WHERE {table}.id = each.id"
                ))
                .bind::<SqlTimestamp, _>(at)
                .bind::<Text, _>(list)
                .execute(sqlite)?;
            }
        }
    }
    Ok(())
}
