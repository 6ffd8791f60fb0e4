//! Delivery reports and the emails they are about.

use diesel::prelude::*;

use super::{Row, columns};
use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::{Error, Result},
    ids::EmailId,
    mail::{Action, delivery::Delivery, email::Email},
    schema::{email_reports, emails},
};

/// The email of this Message-ID.
/// `None` if there is none.
pub fn find(conn: &mut AnyConn, message_id: &str) -> Result<Option<Email>> {
    let row: Option<Row> =
        emails::table.filter(emails::message_id.eq(message_id)).select(columns!()).first(conn).optional()?;
    row.map(Email::try_from).transpose()
}

/// What delivery reports said of an email, the newest first.
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
