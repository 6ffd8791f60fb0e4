//! The policy of lost phones (PRODUCT.md §11).

/// The policy as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostPhonePolicy {
    /// Temporary codes can be given.
    pub temporary_codes: bool,
    /// The longest life of one, in hours.
    pub longest_hours: i64,
    /// The most uses of one.
    pub most_uses: i64,
    /// Only a caller who was checked gets one.
    pub checked_caller: bool,
    /// Counts the changes.
    pub version: i64,
}
