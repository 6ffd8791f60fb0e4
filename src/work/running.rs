//! A piece that a worker has in its hand.

use chrono::Duration;

use super::{
    piece::{End, Piece, State},
    store,
};
use crate::{
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::{Error, Result},
    operators::{self, Who},
};

/// Rows that a slice prepares: on SQLite it keeps the writer for some 20 ms, as long as changes of others wait for each other
/// anyway.
pub const ROWS_A_SLICE: usize = 500;

/// How long a claim lasts that is not renewed, in seconds. Each slice renews it; between two stands at most the reading of what
/// is to be done, and the last transaction holds the row besides.
pub const LEASE_SECONDS: i64 = 60;

/// What is said of a piece whose operator is suspended or gone.
const NOBODY: &str = "The operator who asked for this may not work any more.";

/// A piece in the hand of a worker. It is lost when it is canceled, when the server is to end, or when its lease ran out and
/// another server swept it.
pub struct Running<'a> {
    /// The piece as it was taken.
    pub piece: Piece,
    desk: &'a Desk,
    worker: String,
}

impl<'a> Running<'a> {
    pub(super) fn new(desk: &'a Desk, piece: Piece, worker: String) -> Self {
        Running { piece, desk, worker }
    }

    /// Who asked for it, as they are now.
    ///
    /// # Errors
    /// `Refused` if they may not work any more.
    pub fn who(&self, conn: &mut AnyConn) -> Result<Who> {
        let Piece { operator, address, request, .. } = &self.piece;
        let working = operators::at_work(conn, *operator, address, request)?;
        working.map(|working| working.who).ok_or_else(|| Error::Refused(NOBODY.into()))
    }

    /// Writes a slice in a transaction of its own; `done` rows are prepared with it. False if the piece is lost: nothing was
    /// written, and nothing more is to be done.
    ///
    /// # Errors
    /// What `f` answers.
    pub fn slice(&self, done: usize, mut f: impl FnMut(&mut AnyConn) -> Result<()>) -> Result<bool> {
        if self.desk.stopping.is_cancelled() {
            return Ok(false);
        }
        let until = lease(self.desk.shared_now()?);
        self.desk.db.write(|conn| {
            let kept = store::progress(conn, self.piece.id, &self.worker, State::Preparing, done, until)?;
            if kept {
                f(conn)?;
            }
            Ok(kept)
        })
    }

    /// The last transaction: `f` looks whether all is as it was shown and makes it true, with the audit entries; its end stands
    /// with the piece in the same transaction. Nothing is done if the piece is lost.
    ///
    /// # Errors
    /// What `f` answers; nothing has changed then.
    pub fn finish(&self, mut f: impl FnMut(&mut AnyConn, &Who, Timestamp) -> Result<End>) -> Result<()> {
        let (id, worker) = (self.piece.id, &self.worker);
        if self.desk.stopping.is_cancelled() {
            return Ok(());
        }
        let until = lease(self.desk.shared_now()?);
        let total = usize::try_from(self.piece.total).unwrap_or_default();
        // Said before it begins, so that pages show no button that would come too late.
        let kept = |conn: &mut AnyConn| store::progress(conn, id, worker, State::Applying, total, until);
        if !self.desk.db.write(kept)? {
            return Ok(());
        }
        let now = self.desk.now();
        self.desk.db.write_alone(|conn| {
            if !store::hold(conn, id, worker, until)? {
                return Ok(());
            }
            let who = self.who(conn)?;
            let end = f(conn, &who, now)?;
            store::end(conn, now, id, &end)
        })
    }
}

/// When a claim that is made now ends.
pub(super) fn lease(now: Timestamp) -> Timestamp {
    now + Duration::seconds(LEASE_SECONDS)
}
