//! A task of the world: all that follows from its position in the row.

use chrono::{Duration, NaiveDate};

use crate::{
    clock::{Timestamp, Zone},
    demo::world::{
        calendar::Calendar,
        draw::{draw, of_hundred},
        size::Size,
    },
    tokens::AuthenticationType,
};

/// Days until the Stop Date.
const PERIODS: [i64; 5] = [7, 14, 14, 21, 28];

/// The longest period, and how far ahead the Stop Dates of open tasks lie, in days.
const LONGEST_PERIOD: i64 = 30;
const AHEAD: i64 = 16;

/// Of a hundred closed tasks: those that an operator removed.
const REMOVED: i64 = 2;

/// What tasks are for.
const DESCRIPTIONS: [&str; 16] = [
    "New starters", "Lost phones", "Replacement phones", "Contractors", "Returning from leave", "Field team",
    "Early shift", "Late shift", "Trade fair crew", "Audit season temps", "Partner managers", "On-call rota",
    "Roll-out of the second site", "Remote access", "Works council", "",
];

/// A task of the world.
#[derive(Clone, Debug)]
pub struct WorldTask {
    /// Its position among the tasks of the world.
    pub n: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// The same as a date.
    pub start_on: NaiveDate,
    /// Until when its users may enroll.
    pub stop_on: NaiveDate,
    /// The kind of token.
    pub kind: AuthenticationType,
    /// How many users.
    pub users: i64,
    /// True if somebody has yet to enroll.
    pub open: bool,
    /// When it was removed.
    pub removed_at: Option<Timestamp>,
    /// Who made it: the position of an operator in a list of `operators`.
    pub operator: usize,
    /// What it is for.
    pub description: String,
}

impl WorldTask {
    /// The `n`th task of a world of this size; one of so many `operators` makes it.
    pub fn of(size: &Size, calendar: &Calendar, zone: Zone, operators: usize, n: i64) -> Self {
        let created_at = calendar.at(size, n);
        let (start_on, today) = (zone.today(created_at), zone.today(calendar.now));
        let open = size.is_open(n);
        let days = |days| start_on + Duration::days(days);
        let stop_on = match open {
            // An operator has let it lie.
            true if of_hundred(3, n, 20) => days(PERIODS[0]),
            true => (today + Duration::days(draw(4, n, AHEAD))).clamp(days(PERIODS[0]), days(LONGEST_PERIOD)),
            false => days(pick(&PERIODS, 4, n)),
        };
        let removed = !open && of_hundred(5, n, REMOVED);
        let what = pick(&DESCRIPTIONS, 6, n);
        WorldTask {
            n,
            created_at,
            start_on,
            stop_on,
            kind: size.kind(n),
            users: size.users_of(n),
            open,
            removed_at: removed.then(|| calendar.between(created_at, Duration::days(5), 950)),
            operator: usize::try_from(draw(7, n, i64::try_from(operators).unwrap_or(1))).unwrap_or(0),
            description: if what.is_empty() { String::new() } else { format!("{what}, {}", start_on.format("%B %Y")) },
        }
    }
}

/// One of a list.
pub fn pick<T: Copy>(list: &[T], what: u64, n: i64) -> T {
    list[usize::try_from(draw(what, n, i64::try_from(list.len()).unwrap_or(1))).unwrap_or(0)]
}
