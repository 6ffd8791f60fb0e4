//! User-Password: what was typed, hidden with the shared secret (RFC 2865 §5.2).

use zeroize::Zeroizing;

use super::{SUM, sum};

/// The longest, in bytes (RFC 2865 §5.2).
const LONGEST: usize = 128;

/// Shows what `hidden` holds; `None` if it has a length that it cannot have. The zeros that fill its last block are cut off.
pub(super) fn show(secret: &[u8], authenticator: &[u8], hidden: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if hidden.is_empty() || hidden.len() > LONGEST || !hidden.len().is_multiple_of(SUM) {
        return None;
    }
    let mut shown = Zeroizing::new(Vec::with_capacity(LONGEST));
    let mut before = authenticator;
    for block in hidden.chunks_exact(SUM) {
        let mask = sum(&[secret, before]);
        shown.extend(block.iter().zip(mask).map(|(hidden, mask)| hidden ^ mask));
        before = block;
    }
    let end = shown.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    shown.truncate(end);
    Some(shown)
}
