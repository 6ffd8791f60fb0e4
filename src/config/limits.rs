//! Limits that are no settings: nobody should have to choose them, and tests choose smaller ones.

use std::time::Duration;

/// How long anything waits for the database: for a connection, or for what others hold. Longer, and whoever sent the
/// request has given up, or sends it again.
pub const DATABASE_WAIT: Duration = Duration::from_secs(5);

/// Rows that a request may change in one transaction: on SQLite nobody else writes meanwhile, and 1,000 users are provisioned in a
/// small part of the two seconds (PRODUCT.md §17) on any machine. More is long work.
pub const ROWS_AT_ONCE: usize = 1_000;

/// How long the body of a request may take, from its head to its last byte. Without an end, some thousand requests that
/// send a byte a second would keep all connections to themselves.
#[derive(Clone, Copy, Debug)]
pub struct BodyTimes {
    /// Of a form: 256 KiB at the most, which a slow line brings in ten seconds.
    pub form: Duration,
    /// Of a question to the API: less than 4 KiB, from a program that does not think.
    pub api: Duration,
    /// Of a file that an operator sends who may: 32 MiB over a line of 1 Mbit/s take four and a half minutes.
    pub upload: Duration,
    /// What is left of any of them when the server is to end: who is still there is through by then.
    pub ending: Duration,
}

impl Default for BodyTimes {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        BodyTimes { form: seconds(30), api: seconds(10), upload: seconds(5 * 60), ending: seconds(5) }
    }
}
