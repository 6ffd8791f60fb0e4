//! What emails are: the kinds, the facts in them, and what of them must not stay.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    ids::{ContainerId, EnrollmentId, TaskId, UserId},
};

pub mod alert;
mod built_in;
mod line;
mod markup;
mod rendering;
pub mod wording;

pub use built_in::{Letter, grouped, link};
pub use rendering::render;
pub use wording::Wording;

pub use line::{masked, one_line, shown_address};

/// Declares the kinds and their words.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $words:literal;)+) => {
        /// What an email is about; each kind has a folder under `templates/letters`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind {
            $($(#[$doc])* $name,)+
        }

        impl Kind {
            /// All of them.
            pub const ALL: &'static [Kind] = &[$(Kind::$name,)+];

            /// The word in the database and in addresses.
            pub fn code(self) -> &'static str {
                match self { $(Kind::$name => $word,)+ }
            }

            /// What operators read.
            pub fn label(self) -> &'static str {
                match self { $(Kind::$name => $words,)+ }
            }
        }
    };
}

kinds! {
    /// The link and the activation code: from Provision, Resend and Unlock.
    Enrollment = "enrollment", "Enrollment";
    /// Some days before the Stop Date.
    Reminder = "reminder", "Reminder";
    /// The Stop Date was moved.
    NewStopDate = "new-stop-date", "New Stop Date";
    /// The user was taken out of the task, or the task was removed.
    Canceled = "canceled", "Canceled";
    /// A token was bound to the user.
    Enrolled = "enrolled", "Enrolled";
    /// Failed attempts have locked the enrollment.
    Locked = "locked", "Locked";
    /// A device was given to the user by hand.
    TokenAssigned = "token-assigned", "Token assigned";
    /// A token of another product came here with its user, who may go on using it.
    TokenImported = "token-imported", "Token imported";
    /// A token was taken out of use for a while.
    TokenSuspended = "token-suspended", "Token suspended";
    /// A token was reported lost.
    ReportedLost = "reported-lost", "Token reported lost";
    /// A user was given a temporary code; it is not in it.
    TemporaryCode = "temporary-code", "Temporary code";
    /// Six digits that a caller is to read out.
    CallBackCode = "call-back-code", "Call-back code";
    /// A token was revoked.
    TokenRevoked = "token-revoked", "Token revoked";
    /// What happened to users, told to an operator.
    Alert = "alert", "Operator alert";
    /// Asked for by an operator, to see whether the mail server takes email.
    Test = "test", "Test email";
}

impl Kind {
    /// The kind of this word.
    pub fn from_code(word: &str) -> Option<Self> {
        Kind::ALL.iter().copied().find(|kind| kind.code() == word)
    }

    /// True if each authentication type has words of its own: how to enroll an app is not how to enroll a device.
    pub fn by_type(self) -> bool {
        self == Kind::Enrollment
    }

    /// True if it goes to operators: its words are not for the console to change.
    pub fn is_for_operators(self) -> bool {
        matches!(self, Kind::Alert | Kind::Test)
    }

    /// True if it is about a token alone, whatever task it came from.
    pub fn is_about_token(self) -> bool {
        matches!(
            self,
            Kind::TokenAssigned | Kind::TokenImported | Kind::TokenSuspended | Kind::ReportedLost | Kind::TokenRevoked
        )
    }

    /// True if the email carries a code that must not stay.
    pub fn carries_code(self) -> bool {
        self.carries_link() || self == Kind::CallBackCode
    }

    /// True if what it is about ends at a moment, and no task is behind it.
    pub fn ends_at_a_moment(self) -> bool {
        matches!(self, Kind::TemporaryCode | Kind::CallBackCode)
    }

    /// True if the email carries the enrollment link and the activation code, and is of no use without them.
    pub fn carries_link(self) -> bool {
        matches!(self, Kind::Enrollment | Kind::Reminder)
    }
}

/// What an email tells; nothing in it is secret, and it stays in the outbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// How the user is greeted; empty: by the User ID.
    pub first_name: String,
    /// First and last name, for operators; not in the email.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The User ID.
    pub user_id: String,
    /// What users call the type: "Authenticator app".
    pub authentication_type: String,
    /// The task's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<i64>,
    /// The last day on which the user may enroll.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_on: Option<NaiveDate>,
    /// The last day as it was before it was moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_stop_on: Option<NaiveDate>,
    /// The UserID of the operator who asked for it.
    pub requester: String,
    /// The serial number of the token it is about; of more than one, parted by ", ", see [`Facts::serials`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Until when the code that it is about works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub works_until: Option<Timestamp>,
    /// What an operator is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<alert::Alert>,
}

impl Facts {
    /// The serial numbers of the tokens it is about; none has a comma or a space in it.
    pub fn serials(&self) -> impl Iterator<Item = &str> {
        self.serial.iter().flat_map(|all| all.split(SERIALS_PARTED))
    }
}

/// What stands between the serial numbers of an email about more than one token.
pub const SERIALS_PARTED: &str = ", ";

/// What must not stay: sealed until the mail server has accepted the email, then wiped (PRODUCT.md §6).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Secret {
    /// The end of the enrollment link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// The activation code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The link ends in `#code` (Self-Enrollment Policy).
    pub carries_code: bool,
    /// The address typed for this one email; [`super::post`] puts it here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternate_to: Option<String>,
}

/// An email to be put into the outbox.
#[derive(Clone)]
pub struct NewEmail {
    /// What it is about.
    pub kind: Kind,
    /// The address it goes to.
    pub to: String,
    /// The address was typed for this one email: it is kept masked, and as itself only in the sealed secret.
    pub alternate: bool,
    /// The user it goes to.
    pub user: Option<UserId>,
    /// The container of that user, for the scope of who may see it.
    pub container: Option<ContainerId>,
    /// The task it belongs to.
    pub task: Option<TaskId>,
    /// The enrollment it belongs to.
    pub enrollment: Option<EnrollmentId>,
    /// What it tells.
    pub facts: Facts,
    /// What of it must not stay.
    pub secret: Option<Secret>,
    /// From then on it is no longer tried: the end of the Stop Date.
    pub give_up_at: Timestamp,
}

impl NewEmail {
    /// An email to the address `to` that is about no user, and holds no secret.
    pub fn new(kind: Kind, to: &str, facts: Facts, give_up_at: Timestamp) -> Self {
        let to = to.to_owned();
        let (user, container, task, enrollment, secret) = (None, None, None, None, None);
        NewEmail { kind, to, alternate: false, user, container, task, enrollment, facts, secret, give_up_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_masked_to_its_first_letters() {
        assert_eq!(masked("anna@mail.example"), "a•••@m•••.example");
        assert_eq!(masked("anna@localhost"), "a•••@l•••");
        assert_eq!(masked("nobody"), "n•••");
        assert_eq!(masked(""), "•••");
    }
}
