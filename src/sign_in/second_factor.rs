//! The second factor of operators: an authenticator app (TOTP) on a phone of theirs.

use crate::{clock, clock::Timestamp, ids::OperatorId, oath};

/// Bytes of a seed: 160 bits, as RFC 4226 §4 recommends.
pub const SEED_BYTES: usize = 20;

/// Digits of a value.
pub const DIGITS: u32 = 6;

/// Seconds of a step.
const PERIOD: u32 = 30;

/// What every authenticator app takes, whatever it makes of the other ones in a key URI.
const ALGORITHM: oath::Algorithm = oath::Algorithm::Sha1;

/// Steps before and after the present one that are taken too: clocks differ, and typing takes time (RFC 6238 §5.2).
const STEPS_EITHER_SIDE: u64 = 1;

/// The name under which the seed of this operator is sealed.
pub fn seal_context(operator: OperatorId) -> String {
    format!("operators.second_factor:{operator}")
}

/// What was typed as the bare digits: people put spaces where the app shows them.
pub fn digits(typed: &str) -> Option<String> {
    let digits: String = typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect();
    (digits.len() == DIGITS as usize && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// What is made of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgment {
    /// It is the value of this step, which is used up with it.
    Right(i64),
    /// It is the one accepted last, sent again: a form that was sent twice, and no guess.
    Repeated,
    /// It is none that may be accepted now.
    Wrong,
}

/// Judges `otp`: right if it is the value of a step around `now` and later than `last`, since each is accepted once
/// (RFC 6238 §5.2).
pub fn judge(seed: &[u8], otp: &str, now: Timestamp, last: Option<i64>) -> Judgment {
    let present = oath::step(clock::unix_seconds(now), PERIOD);
    let mut found = None;
    // All are tried even when one has matched, so that the time does not tell which.
    for step in present.saturating_sub(STEPS_EITHER_SIDE)..=present + STEPS_EITHER_SIDE {
        if oath::matches(&oath::hotp(seed, step, DIGITS, ALGORITHM), otp) {
            found = i64::try_from(step).ok();
        }
    }
    match found {
        Some(step) if last.is_none_or(|last| step > last) => Judgment::Right(step),
        Some(step) if last == Some(step) => Judgment::Repeated,
        _ => Judgment::Wrong,
    }
}

/// What the QR code says: the key URI that authenticator apps read.
pub fn uri(organization: &str, user_id: &str, seed: &[u8]) -> String {
    oath::totp_uri(organization, user_id, seed, PERIOD, DIGITS, ALGORITHM)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(seconds, 0).unwrap().naive_utc()
    }

    #[test]
    fn a_value_is_taken_one_step_either_side_and_once() {
        let value = oath::totp(SEED, 59, 30, 6, ALGORITHM);
        for seconds in [29, 59, 89] {
            assert_eq!(judge(SEED, &value, at(seconds), None), Judgment::Right(1));
        }
        assert_eq!(judge(SEED, &value, at(90), None), Judgment::Wrong);
        assert_eq!(judge(SEED, &value, at(59), Some(1)), Judgment::Repeated);
        assert_eq!(judge(SEED, &value, at(59), Some(2)), Judgment::Wrong);
        assert_eq!(judge(SEED, &value, at(59), Some(0)), Judgment::Right(1));
    }

    #[test]
    fn spaces_in_a_value_do_not_matter() {
        assert_eq!(digits(" 287 082 ").as_deref(), Some("287082"));
        assert_eq!(digits("28708"), None);
        assert_eq!(digits("28708x"), None);
        assert_eq!(digits("٢٨٧٠٨٢"), None);
    }
}
