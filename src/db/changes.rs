//! Whether anything was written since.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// How many changes were committed to the embedded database by this process, which is the only server of it. A PostgreSQL
/// has other servers: of it nothing is known.
#[derive(Clone, Debug, Default)]
pub struct Changes(Option<Arc<AtomicU64>>);

impl Changes {
    /// None so far, of a database that only this process writes.
    pub fn counted() -> Self {
        Changes(Some(Arc::default()))
    }

    /// One more is committed. To be called before anybody is told of it.
    pub fn note(&self) {
        if let Some(count) = &self.0 {
            count.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// How many there were. Whatever is read after this call is as old at most. `None` if others write too.
    pub fn so_far(&self) -> Option<u64> {
        self.0.as_ref().map(|count| count.load(Ordering::Acquire))
    }
}
