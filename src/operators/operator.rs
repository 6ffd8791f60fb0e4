//! An operator, and what makes a good one.

use chrono::Duration;

use crate::{access::permission::Permissions, clock::Timestamp, ids::OperatorId};

pub use super::details::{Details, NewOperator, is_user_id};

/// How long a password that someone else gave signs in, in hours: whoever finds it later finds nothing (ASVS 5.0, 6.4.1: a
/// short time). Three days reach over a weekend.
pub const FIRST_PASSWORD_HOURS: i64 = 72;

/// Until when a first password is good that was given at `given_at`.
pub fn first_password_end(given_at: Timestamp) -> Timestamp {
    given_at + Duration::hours(FIRST_PASSWORD_HOURS)
}

/// Someone who may sign in to the console.
#[derive(Clone, Debug)]
pub struct Operator {
    /// The row.
    pub id: OperatorId,
    /// The UserID, as it was written.
    pub user_id: String,
    /// Their name.
    pub name: String,
    /// Where to write to them.
    pub email: Option<String>,
    /// The name of the role.
    pub role: String,
    /// What the role holds.
    pub permissions: Permissions,
    /// True if the scope is everything.
    pub all_containers: bool,
    /// True if the password was given by someone else.
    pub must_change_password: bool,
    /// When it was given; `None` if it is their own.
    pub first_password_at: Option<Timestamp>,
    /// Since when they may not sign in.
    pub suspended_at: Option<Timestamp>,
    /// When they last signed in.
    pub last_sign_in_at: Option<Timestamp>,
    /// True if an authenticator app has been set up.
    pub has_second_factor: bool,
    /// When they were added.
    pub created_at: Timestamp,
    /// Counts the changes of what is in [`Details`].
    pub version: i64,
}

impl Operator {
    /// Until when their first password is good; `None` if they have one of their own.
    pub fn first_password_end(&self) -> Option<Timestamp> {
        self.first_password_at.filter(|_| self.must_change_password).map(first_password_end)
    }

    /// What to call them: the name, else the UserID.
    pub fn called(&self) -> &str {
        if self.name.is_empty() { &self.user_id } else { &self.name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_fits_in_an_address_and_in_the_log() {
        for good in ["k.lindqvist", "admin", "ä.ö", "k@example.org"] {
            assert!(is_user_id(good), "{good}");
        }
        for bad in ["", "a b", "a/b", "a\nb", "<b>", &"x".repeat(65)] {
            assert!(!is_user_id(bad), "{bad}");
        }
    }
}
