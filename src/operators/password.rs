//! Passwords of operators: how they are kept, and ([`choice`]) which are taken.

use std::sync::{Condvar, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash};

use crate::{
    error::{Error, Result},
    ids::Random,
};

pub mod choice;

pub use choice::{LONGEST, OwnWords, SHORTEST, mistake};

/// Memory of one hash in KiB, passes and lanes: the first choice of OWASP's Password Storage Cheat Sheet for argon2id.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// Hashes at the same time. Each takes 19 MiB, and sign-in is open to everyone: without a bound a flood of sign-ins
/// would take the memory of the whole server.
const TURNS: usize = 8;

/// A hash that no password is known for. It is verified when there is no such operator, so that the answer takes
/// as long as it does for one who is there.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm8gc3VjaCBvcGVyYXRvcg$rXAv6N3MncOS+dhxdpgREk2XRS4Cy7TSkmqIqcuF2Vk";

/// The hash to be stored: argon2id in the PHC format, with its salt and cost.
///
/// # Errors
/// `Internal` if the hash cannot be made (no memory).
pub fn hash(random: &Random, password: &str) -> Result<String> {
    let _turn = Turn::wait();
    argon2()?
        .hash_password_with_salt(password.as_bytes(), &random.bytes::<16>())
        .map(|hash: PasswordHash| hash.to_string())
        .map_err(|error| Error::Internal(format!("the password was not hashed: {error}")))
}

/// True if `password` is the one behind `stored`; `None` (there is no such operator) takes as long and is false.
pub fn is_right(password: &str, stored: Option<&str>) -> bool {
    // Longer than any that is stored: not worth the work, and no secret, since the limit is on the page.
    if password.chars().count() > LONGEST {
        return false;
    }
    let _turn = Turn::wait();
    let hash = stored.and_then(|text| PasswordHash::new(text).ok()).or_else(|| PasswordHash::new(NOBODY).ok());
    // The cost is read from the hash itself, so that old ones stay good when it is raised.
    let same = hash.is_some_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
    same && stored.is_some()
}

fn argon2() -> Result<Argon2<'static>> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None)
        .map_err(|error| Error::Internal(format!("argon2 does not take its cost: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The right to hash now; given back when dropped.
struct Turn;

static TAKEN: Mutex<usize> = Mutex::new(0);
static FREED: Condvar = Condvar::new();

impl Turn {
    fn wait() -> Self {
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = FREED.wait_while(taken, |taken| *taken >= TURNS).unwrap_or_else(PoisonError::into_inner);
        *taken += 1;
        Turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        FREED.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_verifies_against_its_own_hash_only() {
        let stored = hash(&Random::seeded(1), "a walk in the rain").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(is_right("a walk in the rain", Some(&stored)));
        assert!(!is_right("A walk in the rain", Some(&stored)));
        assert!(!is_right("a walk in the rain", None));
        assert!(!is_right("a walk in the rain", Some("not a hash")));
    }

    #[test]
    fn nobodys_hash_costs_what_every_other_does() {
        let cost = |text: &str| text.rsplitn(3, '$').last().map(str::to_owned);
        assert!(PasswordHash::new(NOBODY).is_ok());
        assert_eq!(cost(NOBODY), cost(&hash(&Random::seeded(1), "x").unwrap()));
    }
}
