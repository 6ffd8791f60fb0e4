//! Drafts: what an operator is about to provision.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    ids::{OperatorId, TaskId, WorkId},
    provision::{Draft, choice::Selection},
    schema::{provision_drafts, work},
    tokens::AuthenticationType,
};

#[derive(Queryable)]
struct Row {
    id: String,
    _operator_id: i64,
    selection: String,
    authentication_type: String,
    description: String,
    stop_on: Option<NaiveDate>,
    include_with_token: bool,
    include_with_task: bool,
    created_at: Timestamp,
    task_id: Option<i64>,
    _work_id: Option<i64>,
    hand_over: bool,
}

/// Keeps a new draft.
pub fn insert(conn: &mut AnyConn, now: Timestamp, id: &str, operator: OperatorId, selection: &Selection) -> Result<()> {
    diesel::insert_into(provision_drafts::table)
        .values((
            provision_drafts::id.eq(id),
            provision_drafts::operator_id.eq(operator.0),
            provision_drafts::selection.eq(selection.to_text()?),
            provision_drafts::authentication_type.eq(""),
            provision_drafts::description.eq(""),
            provision_drafts::include_with_token.eq(false),
            provision_drafts::include_with_task.eq(false),
            provision_drafts::created_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// The draft `id` of `operator`.
/// `None` if there is none, or it is someone else's.
pub fn find(conn: &mut AnyConn, id: &str, operator: OperatorId) -> Result<Option<Draft>> {
    let row: Option<Row> =
        provision_drafts::table.find(id).filter(provision_drafts::operator_id.eq(operator.0)).first(conn).optional()?;
    let Some(row) = row else { return Ok(None) };
    let work: Option<i64> = provision_drafts::table
        .inner_join(work::table.on(provision_drafts::work_id.eq(work::id.nullable())))
        .filter(provision_drafts::id.eq(id).and(work::ended_at.is_null()))
        .select(work::id)
        .first(conn)
        .optional()?;
    Ok(Some(Draft {
        id: row.id,
        selection: Selection::from_text(&row.selection)?,
        authentication_type: AuthenticationType::from_code(&row.authentication_type),
        description: row.description,
        stop_on: row.stop_on,
        include_with_token: row.include_with_token,
        include_with_task: row.include_with_task,
        hand_over: row.hand_over,
        created_at: row.created_at,
        task: row.task_id.map(TaskId),
        work: work.map(WorkId),
    }))
}

/// Keeps what was changed in `draft`.
pub fn save(conn: &mut AnyConn, draft: &Draft) -> Result<()> {
    diesel::update(provision_drafts::table.find(&draft.id))
        .set((
            provision_drafts::selection.eq(draft.selection.to_text()?),
            provision_drafts::authentication_type.eq(draft.authentication_type.map_or("", AuthenticationType::code)),
            provision_drafts::description.eq(&draft.description),
            provision_drafts::stop_on.eq(draft.stop_on),
            provision_drafts::include_with_token.eq(draft.include_with_token),
            provision_drafts::include_with_task.eq(draft.include_with_task),
            provision_drafts::hand_over.eq(draft.hand_over),
            provision_drafts::task_id.eq(draft.task.map(|task| task.0)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Notes that `work` carries the draft out; false if other work does so already.
pub fn begin(conn: &mut AnyConn, id: &str, work: WorkId) -> Result<bool> {
    let open = work::table.filter(work::ended_at.is_null()).select(work::id.nullable());
    let free = provision_drafts::work_id.is_null().or(provision_drafts::work_id.ne_all(open));
    let noted =
        diesel::update(provision_drafts::table.find(id).filter(provision_drafts::task_id.is_null()).filter(free))
            .set(provision_drafts::work_id.eq(work.0))
            .execute(conn)?;
    Ok(noted > 0)
}

/// Throws away drafts made before `before`.
pub fn sweep(conn: &mut AnyConn, before: Timestamp) -> Result<()> {
    diesel::delete(provision_drafts::table.filter(provision_drafts::created_at.lt(before))).execute(conn)?;
    Ok(())
}
