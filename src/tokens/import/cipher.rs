//! What RFC 6030 §6 asks for to open encrypted keys: AES-CBC as in XML Encryption, PBKDF2, and the MAC of each value.

use aes::{Aes128, Aes192, Aes256, cipher::BlockSizeUser};
use cbc::{
    Decryptor,
    cipher::{BlockCipherDecrypt, BlockModeDecrypt, KeyInit, KeyIvInit, block_padding::Iso10126, typenum::U16},
};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

/// Bytes of a block of AES, and of the initialization vector in front of a value.
const BLOCK: usize = 16;

/// The most rounds of PBKDF2: one derivation takes seconds then, and a file that asks for more is built to keep the
/// server busy. Today's advice for HMAC-SHA-1 is 1,300,000.
pub const MOST_ROUNDS: u32 = 2_000_000;

/// The longest key that is derived, in bytes: AES-256.
const LONGEST_KEY: usize = 32;

/// Why a value does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The method is none of those that are known; its address.
    Unknown(String),
    /// The key has not the length that the method asks for, in bytes.
    KeyLength(usize),
    /// What came out makes no sense: the wrong key, or a damaged file.
    Garbled,
}

/// Decrypts `sealed`: the initialization vector, then whole blocks (XML Encryption 1.0 §5.2).
///
/// # Errors
/// As [`Closed`] says.
pub fn decrypt(method: &str, key: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Closed> {
    match method.strip_prefix("http://www.w3.org/2001/04/xmlenc#") {
        Some("aes128-cbc") => cbc_decrypt::<Aes128>(key, 16, sealed),
        Some("aes192-cbc") => cbc_decrypt::<Aes192>(key, 24, sealed),
        Some("aes256-cbc") => cbc_decrypt::<Aes256>(key, 32, sealed),
        _ => Err(Closed::Unknown(method.to_owned())),
    }
}

fn cbc_decrypt<C>(key: &[u8], length: usize, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Closed>
where
    C: BlockCipherDecrypt + KeyInit + BlockSizeUser<BlockSize = U16>,
{
    if key.len() != length {
        return Err(Closed::KeyLength(length));
    }
    let (iv, body) = sealed.split_at_checked(BLOCK).ok_or(Closed::Garbled)?;
    let cipher = Decryptor::<C>::new_from_slices(key, iv).map_err(|_| Closed::KeyLength(length))?;
    let mut open = Zeroizing::new(body.to_vec());
    // The last byte counts the padding; the others of it may be anything.
    let end = cipher.decrypt_padded::<Iso10126>(&mut open).map_err(|_| Closed::Garbled)?.len();
    open.truncate(end);
    Ok(open)
}

/// How the MAC of a value is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MacMethod {
    /// HMAC-SHA-1, which every reader has to know (RFC 6030 §6.1.1).
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

impl MacMethod {
    /// The one of this address.
    pub fn named(address: &str) -> Option<Self> {
        Some(match address {
            "http://www.w3.org/2000/09/xmldsig#hmac-sha1" => MacMethod::Sha1,
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256" => MacMethod::Sha256,
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512" => MacMethod::Sha512,
            _ => return None,
        })
    }

    /// True if `mac` is that of `text`, in a time that tells nothing of it.
    pub fn verify(self, key: &[u8], text: &[u8], mac: &[u8]) -> bool {
        match self {
            MacMethod::Sha1 => verify::<Hmac<Sha1>>(key, text, mac),
            MacMethod::Sha256 => verify::<Hmac<Sha256>>(key, text, mac),
            MacMethod::Sha512 => verify::<Hmac<Sha512>>(key, text, mac),
        }
    }
}

fn verify<M: Mac + hmac::KeyInit>(key: &[u8], text: &[u8], mac: &[u8]) -> bool {
    let mut maker = <M as hmac::KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    maker.update(text);
    maker.verify_slice(mac).is_ok()
}

/// The function below PBKDF2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prf {
    /// HMAC-SHA-1: what holds where a file names none (PKCS #5).
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

/// The key of a password (PBKDF2, RFC 6030 §6.2); `None` if the file asks for more than is bearable.
pub fn derive(password: &str, salt: &[u8], rounds: u32, length: usize, prf: Prf) -> Option<Zeroizing<Vec<u8>>> {
    if !(1..=MOST_ROUNDS).contains(&rounds) || !(1..=LONGEST_KEY).contains(&length) {
        return None;
    }
    let mut key = Zeroizing::new(vec![0; length]);
    match prf {
        Prf::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password.as_bytes(), salt, rounds, &mut key),
        Prf::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), salt, rounds, &mut key),
        Prf::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(password.as_bytes(), salt, rounds, &mut key),
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER_PERMISSIVE as HEX;

    use super::*;

    const AES_128: &str = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";

    fn hex(text: &str) -> Vec<u8> {
        HEX.decode(text.as_bytes()).unwrap()
    }

    #[test]
    fn aes_cbc_gives_the_values_of_nist() {
        // NIST SP 800-38A, F.2.1: the first block, whose last byte as padding would be 0x2a, so that it is refused.
        let key = hex("2b7e151628aed2a6abf7158809cf4f3c");
        let sealed = hex("000102030405060708090a0b0c0d0e0f7649abac8119b246cee98e9b12e9197d");
        assert_eq!(decrypt(AES_128, &key, &sealed).unwrap_err(), Closed::Garbled);
        assert_eq!(decrypt(AES_128, &key[1..], &sealed).unwrap_err(), Closed::KeyLength(16));
        assert_eq!(decrypt(AES_128, &key, &sealed[..20]).unwrap_err(), Closed::Garbled);
        assert!(matches!(decrypt("urn:rot13", &key, &sealed), Err(Closed::Unknown(_))));
    }

    #[test]
    fn pbkdf2_gives_the_values_of_rfc_6070() {
        let key = derive("password", b"salt", 4096, 20, Prf::Sha1).unwrap();
        assert_eq!(*key, hex("4b007901b765489abead49d926f721d065a429c1"));
    }

    #[test]
    fn a_file_cannot_keep_the_server_busy() {
        assert!(derive("password", b"salt", MOST_ROUNDS + 1, 16, Prf::Sha1).is_none());
        assert!(derive("password", b"salt", 0, 16, Prf::Sha1).is_none());
        assert!(derive("password", b"salt", 1, 1 << 30, Prf::Sha1).is_none());
    }
}
