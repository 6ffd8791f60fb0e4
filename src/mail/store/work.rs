//! What workers do to the rows: claim, settle, let go.

use diesel::prelude::*;

use super::{
    IDS_A_STATEMENT, Wiped, facts, kind,
    messages::{self, Wordings},
    open, waiting, wiped,
};
use crate::{
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::Result,
    ids::{EmailId, TaskId, UserId},
    insert_rows,
    mail::{
        Claimed, Kind,
        email::{State, lease},
    },
    schema::{email_tries, emails},
};

#[derive(Queryable)]
struct Row {
    id: i64,
    message_id: String,
    kind: String,
    shown_to: String,
    user_id: Option<i64>,
    task_id: Option<i64>,
    facts: String,
    sealed: Option<Vec<u8>>,
    tries: i64,
    give_up_at: Timestamp,
}

/// True if an email is due.
pub fn any_due(conn: &mut AnyConn, now: Timestamp) -> Result<bool> {
    let first: Option<i64> =
        emails::table.filter(emails::next_try_at.le(now)).select(emails::id).first(conn).optional()?;
    Ok(first.is_some())
}

/// Claims up to `most` due emails for `worker`, the longest due first. A claim is a lease: the next try of the row is
/// put to its end, so that the row is not due for anyone else before, and due again for everyone after. Call it in a
/// transaction.
pub fn claim(desk: &Desk, conn: &mut AnyConn, now: Timestamp, worker: &str, most: i64) -> Result<Vec<Claimed>> {
    let due =
        emails::table.filter(emails::next_try_at.le(now)).order((emails::next_try_at, emails::id)).limit(most).select(
            (
                emails::id,
                emails::message_id,
                emails::kind,
                emails::shown_to,
                emails::user_id,
                emails::task_id,
                emails::facts,
                emails::sealed,
                emails::tries,
                emails::give_up_at,
            ),
        );
    let rows: Vec<Row> = match conn {
        // Rows that another worker is claiming at this moment are passed over instead of waited for.
        AnyConn::Pg(pg) => due.for_update().skip_locked().load(pg)?,
        // The transaction has the one writer already.
        AnyConn::Sqlite(sqlite) => due.load(sqlite)?,
    };
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let until = now + lease();
    diesel::update(emails::table.filter(emails::id.eq_any(ids)))
        .set((
            emails::next_try_at.eq(Some(until)),
            emails::claimed_by.eq(Some(worker)),
            emails::claimed_until.eq(Some(until)),
        ))
        .execute(conn)?;
    let kinds: Vec<Kind> = rows.iter().map(|row| kind(&row.kind)).collect::<Result<_>>()?;
    let wordings = messages::wordings(conn, &kinds)?;
    rows.into_iter().map(|row| claimed(desk, row, &wordings)).collect()
}

fn claimed(desk: &Desk, row: Row, wordings: &Wordings) -> Result<Claimed> {
    let secret = row.sealed.as_deref().map(|sealed| open(desk, &row.message_id, sealed));
    let (secret, unreadable) = match secret {
        Some(Ok(secret)) => (Some(secret), false),
        Some(Err(_)) => (None, true),
        None => (None, false),
    };
    let kind = kind(&row.kind)?;
    let facts = facts(&row.message_id, &row.facts)?;
    Ok(Claimed {
        id: EmailId(row.id),
        wording: wordings.of(kind, &facts),
        kind,
        facts,
        message_id: row.message_id,
        shown_to: row.shown_to,
        user: row.user_id.map(UserId),
        task: row.task_id.map(TaskId),
        secret,
        unreadable,
        tries: row.tries,
        give_up_at: row.give_up_at,
    })
}

/// A try to be noted.
#[derive(Insertable)]
#[diesel(table_name = email_tries, treat_none_as_default_value = false)]
pub struct NewTry {
    email_id: i64,
    at: Timestamp,
    outcome: &'static str,
    answer: String,
}

impl NewTry {
    /// What came of a try.
    pub fn new(email: EmailId, at: Timestamp, outcome: State, answer: &str) -> Self {
        NewTry { email_id: email.0, at, outcome: outcome.code(), answer: answer.to_owned() }
    }
}

/// Notes tries.
pub fn note_tries(conn: &mut AnyConn, tries: Vec<NewTry>) -> Result<()> {
    insert_rows!(conn, email_tries::table, tries)?;
    Ok(())
}

#[derive(AsChangeset)]
#[diesel(table_name = emails)]
#[diesel(treat_none_as_null = true)]
struct Answered {
    last_answer: String,
    last_answer_at: Option<Timestamp>,
    claimed_by: Option<String>,
    claimed_until: Option<Timestamp>,
}

impl Answered {
    fn new(now: Timestamp, answer: &str) -> Self {
        Answered { last_answer: answer.to_owned(), last_answer_at: Some(now), claimed_by: None, claimed_until: None }
    }
}

/// The mail server has accepted it: that is true whoever claims it now and even if it was canceled meanwhile.
pub fn accepted(conn: &mut AnyConn, now: Timestamp, email: EmailId, answer: &str) -> Result<bool> {
    let change: (Wiped, Answered) = (wiped(State::Sent), Answered::new(now, answer));
    let changed = diesel::update(emails::table.find(email.0))
        .set((change.0, change.1, emails::sent_at.eq(Some(now)), emails::tries.eq(emails::tries + 1)))
        .execute(conn)?;
    Ok(changed > 0)
}

/// It is tried again at `next`, unless the claim was lost or the email canceled meanwhile (then false).
pub fn deferred(
    conn: &mut AnyConn,
    now: Timestamp,
    worker: &str,
    email: EmailId,
    next: Timestamp,
    answer: &str,
) -> Result<bool> {
    let changed = diesel::update(held(worker, email))
        .set((
            Answered::new(now, answer),
            emails::state.eq(State::Deferred.code()),
            emails::next_try_at.eq(Some(next)),
            emails::tries.eq(emails::tries + 1),
        ))
        .execute(conn)?;
    Ok(changed > 0)
}

/// It is not tried again, unless the claim was lost or the email canceled meanwhile (then false).
pub fn failed(conn: &mut AnyConn, now: Timestamp, worker: &str, email: EmailId, answer: &str) -> Result<bool> {
    let changed = diesel::update(held(worker, email))
        .set((wiped(State::Failed), Answered::new(now, answer), emails::tries.eq(emails::tries + 1)))
        .execute(conn)?;
    Ok(changed > 0)
}

#[diesel::dsl::auto_type]
fn held<'a>(worker: &'a str, email: EmailId) -> _ {
    let states: [&'static str; 2] = waiting();
    let id: i64 = email.0;
    emails::table.filter(emails::id.eq(id)).filter(emails::claimed_by.eq(worker)).filter(emails::state.eq_any(states))
}

/// Lets go of what `worker` has claimed and not tried: it is due again at once.
pub fn release(conn: &mut AnyConn, now: Timestamp, worker: &str, list: &[EmailId]) -> Result<()> {
    for chunk in list.chunks(IDS_A_STATEMENT) {
        let ids: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        diesel::update(
            emails::table
                .filter(emails::id.eq_any(ids))
                .filter(emails::claimed_by.eq(worker))
                .filter(emails::state.eq_any(waiting())),
        )
        .set((
            emails::next_try_at.eq(Some(now)),
            emails::claimed_by.eq(None::<String>),
            emails::claimed_until.eq(None::<Timestamp>),
        ))
        .execute(conn)?;
    }
    Ok(())
}

/// Puts the end of the leases of these emails further, as far as `worker` still has them; those it has.
pub fn renew(conn: &mut AnyConn, now: Timestamp, worker: &str, list: &[EmailId]) -> Result<Vec<EmailId>> {
    let until = now + lease();
    let mut held = Vec::with_capacity(list.len());
    for chunk in list.chunks(IDS_A_STATEMENT) {
        let ids: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let renewed: Vec<i64> = diesel::update(
            emails::table
                .filter(emails::id.eq_any(ids))
                .filter(emails::claimed_by.eq(worker))
                .filter(emails::state.eq_any(waiting())),
        )
        .set((emails::next_try_at.eq(Some(until)), emails::claimed_until.eq(Some(until))))
        .returning(emails::id)
        .get_results(conn)?;
        held.extend(renewed.into_iter().map(EmailId));
    }
    Ok(held)
}

/// Lets go of every claim: what is claimed is due again at once.
pub fn release_all(conn: &mut AnyConn, now: Timestamp) -> Result<usize> {
    let claimed = emails::table.filter(emails::claimed_by.is_not_null()).filter(emails::state.eq_any(waiting()));
    let released = diesel::update(claimed)
        .set((
            emails::next_try_at.eq(Some(now)),
            emails::claimed_by.eq(None::<String>),
            emails::claimed_until.eq(None::<Timestamp>),
        ))
        .execute(conn)?;
    Ok(released)
}

/// True if an email is claimed at this moment.
pub fn any_claimed(conn: &mut AnyConn, now: Timestamp) -> Result<bool> {
    let first: Option<i64> = emails::table
        .filter(emails::next_try_at.is_not_null())
        .filter(emails::claimed_until.gt(now))
        .select(emails::id)
        .first(conn)
        .optional()?;
    Ok(first.is_some())
}
