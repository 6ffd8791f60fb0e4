//! Screens of email: the mailbox of the demo.

pub mod mailbox;
