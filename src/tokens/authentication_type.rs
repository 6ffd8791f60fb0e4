//! The types of tokens that users are provisioned with.

/// The kind of token (PRODUCT.md §1: "authentication type").
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case")]
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
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The type of this word.
    pub fn from_code(word: &str) -> Option<Self> {
        word.parse().ok()
    }

    /// What operators read.
    pub fn label(self) -> &'static str {
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
