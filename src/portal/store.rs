//! Rows of enrollment sessions.

use diesel::prelude::*;

use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    ids::{EnrollmentId, LinkId},
    schema::{enrollment_links, enrollment_sessions, enrollments},
};

/// Holds the enrollment behind `handle` until the transaction ends, so that attempts come one after the other and never
/// exceed the limit. SQLite needs nothing: it has one writer.
pub fn hold(conn: &mut AnyConn, handle: &str) -> Result<()> {
    if let AnyConn::Pg(pg) = conn {
        let behind =
            enrollment_links::table.filter(enrollment_links::handle.eq(handle)).select(enrollment_links::enrollment_id);
        enrollments::table
            .filter(enrollments::id.eq_any(behind))
            .select(enrollments::id)
            .for_update()
            .load::<i64>(pg)?;
    }
    Ok(())
}

/// True if a session with this key is open for this link.
pub fn is_open(conn: &mut AnyConn, now: Timestamp, key_hash: &[u8], link: LinkId) -> Result<bool> {
    let found: Option<i64> = enrollment_sessions::table
        .find(key_hash)
        .filter(enrollment_sessions::link_id.eq(link.0).and(enrollment_sessions::expires_at.gt(now)))
        .select(enrollment_sessions::link_id)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

/// How many sessions of an enrollment are open.
pub fn open_sessions(conn: &mut AnyConn, now: Timestamp, enrollment: EnrollmentId) -> Result<i64> {
    Ok(enrollment_sessions::table
        .filter(enrollment_sessions::enrollment_id.eq(enrollment.0).and(enrollment_sessions::expires_at.gt(now)))
        .count()
        .get_result(conn)?)
}

/// Opens a session, and forgets all that are over.
pub fn open_session(
    conn: &mut AnyConn,
    now: Timestamp,
    key_hash: &[u8],
    enrollment: EnrollmentId,
    link: LinkId,
    until: Timestamp,
) -> Result<()> {
    diesel::delete(enrollment_sessions::table.filter(enrollment_sessions::expires_at.le(now))).execute(conn)?;
    diesel::insert_into(enrollment_sessions::table)
        .values((
            enrollment_sessions::key_hash.eq(key_hash),
            enrollment_sessions::enrollment_id.eq(enrollment.0),
            enrollment_sessions::link_id.eq(link.0),
            enrollment_sessions::created_at.eq(now),
            enrollment_sessions::expires_at.eq(until),
        ))
        .execute(conn)?;
    Ok(())
}
