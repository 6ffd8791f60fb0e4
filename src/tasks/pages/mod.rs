//! Screens of Provision and of Provisioning Task Management.

pub mod list;
