//! Screens of the outbox: the list, one email, many emails at once.

pub mod email;
pub mod list;
pub mod several;
