//! From when and until when a token is good (RFC 6030 §5): before and after, its values are not accepted anywhere.

use crate::{
    clock::{Timestamp, Zone, moment},
    english::continued,
};

/// The time in which a token is good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Validity {
    /// Its first moment; `None`: from ever.
    pub from: Option<Timestamp>,
    /// The moment at which it is over; `None`: for ever.
    pub until: Option<Timestamp>,
}

/// How a moment is outside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// It begins then.
    NotYet(Timestamp),
    /// It ended then.
    Over(Timestamp),
}

impl Validity {
    /// Without limits.
    pub const ALWAYS: Validity = Validity { from: None, until: None };

    /// Whether `now` is within it.
    pub fn at(&self, now: Timestamp) -> Result<(), Outside> {
        match (self.from, self.until) {
            (_, Some(until)) if until <= now => Err(Outside::Over(until)),
            (Some(from), _) if now < from => Err(Outside::NotYet(from)),
            _ => Ok(()),
        }
    }
}

impl Outside {
    /// "not valid before Thu 2031-01-01 at 01:00" for people, in their time zone.
    pub fn label(self, zone: Zone, now: Timestamp) -> String {
        match self {
            Outside::NotYet(from) => format!("not valid before {}", continued(&moment(zone, now, from))),
            Outside::Over(until) => format!("valid until {}", continued(&moment(zone, now, until))),
        }
    }

    /// The same for the audit log, which holds for all time zones.
    pub fn recorded(self) -> String {
        const FORM: &str = "%Y-%m-%d %H:%M UTC";
        match self {
            Outside::NotYet(from) => format!("not valid before {}", from.format(FORM)),
            Outside::Over(until) => format!("valid until {}", until.format(FORM)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_moment_is_within_and_the_last_is_not() {
        let at = |hour: u32| chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap().and_hms_opt(hour, 0, 0).unwrap();
        let validity = Validity { from: Some(at(8)), until: Some(at(10)) };
        assert_eq!(validity.at(at(7)), Err(Outside::NotYet(at(8))));
        assert_eq!((validity.at(at(8)), validity.at(at(9))), (Ok(()), Ok(())));
        assert_eq!(validity.at(at(10)), Err(Outside::Over(at(10))));
        assert_eq!(Validity::ALWAYS.at(at(0)), Ok(()));
        assert_eq!(Outside::Over(at(10)).recorded(), "valid until 2026-11-20 10:00 UTC");
    }
}
