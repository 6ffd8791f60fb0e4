//! Reading the outbox: views, searches, one email with its tries.

use super::{Email, Try, store};
use crate::{
    clock::Timestamp,
    db::{AnyConn, Span, Total},
    desk::Desk,
    error::Result,
    ids::{ContainerId, EmailId},
};

pub use super::filter::{Filter, View};

pub use super::health::{Health, TRIES_THAT_TELL};

pub use store::{
    again::enrollments_of,
    count_with_link,
    list::{count, counts_by_state, failures, health, ids_in_states, of as latest_of, sought},
    reports::{find as by_message_id, of as deliveries},
};

/// How many emails failed or came back and still matter; where many did, as it was at most a minute ago.
pub fn failures_lately(
    desk: &Desk,
    conn: &mut AnyConn,
    now: Timestamp,
    containers: Option<&[ContainerId]>,
) -> Result<Total> {
    let looked_at = |(_, all): &(Total, Total)| all.rows + i64::from(all.more);
    let count = || Ok((failures(conn, now, containers)?, store::list::ever_failed(conn, now, containers)?));
    Ok(desk.kept.or_count(&format!("failed emails {containers:?}"), now, looked_at, count)?.0.0)
}

/// The rows of a view, the newest first. `containers`: only emails to users in them (`None`: all).
pub fn rows(
    conn: &mut AnyConn,
    now: Timestamp,
    containers: Option<&[ContainerId]>,
    filter: &Filter,
    view: View,
    span: impl Into<Span>,
) -> Result<Vec<Email>> {
    store::list::rows(conn, now, containers, filter, view, span.into())
}

/// One email with its tries, the newest first.
///
/// # Errors
/// `NotFound` if there is none, or none in these containers.
pub fn find(conn: &mut AnyConn, containers: Option<&[ContainerId]>, id: EmailId) -> Result<(Email, Vec<Try>)> {
    let email = store::list::find(conn, containers, id)?;
    let tries = store::list::tries(conn, id)?;
    Ok((email, tries))
}

/// Minutes after which an email that is due and was not tried says that nobody carries emails: workers look every half
/// second, and leave a mail server alone for half a minute at most.
const OVERDUE_MINUTES: i64 = 10;

/// How many emails wait for their first try though they were due long ago.
pub fn overdue(conn: &mut AnyConn, now: Timestamp, containers: Option<&[ContainerId]>) -> Result<Total> {
    store::list::overdue(conn, now - chrono::Duration::minutes(OVERDUE_MINUTES), containers)
}
