//! The user whom a check is about.

use crate::ids::UserId;

/// Whose one-time password it is.
#[derive(Clone, Debug)]
pub struct Person {
    /// The row; `None`: nobody has this User ID.
    pub id: Option<UserId>,
    /// The User ID.
    pub user_id: String,
    /// Nothing is accepted of them.
    pub disabled: bool,
}
