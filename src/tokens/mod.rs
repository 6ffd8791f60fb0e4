//! Tokens: one credential each, with a serial number, a type, a state and at most one user.

pub mod token;

pub use token::AuthenticationType;
