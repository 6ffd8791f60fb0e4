//! The large numbers of the Snapshot, counted for a scope.

use serde::{Deserialize, Serialize};

use crate::reports::snapshot::{Day, Funnel, Locked, Open, Soon, StoppingTask};

/// What is counted over all enrollments of a scope.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Numbers {
    /// The open tasks.
    pub open: Open,
    /// Tasks made since Monday.
    pub started: i64,
    /// Users still to enroll.
    pub waiting: i64,
    /// Whose time ends within 48 hours.
    pub soon: Soon,
    /// The first of the tasks they are in.
    pub stopping: Vec<StoppingTask>,
    /// Users who used up their attempts.
    pub locked: Locked,
    /// How far those of the last days came.
    pub funnel: Funnel,
    /// Completed enrollments by day.
    pub days: Vec<Day>,
}
