//! Numbers that look drawn and follow from what they are drawn for: any row of the world can be made without the others.

/// A number from 0 to `below` - 1 for the `n`th thing; `what` keeps draws of different questions apart.
pub fn draw(what: u64, n: i64, below: i64) -> i64 {
    // SplitMix64: every bit of the result depends on every bit of what goes in.
    let mut x =
        n.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(what.wrapping_mul(0xD1B5_4A32_D192_ED03));
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    i64::try_from((x ^ (x >> 31)) >> 1).unwrap_or(0) % below.max(1)
}

/// True for `share` of a hundred.
pub fn of_hundred(what: u64, n: i64, share: i64) -> bool {
    draw(what, n, 100) < share
}
