//! How long and how often what proves a caller is good (PRODUCT.md §11).

/// How long it stands that a caller was checked, in minutes.
pub const STANDS_MINUTES: i64 = 15;

/// How long a call-back code is good, in minutes.
pub const CODE_MINUTES: i64 = 10;

/// How often one may be typed.
pub const CODE_TRIES: i64 = 3;

/// Digits of a call-back code.
pub const DIGITS: usize = 6;

/// An address that was changed so many days ago or later proves less.
pub const FRESH_ADDRESS_DAYS: i64 = 7;
