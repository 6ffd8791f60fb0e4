//! Screens of roles, for those who manage operators.

pub mod detail;
pub mod list;
pub mod remove;
