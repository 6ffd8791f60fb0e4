//! The last failed attempt of an enrollment, older links, and who took it out of its task.

use diesel::prelude::*;

use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    ids::EnrollmentId,
    schema::{enrollments, tasks},
    tasks::missed::{Failure, FailureKind},
};

/// What a diagnosis asks of an enrollment beside its enrollment.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The last failed attempt.
    pub miss: Option<Failure>,
    /// The UserID of who took it out of its task, or removed the task; empty if nobody did.
    pub removed_by: String,
}

type Row = (String, Option<Timestamp>, Option<i64>, String, String);

/// The trace of `enrollment`.
pub fn trace(conn: &mut AnyConn, enrollment: EnrollmentId) -> Result<Trace> {
    let (word, at, seconds, by, task_by): Row = enrollments::table
        .inner_join(tasks::table)
        .filter(enrollments::id.eq(enrollment.0))
        .select((
            enrollments::missed,
            enrollments::missed_at,
            enrollments::missed_seconds,
            enrollments::removed_by,
            tasks::removed_by,
        ))
        .first(conn)?;
    let miss = FailureKind::from_code(&word, seconds).zip(at).map(|(what, at)| Failure { what, at });
    Ok(Trace { miss, removed_by: if by.is_empty() { task_by } else { by } })
}

/// Notes what the failed attempt of `enrollment` was, for the help desk; never what was typed.
pub fn set(conn: &mut AnyConn, now: Timestamp, enrollment: EnrollmentId, missed: FailureKind) -> Result<()> {
    diesel::update(enrollments::table.find(enrollment.0))
        .set((
            enrollments::missed.eq(missed.code()),
            enrollments::missed_at.eq(now),
            enrollments::missed_seconds.eq(missed.seconds()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Forgets a wrong activation code, since a right one followed.
pub fn forgive_code(conn: &mut AnyConn, enrollment: EnrollmentId) -> Result<()> {
    let words = FailureKind::OF_CODE.map(FailureKind::code);
    diesel::update(enrollments::table.find(enrollment.0).filter(enrollments::missed.eq_any(words)))
        .set((enrollments::missed.eq(""), enrollments::missed_at.eq(None::<Timestamp>)))
        .execute(conn)?;
    Ok(())
}

/// Notes that a link was opened which a newer email has superseded, if that was not noted since.
pub fn set_older_link(conn: &mut AnyConn, now: Timestamp, enrollment: EnrollmentId) -> Result<()> {
    let unnoted = enrollments::older_link_at
        .is_null()
        .or(enrollments::older_link_at.lt(enrollments::emailed_at))
        .or(enrollments::older_link_at.lt(enrollments::removed_at));
    diesel::update(enrollments::table.find(enrollment.0).filter(unnoted))
        .set(enrollments::older_link_at.eq(now))
        .execute(conn)?;
    Ok(())
}
