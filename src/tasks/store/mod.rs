//! The rows of tasks, enrollments, links and drafts: the only SQL of this feature.

pub mod notes;
pub mod places;

pub use places::{Link, Place, by_handle, place};
