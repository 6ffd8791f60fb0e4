//! Screens of the outbox: the list, one email, ticked emails.

pub mod email;
pub mod file;
pub mod list;
pub mod ticked;
