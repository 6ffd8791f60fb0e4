//! The integration tests: one binary, and this is its table of contents.

mod architecture;
mod authentication;
mod database;
mod mail;
mod policy;
mod operators;
mod support;
mod tasks;
