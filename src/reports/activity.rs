//! What operators did, from the audit log; and how many tokens there are in which state.

use crate::{
    clock::{Timestamp, Zone},
    tokens::{AuthenticationType, TokenState},
};

/// How often one operator did one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionCount {
    /// The UserID.
    pub operator: String,
    /// The audit log's name of the verb.
    pub verb: String,
    /// How often it was done.
    pub done: i64,
    /// How often it was refused or failed.
    pub refused: i64,
    /// The last time.
    pub last_at: Timestamp,
}

/// The names of the columns of the file of operator activity.
pub const DEED_COLUMNS: [&str; 6] = ["Operator", "Action", "Verb", "Done", "Refused", "Last at"];

impl ActionCount {
    /// The verb in words: "Tasks: provision user" for `tasks.provision_user`.
    pub fn label(&self) -> String {
        let text = self.verb.replacen('.', ": ", 1).replace('_', " ");
        let mut letters = text.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }

    /// The line of the file.
    pub fn cells(&self, zone: Zone) -> [String; 6] {
        [
            self.operator.clone(),
            self.label(),
            self.verb.clone(),
            self.done.to_string(),
            self.refused.to_string(),
            zone.local(self.last_at).format("%Y-%m-%d %H:%M").to_string(),
        ]
    }
}

/// How many tokens of one type are in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StockLine {
    /// The type.
    pub authentication_type: AuthenticationType,
    /// The state.
    pub state: TokenState,
    /// How many.
    pub tokens: i64,
}

/// The names of the columns of the file of tokens.
pub const STAND_COLUMNS: [&str; 3] = ["Authentication Type", "State", "Tokens"];

impl StockLine {
    /// The line of the file.
    pub fn cells(&self) -> [String; 3] {
        [self.authentication_type.label().to_owned(), self.state.label().to_owned(), self.tokens.to_string()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_said_in_words() {
        let deed = |verb: &str| ActionCount {
            operator: "k.lindqvist".into(),
            verb: verb.into(),
            done: 1,
            refused: 0,
            last_at: Timestamp::default(),
        };
        assert_eq!(deed("tasks.provision_user").label(), "Tasks: provision user");
        assert_eq!(deed("sign_in").label(), "Sign in");
        assert_eq!(deed("").label(), "");
    }
}
