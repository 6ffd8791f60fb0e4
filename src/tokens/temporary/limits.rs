//! How long a temporary code is, and how much guessing it stands (PRODUCT.md §11).

/// Digits of a code: VPN fields take digits, and ten of them are never mistaken for a one-time password.
pub const DIGITS: usize = 10;

/// So many wrong tries in all end a code, as they end any authenticator (NIST SP 800-63B-4 §3.2.2).
pub const MOST_WRONG: i64 = 100;
