//! Rows of drafts, of chosen users, and of the task that comes of them.

pub mod candidates;
pub mod drafts;
pub mod task;
