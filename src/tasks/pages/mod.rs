//! Screens of Provision and of Provisioning Task Management.

pub mod choose;
pub mod confirm;
pub mod list;
pub mod provision;
