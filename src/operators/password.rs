//! Passwords of operators: what is taken, and how it is kept.

use std::sync::{Condvar, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash};

use crate::{
    db,
    error::{Error, Result},
    ids::Random,
};

/// The shortest, in characters. NIST 800-63B-4 §3.1.1.2 asks for 15 where the password is all there is and for 8 where
/// a second factor follows; the second factor can be switched off here (the demo), so the middle holds for both.
pub const SHORTEST: usize = 12;

/// The longest, in characters: twice what NIST 800-63B-4 §3.1.1.2 asks to be allowed, and little work to hash.
pub const LONGEST: usize = 128;

/// Memory of one hash in KiB, passes and lanes: the first choice of OWASP's Password Storage Cheat Sheet for argon2id.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// Hashes at the same time. Each takes 19 MiB, and sign-in is open to everyone: without a bound a flood of sign-ins
/// would take the memory of the whole server.
const TURNS: usize = 8;

/// A hash that no password is known for. It is verified when there is no such operator, so that the answer takes
/// as long as it does for one who is there.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm8gc3VjaCBvcGVyYXRvcg$rXAv6N3MncOS+dhxdpgREk2XRS4Cy7TSkmqIqcuF2Vk";

/// Passwords of 12 characters and more that lead the lists of stolen ones, in lower case, and the product's own name.
const COMMONEST: &[&str] = &[
    "000000000000",
    "111111111111",
    "123123123123",
    "123456123456",
    "123456789012",
    "1234567890123",
    "123456789123",
    "1234567891011",
    "123456789abc",
    "123qweasdzxc",
    "1q2w3e4r5t6y",
    "1q2w3e4r5t6y7u8i",
    "1qaz2wsx3edc",
    "1qaz2wsx3edc4rfv",
    "abcd12345678",
    "abcdefghijkl",
    "adminadminadmin",
    "administrator",
    "administrator1",
    "changeme1234",
    "changemeplease",
    "correcthorsebatterystaple",
    "correct horse battery staple",
    "football1234",
    "iloveyou1234",
    "iloveyouiloveyou",
    "letmein12345",
    "letmeinletmein",
    "motdepasse123",
    "p@ssw0rd1234",
    "password1234",
    "password12345",
    "password123456",
    "passw0rd1234",
    "passwordpassword",
    "q1w2e3r4t5y6",
    "qwerty123456",
    "qwertyqwerty",
    "qwertyuiop12",
    "qwertyuiop123",
    "qwertyuiopasdf",
    "qwertzuiop12",
    "qwertzuiop123",
    "sunshine1234",
    "superman1234",
    "tokendesk123",
    "tokendesk1234",
    "tokendesktokendesk",
    "trustno1trustno1",
    "welcome12345",
    "welcome123456",
    "winter2026!!",
    "zaq12wsxcde3",
];

/// What is wrong with `password` for the operator `user_id`, as a sentence; `None` if it is taken. Length and lists
/// only: NIST 800-63B-4 §3.1.1.2 forbids rules about kinds of characters, since they make passwords worse.
pub fn mistake(password: &str, user_id: &str) -> Option<String> {
    let length = password.chars().count();
    let folded = db::key(password);
    let first = password.chars().next();
    if length < SHORTEST {
        Some(format!("Use at least {SHORTEST} characters."))
    } else if length > LONGEST {
        Some(format!("Use at most {LONGEST} characters."))
    } else if folded == db::key(user_id) {
        Some("The password must differ from the User ID.".into())
    } else if COMMONEST.contains(&folded.as_str()) || password.chars().all(|letter| Some(letter) == first) {
        Some("This password is among the commonest ones, which are tried first. Choose another.".into())
    } else {
        None
    }
}

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

    #[test]
    fn any_characters_make_a_password_if_there_are_enough() {
        assert_eq!(mistake("a walk in the rain", "k.lindqvist"), None);
        assert_eq!(mistake("ÄÖÜäöüßéèêëñ", "k.lindqvist"), None);
        assert_eq!(mistake("          \u{1F600} x", "k.lindqvist"), None);
    }

    #[test]
    fn the_user_id_and_the_commonest_passwords_are_refused() {
        for bad in ["short", "PassWord1234", "aaaaaaaaaaaaaaaa", "Longer.Than.Twelve", &"x y".repeat(60)] {
            assert!(mistake(bad, "longer.than.twelve").is_some(), "{bad}");
        }
    }
}
