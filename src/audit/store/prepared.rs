//! Entries about the users for whom long work prepared an email: one statement for all of them.

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{BigInt, Nullable, Text, Timestamp as SqlTimestamp},
};

use super::NewRow;
use crate::{audit::Entry, clock::Timestamp, db::AnyConn, error::Result, ids::WorkId};

/// Appends `entry` for each user of `work`, in the order in which they were prepared; how many.
pub fn insert_for(conn: &mut AnyConn, now: Timestamp, work: WorkId, entry: &Entry<'_>) -> Result<usize> {
    let row = NewRow::of(now, entry);
    let written = sql_query(
        "INSERT INTO audit_entries (at, actor_kind, actor, actor_key, role, address, request, verb, outcome, task_id, \
           sentence, detail, user_id, subject, subject_key) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, u.id, u.user_id, s.user_key \
         FROM work_emails s JOIN users u ON u.id = s.user_id WHERE s.work_id = $13 ORDER BY s.nth",
    )
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
    .bind::<Text, _>(row.sentence)
    .bind::<Text, _>(row.detail)
    .bind::<BigInt, _>(work.0)
    .execute(conn)?;
    Ok(written)
}
