//! What the portal and the checks of one-time passwords note on an enrollment and its task.

use diesel::prelude::*;

use crate::{
    clock::Timestamp,
    counts::{self, Step},
    db::AnyConn,
    error::Result,
    ids::{EnrollmentId, TaskId, TokenId},
    insert_rows,
    schema::{enrollment_links, enrollments},
};

/// Notes the token of an enrollment that has none and was not removed; its task if it did.
pub fn set_enrolled(
    conn: &mut AnyConn,
    now: Timestamp,
    enrollment: EnrollmentId,
    token: TokenId,
    limit: i64,
) -> Result<Option<TaskId>> {
    let changed = diesel::update(
        enrollments::table
            .find(enrollment.0)
            .filter(enrollments::enrolled_at.is_null())
            .filter(enrollments::removed_at.is_null())
            .filter(enrollments::failures.lt(limit)),
    )
    .set((
        enrollments::enrolled_at.eq(now),
        enrollments::token_id.eq(token.0),
        enrollments::pending_seed.eq(None::<Vec<u8>>),
        enrollments::version.eq(enrollments::version + 1),
    ))
    .execute(conn)?;
    if changed == 0 {
        return Ok(None);
    }
    let task: i64 = enrollments::table.find(enrollment.0).select(enrollments::task_id).first(conn)?;
    counts::add(conn, TaskId(task), enrollment, Step::Enrolled)?;
    Ok(Some(TaskId(task)))
}

/// Notes in the caller's transaction that `token` authenticated; what became Completed by it, if this was the first
/// time since it was enrolled. Cheap to call each time.
pub fn set_used(conn: &mut AnyConn, now: Timestamp, token: TokenId) -> Result<Option<(EnrollmentId, TaskId)>> {
    // A token that went back to inventory may have served an earlier enrollment: the newest is meant.
    let found: Option<(i64, i64, Option<Timestamp>)> = enrollments::table
        .filter(enrollments::token_id.eq(token.0))
        .order((enrollments::enrolled_at.desc(), enrollments::id.desc()))
        .select((enrollments::id, enrollments::task_id, enrollments::used_at))
        .first(conn)
        .optional()?;
    let Some((enrollment, task, None)) = found else { return Ok(None) };
    let changed = diesel::update(enrollments::table.find(enrollment).filter(enrollments::used_at.is_null()))
        .set((enrollments::used_at.eq(now), enrollments::version.eq(enrollments::version + 1)))
        .execute(conn)?;
    if changed == 0 {
        return Ok(None);
    }
    counts::add(conn, TaskId(task), EnrollmentId(enrollment), Step::Used)?;
    Ok(Some((EnrollmentId(enrollment), TaskId(task))))
}

/// Notes a failed attempt in the caller's transaction; the failed attempts so far, `limit` meaning that it is Locked
/// now. `None` if it takes no attempts any more (locked, enrolled or removed meanwhile): what was typed must then not
/// be looked at. `limit` is the one of [`crate::policy::held`], so that it does not change before the task has counted.
pub fn add_failure(conn: &mut AnyConn, enrollment: EnrollmentId, limit: i64) -> Result<Option<i64>> {
    let changed = diesel::update(
        enrollments::table
            .find(enrollment.0)
            .filter(enrollments::enrolled_at.is_null())
            .filter(enrollments::removed_at.is_null())
            .filter(enrollments::failures.lt(limit)),
    )
    .set((enrollments::failures.eq(enrollments::failures + 1), enrollments::version.eq(enrollments::version + 1)))
    .execute(conn)?;
    if changed == 0 {
        return Ok(None);
    }
    let (failures, task): (i64, i64) =
        enrollments::table.find(enrollment.0).select((enrollments::failures, enrollments::task_id)).first(conn)?;
    if failures >= limit {
        counts::add(conn, TaskId(task), enrollment, Step::Locked)?;
    }
    Ok(Some(failures))
}

/// Notes that the link of the newest email was opened, if that was not noted before. Counts nothing: a mail scanner can
/// do it too.
pub fn set_opened(conn: &mut AnyConn, now: Timestamp, enrollment: EnrollmentId) -> Result<()> {
    let unnoted = enrollments::opened_at.is_null().or(enrollments::opened_at.lt(enrollments::emailed_at));
    diesel::update(enrollments::table.find(enrollment.0).filter(unnoted))
        .set(enrollments::opened_at.eq(now))
        .execute(conn)?;
    Ok(())
}

/// Notes that the activation code of the newest email was accepted, if that was not noted before.
pub fn set_code_accepted(conn: &mut AnyConn, now: Timestamp, enrollment: EnrollmentId) -> Result<()> {
    let unnoted = enrollments::code_accepted_at.is_null().or(enrollments::code_accepted_at.lt(enrollments::emailed_at));
    diesel::update(enrollments::table.find(enrollment.0).filter(unnoted))
        .set(enrollments::code_accepted_at.eq(now))
        .execute(conn)?;
    Ok(())
}

/// Keeps the sealed seed that is shown until it is proven. One that is there already stays: a reload, or a second
/// tab, shows the same key.
pub fn set_pending_seed(conn: &mut AnyConn, now: Timestamp, enrollment: EnrollmentId, sealed: &[u8]) -> Result<()> {
    diesel::update(
        enrollments::table
            .find(enrollment.0)
            .filter(enrollments::pending_seed.is_null())
            .filter(enrollments::enrolled_at.is_null()),
    )
    .set((enrollments::pending_seed.eq(sealed), enrollments::key_shown_at.eq(now)))
    .execute(conn)?;
    Ok(())
}

/// A new row of a link.
#[derive(Insertable)]
#[diesel(table_name = enrollment_links, treat_none_as_default_value = false)]
pub struct NewLinkRow {
    /// The enrollment it leads to.
    pub enrollment_id: i64,
    /// The public part.
    pub handle: String,
    /// The keyed hash of `handle:code`.
    pub code_hash: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Adds links.
pub fn insert_links(conn: &mut AnyConn, rows: &[NewLinkRow]) -> Result<()> {
    insert_rows!(conn, enrollment_links::table, rows)?;
    Ok(())
}

/// Ends the links of these enrollments.
pub fn supersede(conn: &mut AnyConn, now: Timestamp, enrollments: &[i64]) -> Result<()> {
    for ids in enrollments.chunks(crate::db::ROWS_A_STATEMENT) {
        diesel::update(
            enrollment_links::table
                .filter(enrollment_links::enrollment_id.eq_any(ids))
                .filter(enrollment_links::superseded_at.is_null()),
        )
        .set(enrollment_links::superseded_at.eq(now))
        .execute(conn)?;
    }
    Ok(())
}
