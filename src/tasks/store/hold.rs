//! Enrollments that are held until the transaction ends, so that what was decided by them still holds when it is written.
//! SQLite needs nothing: it has one writer.
//!
//! Everybody takes what they need in one order, so that nobody waits for someone who waits for them: the lock of
//! Provision, enrollments by number, the lock of the policy, emails by number, tasks by number.

use diesel::prelude::*;

use crate::{
    db::{AnyConn, ROWS_A_STATEMENT},
    error::Result,
    ids::{EnrollmentId, TaskId, UserId},
    schema::enrollments,
};

/// The enrollments of these tasks in which a user may still enroll.
pub fn of_tasks(conn: &mut AnyConn, tasks: &[TaskId]) -> Result<()> {
    let tasks: Vec<i64> = tasks.iter().map(|task| task.0).collect();
    if let AnyConn::Pg(pg) = conn {
        enrollments::table
            .filter(enrollments::task_id.eq_any(tasks))
            .filter(enrollments::removed_at.is_null().and(enrollments::enrolled_at.is_null()))
            .order(enrollments::id)
            .select(enrollments::id)
            .for_no_key_update()
            .execute(pg)?;
    }
    Ok(())
}

/// These enrollments.
pub fn these(conn: &mut AnyConn, enrollments: &[EnrollmentId]) -> Result<()> {
    let mut ids: Vec<i64> = enrollments.iter().map(|enrollment| enrollment.0).collect();
    // By number, over all statements.
    ids.sort_unstable();
    if let AnyConn::Pg(pg) = conn {
        for part in ids.chunks(ROWS_A_STATEMENT) {
            enrollments::table
                .filter(enrollments::id.eq_any(part))
                .order(enrollments::id)
                .select(enrollments::id)
                .for_no_key_update()
                .execute(pg)?;
        }
    }
    Ok(())
}

/// The enrollment of a user in a task.
pub fn of_user(conn: &mut AnyConn, task: TaskId, user: UserId) -> Result<()> {
    if let AnyConn::Pg(pg) = conn {
        enrollments::table
            .filter(enrollments::task_id.eq(task.0).and(enrollments::user_id.eq(user.0)))
            .select(enrollments::id)
            .for_no_key_update()
            .execute(pg)?;
    }
    Ok(())
}
