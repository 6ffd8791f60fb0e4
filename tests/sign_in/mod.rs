//! Signing in, and what is one's own: password, second factor, sign-ins.

mod account;
mod cookies;
mod equal_work;
mod guessing;
mod password;
mod presence;
mod races;
pub mod second_factor;
