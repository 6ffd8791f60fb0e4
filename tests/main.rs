//! The integration tests: one binary, and this is its table of contents.

mod architecture;
mod database;
mod support;
mod tasks;
