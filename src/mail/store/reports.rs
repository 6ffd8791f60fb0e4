//! Delivery reports and the emails they are about.

use diesel::prelude::*;

use super::{Row, columns};
use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::{Error, Result},
    ids::EmailId,
    mail::{
        bounce::{Action, Fate},
        email::{Delivery, Email, State},
    },
    on,
    schema::{email_reports, emails},
};

/// The email of this Message-ID.
/// `None` if there is none.
pub fn find(conn: &mut AnyConn, message_id: &str) -> Result<Option<Email>> {
    let row: Option<Row> =
        emails::table.filter(emails::message_id.eq(message_id)).select(columns!()).first(conn).optional()?;
    row.map(Email::try_from).transpose()
}

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

/// The reports on an email, the newest first.
pub fn of(conn: &mut AnyConn, email: EmailId) -> Result<Vec<Delivery>> {
    let rows: Vec<(Timestamp, String, String, String)> = email_reports::table
        .filter(email_reports::email_id.eq(email.0))
        .order(email_reports::id.desc())
        .select((email_reports::at, email_reports::action, email_reports::status, email_reports::diagnostic))
        .load(conn)?;
    rows.into_iter()
        .map(|(at, action, status, said)| {
            let action = Action::from_code(&action)
                .ok_or_else(|| Error::Internal(format!("a delivery report has the unknown action {action}")))?;
            Ok(Delivery { at, action, status, said })
        })
        .collect()
}
