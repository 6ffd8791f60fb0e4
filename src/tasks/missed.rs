//! What is remembered of an enrollment's last failed attempt, for the help desk: never what was typed.

use crate::clock::Timestamp;

/// What was wrong. Where it is a one-time password: the seconds that its clock is ahead (behind, below 0), if it was one
/// from another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The activation code.
    Code,
    /// The activation code of an older email.
    OlderCode,
    /// Digits, as an app or a device shows them, where the activation code belongs.
    DigitsAsCode,
    /// The activation code, where a one-time password belongs.
    CodeAsPassword,
    /// The one-time password that was to prove an authenticator app.
    Password(Option<i64>),
    /// A serial number that is not in the inventory of the user's container.
    NoSuchDevice,
    /// The serial number of a device that is for another container.
    DeviceElsewhere,
    /// The serial number of a token of another authentication type.
    DeviceOfOtherType,
    /// The serial number of a device that somebody else has.
    DeviceTaken,
    /// The serial number of a device that the user has already.
    DeviceOwn,
    /// The serial number of a device that is out of use.
    DeviceRetired,
    /// The one-time password of a device.
    DevicePassword(Option<i64>),
    /// A device that was pressed often without being used: its next value will do.
    DeviceFarAhead,
    /// The serial number of a device that is not valid at this time.
    DeviceNotValid,
}

impl FailureKind {
    /// The word in the database.
    pub fn code(self) -> &'static str {
        match self {
            FailureKind::Code => "code",
            FailureKind::OlderCode => "older code",
            FailureKind::DigitsAsCode => "digits as code",
            FailureKind::CodeAsPassword => "code as password",
            FailureKind::Password(_) => "password",
            FailureKind::NoSuchDevice => "no such device",
            FailureKind::DeviceElsewhere => "device elsewhere",
            FailureKind::DeviceOfOtherType => "other type",
            FailureKind::DeviceTaken => "device taken",
            FailureKind::DeviceOwn => "device own",
            FailureKind::DeviceRetired => "device retired",
            FailureKind::DevicePassword(_) => "device password",
            FailureKind::DeviceFarAhead => "device far ahead",
            FailureKind::DeviceNotValid => "device not valid",
        }
    }

    /// The one of this word; `None` for the empty one of an enrollment without a failed attempt.
    pub fn from_code(word: &str, seconds: Option<i64>) -> Option<Self> {
        use FailureKind::*;
        [
            Code,
            OlderCode,
            DigitsAsCode,
            CodeAsPassword,
            Password(seconds),
            NoSuchDevice,
            DeviceElsewhere,
            DeviceOfOtherType,
            DeviceTaken,
            DeviceOwn,
            DeviceRetired,
            DevicePassword(seconds),
            DeviceFarAhead,
            DeviceNotValid,
        ]
        .into_iter()
        .find(|missed| missed.code() == word)
    }

    /// What a right activation code makes good.
    pub const OF_CODE: [FailureKind; 3] = [FailureKind::Code, FailureKind::OlderCode, FailureKind::DigitsAsCode];

    /// The seconds that the clock is off, if that is what was wrong.
    pub fn seconds(self) -> Option<i64> {
        match self {
            FailureKind::Password(seconds) | FailureKind::DevicePassword(seconds) => seconds,
            _ => None,
        }
    }

    /// What the help desk reads.
    pub fn short(self) -> &'static str {
        match self {
            FailureKind::Code => "wrong activation code",
            FailureKind::OlderCode => "activation code of an older email",
            FailureKind::DigitsAsCode => "digits instead of the activation code",
            FailureKind::CodeAsPassword => "activation code instead of a one-time password",
            FailureKind::Password(_) | FailureKind::DevicePassword(_) => "wrong one-time password",
            FailureKind::NoSuchDevice => "serial number not in inventory",
            FailureKind::DeviceElsewhere => "serial number of another container",
            FailureKind::DeviceOfOtherType => "serial number of another authentication type",
            FailureKind::DeviceTaken => "serial number not free",
            FailureKind::DeviceOwn => "serial number of a token they have already",
            FailureKind::DeviceRetired => "serial number of a token out of use",
            FailureKind::DeviceFarAhead => "one-time password far ahead",
            FailureKind::DeviceNotValid => "device not valid at that time",
        }
    }

    /// What the audit log says.
    pub fn label(self) -> &'static str {
        match self {
            FailureKind::Code => "Wrong activation code",
            FailureKind::OlderCode => "The activation code of an older email",
            FailureKind::DigitsAsCode => "Digits instead of the activation code",
            FailureKind::CodeAsPassword => "The activation code instead of a one-time password",
            FailureKind::Password(_) | FailureKind::DevicePassword(_) => "Wrong one-time password",
            FailureKind::NoSuchDevice => "There is no such serial number in the inventory of the user's container",
            FailureKind::DeviceElsewhere => "The device of this serial number is for another container",
            FailureKind::DeviceOfOtherType => "The token of this serial number is of another authentication type",
            FailureKind::DeviceTaken => "The device of this serial number is not in inventory",
            FailureKind::DeviceOwn => "The device of this serial number is theirs already",
            FailureKind::DeviceRetired => "The device of this serial number is out of use",
            FailureKind::DeviceFarAhead => {
                "Far ahead of the counter; the next one-time password brings it back into step"
            }
            FailureKind::DeviceNotValid => "The device of this serial number is not valid at this time",
        }
    }
}

/// The last failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What was wrong.
    pub what: FailureKind,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for missed in [
            FailureKind::Code,
            FailureKind::Password(Some(-660)),
            FailureKind::OlderCode,
            FailureKind::DeviceOwn,
            FailureKind::DeviceTaken,
            FailureKind::DeviceFarAhead,
            FailureKind::DeviceNotValid,
        ] {
            assert_eq!(FailureKind::from_code(missed.code(), missed.seconds()), Some(missed));
        }
        assert_eq!(FailureKind::from_code("", None), None);
    }
}
