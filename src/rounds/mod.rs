//! What the server does by itself, again and again. A round that breaks off is told of: in the log, to monitors, by
//! `tokendesk check` (another process) and on the Snapshot. The next one is tried all the same.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{
    clock::Timestamp,
    desk::Desk,
    error::{Error, Result},
};

mod round;
mod store;

pub use round::{Failing, Round};

pub use store::failing;

/// Does `work` as a round, and keeps how it ended. That there is too much to do, or no room on the disk, is no failure
/// of the round, and is told elsewhere.
pub fn run(desk: &Desk, round: Round, now: Timestamp, work: impl FnOnce(&Desk, Timestamp) -> Result<()>) {
    let outcome = catch_unwind(AssertUnwindSafe(|| work(desk, now)));
    let well = match outcome {
        Ok(Ok(())) => true,
        Ok(Err(error @ (Error::Busy | Error::DiskFull))) => {
            return tracing::warn!(round = round.code(), "a round was not finished: {error}");
        }
        Ok(Err(error)) => {
            tracing::error!(round = round.code(), "a round was not finished: {error}");
            false
        }
        Err(panic) => {
            tracing::error!(round = round.code(), "a round broke off: {}", said(panic.as_ref()));
            false
        }
    };
    if !well {
        desk.meter.note_round_failure(round.code());
    }
    if let Err(error) = desk.db.write(|conn| store::note(conn, round, now, well)) {
        tracing::warn!(round = round.code(), "how a round ended was not kept: {error}");
    }
}

/// Tries whether the database takes a write, and keeps the answer for `/readyz`. Others that write are no trouble.
///
/// # Errors
/// `Busy`, `DiskFull`, or `Database` if it does not take it.
pub fn probe(desk: &Desk, now: Timestamp) -> Result<()> {
    let outcome = try_write(desk, now);
    match &outcome {
        Ok(()) => desk.meter.note_write(None),
        Err(Error::Busy) => {}
        Err(Error::DiskFull) => desk.meter.note_write(Some("the disk is full".into())),
        Err(_) => desk.meter.note_write(Some("the database takes no write".into())),
    }
    outcome
}

/// Writes, and needs a little room for it.
///
/// # Errors
/// As [`probe`].
pub fn try_write(desk: &Desk, now: Timestamp) -> Result<()> {
    if desk.db.room().is_some_and(|bytes| bytes < LEAST_ROOM) {
        return Err(Error::DiskFull);
    }
    desk.db.write(|conn| store::try_write(conn, now))
}

/// With less room on the disk of the embedded database, in bytes, nothing larger than a row goes in any more: SQLite's
/// log grows to 4 MB before it starts anew, and may still have room inside when the disk has none.
const LEAST_ROOM: u64 = 1024 * 1024;

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word")
}
