//! Passwords of operators: how they are kept, and ([`choice`]) which are taken.

use crate::{
    error::Result,
    hashing::{Slot, is_hash},
    ids::Random,
};

pub mod choice;

pub use choice::{LONGEST, OwnWords, SHORTEST, mistake};

/// A hash that no password is known for. It is verified when there is no such operator, or nothing that is a hash is kept
/// of one, so that the answer takes as long as it does for everybody else.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm8gc3VjaCBvcGVyYXRvcg$rXAv6N3MncOS+dhxdpgREk2XRS4Cy7TSkmqIqcuF2Vk";

/// The hash to be stored: argon2id in the PHC format, with its salt and cost.
///
/// # Errors
/// As [`Slot::hash`].
pub fn hash(slot: &Slot, random: &Random, password: &str) -> Result<String> {
    slot.hash(random.bytes(), password)
}

/// True if `password` is the one behind `stored`; `None` (there is no such operator) takes as long and is false.
///
/// # Errors
/// As [`Slot::is_right`].
pub fn is_right(slot: &Slot, password: &str, stored: Option<&str>) -> Result<bool> {
    // Longer than any that is stored: not worth the work, and no secret, since the limit is on the page.
    if password.chars().count() > LONGEST {
        return Ok(false);
    }
    let stored = stored.filter(|stored| is_hash(stored));
    let same = slot.is_right(password, stored.unwrap_or(NOBODY))?;
    Ok(same && stored.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hashing::Hashers;

    #[test]
    fn a_password_verifies_against_its_own_hash_only() {
        let slot = Hashers::default().slot().unwrap();
        let stored = hash(&slot, &Random::seeded(1), "a walk in the rain").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        let right = |password: &str, stored: Option<&str>| is_right(&slot, password, stored).unwrap();
        assert!(right("a walk in the rain", Some(&stored)));
        assert!(!right("A walk in the rain", Some(&stored)));
        assert!(!right("a walk in the rain", None));
        assert!(!right("a walk in the rain", Some("not a hash")));
    }

    #[test]
    fn nobodys_hash_costs_what_every_other_does() {
        let slot = Hashers::default().slot().unwrap();
        let cost = |text: &str| text.rsplitn(3, '$').last().map(str::to_owned);
        assert_eq!(cost(NOBODY), cost(&hash(&slot, &Random::seeded(1), "x").unwrap()));
        assert!(!is_right(&slot, "x", None).unwrap());
    }
}
