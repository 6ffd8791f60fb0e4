//! The master key: seals secrets that must be read again and hashes those that must only be compared.

use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{
    error::{Error, Result},
    ids::Random,
};

/// Bytes of the master key (256 bits, the key size of XChaCha20-Poly1305).
pub const KEY_BYTES: usize = 32;

/// Bytes of the random nonce in front of a sealed secret (XChaCha20: long enough to be drawn at random).
const NONCE_BYTES: usize = 24;

/// What a keyed hash is for; a hash made for one purpose never matches one made for another.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// An activation code in an enrollment email.
    ActivationCode,
    /// The cookie of an operator's session.
    OperatorSession,
    /// The cookie of an enrollment session in the portal.
    EnrollmentSession,
    /// The API key of an auth node.
    AuthNode,
    /// Ten digits that are accepted for a while.
    TemporaryCode,
    /// Six digits that went to the address on file.
    CallBackCode,
    /// The key of monitors.
    Metrics,
    /// What a page showed before its button was pressed, so that just that is carried out.
    Preview,
    /// The cookie of a browser in which an operator signed in before.
    KnownBrowser,
    /// The seed of a token that comes without a serial number, which is made of it.
    ImportedSeed,
}

impl Purpose {
    /// What stands before the text that is hashed. Hashes are stored: these labels stay as they are for ever, whatever
    /// the purposes are called in the code.
    fn label(self) -> &'static str {
        match self {
            Purpose::ActivationCode => "ActivationCode:",
            Purpose::OperatorSession => "OperatorSession:",
            Purpose::EnrollmentSession => "EnrollmentSession:",
            Purpose::AuthNode => "AuthNode:",
            Purpose::TemporaryCode => "TemporaryCode:",
            Purpose::CallBackCode => "CallBackCode:",
            Purpose::Metrics => "Metrics:",
            Purpose::Preview => "Preview:",
            Purpose::KnownBrowser => "KnownBrowser:",
            Purpose::ImportedSeed => "ImportedSeed:",
        }
    }
}

/// Bytes of a key's id: enough that two keys of one organization never share one, and no help in finding the key.
const ID_BYTES: usize = 8;

/// What a check value holds; what it says does not matter, only that it opens.
const CHECK: &[u8] = b"tokendesk";

/// The keys of this installation, all derived from one master key.
pub struct Keys {
    id: String,
    seal: XChaCha20Poly1305,
    hash: Zeroizing<[u8; KEY_BYTES]>,
}

impl Keys {
    /// Derives the sealing and the hashing key from `master` (HMAC-SHA-256 with a label, as in RFC 5869's expand).
    pub fn new(master: &[u8; KEY_BYTES]) -> Self {
        let derive = |label: &[u8]| Zeroizing::new(hmac(master, &[label]));
        Keys {
            id: data_encoding::HEXLOWER.encode(&derive(b"tokendesk id 1")[..ID_BYTES]),
            seal: XChaCha20Poly1305::new(&Key::from(*derive(b"tokendesk seal 1"))),
            hash: derive(b"tokendesk hash 1"),
        }
    }

    /// The name of the master key: 16 hex digits that say which key it is and nothing else.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A value by which a database knows this key (PRODUCT.md §13).
    pub fn seal_check(&self, random: &Random) -> Vec<u8> {
        self.seal(random, &self.check_context(), CHECK)
    }

    /// True if this key sealed the check value.
    pub fn opens_check(&self, sealed: &[u8]) -> bool {
        self.open(&self.check_context(), sealed).is_ok()
    }

    fn check_context(&self) -> String {
        format!("master_keys.check_value:{}", self.id)
    }

    /// Encrypts `secret` for one context, such as `tokens.seed:TD-7K2M`; it opens nowhere else.
    pub fn seal(&self, random: &Random, context: &str, secret: &[u8]) -> Vec<u8> {
        let nonce = random.bytes::<NONCE_BYTES>();
        let mut sealed = nonce.to_vec();
        let body = self.seal.encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: context.as_bytes() });
        sealed.extend(body.expect("a secret of a few bytes is within the cipher's limits"));
        sealed
    }

    /// Decrypts what was sealed for `context`.
    ///
    /// # Errors
    /// `Internal` if it was sealed for another context or under another master key.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let wrong = || Error::Internal(format!("the secret at {context} does not open: is this the right master key?"));
        let (nonce, body) = sealed.split_at_checked(NONCE_BYTES).ok_or_else(wrong)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| wrong())?;
        let payload = Payload { msg: body, aad: context.as_bytes() };
        self.seal.decrypt(&XNonce::from(nonce), payload).map(Zeroizing::new).map_err(|_| wrong())
    }

    /// A keyed hash (HMAC-SHA-256): the same for the same purpose and text, and useless without the key.
    pub fn hash(&self, purpose: Purpose, text: &[u8]) -> Vec<u8> {
        hmac(&*self.hash, &[purpose.label().as_bytes(), text]).to_vec()
    }

    /// Compares a text with a stored hash in constant time.
    pub fn matches(&self, purpose: Purpose, text: &[u8], stored: &[u8]) -> bool {
        self.hash(purpose, text).ct_eq(stored).into()
    }
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_in_its_own_context_only() {
        let keys = Keys::new(&[7; KEY_BYTES]);
        let sealed = keys.seal(&Random::seeded(1), "tokens.seed:A", b"secret");
        assert_eq!(*keys.open("tokens.seed:A", &sealed).unwrap(), b"secret");
        assert!(keys.open("tokens.seed:B", &sealed).is_err());
        assert!(keys.open("tokens.seed:A", &sealed[..10]).is_err());
        assert!(Keys::new(&[8; KEY_BYTES]).open("tokens.seed:A", &sealed).is_err());
    }

    #[test]
    fn what_is_stored_under_a_label_is_found_again_by_every_later_version() {
        let keys = Keys::new(&[7; KEY_BYTES]);
        for (purpose, label, hash) in [
            (
                Purpose::ActivationCode,
                "ActivationCode:",
                "18e9739a48ba4cfc9b9702241dc62c0d7cb6839a56285d3746db404784fa732e",
            ),
            (
                Purpose::OperatorSession,
                "OperatorSession:",
                "6132b803acf2b3a1b04e3755d2ce93a3b2b3c40f475855723d32dc5af84ac6bf",
            ),
            (
                Purpose::EnrollmentSession,
                "EnrollmentSession:",
                "a5847ab107a725a9bb242a833a29d476c703d460e1b3663fee295e066214b1d0",
            ),
            (Purpose::AuthNode, "AuthNode:", "18fb6734c8623a0ab1462168c770582dd6ccfb3870e6fa4c2e706f8110cafa15"),
            (
                Purpose::TemporaryCode,
                "TemporaryCode:",
                "e2652108e05ff9046ee120616140d5d362d999e5cad86a31076e41a998a07141",
            ),
            (
                Purpose::CallBackCode,
                "CallBackCode:",
                "789db32b95948dc4760a0a745c2cecfda291f264f0dfc56c46132377c727dc94",
            ),
            (Purpose::Metrics, "Metrics:", "491d17d7facad967e002bfbcf29044e5cb9a55143e1d3990750ba818e57ebdf5"),
            (Purpose::Preview, "Preview:", "a87c37e8dec1e2c7aa6103fa1e78e2b3a434ac7d351f4d7ba1d39ad33f2174aa"),
            (
                Purpose::KnownBrowser,
                "KnownBrowser:",
                "546a5024e037018c1fe6f1ba659330e830d4c2674f3e83e07aa0b3af4c944c16",
            ),
            (
                Purpose::ImportedSeed,
                "ImportedSeed:",
                "2bc26aa2107c32e1d2f6377646829e1a907c679ce67e443176737157c3e56e0c",
            ),
        ] {
            assert_eq!(purpose.label(), label);
            assert_eq!(data_encoding::HEXLOWER.encode(&keys.hash(purpose, b"ABC")), hash, "{label}");
        }
    }

    #[test]
    fn a_key_has_a_name_and_knows_its_own_check_value() {
        let (one, other) = (Keys::new(&[7; KEY_BYTES]), Keys::new(&[8; KEY_BYTES]));
        assert_eq!(one.id().len(), 16);
        assert_ne!(one.id(), other.id());
        let value = one.seal_check(&Random::seeded(1));
        assert!(one.opens_check(&value) && !other.opens_check(&value));
    }

    #[test]
    fn a_hash_is_good_for_one_purpose() {
        let keys = Keys::new(&[7; KEY_BYTES]);
        let hash = keys.hash(Purpose::ActivationCode, b"ABC");
        assert!(keys.matches(Purpose::ActivationCode, b"ABC", &hash));
        assert!(!keys.matches(Purpose::AuthNode, b"ABC", &hash));
        assert!(!keys.matches(Purpose::ActivationCode, b"ABD", &hash));
    }
}
