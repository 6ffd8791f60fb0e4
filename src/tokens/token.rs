//! Rules of tokens: types and states.

/// The kind of token (product.md §1: "authentication type").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum AuthenticationType {
    /// OATH TOTP in an app on a phone; the key is made when the user enrolls.
    AuthenticatorApp,
    /// OATH HOTP or TOTP in a device from inventory.
    HardwareToken,
}

impl AuthenticationType {
    /// All of them, in the order of the Provision page.
    pub const ALL: [AuthenticationType; 2] = [AuthenticationType::AuthenticatorApp, AuthenticationType::HardwareToken];

    /// The word in the database and in addresses.
    pub fn word(self) -> &'static str {
        match self {
            AuthenticationType::AuthenticatorApp => "authenticator-app",
            AuthenticationType::HardwareToken => "hardware-token",
        }
    }

    /// The type of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        AuthenticationType::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What operators read.
    pub fn words(self) -> &'static str {
        match self {
            AuthenticationType::AuthenticatorApp => "Authenticator app (TOTP)",
            AuthenticationType::HardwareToken => "Hardware token (OATH)",
        }
    }

    /// What users read.
    pub fn plain(self) -> &'static str {
        match self {
            AuthenticationType::AuthenticatorApp => "Authenticator app",
            AuthenticationType::HardwareToken => "Hardware token",
        }
    }

    /// True if enrollment takes a device from inventory, so that there can be too few.
    pub fn needs_inventory(self) -> bool {
        self == AuthenticationType::HardwareToken
    }
}

/// What a token is doing (product.md §4 and the console's token pages).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenState {
    /// Nobody has it yet.
    Inventory,
    /// Given to a user by hand, not enrolled yet.
    Assigned,
    /// Its one-time passwords are accepted.
    Active,
    /// Taken out of use for a while by an operator.
    Suspended,
    /// Too many wrong one-time passwords in a row.
    Locked,
    /// Revoked: lost.
    Lost,
    /// Revoked: broken.
    Faulty,
}

impl TokenState {
    /// All of them.
    pub const ALL: [TokenState; 7] = [
        TokenState::Inventory,
        TokenState::Assigned,
        TokenState::Active,
        TokenState::Suspended,
        TokenState::Locked,
        TokenState::Lost,
        TokenState::Faulty,
    ];

    /// The word in the database, which is also the one on the screen.
    pub fn word(self) -> &'static str {
        match self {
            TokenState::Inventory => "Inventory",
            TokenState::Assigned => "Assigned",
            TokenState::Active => "Active",
            TokenState::Suspended => "Suspended",
            TokenState::Locked => "Locked",
            TokenState::Lost => "Lost",
            TokenState::Faulty => "Faulty",
        }
    }

    /// The state of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        TokenState::ALL.into_iter().find(|state| state.word() == word)
    }
}
