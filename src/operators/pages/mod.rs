//! Screens of operators: signing in and out, the own account, the way to the first page.

pub mod account;
pub mod set_up;
pub mod sign_in;
pub mod verify;
