//! Rows of delivery reports.

use diesel::prelude::*;

use crate::{
    bounces::report::Fate,
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    ids::EmailId,
    mail::State,
    on,
    schema::{email_reports, emails},
};

/// Notes a report with this digest; false if it was noted before.
pub fn insert(
    conn: &mut AnyConn,
    now: Timestamp,
    email: EmailId,
    digest: &str,
    fate: &Fate,
    said: &str,
) -> Result<bool> {
    let values = (
        email_reports::email_id.eq(email.0),
        email_reports::at.eq(now),
        email_reports::action.eq(fate.action.code()),
        email_reports::status.eq(&fate.status),
        email_reports::diagnostic.eq(said),
        email_reports::digest.eq(digest),
    );
    let inserted = on!(conn, |conn| diesel::insert_into(email_reports::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(conn))?;
    Ok(inserted == 1)
}

/// An accepted email came back; false if it is no longer Sent.
pub fn set_bounced(conn: &mut AnyConn, now: Timestamp, email: EmailId, status: &str, said: &str) -> Result<bool> {
    let changed = diesel::update(emails::table.find(email.0).filter(emails::state.eq(State::Sent.code())))
        .set((
            emails::state.eq(State::Bounced.code()),
            emails::bounced_at.eq(Some(now)),
            emails::bounce_status.eq(status),
            emails::last_answer.eq(said),
            emails::last_answer_at.eq(Some(now)),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}
