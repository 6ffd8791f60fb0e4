//! Keys of names that an older version made, made again.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};

use super::{AnyConn, Db, key};
use crate::{clock::Timestamp, error::Result, on, schema::upgrades};

/// What says that it has been done.
const DONE: &str = "keys of names";

/// Rows in one transaction: a second's work, and others may come in between.
const ROWS_AT_ONCE: i64 = 1_000;

/// Tables and their columns of keys; whether a key is there once. Those of users are made with their words.
const COLUMNS: [(&str, &str, bool); 11] = [
    ("containers", "name_key", true),
    ("roles", "name_key", true),
    ("operators", "user_id_key", true),
    ("auth_nodes", "name_key", true),
    ("tasks", "operator_key", false),
    ("tasks", "emailed_to_key", false),
    ("emails", "shown_to_key", false),
    ("emails", "user_key", false),
    ("users", "email_key", false),
    ("audit_entries", "actor_key", false),
    ("audit_entries", "subject_key", false),
];

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    old_key: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Makes all keys anew that hold more than ASCII, once; killed in between, it begins again. A name whose new key another
/// one has keeps the key it has.
pub fn renew(db: &Db, now: Timestamp) -> Result<()> {
    let done: Option<String> =
        db.read(|conn| Ok(upgrades::table.find(DONE).select(upgrades::name).first(conn).optional()?))?;
    if done.is_some() {
        return Ok(());
    }
    for (table, column, once) in COLUMNS {
        let mut last = 0;
        while let Some(id) = db.write_alone(|conn| some(conn, table, column, once, last))? {
            last = id;
        }
    }
    db.write(|conn| {
        let row = (upgrades::name.eq(DONE), upgrades::done_at.eq(now));
        // Two servers may come to the end at once.
        on!(&mut *conn, |conn| diesel::insert_into(upgrades::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(conn))?;
        Ok(())
    })
}

/// The rows behind `after`; the last of them, `None` at the end.
fn some(conn: &mut AnyConn, table: &str, column: &str, once: bool, after: i64) -> Result<Option<i64>> {
    let sql = format!(
        "SELECT id, {column} AS old_key FROM {table} WHERE id > $1 AND octet_length({column}) > length({column}) \
         ORDER BY id LIMIT {ROWS_AT_ONCE}"
    );
    let rows: Vec<Found> = diesel::sql_query(sql).bind::<BigInt, _>(after).load(conn)?;
    for row in &rows {
        let new = key(&row.old_key);
        if new == row.old_key || (once && is_there(conn, table, column, &new)?) {
            continue;
        }
        let sql = format!("UPDATE {table} SET {column} = $1 WHERE id = $2");
        diesel::sql_query(sql).bind::<Text, _>(new).bind::<BigInt, _>(row.id).execute(conn)?;
    }
    Ok(rows.last().map(|row| row.id))
}

fn is_there(conn: &mut AnyConn, table: &str, column: &str, key: &str) -> Result<bool> {
    let sql = format!("SELECT COUNT(*) AS n FROM {table} WHERE {column} = $1");
    Ok(diesel::sql_query(sql).bind::<Text, _>(key).get_result::<Count>(conn)?.n > 0)
}
