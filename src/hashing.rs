//! The hashing of passwords (argon2id, RFC 9106), on threads and in buffers of its own.
//!
//! A hash is meant to cost: 19 MiB and some 30 ms. Sign-in is open to everyone, so all that a flood of tries could take
//! is bounded here: the threads that hash (and with them the memory, since each fills one buffer over and over), and the
//! slots, which is who hashes, waits to, or writes down what came of it. Whoever finds no slot is told to come back.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::Duration,
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};

use crate::error::{Error, Result};

/// Memory of one hash in KiB, passes and lanes: the first choice of OWASP's Password Storage Cheat Sheet for argon2id.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// Bytes of a salt (RFC 9106 §3.1).
pub const SALT_BYTES: usize = 16;

/// The most threads that hash: with 19 MiB each they stay far below what a small server has.
const MOST_THREADS: usize = 4;

/// Who may hash or wait to at the same time: the last of them waits a second or two, and is still there.
const SLOTS: usize = 32;

/// How long a thread waits for more work before it ends and gives its buffer back.
const IDLE: Duration = Duration::from_secs(1);

/// The room a buffer is asked for with, in bytes, of which only what is used is ever filled: the C library maps what is
/// over 32 MiB by itself and gives it back whole (mallopt(3), M_MMAP_THRESHOLD), and keeps smaller ones for ever.
const ROOM_BYTES: usize = 40 * 1024 * 1024;

/// How much may be hashed at once.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Threads, and so buffers.
    pub threads: usize,
    /// Callers that hash, wait to, or finish what they hashed for.
    pub slots: usize,
    /// How long a thread without work keeps its buffer.
    pub idle: Duration,
}

impl Default for Bounds {
    /// Half of the machine's processors at the most, so that pages have the other half.
    fn default() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Bounds { threads: (processors / 2).clamp(1, MOST_THREADS), slots: SLOTS, idle: IDLE }
    }
}

/// The threads and their queue.
pub struct Hashers(Arc<Shared>);

struct Shared {
    bounds: Bounds,
    state: Mutex<State>,
    changed: Condvar,
    hashes: Arc<AtomicU64>,
}

#[derive(Default)]
struct State {
    taken: usize,
    threads: usize,
    waiting: usize,
    jobs: VecDeque<Job>,
    most_threads: usize,
    closed: bool,
}

type Job = Box<dyn FnOnce(&mut Buffer) + Send>;

/// The memory that hashes are made in, one after the other.
struct Buffer {
    memory: Vec<Block>,
    hashes: Arc<AtomicU64>,
}

impl Buffer {
    /// The memory for one hash, which is counted.
    fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.memory.is_empty() {
            self.memory.reserve(count.max(ROOM_BYTES / Block::SIZE));
        }
        if self.memory.len() < count {
            self.memory.resize(count, Block::new());
        }
        self.hashes.fetch_add(1, Relaxed);
        &mut self.memory[..count]
    }
}

impl Default for Hashers {
    fn default() -> Self {
        Hashers::new(Bounds::default())
    }
}

impl Hashers {
    /// As many as `bounds` allow. Threads start when there is work.
    pub fn new(bounds: Bounds) -> Self {
        Hashers(Arc::new(Shared { bounds, state: Mutex::default(), changed: Condvar::new(), hashes: Arc::default() }))
    }

    /// A slot, to be held until what comes of the hash is written down; taken before anything else is done, so that
    /// who finds none costs nothing.
    ///
    /// # Errors
    /// `Busy` if all are taken.
    pub fn slot(&self) -> Result<Slot> {
        let mut state = self.0.state();
        if state.taken >= self.0.bounds.slots {
            return Err(Error::Busy);
        }
        state.taken += 1;
        Ok(Slot(self.0.clone()))
    }

    /// The hashes that were made, for whatever they were compared with.
    pub fn hashes(&self) -> u64 {
        self.0.hashes.load(Relaxed)
    }

    /// The most threads, and so buffers, that there ever were at once.
    pub fn most_threads(&self) -> usize {
        self.0.state().most_threads
    }

    /// The threads, and so buffers, there are.
    pub fn threads(&self) -> usize {
        self.0.state().threads
    }
}

impl Drop for Hashers {
    fn drop(&mut self) {
        self.0.state().closed = true;
        self.0.changed.notify_all();
    }
}

/// The right to hash; given back when dropped.
pub struct Slot(Arc<Shared>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.state().taken -= 1;
    }
}

impl Slot {
    /// The hash of `password`: argon2id in the PHC format, with its salt and cost.
    ///
    /// # Errors
    /// `Internal` if the hash cannot be made (no memory).
    pub fn hash(&self, salt: [u8; SALT_BYTES], password: &str) -> Result<String> {
        let password = zeroize::Zeroizing::new(password.to_owned());
        self.0.run(move |buffer| made(buffer, &salt, password.as_bytes()))?
    }

    /// True if `password` is the one behind `stored`, at the cost that stands in it: old ones stay good when the cost is
    /// raised. What is no such hash is nobody's.
    ///
    /// # Errors
    /// `Internal` if it could not be tried (no memory).
    pub fn is_right(&self, password: &str, stored: &str) -> Result<bool> {
        let (password, stored) = (zeroize::Zeroizing::new(password.to_owned()), stored.to_owned());
        self.0.run(move |buffer| verified(buffer, password.as_bytes(), &stored).unwrap_or(false))
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has `work` done by one of the threads, and waits for it.
    fn run<T: Send + 'static>(self: &Arc<Self>, work: impl FnOnce(&mut Buffer) -> T + Send + 'static) -> Result<T> {
        let (send, receive) = mpsc::sync_channel(1);
        let mut state = self.state();
        state.jobs.push_back(Box::new(move |buffer| {
            let _ = send.send(work(buffer));
        }));
        if state.waiting < state.jobs.len() && state.threads < self.bounds.threads {
            let shared = self.clone();
            match thread::Builder::new().name("hashing".into()).spawn(move || shared.work()) {
                Ok(_) => state.threads += 1,
                // Those that are there do it; if there are none, nobody does.
                Err(_) if state.threads == 0 => state.jobs.clear(),
                Err(_) => {}
            }
            state.most_threads = state.most_threads.max(state.threads);
        }
        drop(state);
        self.changed.notify_one();
        receive.recv().map_err(|_| Error::Internal("a password was not hashed: no thread could do it".into()))
    }

    /// What a thread does until there is nothing to do.
    fn work(&self) {
        let mut buffer = Buffer { memory: Vec::new(), hashes: self.hashes.clone() };
        loop {
            let mut state = self.state();
            state.waiting += 1;
            let idle = |state: &mut State| state.jobs.is_empty() && !state.closed;
            let (mut state, _) =
                self.changed.wait_timeout_while(state, self.bounds.idle, idle).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
            let Some(job) = state.jobs.pop_front() else {
                drop(std::mem::take(&mut buffer.memory));
                state.threads -= 1;
                return;
            };
            drop(state);
            // Whoever waits for this one is told, and the next is done.
            let _ = catch_unwind(AssertUnwindSafe(|| job(&mut buffer)));
        }
    }
}

fn made(buffer: &mut Buffer, salt: &[u8], password: &[u8]) -> Result<String> {
    let failed = |error: &dyn std::fmt::Display| Error::Internal(format!("the password was not hashed: {error}"));
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).map_err(|error| failed(&error))?;
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
    let words = ParamsString::try_from(&params).map_err(|error| failed(&error))?;
    let blocks = params.block_count();
    Argon2::new(algorithm, version, params)
        .hash_password_into_with_memory(password, salt, &mut out, buffer.blocks(blocks))
        .map_err(|error| failed(&error))?;
    let hash = PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: words,
        salt: Some(Salt::new(salt).map_err(|error| failed(&error))?),
        hash: Some(Output::new(&out).map_err(|error| failed(&error))?),
    };
    Ok(hash.to_string())
}

/// True if `text` is a hash that a password can be compared with. It costs nothing.
pub fn is_hash(text: &str) -> bool {
    PasswordHash::new(text).is_ok_and(|stored| how(&stored).is_some())
}

/// How a hash was made; `None` if it is none of argon2.
fn how(stored: &PasswordHash) -> Option<(Algorithm, Version, Params)> {
    stored.salt.as_ref().zip(stored.hash.as_ref())?;
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).ok()?;
    let version = stored.version.map_or(Ok(Version::V0x13), Version::try_from).ok()?;
    Some((algorithm, version, Params::try_from(stored).ok()?))
}

/// `None` if `stored` is no hash of argon2.
fn verified(buffer: &mut Buffer, password: &[u8], stored: &str) -> Option<bool> {
    let stored = PasswordHash::new(stored).ok()?;
    let (algorithm, version, params) = how(&stored)?;
    let (salt, expected) = (stored.salt.as_ref()?, stored.hash.as_ref()?);
    let mut out = vec![0; expected.len()];
    let blocks = params.block_count();
    Argon2::new(algorithm, version, params)
        .hash_password_into_with_memory(password, salt, &mut out, buffer.blocks(blocks))
        .ok()?;
    Some(subtle::ConstantTimeEq::ct_eq(&out[..], expected.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_makes_as_many_buffers_as_there_are_threads_and_they_are_given_back() {
        let hashers = Hashers::new(Bounds { threads: 2, slots: 12, idle: Duration::ZERO });
        let slots: Vec<Slot> = (0..12).map(|_| hashers.slot().unwrap()).collect();
        assert!(matches!(hashers.slot(), Err(Error::Busy)), "the queue has an end");
        thread::scope(|scope| {
            for slot in &slots {
                scope.spawn(|| slot.hash([7; SALT_BYTES], "a walk in the rain").unwrap());
            }
        });
        assert!((1..=2).contains(&hashers.most_threads()), "{}", hashers.most_threads());
        while hashers.threads() > 0 {
            thread::yield_now();
        }
        drop(slots);
        assert!(hashers.slot().is_ok());
    }

    #[test]
    fn hashes_are_those_of_the_crate_whatever_was_in_the_buffer_before() {
        let slot = Hashers::default().slot().unwrap();
        let [one, two, again] = ["one", "two", "one"].map(|word| slot.hash([7; SALT_BYTES], word).unwrap());
        assert!(one == again && one != two);
        let cheaper = crate_hash("password");
        assert!(slot.is_right("password", &cheaper).unwrap() && !slot.is_right("passwort", &cheaper).unwrap());
    }

    /// As the crate writes it by itself, at a smaller cost.
    fn crate_hash(password: &str) -> String {
        use argon2::PasswordHasher as _;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 2, Some(24)).unwrap());
        let hash: PasswordHash = argon2.hash_password_with_salt(password.as_bytes(), b"saltsaltsaltsalt").unwrap();
        hash.to_string()
    }

    #[test]
    fn work_that_breaks_off_takes_neither_the_thread_nor_the_slot() {
        let hashers = Hashers::new(Bounds { threads: 1, slots: 1, idle: IDLE });
        let slot = hashers.slot().unwrap();
        assert!(slot.0.run(|_| -> u32 { panic!("a test") }).is_err());
        assert_eq!(slot.0.run(|_| 7).unwrap(), 7);
    }
}
