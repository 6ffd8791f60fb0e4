//! The integration tests: one binary, and this is its table of contents.

mod architecture;
mod authentication;
mod database;
mod enrollment;
mod mail;
mod messages;
mod operators;
mod policy;
mod support;
mod tasks;
mod users;
mod walk;
