//! Email: the outbox, the letters and the courier that takes them to the mail server.
