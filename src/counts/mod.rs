//! The counted facts that stand with a task (PRODUCT.md §2), as a whole and for each container of its users: each is kept
//! in the transaction that changes what it counts, so that a list reads them and counts nothing.
//!
//! They stand left of users, since they change when a user moves to another container.

use crate::{
    db::{self, AnyConn, Lock},
    error::Result,
    ids::{TaskId, UserId},
};

mod restore;
mod step;
mod store;

pub use store::check::{Miscount, miscounted};

pub use restore::{restore, restore_beside_older};

pub use step::Step;

pub use store::{add, recount_locked};

/// Counts the facts of a task from its enrollments, after a verb that touched many of them.
pub fn recount(conn: &mut AnyConn, task: TaskId) -> Result<()> {
    // First of all: locked users are counted by a limit that must not change in between.
    db::share(conn, Lock::Policy)?;
    store::hold(conn, &[task.0])?;
    store::part(conn, &[task.0])?;
    store::sum_up(conn, task)?;
    newest_email(conn, task)
}

/// The task learns the newest email that any of its users was sent, whatever it was about (PRODUCT.md §2, Emailed to); each
/// container the newest to a user in it.
pub fn newest_email(conn: &mut AnyConn, task: TaskId) -> Result<()> {
    store::newest_emails(conn, &[task.0])?;
    store::newest_email(conn, task)
}

/// These users are in another container now: their tasks are parted anew.
pub fn moved(conn: &mut AnyConn, users: &[UserId]) -> Result<()> {
    let users: Vec<i64> = users.iter().map(|user| user.0).collect();
    let tasks = store::tasks_of(conn, &users)?;
    for part in tasks.chunks(db::ROWS_A_STATEMENT) {
        store::hold(conn, part)?;
        store::part(conn, part)?;
        store::newest_emails(conn, part)?;
    }
    Ok(())
}

/// Whoever will say that users have [`moved`] begins with this, before emails are held: the limit by which locked users are
/// counted stays as it is.
pub fn will_move(conn: &mut AnyConn) -> Result<()> {
    db::share(conn, Lock::Policy)
}
