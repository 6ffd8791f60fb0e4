//! What a new Stop Date does, as the page before Apply says it: from when to when, how many days, for how many.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::english::plural;
use crate::tasks::{
    Status,
    stop_date::{DaysMoved, Effect},
    ticked_users::Preview,
};

/// One kind of change.
pub struct Line {
    /// The drawing in front of it.
    pub icon: &'static str,
    /// Its color: that of a status, "warn", or none.
    pub tone: &'static str,
    /// Who, if it is one.
    pub who: String,
    /// What happens.
    pub words: String,
    /// What else there is to know.
    pub hint: String,
    /// How many days: "+6 days".
    pub days: String,
    /// Leads to Edit with the Locked ones.
    pub unlocks: bool,
}

/// All of it.
pub struct Moving {
    /// The Stop Date that most of them have now.
    pub now: String,
    /// How many have it, and what the others have; empty if all do.
    pub now_hint: String,
    /// The new one.
    pub date: String,
    /// Its weekday, and how far it is.
    pub date_hint: String,
    /// The kinds of change.
    pub lines: Vec<Line>,
}

/// "+6 days", "−3 days", "no change".
pub fn signed(date: NaiveDate, before: NaiveDate) -> String {
    match (date - before).num_days() {
        0 => "no change".into(),
        1 => "+1 day".into(),
        -1 => "−1 day".into(),
        days if days > 0 => format!("+{days} days"),
        days => format!("−{} days", -days),
    }
}

fn days(sign: char, change: DaysMoved) -> String {
    let word = plural(change.most, "day");
    if change.least == change.most {
        format!("{sign}{} {word}", change.most)
    } else {
        format!("{sign}{} to {sign}{} {word}", change.least, change.most)
    }
}

/// The User ID of the one, and the words that go on after it; or how many, and the words of many.
fn of(who: &[&str], one: &str, many: &str) -> (String, String) {
    match who {
        [one_user] => ((*one_user).to_owned(), one.to_owned()),
        users => (String::new(), format!("{} users {many}", users.len())),
    }
}

impl Moving {
    /// Of moving the ticked users to `date`; `date_hint` is what stands under it.
    pub fn new(preview: &Preview, date: NaiveDate, date_hint: String, effect: &Effect) -> Self {
        let mut dates: BTreeMap<NaiveDate, usize> = BTreeMap::new();
        let (mut later, mut again, mut earlier, mut same, mut locked) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for member in &preview.members {
            *dates.entry(member.facts.stop_on).or_default() += 1;
            let status = preview.status(member);
            let kind = match member.facts.stop_on.cmp(&date) {
                std::cmp::Ordering::Equal => &mut same,
                std::cmp::Ordering::Greater => &mut earlier,
                std::cmp::Ordering::Less if status == Status::Expired => &mut again,
                std::cmp::Ordering::Less => &mut later,
            };
            kind.push(member.user_id.as_str());
            if status == Status::Locked {
                locked.push(member.user_id.as_str());
            }
        }
        let mut lines = Vec::new();
        let mut line = |icon, tone, (who, words): (String, String), hint: &str, days: String, unlocks| {
            let hint = hint.to_owned();
            lines.push(Line { icon, tone, who, words, hint, days, unlocks });
        };
        if !later.is_empty() {
            line("calendar", "", of(&later, "gets more time", "get more time"), "", days('+', effect.later), false);
        }
        if !earlier.is_empty() {
            let words = of(&earlier, "gets less time", "get less time");
            line("calendar", "warn", words, "", days('−', effect.earlier), false);
        }
        if !again.is_empty() {
            let words = of(&again, "becomes Active again", "become Active again");
            let hint = "The link in the last email works again.";
            line("status-active", "active", words, hint, days('+', effect.active_again), false);
        }
        if !locked.is_empty() {
            let hint = "A later date gives no new attempts.";
            line("status-locked", "locked", of(&locked, "stays Locked", "stay Locked"), hint, String::new(), true);
        }
        if !same.is_empty() {
            let words = of(&same, "has this Stop Date already", "have this Stop Date already");
            line("calendar", "", words, "", "no change".into(), false);
        }
        if date == preview.today {
            let words = (String::new(), "The enrollment stops today at 23:59".to_owned());
            line("hourglass", "warn", words, "", String::new(), false);
        }
        let (now, most) =
            dates.iter().max_by_key(|(date, count)| (**count, **date)).map_or((date, 0), |(d, n)| (*d, *n));
        let others: Vec<&NaiveDate> = dates.keys().filter(|other| **other != now).collect();
        let now_hint = match (others.as_slice(), preview.members.len() - most) {
            ([], _) => String::new(),
            ([one], count) => format!("{most} of them; {count} had {one}"),
            ([first, .., last], count) => format!("{most} of them; {count} had {first} to {last}"),
        };
        Moving { now: now.to_string(), now_hint, date: date.to_string(), date_hint, lines }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_said_with_their_sign() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(signed(date("2026-11-30"), date("2026-11-24")), "+6 days");
        assert_eq!(signed(date("2026-11-23"), date("2026-11-24")), "−1 day");
        assert_eq!(days('+', DaysMoved { users: 6, least: 6, most: 12 }), "+6 to +12 days");
        assert_eq!(days('−', DaysMoved { users: 1, least: 1, most: 1 }), "−1 day");
    }
}
