//! What verbs write of tasks and enrollments, for one user or for 100,000 at once.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{BigInt, Nullable, Text},
};

use crate::{
    clock::Timestamp,
    counts,
    db::{AnyConn, ROWS_A_STATEMENT},
    error::Result,
    ids::{EnrollmentId, TaskId},
    schema::{enrollments, tasks},
    tasks::status::RemovedWhy,
};

/// Takes these enrollments out of their tasks, as far as nobody enrolled or was taken out meanwhile; how many that were.
pub fn end(
    conn: &mut AnyConn,
    now: Timestamp,
    enrollments: &[EnrollmentId],
    by: &str,
    why: RemovedWhy,
    replaced_by: Option<TaskId>,
) -> Result<usize> {
    let ids: Vec<i64> = enrollments.iter().map(|enrollment| enrollment.0).collect();
    let mut ended = 0;
    for part in ids.chunks(ROWS_A_STATEMENT) {
        ended += diesel::update(
            enrollments::table
                .filter(enrollments::id.eq_any(part))
                .filter(enrollments::removed_at.is_null().and(enrollments::enrolled_at.is_null())),
        )
        .set((
            enrollments::removed_at.eq(now),
            enrollments::removed_by.eq(by),
            enrollments::removed_why.eq(why.code()),
            enrollments::replaced_by.eq(replaced_by.map(|task| task.0)),
            enrollments::pending_seed.eq(None::<Vec<u8>>),
            enrollments::version.eq(enrollments::version + 1),
        ))
        .execute(conn)?;
    }
    Ok(ended)
}

/// After the emails of a new task were posted: each enrollment learns its own, and the task the newest.
pub fn note_last_emails(conn: &mut AnyConn, task: TaskId) -> Result<()> {
    // Correlated updates are beyond diesel's builder; both databases read this one, driven by emails_enrollment.
    diesel::sql_query(
        "UPDATE enrollments SET last_email_id = (SELECT MAX(m.id) FROM emails m WHERE m.enrollment_id = enrollments.id) \
         WHERE task_id = $1",
    )
    .bind::<BigInt, _>(task.0)
    .execute(conn)?;
    counts::recount(conn, task)
}

/// Moves the Stop Date of these enrollments, as far as nobody enrolled.
pub fn set_stop_on(conn: &mut AnyConn, enrollments: &[EnrollmentId], date: NaiveDate) -> Result<()> {
    let ids: Vec<i64> = enrollments.iter().map(|enrollment| enrollment.0).collect();
    for part in ids.chunks(ROWS_A_STATEMENT) {
        diesel::update(
            enrollments::table.filter(enrollments::id.eq_any(part)).filter(enrollments::enrolled_at.is_null()),
        )
        .set((enrollments::stop_on.eq(date), enrollments::version.eq(enrollments::version + 1)))
        .execute(conn)?;
    }
    Ok(())
}

/// Sets the failed attempts back to zero.
pub fn reset_failures(conn: &mut AnyConn, enrollments: &[EnrollmentId]) -> Result<()> {
    let ids: Vec<i64> = enrollments.iter().map(|enrollment| enrollment.0).collect();
    for part in ids.chunks(ROWS_A_STATEMENT) {
        diesel::update(enrollments::table.filter(enrollments::id.eq_any(part)))
            .set((
                enrollments::failures.eq(0),
                enrollments::missed.eq(""),
                enrollments::missed_at.eq(None::<Timestamp>),
                enrollments::missed_seconds.eq(None::<i64>),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// A fresh email to each of these is on its way: its enrollment learns which, and stops on the date beside it. What was
/// noted of the older email no longer counts, and the key that was shown to whoever held the older code is thrown away. How
/// many of them are still to enroll, and so were changed.
pub fn begin_anew(conn: &mut AnyConn, now: Timestamp, stops: &[(EnrollmentId, NaiveDate)]) -> Result<usize> {
    // Many users, few dates: one statement for each date.
    let mut by_date: BTreeMap<NaiveDate, Vec<i64>> = BTreeMap::new();
    for (enrollment, stop_on) in stops {
        by_date.entry(*stop_on).or_default().push(enrollment.0);
    }
    let newest = "FROM emails m WHERE m.enrollment_id = enrollments.id ORDER BY m.id DESC LIMIT 1";
    let still = enrollments::removed_at.is_null().and(enrollments::enrolled_at.is_null());
    let mut changed = 0;
    for (stop_on, ids) in by_date {
        for part in ids.chunks(ROWS_A_STATEMENT) {
            changed += diesel::update(enrollments::table.filter(enrollments::id.eq_any(part)).filter(still))
                .set((
                    enrollments::stop_on.eq(stop_on),
                    enrollments::last_email_id.eq(sql::<Nullable<BigInt>>(&format!("(SELECT m.id {newest})"))),
                    enrollments::emailed_to.eq(sql::<Text>(&format!("(SELECT m.shown_to {newest})"))),
                    enrollments::emailed_at.eq(now),
                    enrollments::opened_at.eq(None::<Timestamp>),
                    enrollments::code_accepted_at.eq(None::<Timestamp>),
                    enrollments::key_shown_at.eq(None::<Timestamp>),
                    enrollments::pending_seed.eq(None::<Vec<u8>>),
                    enrollments::version.eq(enrollments::version + 1),
                ))
                .execute(conn)?;
        }
    }
    Ok(changed)
}

/// Takes the task from the list.
pub fn remove_task(conn: &mut AnyConn, now: Timestamp, task: TaskId, by: &str) -> Result<()> {
    diesel::update(tasks::table.find(task.0))
        .set((tasks::removed_at.eq(now), tasks::removed_by.eq(by), tasks::version.eq(tasks::version + 1)))
        .execute(conn)?;
    Ok(())
}
