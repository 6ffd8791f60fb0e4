//! Emails that long work prepares: written and sealed like those of the outbox, in a table that no courier looks at, until its
//! last transaction puts them into the outbox.

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{BigInt, Text, Timestamp as SqlTimestamp},
};

use super::{NewRow, new_row};
use crate::{
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::{Error, Result},
    ids::{TaskId, WorkId},
    insert_rows,
    mail::{email::State, letter::NewEmail},
    schema::work_emails,
};

/// The number that stands in the facts of a prepared email for that of a task which is not there yet. In JSON no text can hold
/// it: quotation marks within a text are escaped.
const UNNUMBERED: &str = "\"task\":0,";

/// An email as it is prepared.
#[derive(Insertable)]
#[diesel(table_name = work_emails, treat_none_as_default_value = false)]
pub struct PreparedEmail {
    work_id: i64,
    nth: i64,
    message_id: String,
    kind: &'static str,
    shown_to: String,
    shown_to_key: String,
    user_id: i64,
    user_key: String,
    container_id: i64,
    facts: String,
    sealed: Option<Vec<u8>>,
    give_up_at: Timestamp,
}

/// Prepares an email to a user: its secret is sealed. `nth` is its number among those of `work`. Task and enrollment are those
/// that the user has when it is posted; a task that is not there yet is number 0.
///
/// # Errors
/// `Internal` for an email to nobody.
pub fn prepare(desk: &Desk, now: Timestamp, work: WorkId, nth: i64, email: &NewEmail) -> Result<PreparedEmail> {
    let NewRow {
        message_id,
        kind,
        shown_to,
        shown_to_key,
        user_id,
        user_key,
        container_id,
        facts,
        sealed,
        give_up_at,
        ..
    } = new_row(desk, now, "", email)?;
    let (Some(user_id), Some(container_id)) = (user_id, container_id) else {
        return Err(Error::Internal("an email of long work goes to no user".into()));
    };
    Ok(PreparedEmail {
        work_id: work.0,
        nth,
        message_id,
        kind,
        shown_to,
        shown_to_key,
        user_id,
        user_key,
        container_id,
        facts,
        sealed,
        give_up_at,
    })
}

/// Keeps prepared emails.
pub fn stage(conn: &mut AnyConn, rows: &[PreparedEmail]) -> Result<()> {
    insert_rows!(conn, work_emails::table, rows)?;
    Ok(())
}

/// Puts the prepared emails of `work` into the outbox, due now, for the enrollments that their users have in `task`; how many.
pub fn post(conn: &mut AnyConn, now: Timestamp, sender: &str, work: WorkId, task: TaskId) -> Result<usize> {
    let posted = sql_query(format!(
        "INSERT INTO emails (message_id, kind, shown_to, shown_to_key, alternate, user_id, user_key, container_id, task_id, \
           enrollment_id, facts, sealed, state, tries, created_at, next_try_at, give_up_at, last_answer, sender) \
         SELECT s.message_id, s.kind, s.shown_to, s.shown_to_key, FALSE, s.user_id, s.user_key, s.container_id, e.task_id, \
           e.id, replace(s.facts, '{UNNUMBERED}', '\"task\":{task},'), s.sealed, '{}', 0, $1, $1, s.give_up_at, '', $2 \
         FROM work_emails s JOIN enrollments e ON e.task_id = $3 AND e.user_id = s.user_id \
         WHERE s.work_id = $4 ORDER BY s.nth",
        State::Queued.code()
    ))
    .bind::<SqlTimestamp, _>(now)
    .bind::<Text, _>(sender)
    .bind::<BigInt, _>(task.0)
    .bind::<BigInt, _>(work.0)
    .execute(conn)?;
    Ok(posted)
}
