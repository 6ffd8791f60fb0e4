//! Entries of long work: about the users for whom it prepared an email, or prepared with sentences of their own. One statement
//! writes all of them.

use diesel::{
    prelude::*,
    query_builder::{BoxedSqlQuery, SqlQuery},
    sql_query,
    sql_types::{BigInt, Nullable, Text, Timestamp as SqlTimestamp},
};

use super::NewRow;
use crate::{
    audit::Entry, clock::Timestamp, db::AnyConn, error::Result, ids::WorkId, insert_rows, schema::work_entries,
};

type Query = BoxedSqlQuery<'static, <AnyConn as Connection>::Backend, SqlQuery>;

/// Appends `entry` for each user of `work`, in the order in which they were prepared; how many.
pub fn insert_for(conn: &mut AnyConn, now: Timestamp, work: WorkId, entry: &Entry<'_>) -> Result<usize> {
    let row = NewRow::of(now, entry);
    let (sentence, detail) = (row.sentence.clone(), row.detail.clone());
    let own = "sentence, detail, user_id, subject, subject_key";
    let from = "$11, $12, u.id, u.user_id, s.user_key \
         FROM work_emails s JOIN users u ON u.id = s.user_id WHERE s.work_id = $13 ORDER BY s.nth";
    let query = insert(row, own, from).bind::<Text, _>(sentence).bind::<Text, _>(detail);
    Ok(query.bind::<BigInt, _>(work.0).execute(conn)?)
}

/// The statement that writes what of `row` all entries share, with their `own` columns `from` what was prepared: the values
/// that this names begin with $11.
fn insert(row: NewRow, own: &str, from: &str) -> Query {
    let shared = "at, actor_kind, actor, actor_key, role, address, request, verb, outcome, task_id";
    let text =
        format!("INSERT INTO audit_entries ({shared}, {own}) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, {from}");
    sql_query(text)
        .into_boxed()
        .bind::<SqlTimestamp, _>(row.at)
        .bind::<Text, _>(row.actor_kind)
        .bind::<Text, _>(row.actor)
        .bind::<Text, _>(row.actor_key)
        .bind::<Text, _>(row.role)
        .bind::<Text, _>(row.address)
        .bind::<Text, _>(row.request)
        .bind::<Text, _>(row.verb)
        .bind::<Text, _>(row.outcome)
        .bind::<Nullable<BigInt>, _>(row.task_id)
}

/// What differs from entry to entry, as it is prepared.
#[derive(Insertable)]
#[diesel(table_name = work_entries, treat_none_as_default_value = false)]
pub struct PreparedEntry {
    work_id: i64,
    nth: i64,
    user_id: Option<i64>,
    subject: String,
    subject_key: String,
    sentence: String,
    detail: String,
}

impl PreparedEntry {
    /// What of `entry` is its own; `nth` is its number among those of `work`.
    pub fn of(now: Timestamp, work: WorkId, nth: i64, entry: &Entry<'_>) -> Self {
        let NewRow { user_id, subject, subject_key, sentence, detail, .. } = NewRow::of(now, entry);
        PreparedEntry { work_id: work.0, nth, user_id, subject, subject_key, sentence, detail }
    }
}

/// Keeps prepared entries.
pub fn stage(conn: &mut AnyConn, rows: &[PreparedEntry]) -> Result<()> {
    insert_rows!(conn, work_entries::table, rows)?;
    Ok(())
}

/// Appends the prepared entries of `work`; who did what, on which task, is that of `entry`. How many.
pub fn insert_prepared(conn: &mut AnyConn, now: Timestamp, work: WorkId, entry: &Entry<'_>) -> Result<usize> {
    let own = "user_id, subject, subject_key, sentence, detail";
    let from = "s.user_id, s.subject, s.subject_key, s.sentence, s.detail \
         FROM work_entries s WHERE s.work_id = $11 ORDER BY s.nth";
    Ok(insert(NewRow::of(now, entry), own, from).bind::<BigInt, _>(work.0).execute(conn)?)
}
