//! What the audit log says of one task.

use diesel::prelude::*;

use crate::{
    audit::Verb,
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    ids::TaskId,
    operators::{Scope, Who},
    schema::{audit_entries, users},
    tasks::history::{HistoryEntry, LEFT_OUT},
};

/// The newest entries about `task` within the scope of `who`; without [`LEFT_OUT`].
pub fn of_task(conn: &mut AnyConn, who: &Who, task: TaskId, limit: i64) -> Result<Vec<HistoryEntry>> {
    let mut query = audit_entries::table
        .left_join(users::table.on(users::id.nullable().eq(audit_entries::user_id)))
        .filter(audit_entries::task_id.eq(task.0))
        .filter(audit_entries::verb.ne_all(LEFT_OUT.map(Verb::code)))
        .into_boxed();
    if let Scope::Containers(list) = &who.scope {
        let list: Vec<i64> = list.iter().map(|container| container.0).collect();
        // A sum names numbers from outside of the scope, unless it sums up what the operator did there.
        let own = audit_entries::user_id.is_null().and(audit_entries::actor.eq(who.name().to_owned())).nullable();
        query = query.filter(users::container_id.nullable().eq_any(list).or(own));
    }
    let rows: Vec<(Timestamp, String, String, String, String, String)> = query
        .order(audit_entries::id.desc())
        .limit(limit)
        .select((
            audit_entries::at,
            audit_entries::actor,
            audit_entries::verb,
            audit_entries::outcome,
            audit_entries::subject,
            audit_entries::sentence,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(at, actor, verb, outcome, subject, sentence)| HistoryEntry {
            at,
            actor,
            verb: Verb::from_code(&verb),
            outcome,
            subject,
            sentence,
        })
        .collect())
}
