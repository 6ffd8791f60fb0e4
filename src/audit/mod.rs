//! The audit log: who, in what role, when, from where, did what, on whom, with what outcome.
//!
//! An entry is written in the transaction of the change it tells of. Entries are never changed or removed.

use crate::{
    clock::Timestamp,
    db::{self, AnyConn},
    error::Result,
    ids::{UserId, WorkId},
};

mod actor;
mod entry;
pub mod pages;
pub mod search;
pub mod sign;
mod store;
mod verb;

pub use search::{Area, Line, Search, Visible};
pub use sign::Sign;
pub use store::{
    Checked, NewRow, PreparedEntry, append, checks_of, find, newest_of, of_subject, of_user, refused_as, stage,
};

pub use actor::{Actor, ActorKind};

pub use entry::{Entry, Outcome};
pub use verb::Verb;

/// Writes `entry` in the transaction of the change it tells of.
///
/// # Errors
/// `Database` if it cannot be written; the change must then not happen either.
pub fn record(conn: &mut AnyConn, now: Timestamp, entry: &Entry<'_>) -> Result<()> {
    store::insert(conn, now, std::slice::from_ref(entry))?;
    logged(now, entry);
    Ok(())
}

/// Writes many entries at once, as [`record`] writes one, for a verb that concerns many users.
pub fn record_all<'a>(conn: &mut AnyConn, now: Timestamp, entries: impl IntoIterator<Item = Entry<'a>>) -> Result<()> {
    let entries: Vec<Entry<'a>> = entries.into_iter().collect();
    store::insert(conn, now, &entries)?;
    entries.iter().for_each(|entry| logged(now, entry));
    Ok(())
}

/// Writes `entry` for each user for whom `work` prepared an email, in one statement; `users` are the same, with their User IDs, for
/// the log of the process. How many were written.
pub fn record_for<'u>(
    conn: &mut AnyConn,
    now: Timestamp,
    work: WorkId,
    entry: &Entry<'_>,
    users: impl Iterator<Item = (UserId, &'u str)>,
) -> Result<usize> {
    let written = store::insert_for(conn, now, work, entry)?;
    if is_logged() {
        users.for_each(|(user, user_id)| logged(now, &entry.clone().user(user, user_id)));
    }
    Ok(written)
}

/// Writes the entries that `work` prepared, in one statement; who did what, on which task, is that of `entry`. `each` are the same
/// entries, for the log of the process. How many were written.
pub fn record_prepared<'a>(
    conn: &mut AnyConn,
    now: Timestamp,
    work: WorkId,
    entry: &Entry<'_>,
    each: impl FnOnce() -> Vec<Entry<'a>>,
) -> Result<usize> {
    let written = store::insert_prepared(conn, now, work, entry)?;
    if is_logged() {
        each().iter().for_each(|entry| logged(now, entry));
    }
    Ok(written)
}

/// The target of entries in the log of the process, which leaves the machine by other ways than the database
/// (the setting `log_audit`).
pub const LOG: &str = "tokendesk::audit_log";

fn is_logged() -> bool {
    tracing::enabled!(target: LOG, tracing::Level::INFO)
}

/// Writes the entry to the log of the process once it is committed.
fn logged(now: Timestamp, entry: &Entry<'_>) {
    if !is_logged() {
        return;
    }
    let Entry { actor, verb, outcome, subject, sentence, detail, .. } = entry.clone();
    let actor = actor.clone();
    let detail: serde_json::Map<String, serde_json::Value> =
        detail.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect();
    let detail = serde_json::Value::Object(detail);
    db::once_committed(move || {
        tracing::info!(
            target: LOG,
            at = %now.and_utc().to_rfc3339(),
            actor_kind = actor.kind.code(),
            actor = actor.name,
            role = actor.role,
            from = actor.address,
            request = actor.request,
            verb = verb.code(),
            outcome = outcome.code(),
            subject,
            detail = %detail,
            "{sentence}"
        );
    });
}
