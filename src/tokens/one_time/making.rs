//! How a token makes its values: its seed, what moves it on, and by which hash.

use zeroize::Zeroizing;

use crate::oath::{self, Algorithm};

/// The secret that a token shares with the server; wiped from memory when it is done with.
#[derive(Clone)]
pub struct Seed(Zeroizing<Vec<u8>>);

impl Seed {
    /// A seed of these bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Seed(Zeroizing::new(bytes.into()))
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// In base 32 without padding, as authenticator apps take it.
    pub fn base32(&self) -> Zeroizing<String> {
        Zeroizing::new(data_encoding::BASE32_NOPAD.encode(&self.0))
    }
}

impl From<Zeroizing<Vec<u8>>> for Seed {
    fn from(bytes: Zeroizing<Vec<u8>>) -> Self {
        Seed(bytes)
    }
}

/// What moves a token on to its next value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum MovingFactor {
    /// A counter: HOTP, RFC 4226.
    Counter,
    /// The clock: TOTP, RFC 6238.
    Time,
}

impl MovingFactor {
    /// The word in the database.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The one of this word.
    pub fn from_code(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

/// How a token makes its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Making {
    /// What moves it on.
    pub moving_factor: MovingFactor,
    /// The hash.
    pub algorithm: Algorithm,
    /// Decimal digits, 6 or 8.
    pub digits: u32,
    /// Seconds in a step, 30 or 60; of no meaning for a counter.
    pub period: u32,
}

impl Making {
    /// What every authenticator app can do: some ignore the parameters of the `otpauth` address and do this in any case.
    pub const APP: Making =
        Making { moving_factor: MovingFactor::Time, algorithm: Algorithm::Sha1, digits: 6, period: 30 };

    /// The value of `counter`.
    pub(super) fn value(&self, seed: &Seed, counter: i64) -> Zeroizing<String> {
        let counter = u64::try_from(counter).unwrap_or(0);
        Zeroizing::new(oath::hotp(seed.bytes(), counter, self.digits, self.algorithm))
    }

    /// The first of `counters` whose value was typed.
    pub(super) fn first_match(&self, seed: &Seed, typed: &str, counters: impl Iterator<Item = i64>) -> Option<i64> {
        counters.filter(|counter| *counter >= 0).find(|counter| oath::matches(&self.value(seed, *counter), typed))
    }
}

/// The word of an algorithm in the database and in `otpauth` addresses.
pub fn algorithm_word(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Sha1 => "SHA1",
        Algorithm::Sha256 => "SHA256",
        Algorithm::Sha512 => "SHA512",
    }
}

/// The algorithm of this word.
pub fn algorithm_of(word: &str) -> Option<Algorithm> {
    [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512].into_iter().find(|one| algorithm_word(*one) == word)
}
