//! One transaction: all or nothing, and what is done once it is committed.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    time::Duration,
};

use diesel::connection::{AnsiTransactionManager, Connection, TransactionManager};

use super::{conn::AnyConn, loan::Loan, refusal};
use crate::error::Result;

/// How often a transaction is tried that others keep from ending: they have gone by then, or something is wrong.
const TRIES: u32 = 5;

thread_local! {
    /// What is done once the transaction of this thread is committed.
    static COMMITTED: RefCell<Vec<Box<dyn FnOnce()>>> = const { RefCell::new(Vec::new()) };
}

/// Does `f` once the transaction at hand is committed, and never if it is not (a line in the log of what was done).
pub fn once_committed(f: impl FnOnce() + 'static) {
    COMMITTED.with_borrow_mut(|list| list.push(Box::new(f)));
}

/// Begins anew what is done once it is committed.
pub(super) fn forget_committed() {
    COMMITTED.with_borrow_mut(Vec::clear);
}

/// The transaction is committed.
pub(super) fn was_committed() {
    COMMITTED.take().into_iter().for_each(|f| f());
}

/// Runs `f` in a transaction, again where it and another one waited for each other. It waits no longer than `wait` for
/// what others hold.
pub(super) fn repeated<T>(mut conn: Loan, wait: Duration, mut f: impl FnMut(&mut AnyConn) -> Result<T>) -> Result<T> {
    let mut tries = 1;
    loop {
        match transaction(&mut conn, wait, &mut f) {
            Err(error) if tries < TRIES && refusal::is_deadlock(&error) => {
                tracing::warn!("two transactions waited for each other; try {tries} of {TRIES} is repeated: {error}");
                tries += 1;
            }
            outcome => return outcome,
        }
    }
}

/// Begins a transaction that may write, and waits no longer than `wait` for what others hold.
pub(super) fn begin(conn: &mut AnyConn, wait: Duration) -> Result<()> {
    match conn {
        // IMMEDIATE: a deferred transaction that reads and then writes fails at once beside another writer.
        AnyConn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")?,
        // Said anew each time: behind a pooler the next transaction has another connection.
        AnyConn::Pg(c) => {
            let begin = format!("BEGIN; SET LOCAL lock_timeout = {}", wait.as_millis());
            AnsiTransactionManager::begin_transaction_sql(c, &begin)?;
        }
    }
    Ok(())
}

fn transaction<T>(conn: &mut AnyConn, wait: Duration, f: &mut impl FnMut(&mut AnyConn) -> Result<T>) -> Result<T> {
    type Manager = <AnyConn as Connection>::TransactionManager;
    forget_committed();
    begin(conn, wait)?;
    match catch_unwind(AssertUnwindSafe(|| f(conn))) {
        Ok(Ok(value)) => {
            Manager::commit_transaction(conn)?;
            was_committed();
            Ok(value)
        }
        Ok(Err(error)) => {
            // Told is what went wrong first. A connection that cannot go back is not lent again: its pool sees to that.
            if let Err(second) = Manager::rollback_transaction(conn) {
                tracing::error!("a transaction was not rolled back: {second}; it was to be because: {error}");
            }
            Err(error)
        }
        Err(panic) => {
            // The connection goes back to the pool: it must not carry half a transaction with it.
            let _ = Manager::rollback_transaction(conn);
            resume_unwind(panic)
        }
    }
}
