//! What every verb works with: the database, the keys, the settings, the clock and randomness.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::{Clock, Timestamp},
    config::Settings,
    db::Db,
    error::{Error, Result},
    hashing::Hashers,
    ids::Random,
    keys::{KEY_BYTES, Keys},
    meter::Meter,
    tally::Tally,
};

pub mod folder;
mod kept;
pub mod master;
mod store;

use kept::Kept;

/// Handed to verbs; cheap to clone. Verbs are given the time as an argument, and ask the desk for nothing else of it.
#[derive(Clone)]
pub struct Desk {
    /// The database.
    pub db: Db,
    /// The keys derived from the master key.
    pub keys: Arc<Keys>,
    /// The settings.
    pub settings: Arc<Settings>,
    /// Where random bytes come from.
    pub random: Arc<Random>,
    /// Where the time comes from.
    pub clock: Arc<Clock>,
    /// What the process counts of itself.
    pub meter: Arc<Meter>,
    /// What auth nodes ask, counted until it is noted.
    pub tally: Arc<Tally>,
    /// The threads that hash passwords.
    pub hashers: Arc<Hashers>,
    /// Canceled when the server is to end.
    pub stopping: CancellationToken,
    /// Rung when long work waits, so that it begins at once.
    pub work_waits: Arc<Notify>,
    /// Numbers that were counted, for as long as they may be shown.
    pub kept: Arc<Kept>,
    /// Whose turn it is to import a file: one at a time, since each takes memory.
    pub importing: Arc<Turn>,
}

/// Work that is done one at a time.
#[derive(Debug, Default)]
pub struct Turn(AtomicBool);

/// Somebody's turn, until it is dropped.
pub struct TurnGuard(Arc<Turn>);

impl Turn {
    /// Takes the turn; `None` while somebody else has it.
    pub fn take(self: &Arc<Self>) -> Option<TurnGuard> {
        let was_free = self.0.compare_exchange(false, true, Ordering::AcqRel, Ordering::Acquire).is_ok();
        was_free.then(|| TurnGuard(self.clone()))
    }
}

impl Drop for TurnGuard {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
    }
}

/// A desk that is ready, and what was done for it.
pub struct Opened {
    /// The desk.
    pub desk: Desk,
    /// The migrations that were run.
    pub migrated: Vec<String>,
}

impl Desk {
    /// Opens the database and the key that the settings name, makes both at the first start, and brings the database up
    /// to this version. The key is compared with what the database knows of it.
    ///
    /// # Errors
    /// `Database` if it cannot be opened, `Internal` with what to do if there is no master key, or another than this
    /// database's.
    pub fn open(settings: Settings) -> Result<Opened> {
        folder::prepare(&settings)?;
        let _held = folder::hold(&settings)?;
        let key = master::find_or_make(&settings, &Random::System)?;
        let desk = Desk::assemble(settings, &key, Random::System, Clock::System)?;
        let migrated = desk.db.migrate()?;
        master::compare_and_note(&desk.db, &desk.settings, &desk.keys, &desk.random, desk.now())?;
        Ok(Opened { desk, migrated })
    }

    /// As [`Desk::open`], to look at only: nothing is made, brought up to date or noted.
    ///
    /// # Errors
    /// As [`Desk::open`]; `Internal` with what to do if there is no database yet.
    pub fn inspect(settings: Settings) -> Result<Self> {
        require_database(&settings)?;
        let key = master::find(&settings)?;
        Desk::assemble(settings, &key, Random::System, Clock::System)
    }

    /// As [`Desk::open`], with key, randomness and clock given (the demo, the tests).
    pub fn assemble(settings: Settings, master: &[u8; KEY_BYTES], random: Random, clock: Clock) -> Result<Self> {
        let db = Db::open(&settings, settings.database_connections)?;
        Ok(Desk {
            kept: Arc::new(Kept::beside(db.changes())),
            db,
            keys: Arc::new(Keys::new(master)),
            settings: Arc::new(settings),
            random: Arc::new(random),
            clock: Arc::new(clock),
            meter: Arc::default(),
            tally: Arc::default(),
            hashers: Arc::default(),
            stopping: CancellationToken::new(),
            work_waits: Arc::default(),
            importing: Arc::default(),
        })
    }

    /// The time by a clock that all servers of one database share, for leases: the database server's where there is one,
    /// since the clocks of two machines may differ by more than a lease lasts.
    pub fn shared_now(&self) -> Result<Timestamp> {
        let theirs = if matches!(*self.clock, Clock::System) { self.db.server_time()? } else { None };
        Ok(theirs.unwrap_or_else(|| self.now()))
    }

    /// The time now; read once a request and handed on from there.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// That the file of the embedded database is there: SQLite would make an empty one.
///
/// # Errors
/// `Internal` with what to do if it is not.
pub fn require_database(settings: &Settings) -> Result<()> {
    match folder::database(settings).filter(|file| !file.exists()) {
        None => Ok(()),
        Some(file) => Err(Error::Internal(format!(
            "There is no database at {} yet. `tokendesk operator add` makes it and adds the first operator; give it the \
             same --config.",
            file.display()
        ))),
    }
}
