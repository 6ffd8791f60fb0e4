//! What delivery reports said of an email after it was accepted (RFC 3464).

use crate::clock::Timestamp;

/// What became of the email, as the report says (RFC 3464 §2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", ascii_case_insensitive)]
pub enum Action {
    /// It did not arrive and is not tried any more.
    Failed,
    /// It has not arrived yet.
    Delayed,
    /// It lies in the mailbox.
    Delivered,
    /// It went on to a server that sends no reports.
    Relayed,
    /// It went on to several addresses.
    Expanded,
}

impl Action {
    /// All of them.
    pub const ALL: [Action; 5] =
        [Action::Failed, Action::Delayed, Action::Delivered, Action::Relayed, Action::Expanded];

    /// The word in reports and in the database.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The action of this word.
    pub fn from_code(word: &str) -> Option<Self> {
        word.parse().ok()
    }

    /// What operators read.
    pub fn label(self) -> &'static str {
        match self {
            Action::Failed => "Not delivered",
            Action::Delayed => "Delayed on the way, still tried",
            Action::Delivered => "Delivered to the mailbox",
            Action::Relayed => "Passed on to a server that sends no reports",
            Action::Expanded => "Passed on to several addresses",
        }
    }
}

/// What a delivery report said.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// When it was read.
    pub at: Timestamp,
    /// What became of the email.
    pub action: Action,
    /// The enhanced status code; empty without one.
    pub status: String,
    /// What the mail server said.
    pub said: String,
}
