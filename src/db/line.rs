//! The line before the only writer of the embedded database: changes that wait for it at the same time are committed
//! together, since it is the COMMIT that costs (the disk has to have it).
//!
//! Nothing runs in another thread than its caller's. The open transaction goes from hand to hand: who has it makes their
//! change within a savepoint and gives it to who waits next; where nobody waits, or it is full, the last one commits. Nobody
//! is told before. There is no timer: who comes alone is committed at once, in a transaction as ever.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use diesel::connection::{Connection, SimpleConnection, TransactionManager};

use super::{
    changes::Changes,
    conn::AnyConn,
    loan::{Connections, Loan, loan_within},
    transaction::{begin, forget_committed, was_committed},
};
use crate::error::{Error, Result};

/// Changes in one transaction: what a COMMIT costs is a small part of each by then, and the first one waits for the last.
const MOST_TOGETHER: usize = 256;

/// How long a transaction takes in further changes. A COMMIT takes one to ten milliseconds; nobody waits much longer than
/// for that because others came too.
const LONGEST: Duration = Duration::from_millis(20);

/// Callers in the line. Each keeps one of the 512 threads that requests may keep: who only reads still finds one.
const MOST_WAITING: usize = 256;

/// Where callers wait for the writer; one for all clones of a database.
pub(super) struct Line {
    writer: Connections,
    /// The longest that anybody waits.
    wait: Duration,
    queue: Mutex<Queue>,
    changes: Changes,
}

#[derive(Default)]
struct Queue {
    /// Somebody has the writer.
    taken: bool,
    waiting: VecDeque<Waiting>,
    /// The number of who came last.
    newest: u64,
}

struct Waiting {
    number: u64,
    /// Not to be committed with others.
    alone: bool,
    call: SyncSender<Called>,
}

/// What comes to the one whose turn it is.
enum Called {
    /// Nothing is open.
    Begin(Turn),
    /// The transaction of those before.
    Join(Box<Batch>),
}

/// The right to write; passed on when dropped.
struct Turn(Arc<Line>);

/// An open transaction that goes from hand to hand.
struct Batch {
    conn: Loan,
    turn: Turn,
    /// Others may join: each change is made within a savepoint.
    joint: bool,
    since: Instant,
    /// Who is told how it ended.
    members: Vec<SyncSender<Result<()>>>,
    /// Why it cannot be committed.
    broken: Option<Error>,
}

impl Line {
    pub(super) fn new(writer: Connections, wait: Duration) -> Arc<Self> {
        Arc::new(Line { writer, wait, queue: Mutex::default(), changes: Changes::counted() })
    }

    /// Runs `f` in a transaction, with others unless it is to be `alone`.
    ///
    /// # Errors
    /// What `f` answers; `Busy` if too many wait, or others keep the writer; what COMMIT answers.
    pub(super) fn write<T>(self: &Arc<Self>, alone: bool, f: impl FnMut(&mut AnyConn) -> Result<T>) -> Result<T> {
        let until = Instant::now() + self.wait;
        match self.stand(alone, until)? {
            Called::Join(batch) => batch.change(f),
            Called::Begin(turn) => {
                let conn = loan_within(&self.writer, until.saturating_duration_since(Instant::now()))?;
                let joint = !alone && self.queue().waiting.front().is_some_and(|next| !next.alone);
                Batch::begin(turn, conn, joint)?.change(f)
            }
        }
    }

    /// Runs `f` in a transaction if nobody writes and nobody waits; `None` otherwise.
    ///
    /// # Errors
    /// As [`Line::write`].
    pub(super) fn write_if_free<T>(self: &Arc<Self>, f: impl FnMut(&mut AnyConn) -> Result<T>) -> Result<Option<T>> {
        if std::mem::replace(&mut self.queue().taken, true) {
            return Ok(None);
        }
        let turn = Turn(self.clone());
        let Some(conn) = self.writer.try_get() else { return Ok(None) };
        Batch::begin(turn, conn, false)?.change(f).map(Some)
    }

    /// How many changes were committed.
    pub(super) fn changes(&self) -> Changes {
        self.changes.clone()
    }

    /// How many wait at this moment.
    pub(super) fn waiting(&self) -> usize {
        self.queue().waiting.len()
    }

    /// Waits for the writer.
    fn stand(self: &Arc<Self>, alone: bool, until: Instant) -> Result<Called> {
        let (number, called) = {
            let mut queue = self.queue();
            if !queue.taken {
                queue.taken = true;
                return Ok(Called::Begin(Turn(self.clone())));
            }
            if queue.waiting.len() >= MOST_WAITING {
                return Err(Error::Busy);
            }
            let (call, called) = sync_channel(1);
            queue.newest += 1;
            let number = queue.newest;
            queue.waiting.push_back(Waiting { number, alone, call });
            (number, called)
        };
        if let Ok(called) = called.recv_timeout(until.saturating_duration_since(Instant::now())) {
            return Ok(called);
        }
        let mut queue = self.queue();
        let before = queue.waiting.len();
        queue.waiting.retain(|one| one.number != number);
        if queue.waiting.len() < before {
            return Err(Error::Busy);
        }
        drop(queue);
        // Taken out of the line at the last moment: it is on its way.
        called.recv().map_err(|_| broken_off())
    }

    /// Who is next, if they may be committed with others.
    fn next_to_join(&self) -> Option<Waiting> {
        let mut queue = self.queue();
        if queue.waiting.front()?.alone { None } else { queue.waiting.pop_front() }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        let Some(next) = queue.waiting.pop_front() else {
            queue.taken = false;
            return;
        };
        drop(queue);
        // Were nobody there to hear it, the turn would be dropped in turn, and go to the next.
        let _ = next.call.send(Called::Begin(Turn(self.0.clone())));
    }
}

impl Batch {
    fn begin(turn: Turn, mut conn: Loan, joint: bool) -> Result<Box<Self>> {
        begin(&mut conn, turn.0.wait)?;
        Ok(Box::new(Batch { conn, turn, joint, since: Instant::now(), members: Vec::new(), broken: None }))
    }

    /// Makes the change of `f`, hands the transaction on or ends it, and answers once it has ended.
    fn change<T>(mut self: Box<Self>, f: impl FnMut(&mut AnyConn) -> Result<T>) -> Result<T> {
        let (tell, told) = sync_channel(1);
        self.members.push(tell);
        let outcome = self.run(f);
        match self.next() {
            // Were nobody there to take it, it would be dropped: its connection is closed then, and nobody is told of success.
            Some(next) => drop(next.call.send(Called::Join(self))),
            None => self.end(matches!(outcome, Ok(Ok(_)))),
        }
        let end = told.recv().unwrap_or_else(|_| Err(broken_off()));
        match outcome {
            Err(panic) => resume_unwind(panic),
            Ok(outcome) => {
                let value = end.and(outcome)?;
                was_committed();
                Ok(value)
            }
        }
    }

    /// Runs `f`; where it fails nothing of it stays, and what others did does.
    fn run<T>(&mut self, mut f: impl FnMut(&mut AnyConn) -> Result<T>) -> thread::Result<Result<T>> {
        forget_committed();
        if self.joint
            && let Err(error) = self.conn.batch_execute("SAVEPOINT change")
        {
            let error = Error::from(error);
            self.broken = Some(again(&error));
            return Ok(Err(error));
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| f(&mut self.conn)));
        if let Err(error) = self.settle(matches!(outcome, Ok(Ok(_)))) {
            // SQLite ends a transaction by itself when the disk is full. Told is what went wrong first.
            self.broken = Some(if let Ok(Err(first)) = &outcome { again(first) } else { error.into() });
        }
        outcome
    }

    /// Who joins it next: nobody once it is full, has been open for long, or cannot be committed any more.
    fn next(&self) -> Option<Waiting> {
        let open = self.joint && self.broken.is_none();
        let room = self.members.len() < MOST_TOGETHER && self.since.elapsed() < LONGEST;
        if open && room { self.turn.0.next_to_join() } else { None }
    }

    /// Keeps or takes back what was done since the savepoint.
    fn settle(&mut self, keep: bool) -> diesel::QueryResult<()> {
        type Manager = <AnyConn as Connection>::TransactionManager;
        // A panic leaves the savepoints open that were opened on the way to it.
        while Manager::transaction_manager_status_mut(&mut *self.conn)
            .transaction_depth()?
            .is_some_and(|depth| depth.get() > 1)
        {
            Manager::rollback_transaction(&mut *self.conn)?;
        }
        match (self.joint, keep) {
            (false, _) => Ok(()),
            (true, true) => self.conn.batch_execute("RELEASE change"),
            (true, false) => self.conn.batch_execute("ROLLBACK TO change; RELEASE change"),
        }
    }

    /// Commits it, or takes it back where it is one change that is not to be kept; passes the turn on, and tells all.
    fn end(self: Box<Self>, keep: bool) {
        type Manager = <AnyConn as Connection>::TransactionManager;
        let Batch { mut conn, turn, joint, members, broken, .. } = *self;
        let outcome = if broken.is_none() && (joint || keep) {
            Manager::commit_transaction(&mut *conn).map_err(Error::from)
        } else {
            // A connection that cannot go back is not lent again: its pool sees to that.
            if let Err(error) = Manager::rollback_transaction(&mut *conn) {
                tracing::error!("a transaction was not rolled back: {error}");
            }
            broken.map_or(Ok(()), Err)
        };
        // Of a COMMIT that failed nobody knows what is on the disk.
        turn.0.changes.note();
        drop(conn);
        drop(turn);
        for member in members {
            // Who panicked may be gone.
            let _ = member.send(outcome.as_ref().map_err(again).copied());
        }
    }
}

/// The same error for one more: of those that a COMMIT answers, only what can be done about it differs.
fn again(error: &Error) -> Error {
    match error {
        Error::Busy => Error::Busy,
        Error::DiskFull => Error::DiskFull,
        other => Error::Database(other.to_string().into()),
    }
}

fn broken_off() -> Error {
    Error::Internal("a change broke off before it was committed".into())
}
