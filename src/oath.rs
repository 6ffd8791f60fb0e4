//! One-time passwords: HOTP (RFC 4226) and TOTP (RFC 6238). Pure; what is accepted how often is for those who ask.

use crate::text::in_address;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq;

/// The hash below the HMAC. RFC 4226 knows SHA-1 alone, RFC 6238 §1.2 all three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// What every authenticator app takes.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// The value of `counter` (RFC 4226 §5.3) in `digits` decimal digits, zeros in front kept. The RFC allows 6 to 8;
/// more than 9 would hold no more than the 31 bits it takes of the HMAC, so that many is the most.
pub fn hotp(key: &[u8], counter: u64, digits: u32, algorithm: Algorithm) -> String {
    let text = counter.to_be_bytes();
    let mac = match algorithm {
        Algorithm::Sha1 => hmac_of::<Hmac<Sha1>>(key, &text),
        Algorithm::Sha256 => hmac_of::<Hmac<Sha256>>(key, &text),
        Algorithm::Sha512 => hmac_of::<Hmac<Sha512>>(key, &text),
    };
    let digits = digits.min(9);
    let start = mac.last().map_or(0, |last| usize::from(last & 0x0f));
    let bits = mac[start..start + 4].iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) & 0x7fff_ffff;
    format!("{:0width$}", bits % 10_u32.pow(digits), width = digits as usize)
}

/// The value at `unix_seconds` for steps of `period` seconds (RFC 6238 §4).
pub fn totp(key: &[u8], unix_seconds: i64, period: u32, digits: u32, algorithm: Algorithm) -> String {
    hotp(key, step(unix_seconds, period), digits, algorithm)
}

/// The number of the step that `unix_seconds` is in: RFC 6238 §4.2, with T0 = 0. Times before 1970 are in step 0.
pub fn step(unix_seconds: i64, period: u32) -> u64 {
    u64::try_from(unix_seconds).unwrap_or(0) / u64::from(period.max(1))
}

/// True if both are the same, in a time that tells only their lengths.
pub fn matches(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// The seed in base32, as authenticator apps take it typed.
pub fn base32(seed: &[u8]) -> String {
    data_encoding::BASE32_NOPAD.encode(seed)
}

/// The seed in base32 and in groups of four, as people read it from one screen and type it into another.
pub fn manual_key(seed: &[u8]) -> String {
    crate::english::groups(&base32(seed), 4)
}

/// The key URI of a TOTP seed, which authenticator apps read from a QR code (google-authenticator wiki, "Key Uri Format").
pub fn totp_uri(issuer: &str, account: &str, seed: &[u8], period: u32, digits: u32, algorithm: Algorithm) -> String {
    let algorithm = match algorithm {
        Algorithm::Sha1 => "SHA1",
        Algorithm::Sha256 => "SHA256",
        Algorithm::Sha512 => "SHA512",
    };
    let (issuer, account) = (in_address(&part(issuer)), in_address(&part(account)));
    let secret = base32(seed);
    format!(
        "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm={algorithm}&digits={digits}&period={period}"
    )
}

/// An issuer or account as it may stand in a label: a colon parts the two, so that neither holds one, even encoded.
fn part(text: &str) -> String {
    text.split(|letter: char| letter == ':' || letter.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn hmac_of<M: Mac + KeyInit>(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hotp_gives_the_values_of_rfc_4226_appendix_d() {
        let expected =
            ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        for (counter, value) in (0..).zip(expected) {
            assert_eq!(hotp(b"12345678901234567890", counter, 6, Algorithm::Sha1), value);
        }
    }

    #[test]
    fn totp_gives_the_values_of_rfc_6238_appendix_b() {
        // The seeds are as long as the hash, which the appendix shows in its program only (erratum 2866).
        let seeds: [(Algorithm, &[u8]); 3] = [
            (Algorithm::Sha1, b"12345678901234567890"),
            (Algorithm::Sha256, b"12345678901234567890123456789012"),
            (Algorithm::Sha512, b"1234567890123456789012345678901234567890123456789012345678901234"),
        ];
        let expected = [
            (59, ["94287082", "46119246", "90693936"]),
            (1_111_111_109, ["07081804", "68084774", "25091201"]),
            (1_111_111_111, ["14050471", "67062674", "99943326"]),
            (1_234_567_890, ["89005924", "91819424", "93441116"]),
            (2_000_000_000, ["69279037", "90698825", "38618901"]),
            (20_000_000_000, ["65353130", "77737706", "47863826"]),
        ];
        for (seconds, values) in expected {
            for ((algorithm, seed), value) in seeds.iter().zip(values) {
                assert_eq!(totp(seed, seconds, 30, 8, *algorithm), value, "{algorithm:?} at {seconds}");
            }
        }
    }

    #[test]
    fn the_key_uri_names_issuer_and_account_and_holds_the_seed() {
        let uri = totp_uri("Example & Org", "k.l:x", b"12345678901234567890", 30, 6, Algorithm::Sha1);
        let expected = "otpauth://totp/Example%20%26%20Org:k.l%20x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
                        &issuer=Example%20%26%20Org&algorithm=SHA1&digits=6&period=30";
        assert_eq!(uri, expected);
        assert_eq!(manual_key(b"12345678901234567890"), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
    }

    #[test]
    fn neither_issuer_nor_account_holds_a_colon_in_the_key_uri() {
        let uri = totp_uri("Müller & Co: IT", "EXAMPLE:a+b@c", &[0; 10], 60, 8, Algorithm::Sha256);
        let expected = "otpauth://totp/M%C3%BCller%20%26%20Co%20IT:EXAMPLE%20a%2Bb@c?secret=AAAAAAAAAAAAAAAA\
                        &issuer=M%C3%BCller%20%26%20Co%20IT&algorithm=SHA256&digits=8&period=60";
        assert_eq!(uri, expected);
        for odd in ["a:b", ":a", "a:", " a : b ", "a::b", "a\t:\nb"] {
            let uri = totp_uri(odd, odd, &[0; 10], 30, 6, Algorithm::Sha1);
            let label = &uri["otpauth://totp/".len()..uri.find('?').unwrap()];
            assert_eq!(label.matches(':').count(), 1, "{odd:?}: {uri}");
            assert!(!uri.to_uppercase().contains("%3A"), "{odd:?}: {uri}");
        }
    }

    #[test]
    fn a_step_lasts_one_period() {
        assert_eq!((step(59, 30), step(60, 30), step(-1, 30)), (1, 2, 0));
    }

    #[test]
    fn values_match_only_when_they_are_the_same() {
        assert!(matches("755224", "755224"));
        assert!(!matches("755224", "755225"));
        assert!(!matches("755224", "75522"));
    }
}
