//! Screens of auth nodes, and the API they ask.

pub mod api;
pub mod auth_nodes;
pub mod detail;
pub mod new;
mod once;
