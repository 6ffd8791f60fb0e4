//! What a database knows of the master key that seals what is in it.

use diesel::{OptionalExtension, QueryDsl, RunQueryDsl, prelude::*, sql_types};

use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    keys::Keys,
    schema::{auth_nodes, emails, enrollments, master_keys, operators, tokens, users},
};

/// How many sealed secrets of each kind are tried, the newest first: one that opens shows that the key is right.
const SAMPLES: i64 = 20;

/// The ids of the keys that the database knows; empty if it is from before it knew any; `None` if it holds nothing that
/// a key could be needed for.
pub fn known_keys(conn: &mut AnyConn) -> Result<Option<Vec<String>>> {
    if !has_table(conn, "operators")? {
        return Ok(None);
    }
    if has_table(conn, "master_keys")? {
        let known: Vec<String> = master_keys::table.order(master_keys::id).select(master_keys::id).load(conn)?;
        if !known.is_empty() {
            return Ok(Some(known));
        }
    }
    let rows = [
        operators::table.select(operators::id).first::<i64>(conn).optional()?,
        users::table.select(users::id).first::<i64>(conn).optional()?,
        tokens::table.select(tokens::id).first::<i64>(conn).optional()?,
        auth_nodes::table.select(auth_nodes::id).first::<i64>(conn).optional()?,
    ];
    Ok(rows.iter().any(Option::is_some).then(Vec::new))
}

/// What only the key of this id opens.
pub fn check_value(conn: &mut AnyConn, id: &str) -> Result<Option<Vec<u8>>> {
    Ok(master_keys::table.find(id).select(master_keys::check_value).first(conn).optional()?)
}

/// Notes the key.
pub fn note_key(conn: &mut AnyConn, id: &str, check_value: &[u8], now: Timestamp) -> Result<()> {
    let row = (master_keys::id.eq(id), master_keys::check_value.eq(check_value), master_keys::created_at.eq(now));
    diesel::insert_into(master_keys::table).values(row).execute(conn)?;
    Ok(())
}

/// What is sealed, with the context of each.
type Sealed = Vec<(String, Vec<u8>)>;

/// Whether the key opens what is sealed in a database that knows no key; `None` if nothing is. Kinds that few rows have are
/// looked for only if no other one tells.
pub fn opens_what_is_sealed(conn: &mut AnyConn, keys: &Keys) -> Result<Option<bool>> {
    let mut anything = false;
    for samples in [seeds, factors, letters, pending] {
        let sealed = samples(conn)?;
        if sealed.iter().any(|(context, sealed)| keys.open(context, sealed).is_ok()) {
            return Ok(Some(true));
        }
        anything |= !sealed.is_empty();
    }
    Ok(anything.then_some(false))
}

// The contexts are those of the features, which stand right of the desk; they are stored, and so never change.

fn seeds(conn: &mut AnyConn) -> Result<Sealed> {
    let newest = tokens::table.order(tokens::id.desc()).limit(SAMPLES);
    let rows: Vec<(String, Vec<u8>)> = newest.select((tokens::serial, tokens::seed)).load(conn)?;
    Ok(rows.into_iter().map(|(serial, sealed)| (format!("tokens.seed:{serial}"), sealed)).collect())
}

fn factors(conn: &mut AnyConn) -> Result<Sealed> {
    let newest = operators::table.filter(operators::second_factor.is_not_null()).order(operators::id.desc());
    let rows: Vec<(i64, Option<Vec<u8>>)> =
        newest.limit(SAMPLES).select((operators::id, operators::second_factor)).load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, sealed)| Some((format!("operators.second_factor:{id}"), sealed?))).collect())
}

fn letters(conn: &mut AnyConn) -> Result<Sealed> {
    let newest = emails::table.filter(emails::sealed.is_not_null()).order(emails::id.desc()).limit(SAMPLES);
    let rows: Vec<(String, Option<Vec<u8>>)> = newest.select((emails::message_id, emails::sealed)).load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, sealed)| Some((format!("emails.sealed:{id}"), sealed?))).collect())
}

fn pending(conn: &mut AnyConn) -> Result<Sealed> {
    let newest = enrollments::table.filter(enrollments::pending_seed.is_not_null()).order(enrollments::id.desc());
    let rows: Vec<(i64, Option<Vec<u8>>)> =
        newest.limit(SAMPLES).select((enrollments::id, enrollments::pending_seed)).load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, sealed)| Some((format!("enrollments.pending_seed:{id}"), sealed?))).collect())
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = sql_types::BigInt)]
    n: i64,
}

fn has_table(conn: &mut AnyConn, name: &str) -> Result<bool> {
    let sql = match conn {
        AnyConn::Pg(_) => {
            "SELECT COUNT(*) AS n FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1"
        }
        AnyConn::Sqlite(_) => "SELECT COUNT(*) AS n FROM sqlite_master WHERE type = 'table' AND name = ?",
    };
    let count: Count = diesel::sql_query(sql).bind::<sql_types::Text, _>(name).get_result(conn)?;
    Ok(count.n > 0)
}
