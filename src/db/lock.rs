//! What a transaction reserves for itself, so that two servers do not decide the same thing at once.

use diesel::connection::SimpleConnection;

use crate::{db::AnyConn, error::Result};

/// What can be reserved. Whoever needs more than one takes them in the order of `ARCHITECTURE.md`.
#[derive(Clone, Copy, Debug)]
pub enum Lock {
    /// Who may get an enrollment in a task: taken by Provision and by what binds tokens from inventory.
    Provision = 1,
    /// The rows of operators and roles: the last full Operator stays.
    Operators = 2,
    /// Creating and importing users.
    Users = 3,
    /// Migrations at start.
    Migrate = 4,
    /// The Self-Enrollment Policy: shared by what counts by its limits, so that they do not change meanwhile.
    Policy = 5,
    /// Importing tokens.
    Tokens = 6,
    /// What operators are told: one server at a time looks for it and tells it.
    Alerts = 7,
}

/// "TD" in front, so that the numbers do not meet those of other programs on the same server.
pub(super) fn number(lock: Lock) -> i64 {
    0x5444_0000 + lock as i64
}

/// Holds `lock` until the transaction ends. SQLite needs nothing: it has one writer.
pub fn hold(conn: &mut AnyConn, lock: Lock) -> Result<()> {
    if let AnyConn::Pg(c) = conn {
        c.batch_execute(&format!("SELECT pg_advisory_xact_lock({})", number(lock)))?;
    }
    Ok(())
}

/// Shares `lock` until the transaction ends: others may share it too, and who wants to [`hold`] it waits.
pub fn share(conn: &mut AnyConn, lock: Lock) -> Result<()> {
    if let AnyConn::Pg(c) = conn {
        c.batch_execute(&format!("SELECT pg_advisory_xact_lock_shared({})", number(lock)))?;
    }
    Ok(())
}
