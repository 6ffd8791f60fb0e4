//! Who is due a reminder, and what is kept of those that were sent. Driven by the index `enrollments_not_enrolled`.

use chrono::NaiveDate;
use diesel::{
    dsl::{exists, not, sql},
    prelude::*,
    sql_types::{BigInt, Nullable, Text},
};

use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    ids::EnrollmentId,
    schema::{enrollment_sessions, enrollments},
};

/// Users who are due a reminder.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// Their Stop Date.
    pub stop_on: NaiveDate,
    /// They were not reminded on this day or since.
    pub not_since: NaiveDate,
    /// Their newest email, if they got one, was written from then on.
    pub emailed_from: Timestamp,
    /// Their newest email was written before: one that is newer is as good as a reminder.
    pub emailed_before: Timestamp,
}

/// Enrollments of these users that are not enrolled, and in which nobody is enrolling at the moment.
macro_rules! due {
    ($now:expr, $due:expr) => {
        enrollments::table
            .filter(enrollments::stop_on.eq($due.stop_on))
            .filter(enrollments::removed_at.is_null().and(enrollments::enrolled_at.is_null()))
            .filter(enrollments::reminded_on.is_null().or(enrollments::reminded_on.lt($due.not_since)))
            .filter(
                enrollments::emailed_at.is_null().or(enrollments::emailed_at
                    .assume_not_null()
                    .ge($due.emailed_from)
                    .and(enrollments::emailed_at.assume_not_null().lt($due.emailed_before))),
            )
            .filter(not(exists(
                enrollment_sessions::table
                    .filter(enrollment_sessions::enrollment_id.eq(enrollments::id))
                    .filter(enrollment_sessions::expires_at.gt($now)),
            )))
            .select(enrollments::id)
    };
}

/// True if someone is due a reminder.
pub fn any_due(conn: &mut AnyConn, now: Timestamp, due: &Due) -> Result<bool> {
    let first: Option<i64> = due!(now, due).first(conn).optional()?;
    Ok(first.is_some())
}

/// Marks up to `most` of those who are due as reminded today, and keeps other servers away from them until the
/// transaction ends. Call it in one.
pub fn claim(conn: &mut AnyConn, now: Timestamp, today: NaiveDate, due: &Due, most: i64) -> Result<Vec<EnrollmentId>> {
    let due = due!(now, due).limit(most);
    let ids: Vec<i64> = match conn {
        // Rows that another server is reminding at this moment are passed over instead of waited for.
        AnyConn::Pg(pg) => due.for_update().skip_locked().load(pg)?,
        AnyConn::Sqlite(sqlite) => due.load(sqlite)?,
    };
    diesel::update(enrollments::table.filter(enrollments::id.eq_any(&ids)))
        .set(enrollments::reminded_on.eq(today))
        .execute(conn)?;
    Ok(ids.into_iter().map(EnrollmentId).collect())
}

/// After reminders were posted: each enrollment learns its own.
pub fn note_emails(conn: &mut AnyConn, now: Timestamp, ids: &[EnrollmentId]) -> Result<()> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    diesel::update(enrollments::table.filter(enrollments::id.eq_any(&ids)))
        .set((
            enrollments::last_email_id
                .eq(sql::<Nullable<BigInt>>("(SELECT MAX(m.id) FROM emails m WHERE m.enrollment_id = enrollments.id)")),
            enrollments::emailed_to.eq(sql::<Text>("(SELECT u.email FROM users u WHERE u.id = enrollments.user_id)")),
            enrollments::emailed_at.eq(now),
            enrollments::version.eq(enrollments::version + 1),
        ))
        .execute(conn)?;
    Ok(())
}
