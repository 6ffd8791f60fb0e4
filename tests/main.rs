//! The integration tests: one binary, and this is its table of contents.

mod architecture;
mod authentication;
mod database;
mod enrollment;
mod mail;
mod operators;
mod policy;
mod support;
mod tasks;
mod tokens;
mod users;
mod walk;
