//! A key of an authenticator app, however its address has it.

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::device::Incoming;
use crate::tokens::{AuthenticationType, one_time::MovingFactor};

/// A key, and whose it is as the file has it.
pub struct Key {
    /// The User ID.
    pub owner: String,
    /// The key, or why there is none.
    pub device: Result<Incoming, String>,
}

/// True if a line begins so, in any case.
pub fn begins(line: &str, scheme: &str) -> bool {
    line.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

/// The User ID in a label: "a.berg", or "Example Org:a.berg" with the name of who issued it before.
pub fn owner(label: &str) -> String {
    label.split_once(':').map_or(label, |(_, account)| account).trim().to_owned()
}

/// The type of a key from an app: only TOTP is what our authenticator apps make (PRODUCT.md §1).
pub fn authentication_type(moving_factor: MovingFactor) -> AuthenticationType {
    match moving_factor {
        MovingFactor::Time => AuthenticationType::AuthenticatorApp,
        MovingFactor::Counter => AuthenticationType::HardwareToken,
    }
}

/// A part of an address as it is meant; it may be the secret.
pub fn decoded(text: &str) -> Result<Zeroizing<String>, String> {
    let bytes = Zeroizing::new(percent_decode_str(text).collect::<Vec<u8>>());
    let text = std::str::from_utf8(&bytes).map_err(|_| "It is not UTF-8 text.".to_owned())?;
    Ok(Zeroizing::new(text.to_owned()))
}
