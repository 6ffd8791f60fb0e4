//! The rules of an enrollment: one user in one task (PRODUCT.md §2).

use chrono::{Days, NaiveDate};

use crate::clock::{Timestamp, Zone, distance};

/// What is known of an enrollment; its status is worked out from this and the clock, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnrollmentFacts {
    /// The last day on which the user may enroll, in the organization's time zone.
    pub stop_on: NaiveDate,
    /// Failed attempts so far.
    pub failures: i64,
    /// When the user enrolled a token.
    pub enrolled_at: Option<Timestamp>,
    /// When that token first authenticated after it was enrolled.
    pub used_at: Option<Timestamp>,
}

/// The status of an enrollment (PRODUCT.md §0, "Status").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", ascii_case_insensitive)]
pub enum Status {
    /// The user may still enroll, or has enrolled and not used the token yet.
    Active,
    /// Enrolled, and the token has authenticated at least once.
    Completed,
    /// Too many failed attempts.
    Locked,
    /// The Stop Date has passed.
    Expired,
}

impl Status {
    /// All of them, in the order of PRODUCT.md §0.
    pub const ALL: [Status; 4] = [Status::Active, Status::Completed, Status::Locked, Status::Expired];

    /// The status in addresses.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The status on the screen, in the seed's word.
    pub fn label(self) -> &'static str {
        match self {
            Status::Active => "Active",
            Status::Completed => "Completed",
            Status::Locked => "Locked",
            Status::Expired => "Expired",
        }
    }

    /// The status of this code, in any case.
    pub fn from_code(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

/// The status: the first line of the table in PRODUCT.md §2 that holds. `today` is the organization's date.
pub fn status(facts: &EnrollmentFacts, attempts_allowed: i64, today: NaiveDate) -> Status {
    if facts.enrolled_at.is_some() {
        return if facts.used_at.is_some() { Status::Completed } else { Status::Active };
    }
    if facts.failures >= attempts_allowed {
        Status::Locked
    } else if facts.stop_on < today {
        Status::Expired
    } else {
        Status::Active
    }
}

/// The second line under a status: why it is so; empty where there is nothing to add.
pub fn hint(facts: &EnrollmentFacts, attempts_allowed: i64, now: Timestamp, zone: Zone) -> String {
    match (status(facts, attempts_allowed, zone.today(now)), facts.used_at) {
        (Status::Completed, Some(at)) => format!("First sign-in {}", moment_inside(zone, now, at)),
        (Status::Completed, None) => String::new(),
        (Status::Active, _) if facts.enrolled_at.is_some() => "Enrolled, not used yet".into(),
        (Status::Active, _) if facts.failures > 0 => {
            format!("{} of {attempts_allowed} attempts used", facts.failures)
        }
        (Status::Active, _) => String::new(),
        (Status::Locked, _) => {
            format!("{} of {attempts_allowed} attempts used", facts.failures.min(attempts_allowed))
        }
        (Status::Expired, _) => format!("Did not enroll by {}", facts.stop_on),
    }
}

/// "yesterday, 11:02" or "2026-11-17 08:15": a past moment inside a sentence.
fn moment_inside(zone: Zone, now: Timestamp, at: Timestamp) -> String {
    let local = zone.local(at);
    match (zone.today(now) - local.date()).num_days() {
        0 => format!("today, {}", local.format("%H:%M")),
        1 => format!("yesterday, {}", local.format("%H:%M")),
        _ => local.format("%Y-%m-%d %H:%M").to_string(),
    }
}

/// The days ahead that "Stopping in 48 h" looks: today, tomorrow and the day after.
const SOON: Days = Days::new(2);

/// The last day that is within 48 hours.
pub fn last_soon_day(today: NaiveDate) -> NaiveDate {
    today.checked_add_days(SOON).unwrap_or(today)
}

/// How a Stop Date is drawn: how far it is, and "late", "soon" (within 48 hours) or "".
pub fn urgency(today: NaiveDate, stop_on: NaiveDate) -> (String, &'static str) {
    let urgency = match stop_on {
        day if day < today => "late",
        day if day <= last_soon_day(today) => "soon",
        _ => "",
    };
    (distance(today, stop_on), urgency)
}

/// Why an enrollment is no longer in its task, as the database keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovedWhy {
    /// An operator took the user out (Edit > Remove).
    Removed,
    /// The whole task was removed before the user had enrolled.
    TaskRemoved,
    /// The user was provisioned anew, with the ticked choice to replace the older enrollment.
    Replaced,
}

impl RemovedWhy {
    /// The word in the database.
    pub fn code(self) -> &'static str {
        match self {
            RemovedWhy::Removed => "removed",
            RemovedWhy::TaskRemoved => "task removed",
            RemovedWhy::Replaced => "replaced",
        }
    }

    /// The reason of this word; `None` for the empty one of an enrollment that was not removed.
    pub fn from_code(word: &str) -> Option<Self> {
        [RemovedWhy::Removed, RemovedWhy::TaskRemoved, RemovedWhy::Replaced].into_iter().find(|why| why.code() == word)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Days, NaiveDateTime};
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn utc(text: &str) -> Timestamp {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    fn facts() -> EnrollmentFacts {
        EnrollmentFacts { stop_on: date("2026-11-27"), failures: 0, enrolled_at: None, used_at: None }
    }

    #[test]
    fn a_user_may_enroll_until_the_end_of_the_stop_date() {
        assert_eq!(status(&facts(), 5, date("2026-11-27")), Status::Active);
        assert_eq!(status(&facts(), 5, date("2026-11-28")), Status::Expired);
    }

    #[test]
    fn an_enrolled_user_is_active_until_the_token_is_used_even_past_the_stop_date() {
        let enrolled = EnrollmentFacts { enrolled_at: Some(utc("2026-11-20 10:00")), failures: 9, ..facts() };
        assert_eq!(status(&enrolled, 5, date("2027-01-01")), Status::Active);
        let used = EnrollmentFacts { used_at: Some(utc("2026-11-20 11:00")), ..enrolled };
        assert_eq!(status(&used, 5, date("2027-01-01")), Status::Completed);
    }

    #[test]
    fn locked_comes_before_expired() {
        let locked = EnrollmentFacts { failures: 5, ..facts() };
        assert_eq!(status(&locked, 5, date("2027-01-01")), Status::Locked);
        assert_eq!(status(&locked, 6, date("2026-11-20")), Status::Active);
    }

    #[test]
    fn hints_say_why() {
        let (zone, now) = (Zone::parse("Europe/Berlin").unwrap(), utc("2026-11-28 13:32"));
        let hint = |facts| hint(&facts, 5, now, zone);
        let later = EnrollmentFacts { stop_on: date("2026-12-01"), ..facts() };
        assert_eq!(hint(facts()), "Did not enroll by 2026-11-27");
        assert_eq!(hint(later), "");
        assert_eq!(hint(EnrollmentFacts { failures: 2, ..later }), "2 of 5 attempts used");
        assert_eq!(hint(EnrollmentFacts { failures: 7, ..later }), "5 of 5 attempts used");
        let enrolled = EnrollmentFacts { enrolled_at: Some(now), ..facts() };
        assert_eq!(hint(enrolled), "Enrolled, not used yet");
        let used = EnrollmentFacts { used_at: Some(utc("2026-11-27 10:02")), ..enrolled };
        assert_eq!(hint(used), "First sign-in yesterday, 11:02");
    }

    #[test]
    fn a_stop_date_within_48_hours_is_soon() {
        let today = date("2026-11-20");
        assert_eq!(urgency(today, date("2026-11-19")), ("yesterday".into(), "late"));
        assert_eq!(urgency(today, date("2026-11-22")), ("in 2 days".into(), "soon"));
        assert_eq!(urgency(today, date("2026-11-23")), ("in 3 days".into(), ""));
    }

    #[derive(Clone, Debug)]
    enum Event {
        Enroll,
        Use,
        Fail,
        DayPasses,
        Unlock,
        MoveStopDate(u64),
    }

    /// The model: what a person with PRODUCT.md §2 in hand would write on a card for the user, event by event. It
    /// remembers a word and two numbers instead of deriving anything from times.
    struct Card {
        word: &'static str,
        wrong: i64,
        days_left: i64,
    }

    impl Card {
        fn may_enroll(&self) -> bool {
            self.word == "Active"
        }

        fn on(&mut self, event: &Event, limit: i64) {
            match event {
                Event::Enroll if self.may_enroll() => self.word = "Enrolled",
                Event::Use if self.word == "Enrolled" => self.word = "Completed",
                Event::Fail if self.may_enroll() => {
                    self.wrong += 1;
                    if self.wrong == limit {
                        self.word = "Locked";
                    }
                }
                Event::DayPasses => {
                    self.days_left -= 1;
                    if self.word == "Active" && self.days_left < 0 {
                        self.word = "Expired";
                    }
                }
                Event::Unlock if self.word == "Locked" => {
                    self.wrong = 0;
                    self.word = if self.days_left < 0 { "Expired" } else { "Active" };
                }
                Event::MoveStopDate(days) if matches!(self.word, "Active" | "Expired" | "Locked") => {
                    self.days_left = i64::try_from(*days).unwrap();
                    if self.word == "Expired" {
                        self.word = "Active";
                    }
                }
                _ => {}
            }
        }
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        prop::collection::vec(
            prop_oneof![
                1 => Just(Event::Enroll),
                1 => Just(Event::Use),
                4 => Just(Event::Fail),
                4 => Just(Event::DayPasses),
                1 => Just(Event::Unlock),
                2 => (0u64..6).prop_map(Event::MoveStopDate),
            ],
            0..60,
        )
    }

    proptest! {
        #[test]
        fn the_status_agrees_with_the_document_after_any_events(events in events(), limit in 1i64..6, days in 0u64..5) {
            let mut today = date("2026-11-20");
            let mut facts = EnrollmentFacts { stop_on: today + Days::new(days), ..facts() };
            let mut card = Card { word: "Active", wrong: 0, days_left: i64::try_from(days).unwrap() };
            for event in &events {
                // What the verbs do to the facts, each only where its guard lets it.
                let before = status(&facts, limit, today);
                let open = facts.enrolled_at.is_none();
                match event {
                    Event::Enroll if before == Status::Active && open => facts.enrolled_at = Some(today.and_hms_opt(9, 0, 0).unwrap()),
                    Event::Use if !open && facts.used_at.is_none() => facts.used_at = Some(today.and_hms_opt(10, 0, 0).unwrap()),
                    Event::Fail if before == Status::Active && open => facts.failures += 1,
                    Event::DayPasses => today = today + Days::new(1),
                    Event::Unlock if before == Status::Locked => facts.failures = 0,
                    Event::MoveStopDate(days) if open => facts.stop_on = today + Days::new(*days),
                    _ => {}
                }
                card.on(event, limit);
                let expected = if card.word == "Enrolled" { "Active" } else { card.word };
                prop_assert_eq!(status(&facts, limit, today).label(), expected, "after {:?}", event);
            }
        }
    }
}
