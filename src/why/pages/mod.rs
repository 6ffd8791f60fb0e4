//! The panel on a user’s Authentication Methods, and the form of it that mends what is in the way.

pub mod mend;
pub mod panel;
