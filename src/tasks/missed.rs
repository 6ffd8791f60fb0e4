//! What is remembered of an enrollment's last failed attempt, for the help desk: never what was typed.

use crate::clock::Timestamp;

/// What was wrong. Where it is a one-time password: the seconds that its clock is ahead (behind, below 0), if it was one
/// from another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// The activation code.
    Code,
    /// The one-time password that was to prove an authenticator app.
    Password(Option<i64>),
    /// A serial number that is not in the inventory of the user's container.
    NoSuchDevice,
    /// The serial number of a device that somebody has, or that is out of use.
    DeviceTaken,
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
            Missed::Password(_) => "password",
            Missed::NoSuchDevice => "no such device",
            Missed::DeviceTaken => "device taken",
            Missed::DevicePassword(_) => "device password",
            Missed::DeviceFarAhead => "device far ahead",
            Missed::DeviceNotValid => "device not valid",
        }
    }

    /// The one of this word; `None` for the empty one of an enrollment without a failed attempt.
    pub fn from_word(word: &str, seconds: Option<i64>) -> Option<Self> {
        use Missed::*;
        [Code, Password(seconds), NoSuchDevice, DeviceTaken, DevicePassword(seconds), DeviceFarAhead, DeviceNotValid]
            .into_iter()
            .find(|missed| missed.word() == word)
    }

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
            Missed::Password(_) | Missed::DevicePassword(_) => "wrong one-time password",
            Missed::NoSuchDevice => "serial number not in inventory",
            Missed::DeviceTaken => "serial number not free",
            Missed::DeviceFarAhead => "one-time password far ahead",
            Missed::DeviceNotValid => "device not valid at that time",
        }
    }

    /// What the audit log says.
    pub fn words(self) -> &'static str {
        match self {
            Missed::Code => "Wrong activation code",
            Missed::Password(_) | Missed::DevicePassword(_) => "Wrong one-time password",
            Missed::NoSuchDevice => "There is no such serial number in the inventory of the user's container",
            Missed::DeviceTaken => "The device of this serial number is not in inventory",
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
            Missed::DeviceTaken,
            Missed::DeviceFarAhead,
            Missed::DeviceNotValid,
        ] {
            assert_eq!(Missed::from_word(missed.word(), missed.seconds()), Some(missed));
        }
        assert_eq!(Missed::from_word("", None), None);
    }
}
