//! The head of a user’s pages.

use crate::{users::User, web::segment};

/// What the head of a user's pages shows (`templates/users/person.html`).
pub struct Person {
    /// The address of the user's pages.
    pub path: String,
    /// The row, which Provision takes.
    pub id: i64,
    /// User ID.
    pub user_id: String,
    /// First and last name.
    pub name: String,
    /// Two letters for the disc.
    pub initials: String,
    /// The address in the profile; may be empty.
    pub email: String,
    /// The name of the container.
    pub container: String,
    /// False if the account is disabled.
    pub enabled: bool,
}

impl Person {
    /// The head for `user`.
    pub fn new(user: &User) -> Self {
        let name = user.name();
        Person {
            path: format!("/users/{}", segment(&user.user_id)),
            id: user.id.0,
            user_id: user.user_id.clone(),
            initials: crate::web::chrome::initials(&name),
            name,
            email: user.email.clone(),
            container: user.container_name.clone(),
            enabled: user.is_enabled(),
        }
    }
}
