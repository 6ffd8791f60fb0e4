//! The outbox in the console, and the mailbox of the demo.
