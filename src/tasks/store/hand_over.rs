//! What is written of an enrollment whose link and code are handed over.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::{clock::Timestamp, db::AnyConn, error::Result, ids::EnrollmentId, schema::enrollments};

/// A sheet was made: `delivery` stands where the address would. What was noted of the older link no longer counts, and the
/// key that was shown to whoever held the older code is thrown away. False if nobody can enroll any more.
pub fn begin(
    conn: &mut AnyConn,
    now: Timestamp,
    enrollment: EnrollmentId,
    stop_on: NaiveDate,
    delivery: &str,
) -> Result<bool> {
    let still = enrollments::removed_at.is_null().and(enrollments::enrolled_at.is_null());
    let changed = diesel::update(enrollments::table.find(enrollment.0).filter(still))
        .set((
            enrollments::stop_on.eq(stop_on),
            enrollments::last_email_id.eq(None::<i64>),
            enrollments::emailed_to.eq(delivery),
            enrollments::emailed_at.eq(now),
            enrollments::opened_at.eq(None::<Timestamp>),
            enrollments::code_accepted_at.eq(None::<Timestamp>),
            enrollments::key_shown_at.eq(None::<Timestamp>),
            enrollments::pending_seed.eq(None::<Vec<u8>>),
            enrollments::version.eq(enrollments::version + 1),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}
