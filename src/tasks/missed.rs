//! What is remembered of an enrollment's last failed attempt, for the help desk: never what was typed.

use crate::clock::Timestamp;

/// What was wrong. Where it is a one-time password: the seconds that its clock is ahead (behind, below 0), if it was one
/// from another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
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

impl Missed {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Missed::Code => "code",
            Missed::OlderCode => "older code",
            Missed::DigitsAsCode => "digits as code",
            Missed::CodeAsPassword => "code as password",
            Missed::Password(_) => "password",
            Missed::NoSuchDevice => "no such device",
            Missed::DeviceElsewhere => "device elsewhere",
            Missed::DeviceOfOtherType => "other type",
            Missed::DeviceTaken => "device taken",
            Missed::DeviceOwn => "device own",
            Missed::DeviceRetired => "device retired",
            Missed::DevicePassword(_) => "device password",
            Missed::DeviceFarAhead => "device far ahead",
            Missed::DeviceNotValid => "device not valid",
        }
    }

    /// The one of this word; `None` for the empty one of an enrollment without a failed attempt.
    pub fn from_word(word: &str, seconds: Option<i64>) -> Option<Self> {
        use Missed::*;
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
        .find(|missed| missed.word() == word)
    }

    /// What a right activation code makes good.
    pub const OF_CODE: [Missed; 3] = [Missed::Code, Missed::OlderCode, Missed::DigitsAsCode];

    /// The seconds that the clock is off, if that is what was wrong.
    pub fn seconds(self) -> Option<i64> {
        match self {
            Missed::Password(seconds) | Missed::DevicePassword(seconds) => seconds,
            _ => None,
        }
    }

    /// What the help desk reads.
    pub fn short(self) -> &'static str {
        match self {
            Missed::Code => "wrong activation code",
            Missed::OlderCode => "activation code of an older email",
            Missed::DigitsAsCode => "digits in place of the activation code",
            Missed::CodeAsPassword => "activation code in place of a one-time password",
            Missed::Password(_) | Missed::DevicePassword(_) => "wrong one-time password",
            Missed::NoSuchDevice => "serial number not in inventory",
            Missed::DeviceElsewhere => "serial number of another container",
            Missed::DeviceOfOtherType => "serial number of another authentication type",
            Missed::DeviceTaken => "serial number not free",
            Missed::DeviceOwn => "serial number of a token they have already",
            Missed::DeviceRetired => "serial number of a token out of use",
            Missed::DeviceFarAhead => "one-time password far ahead",
            Missed::DeviceNotValid => "device not valid at that time",
        }
    }

    /// What the audit log says.
    pub fn words(self) -> &'static str {
        match self {
            Missed::Code => "Wrong activation code",
            Missed::OlderCode => "The activation code of an older email",
            Missed::DigitsAsCode => "Digits in place of the activation code",
            Missed::CodeAsPassword => "The activation code in place of a one-time password",
            Missed::Password(_) | Missed::DevicePassword(_) => "Wrong one-time password",
            Missed::NoSuchDevice => "There is no such serial number in the inventory of the user's container",
            Missed::DeviceElsewhere => "The device of this serial number is for another container",
            Missed::DeviceOfOtherType => "The token of this serial number is of another authentication type",
            Missed::DeviceTaken => "The device of this serial number is not in inventory",
            Missed::DeviceOwn => "The device of this serial number is theirs already",
            Missed::DeviceRetired => "The device of this serial number is out of use",
            Missed::DeviceFarAhead => "Far ahead of the counter; the next one-time password brings it back into step",
            Missed::DeviceNotValid => "The device of this serial number is not valid at this time",
        }
    }
}

/// The last failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Miss {
    /// What was wrong.
    pub what: Missed,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for missed in [
            Missed::Code,
            Missed::Password(Some(-660)),
            Missed::OlderCode,
            Missed::DeviceOwn,
            Missed::DeviceTaken,
            Missed::DeviceFarAhead,
            Missed::DeviceNotValid,
        ] {
            assert_eq!(Missed::from_word(missed.word(), missed.seconds()), Some(missed));
        }
        assert_eq!(Missed::from_word("", None), None);
    }
}
