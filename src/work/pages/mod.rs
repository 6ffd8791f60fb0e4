//! Long work as its operator finds it again: one piece, and the newest of them.

pub mod detail;
pub mod list;
