//! Screens of email: the outbox, one email of it, and the mailbox of the demo.

pub mod email;
pub mod mailbox;
pub mod outbox;
