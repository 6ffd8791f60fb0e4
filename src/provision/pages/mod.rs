//! The three steps of Provision: who, which Authentication Type, and what will be done.

pub mod authentication_type;
pub mod confirm;
pub mod users;
