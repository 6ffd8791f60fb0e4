//! Rules of a device in a file: what a serial number, a seed and the making of values may be.

use data_encoding::{BASE32_NOPAD, HEXLOWER_PERMISSIVE};
use zeroize::Zeroizing;

use crate::{
    oath::Algorithm,
    tokens::{
        AuthenticationType, Validity,
        one_time::{Making, MovingFactor, Seed},
    },
};

/// The shortest seed, in bytes: RFC 4226 §4 (R6) asks for 128 bits.
const SHORTEST_SEED: usize = 16;

/// The longest seed, in bytes: a block of SHA-512; a longer one is hashed before use, and is rather a mistaken column.
const LONGEST_SEED: usize = 128;

/// The longest serial number, in characters: it is typed from the back of a device.
const LONGEST_SERIAL: usize = 40;

/// Words that are addresses of the console (`/tokens/import`), or that browsers take out of addresses.
const RESERVED: [&str; 3] = ["import", ".", ".."];

/// A device as a file has it, with everything checked.
#[derive(Clone)]
pub struct Incoming {
    /// The serial number; `None`: made of the seed, since the file has none.
    pub serial: Option<String>,
    /// What kind it is.
    pub authentication_type: AuthenticationType,
    /// The seed.
    pub seed: Seed,
    /// How it makes its values.
    pub making: Making,
    /// The first counter that is accepted; 0 for a clock.
    pub counter: i64,
    /// The User ID of who has it; empty: nobody, so that it goes to inventory.
    pub owner: String,
    /// The name of the container; empty: that of its owner, or what was chosen beside the file.
    pub container: String,
    /// From when and until when it is good.
    pub validity: Validity,
}

/// A line of a table or a key of a PSKC file.
pub struct Line {
    /// Where it is: the number of the line, or of the key.
    pub number: usize,
    /// The serial number as it stands there, for the list of outcomes.
    pub serial: String,
    /// The User ID as it stands there, for the same.
    pub owner: String,
    /// The device, or why there is none.
    pub device: Result<Incoming, String>,
}

/// A serial number.
pub fn serial(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("It has no serial number.".into());
    }
    if text.chars().count() > LONGEST_SERIAL {
        return Err(format!("A serial number has at most {LONGEST_SERIAL} characters."));
    }
    if !text.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"-._:".contains(&letter)) {
        return Err("A serial number consists of letters, digits and - . _ :".into());
    }
    if RESERVED.contains(&text.to_ascii_lowercase().as_str()) {
        return Err(format!("“{text}” cannot be a serial number: the console uses it as an address."));
    }
    Ok(text.to_owned())
}

/// A seed in hexadecimal or base 32, with or without spaces. All hexadecimal digits mean hexadecimal: that a seed in
/// base 32 has none but A to F and 2 to 7 does not happen (1 in 10^13 for 20 bytes).
pub fn seed_text(text: &str) -> Result<Seed, String> {
    let plain: Zeroizing<String> =
        Zeroizing::new(text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>());
    if plain.is_empty() {
        return Err("It has no seed.".into());
    }
    let hex = plain.len().is_multiple_of(2) && plain.bytes().all(|letter| letter.is_ascii_hexdigit());
    let bytes = if hex { HEXLOWER_PERMISSIVE.decode(plain.as_bytes()) } else { base32(&plain) };
    seed(bytes.map_err(|_| "The seed is neither hexadecimal nor base 32.".to_owned())?)
}

/// A seed in base 32 whatever its digits are, as `otpauth` addresses have it.
pub fn base32_seed(text: &str) -> Result<Seed, String> {
    let plain: Zeroizing<String> = Zeroizing::new(text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect());
    if plain.is_empty() {
        return Err("It has no seed.".into());
    }
    seed(base32(&plain).map_err(|_| "The seed is not base 32.".to_owned())?)
}

fn base32(plain: &str) -> Result<Vec<u8>, data_encoding::DecodeError> {
    let upper = Zeroizing::new(plain.trim_end_matches('=').to_ascii_uppercase());
    BASE32_NOPAD.decode(upper.as_bytes())
}

/// A seed of these bytes.
pub fn seed(bytes: impl Into<Vec<u8>>) -> Result<Seed, String> {
    let seed = Seed::new(bytes);
    match seed.bytes().len() {
        length if length < SHORTEST_SEED => Err(format!(
            "The seed has {length} bytes; at least {SHORTEST_SEED} are needed to be safe (RFC 4226, section 4)."
        )),
        length if length > LONGEST_SEED => {
            Err(format!("The seed has {length} bytes; at most {LONGEST_SEED} make sense."))
        }
        _ => Ok(seed),
    }
}

/// HOTP or TOTP; a table may leave it out for TOTP.
pub fn moving_factor(text: &str) -> Result<MovingFactor, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "" | "totp" | "oath-totp" => Ok(MovingFactor::Time),
        "hotp" | "oath-hotp" => Ok(MovingFactor::Counter),
        _ => Err("The type is neither HOTP nor TOTP.".into()),
    }
}

/// Authenticator app or hardware token, by our own words; hardware token if it is left out.
pub fn authentication_type(text: &str, moving_factor: MovingFactor) -> Result<AuthenticationType, String> {
    let plain: String = text.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    match (plain.as_str(), moving_factor) {
        ("authenticatorapp" | "authenticatorapptotp", MovingFactor::Time) => Ok(AuthenticationType::AuthenticatorApp),
        ("authenticatorapp" | "authenticatorapptotp", MovingFactor::Counter) => {
            Err("An authenticator app is TOTP; what is HOTP is a hardware token.".into())
        }
        ("" | "hardwaretoken" | "hardwaretokenoath", _) => Ok(AuthenticationType::HardwareToken),
        _ => Err("The authentication type is neither Authenticator app nor Hardware token.".into()),
    }
}

/// SHA1, SHA-256, HMAC-SHA512 and the like; SHA-1 if it is left out.
pub fn algorithm(text: &str) -> Result<Algorithm, String> {
    let plain: String = text.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    match plain.strip_prefix("hmac").unwrap_or(&plain) {
        "" | "sha1" | "sha" => Ok(Algorithm::Sha1),
        "sha256" => Ok(Algorithm::Sha256),
        "sha512" => Ok(Algorithm::Sha512),
        _ => Err("The algorithm is none of SHA1, SHA256 and SHA512.".into()),
    }
}

/// 6 or 8 (PRODUCT.md §4); 6 if it is left out.
pub fn digits(text: &str) -> Result<u32, String> {
    match text.trim() {
        "" | "6" => Ok(6),
        "8" => Ok(8),
        _ => Err("One-time passwords have 6 or 8 digits.".into()),
    }
}

/// 30 or 60 seconds (PRODUCT.md §4); 30 if it is left out.
pub fn period(text: &str) -> Result<u32, String> {
    match text.trim() {
        "" | "30" => Ok(30),
        "60" => Ok(60),
        _ => Err("The period is 30 or 60 seconds.".into()),
    }
}

/// A counter from 0 on; 0 if it is left out.
pub fn counter(text: &str) -> Result<i64, String> {
    // Half of what a row can hold: the look-ahead is added to it.
    match text.trim() {
        "" => Ok(0),
        text => text
            .parse()
            .ok()
            .filter(|counter| (0..=i64::MAX / 2).contains(counter))
            .ok_or_else(|| "The counter is a whole number from 0 on.".into()),
    }
}

/// The most devices in one file: they are written in one transaction, which takes seconds for so many.
pub const MOST_DEVICES: usize = 10_000;

/// The largest file, in bytes: [`MOST_DEVICES`] encrypted PSKC keys of 1.5 kB each fit.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_hexadecimal_or_base_32() {
        for text in [
            "3132333435363738393031323334353637383930",
            "31 32 33 34 35 36 37 38 39 30 31 32 33 34 35 36 37 38 39 30",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            "gezd-gnbv-gy3t-qojq-gezd-gnbv-gy3t-qojq",
        ] {
            assert_eq!(seed_text(text).unwrap().bytes(), b"12345678901234567890", "{text}");
        }
    }

    #[test]
    fn a_refused_seed_is_not_repeated() {
        for text in ["", "31323334", "GEZDGNBV1", "äöü", &"ab".repeat(200)] {
            let Err(sentence) = seed_text(text) else { panic!("{text} was taken") };
            assert!(text.is_empty() || !sentence.contains(text), "{sentence}");
        }
    }

    #[test]
    fn a_serial_number_can_stand_in_an_address() {
        assert_eq!(serial(" FT-2200.1 ").unwrap(), "FT-2200.1");
        for text in ["", "a b", "a/b", "Import", "..", "<b>", "=1+1", &"1".repeat(41)] {
            assert!(serial(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_left_out_is_what_most_devices_do() {
        assert_eq!(moving_factor("").unwrap(), MovingFactor::Time);
        assert_eq!((digits("").unwrap(), period("").unwrap(), counter("").unwrap()), (6, 30, 0));
        assert_eq!(algorithm("").unwrap(), Algorithm::Sha1);
        assert_eq!(algorithm("HMAC-SHA-256").unwrap(), Algorithm::Sha256);
        assert!(digits("7").is_err() && period("45").is_err() && counter("-1").is_err() && algorithm("MD5").is_err());
    }
}
