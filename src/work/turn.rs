//! What the server does by itself about long work: it takes what waits, one piece after the other, says of what was left behind
//! that nothing was changed, and sweeps the prepared rows.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::Duration;

use super::{
    piece::{Kind, MOVED, Piece, STOPPED, State},
    running::{Running, lease},
    store,
};
use crate::{
    desk::Desk,
    error::{Error, Result},
};

/// What a verb does with a piece: it prepares in slices, and finishes.
pub type Apply = fn(&Desk, &Running<'_>) -> Result<()>;

/// Days for which a piece that ended is kept: long enough to be found after a vacation.
pub const DAYS_KEPT: i64 = 30;

/// Prepared rows that are swept in one transaction: as long as a slice keeps the writer.
const ROWS_SWEPT: i64 = 2_000;

const FAILED: &str = "Something went wrong on the server; its log says what.";
const BUSY: &str = "The database had too much to do.";
const FULL: &str = "The disk of the database is full.";
const AWAY: &str = "The database did not answer.";

/// Does all that waits, and sweeps up; `apply` says by which verb.
///
/// # Errors
/// What went wrong with a piece, after all others were done.
pub fn run_waiting(desk: &Desk, apply: impl Fn(Kind) -> Apply) -> Result<()> {
    stop_left_behind(desk)?;
    let mut outcome = Ok(());
    while let Some(running) = take(desk)? {
        let ended = run(desk, &running, apply(running.piece.kind));
        sweep(desk)?;
        outcome = outcome.and(ended);
    }
    sweep(desk)?;
    outcome
}

/// The piece that waits longest, claimed.
fn take(desk: &Desk) -> Result<Option<Running<'_>>> {
    if desk.stopping.is_cancelled() || desk.db.read(store::oldest_waiting)?.is_none() {
        return Ok(None);
    }
    let worker = desk.random.handle();
    let until = lease(desk.shared_now()?);
    let now = desk.now();
    let piece: Option<Piece> = desk.db.write(|conn| store::claim(conn, now, &worker, until))?;
    Ok(piece.map(|piece| Running::new(desk, piece, worker)))
}

/// Does a piece, and keeps how it ended if the verb did not come to that.
fn run(desk: &Desk, running: &Running<'_>, apply: Apply) -> Result<()> {
    let id = running.piece.id;
    let outcome = catch_unwind(AssertUnwindSafe(|| apply(desk, running)));
    let (state, sentence, error) = match outcome {
        Ok(Ok(())) if desk.stopping.is_cancelled() => (State::Stopped, STOPPED.to_owned(), None),
        // It has ended, or was lost to whoever ended it.
        Ok(Ok(())) => return Ok(()),
        Ok(Err(Error::Conflict(_))) => (State::Moved, MOVED.to_owned(), None),
        Ok(Err(Error::Refused(sentence))) => (State::Refused, sentence, None),
        Ok(Err(error @ (Error::Forbidden(_) | Error::Invalid(_) | Error::NotFound { .. }))) => {
            (State::Refused, error.to_string(), None)
        }
        Ok(Err(error)) => {
            let sentence = match error {
                Error::Busy => BUSY,
                Error::DiskFull => FULL,
                Error::Away => AWAY,
                _ => FAILED,
            };
            (State::Failed, sentence.to_owned(), Some(error))
        }
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word");
            (State::Failed, FAILED.to_owned(), Some(Error::Internal(format!("long work {id} broke off: {said}"))))
        }
    };
    let now = desk.now();
    desk.db.write(|conn| store::give_up(conn, now, id, state, &sentence))?;
    error.map_or(Ok(()), Err)
}

/// Ends what nobody works on any more: its lease ran out, since its server was killed.
fn stop_left_behind(desk: &Desk) -> Result<()> {
    let (shared, now) = (desk.shared_now()?, desk.now());
    if desk.db.read(|conn| store::any_left_behind(conn, shared))? {
        desk.db.write(|conn| store::stop(conn, now, Some(shared), STOPPED))?;
    }
    Ok(())
}

/// Ends whatever was begun, whoever had it. For the only server of a database, before it begins: who had it was killed.
pub fn stop_all(desk: &Desk) -> Result<()> {
    let now = desk.now();
    desk.db.write(|conn| store::stop(conn, now, None, STOPPED))
}

/// Throws away the prepared rows of what has ended, some at a time, and pieces that ended long ago.
pub fn sweep(desk: &Desk) -> Result<()> {
    while let Some(id) = desk.db.read(store::unswept)? {
        let now = desk.now();
        while !desk.db.write(|conn| store::sweep(conn, now, id, ROWS_SWEPT))? {}
    }
    let before = desk.now() - Duration::days(DAYS_KEPT);
    if desk.db.read(|conn| store::any_older(conn, before))? {
        desk.db.write(|conn| store::remove_older(conn, before))?;
    }
    Ok(())
}
