//! Long work: what would keep the writer longer than a request may (PRODUCT.md §17). Slices prepare rows in tables of their own,
//! each in a short transaction, so that others write in between; one last transaction of set statements looks again whether
//! all is as it was shown, and makes the rows true. Until then nothing has changed, and it may be canceled.

use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::{Error, Result},
    ids::WorkId,
    operators::{Permission, Scope, Who},
};

pub mod pages;
pub mod piece;
mod running;
mod store;
mod turn;

pub use piece::{End, Kind, NewPiece, Piece, State};
pub use running::{ROWS_A_SLICE, Running};
pub use store::{find as row, insert as ask, insert_once as ask_once};
pub use turn::{Apply, DAYS_KEPT, run_waiting, stop_all, sweep};

/// The newest pieces of an operator that are listed.
pub const MOST_LISTED: i64 = 50;

/// The piece `id`, for who asked for it, and for who may read the audit log of all containers.
///
/// # Errors
/// `NotFound` for everybody else.
pub fn find(conn: &mut AnyConn, who: &Who, id: WorkId) -> Result<Piece> {
    let reads_all = who.may(Permission::SeeAudit) && who.scope == Scope::All;
    store::find(conn, id)?
        .filter(|piece| Some(piece.operator) == who.operator || reads_all)
        .ok_or_else(|| Error::not_found("work", id.to_string()))
}

/// The newest pieces that `who` asked for.
pub fn own(conn: &mut AnyConn, who: &Who) -> Result<Vec<Piece>> {
    match who.operator {
        Some(operator) => store::newest_of(conn, operator, MOST_LISTED),
        None => Ok(Vec::new()),
    }
}

/// The newest piece of `who` that goes on.
pub fn open_of(conn: &mut AnyConn, who: &Who) -> Result<Option<Piece>> {
    match who.operator {
        Some(operator) => store::open_of(conn, operator),
        None => Ok(None),
    }
}

/// Cancels a piece that `who` asked for: nothing has changed by it, and nothing will.
///
/// # Errors
/// `NotFound` if it is somebody else's; `Conflict` if it is applied already, or has ended.
pub fn cancel(desk: &Desk, who: &Who, now: Timestamp, id: WorkId) -> Result<()> {
    desk.db.write(|conn| {
        let piece = store::find(conn, id)?.filter(|piece| Some(piece.operator) == who.operator);
        let piece = piece.ok_or_else(|| Error::not_found("work", id.to_string()))?;
        if !store::cancel(conn, now, id)? {
            return Err(Error::Conflict(
                "It is too late to cancel this: it was applied meanwhile, or has ended.".into(),
            ));
        }
        let entry = Entry::done(&who.actor, Verb::WorkCancel, format!("Canceled: {}", piece.title));
        audit::record(conn, now, &entry.subject(format!("work {id}")))
    })
}
