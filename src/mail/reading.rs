//! Reading the outbox: views, searches, one email with its tries.

use super::{Delivery, Email, Kind, State, Try, store};
use crate::{
    clock::Timestamp,
    db::{AnyConn, Total},
    error::Result,
    ids::{ContainerId, EmailId, EnrollmentId},
};

pub use super::filter::{Filter, View};

pub use super::health::{Health, TRIES_THAT_TELL};

/// The rows of a view, the newest first. `containers`: only emails to users in them (`None`: all).
pub fn rows(
    conn: &mut AnyConn,
    now: Timestamp,
    containers: Option<&[ContainerId]>,
    filter: &Filter,
    view: View,
    (offset, limit): (i64, i64),
) -> Result<Vec<Email>> {
    store::list::rows(conn, now, containers, filter, view, offset, limit)
}

/// How many rows a view has.
pub fn count(
    conn: &mut AnyConn,
    now: Timestamp,
    containers: Option<&[ContainerId]>,
    filter: &Filter,
    view: View,
) -> Result<Total> {
    store::list::count(conn, now, containers, filter, view)
}

/// How many rows of a view are in each state that any is in.
pub fn counts_by_state(
    conn: &mut AnyConn,
    now: Timestamp,
    containers: Option<&[ContainerId]>,
    filter: &Filter,
    view: View,
) -> Result<Vec<(State, i64)>> {
    store::list::counts_by_state(conn, now, containers, filter, view)
}

/// The emails of a view that are in these states, the oldest first: by number, 100,000 of them are no burden.
pub fn ids_in_states(
    conn: &mut AnyConn,
    now: Timestamp,
    containers: Option<&[ContainerId]>,
    filter: &Filter,
    view: View,
    states: &[State],
) -> Result<Vec<EmailId>> {
    store::list::ids_in_states(conn, now, containers, filter, view, states)
}

/// The enrollments that those of these emails which are of such kinds are about, by number.
pub fn enrollments_of(conn: &mut AnyConn, ids: &[EmailId], kinds: &[Kind]) -> Result<Vec<EnrollmentId>> {
    store::again::enrollments_of(conn, ids, kinds)
}

/// How many emails failed or came back and still matter, for the number beside the navigation.
pub fn failures(conn: &mut AnyConn, now: Timestamp, containers: Option<&[ContainerId]>) -> Result<Total> {
    store::list::failures(conn, now, containers)
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

/// The email of this Message-ID; `None` if there is none.
pub fn by_message_id(conn: &mut AnyConn, message_id: &str) -> Result<Option<Email>> {
    store::reports::find(conn, message_id)
}

/// What delivery reports said of an email, the newest first.
pub fn deliveries(conn: &mut AnyConn, id: EmailId) -> Result<Vec<Delivery>> {
    store::reports::of(conn, id)
}

/// The emails of these ids, in no order: what became of the newest one of each user in a list.
pub fn latest_of(conn: &mut AnyConn, ids: &[EmailId]) -> Result<Vec<Email>> {
    store::list::of(conn, ids)
}

/// How many emails with a link of their own were written about an enrollment.
pub fn count_with_link(conn: &mut AnyConn, enrollment: EnrollmentId) -> Result<i64> {
    store::count_with_link(conn, enrollment)
}

/// Minutes after which an email that is due and was not tried says that nobody carries emails: workers look every half
/// second, and leave a mail server alone for half a minute at most.
const OVERDUE_MINUTES: i64 = 10;

/// How many emails wait for their first try though they were due long ago.
pub fn overdue(conn: &mut AnyConn, now: Timestamp, containers: Option<&[ContainerId]>) -> Result<Total> {
    store::list::overdue(conn, now - chrono::Duration::minutes(OVERDUE_MINUTES), containers)
}

/// How the mail server does.
pub fn health(conn: &mut AnyConn) -> Result<Health> {
    store::list::health(conn)
}
