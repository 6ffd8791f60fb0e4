//! Rows of the audit log.

use diesel::prelude::*;

use crate::{
    audit::Entry,
    clock::Timestamp,
    db::{self, AnyConn},
    error::Result,
    insert_all,
    schema::audit_entries,
};

#[derive(Insertable)]
#[diesel(table_name = audit_entries)]
struct NewRow {
    at: Timestamp,
    actor_kind: &'static str,
    actor: String,
    actor_key: String,
    role: String,
    address: String,
    request: String,
    verb: &'static str,
    outcome: &'static str,
    task_id: Option<i64>,
    user_id: Option<i64>,
    subject: String,
    subject_key: String,
    sentence: String,
    detail: String,
}

/// Appends `entries`.
///
/// # Errors
/// `Database` if they cannot be written.
pub fn insert(conn: &mut AnyConn, now: Timestamp, entries: &[Entry<'_>]) -> Result<()> {
    let rows: Vec<NewRow> = entries
        .iter()
        .map(|entry| NewRow {
            at: now,
            actor_kind: entry.actor.kind.word(),
            actor: entry.actor.name.clone(),
            actor_key: db::key(&entry.actor.name),
            role: entry.actor.role.clone(),
            address: entry.actor.address.clone(),
            request: entry.actor.request.clone(),
            verb: entry.verb,
            outcome: entry.outcome.word(),
            task_id: entry.task.map(|id| id.0),
            user_id: entry.user.map(|id| id.0),
            subject: entry.subject.clone(),
            subject_key: db::key(&entry.subject),
            sentence: entry.sentence.clone(),
            detail: serde_json::to_string(&entry.detail).unwrap_or_default(),
        })
        .collect();
    insert_all!(conn, audit_entries::table, rows)?;
    Ok(())
}
