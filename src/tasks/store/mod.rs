//! The rows of tasks, enrollments, links and drafts: the only SQL of this feature.

pub mod address;
pub mod enrollments;
pub mod hand_over;
pub mod history;
pub mod hold;
pub mod inside;
pub mod links;
pub mod list;
pub mod matching;
pub mod members;
pub mod missed;
pub mod notes;
pub mod prepared;
pub mod reminders;
pub mod replacements;
pub mod scoped;
pub mod write;

pub use enrollments::by_handle;
