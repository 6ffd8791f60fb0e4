//! Shared secrets of RADIUS (PRODUCT.md §10).

use chrono::Duration;
use zeroize::Zeroizing;

use crate::{
    clock::Timestamp,
    error::{Error, Result},
    ids::{AuthNodeId, Random},
};

/// The shortest secret, in bytes (RFC 2865 §3): shorter ones are guessed from a packet that was overheard.
pub const SHORTEST: usize = 16;

/// The longest, in bytes: what clients take.
const LONGEST: usize = 128;

/// How many days an old secret is taken beside the new one, so that the other end can be changed at leisure.
pub const OLD_DAYS: i64 = 7;

/// Groups of letters in a secret that we propose, and letters in each: 137 bits, and it can be read out.
const GROUPS: usize = 7;
const LETTERS: usize = 4;

/// A shared secret of an auth node, as its row tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// The row.
    pub id: i64,
    /// Since when.
    pub created_at: Timestamp,
    /// When it ends; `None`: the one that stays.
    pub ends_at: Option<Timestamp>,
    /// When a packet last fitted it, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// What a secret is sealed for.
pub fn seal_context(node: AuthNodeId) -> String {
    format!("auth_node_secrets.sealed:{node}")
}

/// When the secret before one that is made now ends.
pub fn end_of_old(now: Timestamp) -> Timestamp {
    now + Duration::days(OLD_DAYS)
}

/// A secret that nobody has had.
pub fn propose(random: &Random) -> Zeroizing<String> {
    let letters = Zeroizing::new(random.unmistakable(GROUPS * LETTERS));
    let mut text = Zeroizing::new(String::with_capacity(GROUPS * (LETTERS + 1)));
    for (at, letter) in letters.chars().enumerate() {
        if at > 0 && at.is_multiple_of(LETTERS) {
            text.push('-');
        }
        text.push(letter);
    }
    text
}

/// A secret that somebody typed; `None` if they left it to us.
///
/// # Errors
/// `Invalid` if it is too short or too long, or no client could send it.
pub fn typed(text: &str) -> Result<Option<Zeroizing<String>>> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.len() < SHORTEST {
        let sentence =
            format!("A shared secret has {SHORTEST} characters or more. Leave it empty, and Tokendesk makes one.");
        return Err(Error::mistake("secret", sentence));
    }
    if text.len() > LONGEST {
        return Err(Error::mistake("secret", format!("A shared secret has {LONGEST} characters at most.")));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let sentence = "A shared secret has letters, digits and signs of ASCII, and no spaces: others are sent differently by each client.";
        return Err(Error::mistake("secret", sentence));
    }
    Ok(Some(Zeroizing::new(text.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_we_make_can_be_typed_again() {
        let secret = propose(&Random::seeded(1));
        assert_eq!((secret.len(), secret.matches('-').count()), (34, 6));
        assert_eq!(typed(&secret).unwrap().as_ref(), Some(&secret));
        assert_ne!(propose(&Random::seeded(2)), secret);
    }

    #[test]
    fn a_secret_has_sixteen_characters_that_every_client_can_send() {
        assert_eq!(typed("").unwrap(), None);
        for wrong in ["short", "fifteen-letters", "with a space in it", "mit-ümlaut-darin-und-lang", &"x".repeat(129)]
        {
            assert!(typed(wrong).is_err(), "{wrong}");
        }
        assert!(typed("sixteen-letters!").unwrap().is_some());
    }
}
