//! Rows of long work, and the sweeping of what was prepared for it.

use diesel::prelude::*;

use super::piece::{CANCELED, End, Kind, MOVED, NewPiece, Piece, State};
use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::{Error, Result},
    ids::{OperatorId, WorkId},
    operators::Who,
    schema::{work, work_emails, work_entries, work_links},
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = work)]
struct Row {
    id: i64,
    kind: String,
    operator_id: i64,
    operator: String,
    address: String,
    request: String,
    title: String,
    about: String,
    asked: String,
    back: String,
    total: i64,
    done: i64,
    state: String,
    sentence: String,
    result: String,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
}

impl TryFrom<Row> for Piece {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Piece {
            id: WorkId(row.id),
            kind: Kind::from_code(&row.kind)?,
            operator: OperatorId(row.operator_id),
            operator_name: row.operator,
            address: row.address,
            request: row.request,
            title: row.title,
            about: row.about,
            asked: row.asked,
            back: row.back,
            total: row.total,
            done: row.done,
            state: State::from_code(&row.state)?,
            sentence: row.sentence,
            result: row.result,
            created_at: row.created_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
        })
    }
}

/// Asks for a piece, in the transaction of the verb that notes its number; the number. The server's worker is to be rung
/// once that is committed.
///
/// # Errors
/// `Forbidden` for who is no operator: nobody would find it again.
pub fn insert(conn: &mut AnyConn, who: &Who, now: Timestamp, new: &NewPiece) -> Result<WorkId> {
    let operator = who.operator.ok_or(Error::Forbidden("an operator of the console"))?;
    let id: i64 = diesel::insert_into(work::table)
        .values((
            (
                work::kind.eq(new.kind.code()),
                work::operator_id.eq(operator.0),
                work::operator.eq(who.name()),
                work::address.eq(&who.actor.address),
                work::request.eq(&who.actor.request),
                work::title.eq(&new.title),
                work::about.eq(&new.about),
                work::asked.eq(&new.asked),
                work::back.eq(&new.back),
            ),
            (
                work::total.eq(i64::try_from(new.total).unwrap_or(i64::MAX)),
                work::done.eq(0),
                work::state.eq(State::Waiting.code()),
                work::sentence.eq(""),
                work::result.eq(""),
                work::created_at.eq(now),
            ),
        ))
        .returning(work::id)
        .get_result(conn)?;
    Ok(WorkId(id))
}

/// As [`insert`], unless the operator asked for the same and it goes on: then it is that.
pub fn insert_once(conn: &mut AnyConn, who: &Who, now: Timestamp, new: &NewPiece) -> Result<WorkId> {
    let own = work::operator_id.eq(who.operator.map_or(0, |operator| operator.0));
    let same = work::kind.eq(new.kind.code()).and(work::asked.eq(&new.asked));
    let open = work::table.filter(own.and(work::ended_at.is_null())).filter(same);
    match open.select(work::id).first(conn).optional()? {
        Some(id) => Ok(WorkId(id)),
        None => insert(conn, who, now, new),
    }
}

/// The piece of this number.
pub fn find(conn: &mut AnyConn, id: WorkId) -> Result<Option<Piece>> {
    let row: Option<Row> = work::table.find(id.0).select(Row::as_select()).first(conn).optional()?;
    row.map(Piece::try_from).transpose()
}

/// The newest pieces of an operator.
pub fn newest_of(conn: &mut AnyConn, operator: OperatorId, most: i64) -> Result<Vec<Piece>> {
    let own = work::table.filter(work::operator_id.eq(operator.0)).order(work::id.desc()).limit(most);
    let rows: Vec<Row> = own.select(Row::as_select()).load(conn)?;
    rows.into_iter().map(Piece::try_from).collect()
}

/// The newest piece of an operator that goes on.
pub fn open_of(conn: &mut AnyConn, operator: OperatorId) -> Result<Option<Piece>> {
    let open = work::table.filter(work::operator_id.eq(operator.0)).filter(work::ended_at.is_null());
    let row: Option<Row> = open.order(work::id.desc()).select(Row::as_select()).first(conn).optional()?;
    row.map(Piece::try_from).transpose()
}

/// The piece that waits longest.
pub fn oldest_waiting(conn: &mut AnyConn) -> Result<Option<i64>> {
    let waiting = work::table.filter(work::swept_at.is_null()).filter(work::state.eq(State::Waiting.code()));
    Ok(waiting.order(work::id).select(work::id).first(conn).optional()?)
}

/// Takes the piece that waits longest for `worker`; `None` if another server was first.
pub fn claim(conn: &mut AnyConn, now: Timestamp, worker: &str, until: Timestamp) -> Result<Option<Piece>> {
    let Some(id) = oldest_waiting(conn)? else { return Ok(None) };
    let taken = diesel::update(work::table.find(id).filter(work::state.eq(State::Waiting.code())))
        .set((
            work::state.eq(State::Preparing.code()),
            work::started_at.eq(now),
            work::worker.eq(worker),
            work::leased_until.eq(until),
        ))
        .execute(conn)?;
    if taken == 0 { Ok(None) } else { find(conn, WorkId(id)) }
}

/// Notes how far `worker` is, and renews its lease; false if the piece is not in its hand any more.
pub fn progress(
    conn: &mut AnyConn,
    id: WorkId,
    worker: &str,
    state: State,
    done: usize,
    until: Timestamp,
) -> Result<bool> {
    let kept = diesel::update(work::table.find(id.0).filter(work::worker.eq(worker)).filter(work::ended_at.is_null()))
        .set((
            work::state.eq(state.code()),
            work::done.eq(i64::try_from(done).unwrap_or(i64::MAX)),
            work::leased_until.eq(until),
        ))
        .execute(conn)?;
    Ok(kept > 0)
}

/// Holds the piece until the transaction ends; false if it is not in the hand of `worker` any more.
pub fn hold(conn: &mut AnyConn, id: WorkId, worker: &str, until: Timestamp) -> Result<bool> {
    let held = diesel::update(work::table.find(id.0).filter(work::worker.eq(worker)).filter(work::ended_at.is_null()))
        .set(work::leased_until.eq(until))
        .execute(conn)?;
    Ok(held > 0)
}

/// Keeps how it ended, in its last transaction.
pub fn end(conn: &mut AnyConn, now: Timestamp, id: WorkId, end: &End) -> Result<()> {
    let (state, sentence, result) = match end {
        End::Done(sentence, result) => (State::Done, sentence.as_str(), result.as_str()),
        End::Moved => (State::Moved, MOVED, ""),
        End::Refused(sentence) => (State::Refused, sentence.as_str(), ""),
    };
    diesel::update(work::table.find(id.0))
        .set((
            work::state.eq(state.code()),
            work::sentence.eq(sentence),
            work::result.eq(result),
            work::ended_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Keeps that it was not done, if nothing else is kept yet.
pub fn give_up(conn: &mut AnyConn, now: Timestamp, id: WorkId, state: State, sentence: &str) -> Result<()> {
    diesel::update(work::table.find(id.0).filter(work::ended_at.is_null()))
        .set((work::state.eq(state.code()), work::sentence.eq(sentence), work::ended_at.eq(now)))
        .execute(conn)?;
    Ok(())
}

/// Cancels it, unless it is applied already or has ended; false if so.
pub fn cancel(conn: &mut AnyConn, now: Timestamp, id: WorkId) -> Result<bool> {
    let early = [State::Waiting.code(), State::Preparing.code()];
    let canceled = diesel::update(work::table.find(id.0).filter(work::state.eq_any(early)))
        .set((work::state.eq(State::Canceled.code()), work::sentence.eq(CANCELED), work::ended_at.eq(now)))
        .execute(conn)?;
    Ok(canceled > 0)
}

/// True if the lease of a piece ran out before `shared`, the time by the clock that all servers share.
pub fn any_left_behind(conn: &mut AnyConn, shared: Timestamp) -> Result<bool> {
    let left = work::table.filter(work::swept_at.is_null()).filter(work::ended_at.is_null());
    let left = left.filter(work::leased_until.lt(shared)).select(work::id).first::<i64>(conn).optional()?;
    Ok(left.is_some())
}

/// Ends what goes on: all of it, or that whose lease ran out before `shared`.
pub fn stop(conn: &mut AnyConn, now: Timestamp, shared: Option<Timestamp>, sentence: &str) -> Result<()> {
    let ended = (work::state.eq(State::Stopped.code()), work::sentence.eq(sentence), work::ended_at.eq(now));
    let open = work::table.filter(work::swept_at.is_null()).filter(work::ended_at.is_null());
    match shared {
        Some(shared) => diesel::update(open.filter(work::leased_until.lt(shared))).set(ended).execute(conn)?,
        None => diesel::update(open).set(ended).execute(conn)?,
    };
    Ok(())
}

/// A piece that has ended and whose prepared rows may be there still.
pub fn unswept(conn: &mut AnyConn) -> Result<Option<WorkId>> {
    let ended = work::table.filter(work::swept_at.is_null()).filter(work::ended_at.is_not_null());
    Ok(ended.order(work::id).select(work::id).first(conn).optional()?.map(WorkId))
}

/// Throws away up to `most` prepared rows of each table; true once none is left.
pub fn sweep(conn: &mut AnyConn, now: Timestamp, id: WorkId, most: i64) -> Result<bool> {
    /// Deletes the first rows of a table.
    macro_rules! first {
        ($table:ident) => {{
            let own = $table::table.filter($table::work_id.eq(id.0));
            let last: Option<i64> =
                own.order($table::nth).offset(most - 1).select($table::nth).first(conn).optional()?;
            match last {
                Some(last) => diesel::delete(own.filter($table::nth.le(last))).execute(conn)?,
                None => diesel::delete(own).execute(conn)?,
            };
            last.is_none()
        }};
    }
    let none_left = [first!(work_emails), first!(work_links), first!(work_entries)].into_iter().all(|none| none);
    if none_left {
        diesel::update(work::table.find(id.0)).set(work::swept_at.eq(now)).execute(conn)?;
    }
    Ok(none_left)
}

/// True if a piece ended before `before`.
pub fn any_older(conn: &mut AnyConn, before: Timestamp) -> Result<bool> {
    let old = work::table.filter(work::ended_at.lt(before)).order(work::ended_at).select(work::id);
    Ok(old.first::<i64>(conn).optional()?.is_some())
}

/// Throws away what ended before `before` and was swept.
pub fn remove_older(conn: &mut AnyConn, before: Timestamp) -> Result<()> {
    diesel::delete(work::table.filter(work::ended_at.lt(before)).filter(work::swept_at.is_not_null())).execute(conn)?;
    Ok(())
}
