//! What every verb works with: the database, the keys, the settings, the clock and randomness.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio_util::sync::CancellationToken;

use crate::{
    clock::{Clock, Timestamp},
    config::{Settings, is_postgres, parse_key},
    db::Db,
    error::{Error, Result},
    hashing::Hashers,
    ids::Random,
    keys::{KEY_BYTES, Keys},
    meter::Meter,
};

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
    /// The threads that hash passwords.
    pub hashers: Arc<Hashers>,
    /// Canceled when the server is to end.
    pub stopping: CancellationToken,
    /// Whose turn it is to import a file: one at a time, since each takes memory.
    pub importing: Arc<Turn>,
}

/// Work that is done one at a time.
#[derive(Debug, Default)]
pub struct Turn(AtomicBool);

/// Somebody's turn, until it is dropped.
pub struct Taken(Arc<Turn>);

impl Turn {
    /// Takes the turn; `None` while somebody else has it.
    pub fn take(self: &Arc<Self>) -> Option<Taken> {
        let was_free = self.0.compare_exchange(false, true, Ordering::AcqRel, Ordering::Acquire).is_ok();
        was_free.then(|| Taken(self.clone()))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
    }
}

impl Desk {
    /// Opens the database and the keys that the settings name. Does not migrate.
    ///
    /// # Errors
    /// `Database` if it cannot be opened, `Internal` if there is no master key to be had.
    pub fn open(settings: Settings) -> Result<Self> {
        let master = master_key(&settings, &Random::System)?;
        Desk::assemble(settings, &master, Random::System, Clock::System)
    }

    /// As [`Desk::open`], with key, randomness and clock given (the demo, the tests).
    ///
    /// # Errors
    /// `Database` if it cannot be opened.
    pub fn assemble(settings: Settings, master: &[u8; KEY_BYTES], random: Random, clock: Clock) -> Result<Self> {
        Ok(Desk {
            db: Db::open(&settings.database_url, settings.database_connections, settings.database_wait)?,
            keys: Arc::new(Keys::new(master)),
            settings: Arc::new(settings),
            random: Arc::new(random),
            clock: Arc::new(clock),
            meter: Arc::default(),
            hashers: Arc::default(),
            stopping: CancellationToken::new(),
            importing: Arc::default(),
        })
    }

    /// The time now; read once a request and handed on from there.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// The master key from the settings, or from the file in the data directory, which is made if it is not there.
fn master_key(settings: &Settings, random: &Random) -> Result<[u8; KEY_BYTES]> {
    if let Some(key) = settings.master_key {
        return Ok(key);
    }
    if is_postgres(&settings.database_url) {
        return Err(Error::Internal(
            "With PostgreSQL the setting master_key is needed, the same on every server (openssl rand -hex 32 makes one)."
                .into(),
        ));
    }
    let path = settings.data_dir.join("master.key");
    let problem = |what: &str, error: &dyn std::fmt::Display| {
        Error::Internal(format!("The master key {} {what}: {error}.", path.display()))
    };
    if !path.exists() {
        std::fs::create_dir_all(&settings.data_dir).map_err(|error| problem("cannot be made", &error))?;
        let key = data_encoding::HEXLOWER.encode(&random.bytes::<KEY_BYTES>());
        write_private(&path, &key).map_err(|error| problem("cannot be made", &error))?;
    }
    let hex = std::fs::read_to_string(&path).map_err(|error| problem("cannot be read", &error))?;
    parse_key(&hex).ok_or_else(|| problem("is not 64 hex digits", &"restore it from the backup"))
}

/// Writes a file that its owner alone can read, whole or not at all.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
