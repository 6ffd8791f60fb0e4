//! An email address that becomes another one (PRODUCT.md §2, "A changed address").

use crate::{
    clock::Timestamp,
    db,
    users::user::{Details, User},
};

impl User {
    /// True if `details` bring another address. One that differs in case alone reaches the same mailbox: it is no other.
    pub fn is_readdressed_by(&self, details: &Details) -> bool {
        db::key(&self.email) != db::key(details.email.as_str())
    }

    /// When the address last became another one, once `details` are written at `now`.
    pub fn email_changed_at_with(&self, details: &Details, now: Timestamp) -> Option<Timestamp> {
        if self.is_readdressed_by(details) { Some(now) } else { self.email_changed_at }
    }
}
