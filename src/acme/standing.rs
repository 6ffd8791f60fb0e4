//! How it stands with the certificate, and whether another one is due.

use crate::clock::Timestamp;

/// How it stands with the certificate of this installation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Until when the certificate is good; `None` while there is none.
    pub ends_at: Option<Timestamp>,
    /// From when on the next one is ordered.
    pub renew_at: Option<Timestamp>,
    /// Orders that failed in a row.
    pub failures: i64,
    /// Why the last one failed; empty if it did not.
    pub problem: String,
    /// When it failed.
    pub failed_at: Option<Timestamp>,
    /// Not before then it is tried again.
    pub next_try_at: Option<Timestamp>,
}

impl Standing {
    /// True if a certificate is to be ordered now, as far as nobody is at it.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.renew_at.is_none_or(|at| at <= now) && self.next_try_at.is_none_or(|at| at <= now)
    }
}
