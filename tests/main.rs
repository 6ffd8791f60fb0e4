//! The integration tests: one binary, and this is its table of contents.

mod alerts;
mod architecture;
mod authentication;
mod database;
mod document;
mod enrollment;
mod find;
mod mail;
mod messages;
mod operators;
mod outbox;
mod permissions;
mod policy;
mod races;
mod refusals;
mod reports;
mod serve;
mod snapshot;
mod support;
mod tasks;
mod tokens;
mod trouble;
mod users;
mod walk;
mod why;
