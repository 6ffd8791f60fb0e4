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

/// Whether the key opens what is sealed in a database that knows no key; `None` if nothing is.
pub fn opens_what_is_sealed(conn: &mut AnyConn, keys: &Keys) -> Result<Option<bool>> {
    let seeds: Vec<(String, Vec<u8>)> =
        tokens::table.order(tokens::id.desc()).limit(SAMPLES).select((tokens::serial, tokens::seed)).load(conn)?;
    let letters: Vec<(String, Option<Vec<u8>>)> = emails::table
        .filter(emails::sealed.is_not_null())
        .order(emails::id.desc())
        .limit(SAMPLES)
        .select((emails::message_id, emails::sealed))
        .load(conn)?;
    let factors: Vec<(i64, Option<Vec<u8>>)> = operators::table
        .filter(operators::second_factor.is_not_null())
        .order(operators::id.desc())
        .limit(SAMPLES)
        .select((operators::id, operators::second_factor))
        .load(conn)?;
    let pending: Vec<(i64, Option<Vec<u8>>)> = enrollments::table
        .filter(enrollments::pending_seed.is_not_null())
        .order(enrollments::id.desc())
        .limit(SAMPLES)
        .select((enrollments::id, enrollments::pending_seed))
        .load(conn)?;
    // The contexts are those of the features, which stand right of the desk; they are stored, and so never change.
    let sealed: Vec<(String, Vec<u8>)> = seeds
        .into_iter()
        .map(|(serial, sealed)| (format!("tokens.seed:{serial}"), sealed))
        .chain(letters.into_iter().filter_map(|(id, sealed)| Some((format!("emails.sealed:{id}"), sealed?))))
        .chain(factors.into_iter().filter_map(|(id, sealed)| Some((format!("operators.second_factor:{id}"), sealed?))))
        .chain(pending.into_iter().filter_map(|(id, sealed)| Some((format!("enrollments.pending_seed:{id}"), sealed?))))
        .collect();
    if sealed.is_empty() {
        return Ok(None);
    }
    Ok(Some(sealed.iter().any(|(context, sealed)| keys.open(context, sealed).is_ok())))
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
