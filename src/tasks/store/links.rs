//! Older links of an enrollment.

use diesel::prelude::*;

use crate::{
    db::AnyConn,
    error::Result,
    ids::{EnrollmentId, LinkId},
    schema::enrollment_links,
};

/// Older links that are looked through: more than anybody is sent.
const OLDER: i64 = 50;

/// Handle and hash of the newest links of this enrollment that were made before `link`.
pub fn older(conn: &mut AnyConn, enrollment: EnrollmentId, link: LinkId) -> Result<Vec<(String, Vec<u8>)>> {
    Ok(enrollment_links::table
        .filter(enrollment_links::enrollment_id.eq(enrollment.0).and(enrollment_links::id.lt(link.0)))
        .order(enrollment_links::id.desc())
        .limit(OLDER)
        .select((enrollment_links::handle, enrollment_links::code_hash))
        .load(conn)?)
}
