//! Row ids as types of their own, and everything that is made from randomness.

use std::sync::Mutex;

use data_encoding::BASE64URL_NOPAD;
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore, SeedableRng},
};

/// Declares an id type over `i64` that cannot be confused with another one.
macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                $name(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

id! {
    /// The row of an operator.
    OperatorId,
    /// The row of a role.
    RoleId,
    /// The row of a container.
    ContainerId,
    /// The row of a user (not the User ID, which people type).
    UserId,
    /// The number of a provisioning task, which people see.
    TaskId,
    /// The row of an enrollment: one user in one task.
    EnrollmentId,
    /// The row of a token (not the serial number).
    TokenId,
    /// The row of an email in the outbox.
    EmailId,
    /// The row of an auth node.
    AuthNodeId,
    /// The row of an enrollment link.
    LinkId,
    /// The number of a piece of long work.
    WorkId,
}

/// Where random bytes come from: the operating system, or a seed in the demo and the tests.
pub enum Random {
    /// The operating system.
    System,
    /// The same bytes each time, from a seed.
    Seeded(Box<Mutex<ChaCha20Rng>>),
}

/// Letters and digits that cannot be confused when read aloud or typed: no 0 O 1 I L U (5 bits each).
const UNMISTAKABLE: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

impl Random {
    /// A stream that is the same for the same `seed`.
    pub fn seeded(seed: u64) -> Self {
        Random::Seeded(Box::new(Mutex::new(ChaCha20Rng::seed_from_u64(seed))))
    }

    /// Fills `bytes`.
    ///
    /// # Panics
    /// If the operating system has no randomness to give: nothing safe can be done then.
    #[allow(clippy::disallowed_methods, reason = "only this code reads randomness")]
    pub fn fill(&self, bytes: &mut [u8]) {
        match self {
            Random::System => getrandom::fill(bytes).expect("the operating system gives random bytes"),
            Random::Seeded(stream) => {
                stream.lock().expect("no code panics while it holds the stream").fill_bytes(bytes);
            }
        }
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A 128-bit handle for addresses, in 22 URL-safe characters (PRODUCT.md §3).
    pub fn handle(&self) -> String {
        BASE64URL_NOPAD.encode(&self.bytes::<16>())
    }

    /// A 256-bit secret for cookies and API keys, in 43 URL-safe characters.
    pub fn secret(&self) -> String {
        BASE64URL_NOPAD.encode(&self.bytes::<32>())
    }

    /// `length` digits, each as likely as the others.
    pub fn digits(&self, length: usize) -> String {
        // Bytes from 250 up are thrown away, since they would make the first digits likelier.
        let mut text = String::with_capacity(length);
        while text.len() < length {
            for byte in self.bytes::<16>() {
                if byte < 250 && text.len() < length {
                    text.push(char::from(b'0' + byte % 10));
                }
            }
        }
        text
    }

    /// `length` letters and digits that cannot be confused; 4.9 bits each, so 9 or more hold over 40 bits.
    pub fn unmistakable(&self, length: usize) -> String {
        // Bytes from 240 up are thrown away, since they would make the first letters likelier.
        let mut text = String::with_capacity(length);
        while text.len() < length {
            for byte in self.bytes::<32>() {
                if byte < 240 && text.len() < length {
                    text.push(char::from(UNMISTAKABLE[usize::from(byte) % UNMISTAKABLE.len()]));
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_has_128_bits() {
        assert_eq!(Random::System.handle().len(), 22);
        assert_ne!(Random::System.handle(), Random::System.handle());
    }

    #[test]
    fn the_same_seed_gives_the_same_codes() {
        assert_eq!(Random::seeded(7).unmistakable(10), Random::seeded(7).unmistakable(10));
        assert_ne!(Random::seeded(7).unmistakable(10), Random::seeded(8).unmistakable(10));
    }

    #[test]
    fn digits_are_digits_and_each_comes_up() {
        let drawn = Random::seeded(1).digits(1000);
        assert!(drawn.len() == 1000 && drawn.bytes().all(|digit| digit.is_ascii_digit()));
        assert!(('0'..='9').all(|digit| drawn.contains(digit)));
    }

    #[test]
    fn codes_hold_no_letter_that_can_be_confused() {
        let code = Random::seeded(1).unmistakable(4096);
        assert_eq!(code.len(), 4096);
        assert!(!code.contains(['0', 'O', '1', 'I', 'L', 'U']));
    }
}
