//! Rows of the outbox.

use chrono::NaiveDate;
use diesel::{dsl::sql, expression::SqlLiteral, prelude::*, sql_types::Bool};

use crate::{
    clock::Timestamp,
    config::Settings,
    db::{self, AnyConn},
    desk::Desk,
    error::{Error, Result},
    ids::{ContainerId, EmailId, EnrollmentId, TaskId, UserId},
    insert_rows,
    mail::{
        email::{Email, State},
        letter::{Facts, Kind, NewEmail, Secret, masked},
    },
    schema::emails,
};

pub mod address;
pub mod again;
pub mod list;
pub mod messages;
pub mod reports;
pub mod staged;
pub mod work;

/// Ids in one statement; both databases take more, and none gets faster by it.
const IDS_A_STATEMENT: usize = 1_000;

#[derive(Insertable)]
#[diesel(table_name = emails, treat_none_as_default_value = false)]
struct NewRow {
    message_id: String,
    kind: &'static str,
    shown_to: String,
    shown_to_key: String,
    alternate: bool,
    user_id: Option<i64>,
    user_key: String,
    container_id: Option<i64>,
    task_id: Option<i64>,
    enrollment_id: Option<i64>,
    facts: String,
    sealed: Option<Vec<u8>>,
    state: &'static str,
    tries: i64,
    created_at: Timestamp,
    next_try_at: Option<Timestamp>,
    give_up_at: Timestamp,
    last_answer: &'static str,
    sender: String,
}

/// Where a secret is sealed to: it opens for the email it was sealed with and no other.
fn seal_context(message_id: &str) -> String {
    format!("emails.sealed:{message_id}")
}

/// The host of `public_url`, for Message-IDs and for the greeting of the mail server.
pub fn own_host(settings: &Settings) -> &str {
    let host = settings.host.as_str();
    if host.starts_with('[') {
        return "localhost";
    }
    host.split_once(':').map_or(host, |(host, _)| host)
}

/// Puts `emails` into the outbox, due now, in the transaction that causes them; `sender` is the UserID of the operator
/// whose doing it is. The secrets are sealed, and an alternate address is kept masked.
pub fn insert(desk: &Desk, conn: &mut AnyConn, now: Timestamp, sender: &str, list: &[NewEmail]) -> Result<()> {
    for chunk in list.chunks(db::ROWS_A_STATEMENT) {
        let rows = chunk.iter().map(|email| new_row(desk, now, sender, email)).collect::<Result<Vec<_>>>()?;
        insert_rows!(conn, emails::table, rows)?;
    }
    Ok(())
}

fn new_row(desk: &Desk, now: Timestamp, sender: &str, email: &NewEmail) -> Result<NewRow> {
    let random = data_encoding::HEXLOWER.encode(&desk.random.bytes::<16>());
    let message_id = format!("<{random}@{}>", own_host(&desk.settings));
    let mut secret = email.secret.clone();
    let mut shown_to = email.to.trim().to_owned();
    if email.alternate {
        secret.get_or_insert_default().alternate_to = Some(shown_to);
        shown_to = masked(&email.to);
    }
    let sealed = secret.map(|secret| seal(desk, &message_id, &secret)).transpose()?;
    Ok(NewRow {
        message_id,
        kind: email.kind.code(),
        shown_to_key: db::key(&shown_to),
        shown_to,
        alternate: email.alternate,
        user_id: email.user.map(|id| id.0),
        user_key: db::key(&email.facts.user_id),
        container_id: email.container.map(|id| id.0),
        task_id: email.task.map(|id| id.0),
        enrollment_id: email.enrollment.map(|id| id.0),
        facts: serde_json::to_string(&email.facts).map_err(unreadable)?,
        sealed,
        state: State::Queued.code(),
        tries: 0,
        created_at: now,
        next_try_at: Some(now),
        give_up_at: email.give_up_at,
        last_answer: "",
        sender: sender.to_owned(),
    })
}

/// The secret as it is kept in the row of `message_id`.
pub fn seal(desk: &Desk, message_id: &str, secret: &Secret) -> Result<Vec<u8>> {
    let bytes = zeroize::Zeroizing::new(serde_json::to_vec(secret).map_err(unreadable)?);
    Ok(desk.keys.seal(&desk.random, &seal_context(message_id), &bytes))
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::Internal(format!("an email cannot be kept: {error}"))
}

/// Opens what was sealed in the row of `message_id`.
fn open(desk: &Desk, message_id: &str, sealed: &[u8]) -> Result<Secret> {
    let bytes = desk.keys.open(&seal_context(message_id), sealed)?;
    serde_json::from_slice(&bytes).map_err(|_| Error::Internal(format!("the secret of {message_id} is unreadable")))
}

fn waiting() -> [&'static str; 2] {
    [State::Queued.code(), State::Deferred.code()]
}

/// Waits. In words that no index answers: of the emails to many users these are found by their users, and not among all
/// that wait anywhere, once for each part of them.
fn still_waits() -> SqlLiteral<Bool> {
    let [queued, deferred] = waiting();
    sql(&format!("COALESCE(emails.state, '') IN ('{queued}', '{deferred}')"))
}

/// Holds what waits for these enrollments until the transaction ends, by number: as workers do who settle many emails,
/// so that neither waits for the other. SQLite needs nothing: it has one writer.
fn hold_waiting(conn: &mut AnyConn, enrollments: &[i64]) -> Result<()> {
    if let AnyConn::Pg(pg) = conn {
        emails::table
            .filter(emails::enrollment_id.eq_any(enrollments))
            .filter(still_waits())
            .order(emails::id)
            .select(emails::id)
            .for_no_key_update()
            .execute(pg)?;
    }
    Ok(())
}

/// Cancels what still waits for these enrollments and wipes its secrets; how many emails that were. One that is in a
/// worker's hand at this moment may still go out, and is then shown as Sent.
pub fn cancel(conn: &mut AnyConn, enrollments: &[EnrollmentId]) -> Result<usize> {
    let mut canceled = 0;
    for chunk in enrollments.chunks(IDS_A_STATEMENT) {
        let ids: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        hold_waiting(conn, &ids)?;
        canceled += diesel::update(emails::table.filter(emails::enrollment_id.eq_any(ids)).filter(still_waits()))
            .set(wiped(State::Canceled))
            .execute(conn)?;
    }
    Ok(canceled)
}

/// Writes the new last day into what waits for these enrollments. Each email has facts of its own.
pub fn move_stop_date(
    conn: &mut AnyConn,
    enrollments: &[EnrollmentId],
    stop_on: NaiveDate,
    give_up_at: Timestamp,
) -> Result<()> {
    for chunk in enrollments.chunks(IDS_A_STATEMENT) {
        let ids: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let waiting = emails::table
            .filter(emails::enrollment_id.eq_any(ids))
            .filter(still_waits())
            .order(emails::id)
            .select((emails::id, emails::facts));
        // Held by number, see `hold_waiting`.
        let mut rows: Vec<(i64, String)> = match conn {
            AnyConn::Pg(pg) => waiting.for_no_key_update().load(pg)?,
            AnyConn::Sqlite(sqlite) => waiting.load(sqlite)?,
        };
        for (_, text) in &mut rows {
            let mut facts: Facts = serde_json::from_str(text).map_err(unreadable)?;
            facts.stop_on = Some(stop_on);
            *text = serde_json::to_string(&facts).map_err(unreadable)?;
        }
        db::set_each(conn, "emails", "facts", ("give_up_at", give_up_at), &rows)?;
    }
    Ok(())
}

/// As [`cancel_waiting`], for everyone in `task`.
pub fn cancel_of_task(conn: &mut AnyConn, task: TaskId) -> Result<usize> {
    let canceled =
        diesel::update(emails::table.filter(emails::task_id.eq(task.0)).filter(emails::state.eq_any(waiting())))
            .set(wiped(State::Canceled))
            .execute(conn)?;
    Ok(canceled)
}

/// The emails to these users are found in `container` from now on: who may see the users may see them.
pub fn follow(conn: &mut AnyConn, users: &[UserId], container: ContainerId) -> Result<()> {
    for chunk in users.chunks(IDS_A_STATEMENT) {
        let ids: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let theirs = emails::table.filter(emails::user_id.eq_any(ids));
        // By number, as everybody holds emails: see `cancel`.
        if let AnyConn::Pg(pg) = conn {
            theirs.clone().order(emails::id).select(emails::id).for_no_key_update().execute(pg)?;
        }
        diesel::update(theirs).set(emails::container_id.eq(Some(container.0))).execute(conn)?;
    }
    Ok(())
}

/// How many emails with a link of their own were written about an enrollment.
pub fn count_with_link(conn: &mut AnyConn, enrollment: EnrollmentId) -> Result<i64> {
    let kinds: Vec<&str> = Kind::ALL.iter().filter(|kind| kind.carries_link()).map(|kind| kind.code()).collect();
    let about = emails::table.filter(emails::enrollment_id.eq(enrollment.0)).filter(emails::kind.eq_any(kinds));
    Ok(about.count().get_result(conn)?)
}

/// An email that goes nowhere any more. Who has claimed it stays: what is in a worker's hand may still be accepted.
fn wiped(state: State) -> Wiped {
    Wiped { state: state.code(), sealed: None, next_try_at: None }
}

#[derive(AsChangeset)]
#[diesel(table_name = emails)]
#[diesel(treat_none_as_null = true)]
struct Wiped {
    state: &'static str,
    sealed: Option<Vec<u8>>,
    next_try_at: Option<Timestamp>,
}

#[derive(Queryable)]
struct Row {
    id: i64,
    message_id: String,
    kind: String,
    shown_to: String,
    alternate: bool,
    user_id: Option<i64>,
    container_id: Option<i64>,
    task_id: Option<i64>,
    enrollment_id: Option<i64>,
    facts: String,
    state: String,
    tries: i64,
    created_at: Timestamp,
    next_try_at: Option<Timestamp>,
    give_up_at: Timestamp,
    sent_at: Option<Timestamp>,
    last_answer: String,
    last_answer_at: Option<Timestamp>,
    sender: String,
    bounced_at: Option<Timestamp>,
    bounce_status: String,
    claimed_until: Option<Timestamp>,
}

/// The columns of [`Row`]: all but the secret and who has claimed it.
macro_rules! columns {
    () => {
        (
            emails::id,
            emails::message_id,
            emails::kind,
            emails::shown_to,
            emails::alternate,
            emails::user_id,
            emails::container_id,
            emails::task_id,
            emails::enrollment_id,
            emails::facts,
            emails::state,
            emails::tries,
            emails::created_at,
            emails::next_try_at,
            emails::give_up_at,
            emails::sent_at,
            emails::last_answer,
            emails::last_answer_at,
            emails::sender,
            emails::bounced_at,
            emails::bounce_status,
            emails::claimed_until,
        )
    };
}
use columns;

impl TryFrom<Row> for Email {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Email {
            id: EmailId(row.id),
            kind: kind(&row.kind)?,
            facts: facts(&row.message_id, &row.facts)?,
            message_id: row.message_id,
            shown_to: row.shown_to,
            alternate: row.alternate,
            user: row.user_id.map(UserId),
            container: row.container_id.map(ContainerId),
            task: row.task_id.map(TaskId),
            enrollment: row.enrollment_id.map(EnrollmentId),
            state: State::from_code(&row.state)
                .ok_or_else(|| Error::Internal(format!("an email has the unknown state {}", row.state)))?,
            tries: row.tries,
            created_at: row.created_at,
            next_try_at: row.next_try_at,
            give_up_at: row.give_up_at,
            sent_at: row.sent_at,
            last_answer: row.last_answer,
            last_answer_at: row.last_answer_at,
            sender: row.sender,
            bounced_at: row.bounced_at,
            bounce_status: row.bounce_status,
            claimed_until: row.claimed_until,
        })
    }
}

fn kind(word: &str) -> Result<Kind> {
    Kind::from_code(word).ok_or_else(|| Error::Internal(format!("an email is of the unknown kind {word}")))
}

fn facts(message_id: &str, json: &str) -> Result<Facts> {
    serde_json::from_str(json).map_err(|_| Error::Internal(format!("the facts of {message_id} are unreadable")))
}
