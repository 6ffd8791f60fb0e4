//! How a connection is lent.

use std::time::Duration;

use diesel::r2d2::{Pool, PooledConnection};

use super::manager::Manager;
use crate::error::{Error, Result};

/// The connections there are.
pub(super) type Connections = Pool<Manager>;

/// A connection on loan from a pool.
pub(super) type Loan = PooledConnection<Manager>;

/// A connection, waited for as long as the pool says.
pub(super) fn loan(pool: &Connections) -> Result<Loan> {
    loan_within(pool, pool.connection_timeout())
}

/// The same, waited for as long as `wait`.
pub(super) fn loan_within(pool: &Connections, wait: Duration) -> Result<Loan> {
    pool.get_timeout(wait).map_err(|error| {
        let state = pool.state();
        if state.connections > 0 && state.idle_connections == 0 {
            // All are there, and others use them.
            return Error::Busy;
        }
        tracing::warn!("no connection to the database: {error}");
        Error::Away
    })
}
