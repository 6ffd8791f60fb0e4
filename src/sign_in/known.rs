//! Known browsers: one in which an operator signed in before is told from all others by a cookie, so that guessing
//! elsewhere does not keep them out (ASVS 5.0, 6.1.1). The cookie signs nobody in and spares no step: it only counts
//! failures apart, for this operator in this browser.

use crate::{
    clock::{Timestamp, unix_seconds},
    db,
    ids::Random,
    keys::{Keys, Purpose},
};

/// How long a browser is known after the last sign-in, in days: a quarter of a year reaches over any vacation.
pub const DAYS: i64 = 90;

/// Operators that one browser is known by, such as at a desk that a shift shares; the one who signed in longest ago is
/// forgotten first.
const MOST: usize = 5;

/// Letters of the browser's random name (128 bits).
const ID_LETTERS: usize = 22;

/// The longest cookie that is looked at, in bytes: more than [`MOST`] marks need.
const LONGEST: usize = 512;

const SECONDS_A_DAY: i64 = 24 * 60 * 60;

/// A cookie: the browser's random name, and a mark for each operator with the day of their sign-in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Cookie {
    id: String,
    /// Newest first: days since 1970, and the keyed hash of browser, operator and day.
    marks: Vec<(i64, Vec<u8>)>,
}

impl Cookie {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('~');
        let id = parts.next().filter(|_| text.len() <= LONGEST)?;
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let mark = |part: &str| {
            let (day, hash) = part.split_once('.')?;
            Some((day.parse().ok()?, data_encoding::BASE64URL_NOPAD.decode(hash.as_bytes()).ok()?))
        };
        let marks = parts.map_while(mark).take(MOST).collect();
        (plain && id.len() == ID_LETTERS).then(|| Cookie { id: id.to_owned(), marks })
    }

    fn write(&self) -> String {
        let mark = |(day, hash): &(i64, Vec<u8>)| format!("~{day}.{}", data_encoding::BASE64URL_NOPAD.encode(hash));
        format!("{}{}", self.id, self.marks.iter().map(mark).collect::<String>())
    }
}

fn day(now: Timestamp) -> i64 {
    unix_seconds(now).div_euclid(SECONDS_A_DAY)
}

fn marked(id: &str, user_id: &str, day: i64) -> Vec<u8> {
    format!("{id} {day} {}", db::key(user_id)).into_bytes()
}

/// The name of the browser that sent `cookie`, if `user_id` signed in there not too long ago.
pub fn browser(keys: &Keys, cookie: Option<&str>, user_id: &str, now: Timestamp) -> Option<String> {
    let cookie = Cookie::parse(cookie?)?;
    let is_theirs = |(on, hash): &(i64, Vec<u8>)| {
        let age = day(now) - on;
        (0..=DAYS).contains(&age) && keys.matches(Purpose::KnownBrowser, &marked(&cookie.id, user_id, *on), hash)
    };
    cookie.marks.iter().any(is_theirs).then_some(cookie.id)
}

/// The cookie of a browser in which `user_id` has just signed in; `before` is the one it had.
pub fn remember(keys: &Keys, random: &Random, before: Option<&str>, user_id: &str, now: Timestamp) -> String {
    let mut cookie =
        before.and_then(Cookie::parse).unwrap_or_else(|| Cookie { id: random.handle(), marks: Vec::new() });
    let id = cookie.id.clone();
    cookie.marks.retain(|(on, hash)| !keys.matches(Purpose::KnownBrowser, &marked(&id, user_id, *on), hash));
    let today = day(now);
    cookie.marks.insert(0, (today, keys.hash(Purpose::KnownBrowser, &marked(&id, user_id, today))));
    cookie.marks.truncate(MOST);
    cookie.write()
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-20T13:32:00".parse().unwrap()
    }

    fn knows(cookie: &str, user_id: &str, now: Timestamp) -> bool {
        browser(&Keys::new(&[7; 32]), Some(cookie), user_id, now).is_some()
    }

    fn after(before: Option<&str>, user_id: &str) -> String {
        remember(&Keys::new(&[7; 32]), &Random::seeded(1), before, user_id, now())
    }

    #[test]
    fn a_browser_is_known_by_who_signed_in_there_for_ninety_days() {
        let cookie = after(None, "K.Lindqvist");
        assert!(knows(&cookie, "k.lindqvist ", now()) && !knows(&cookie, "m.okafor", now()));
        assert!(knows(&cookie, "k.lindqvist", now() + Duration::days(90)));
        assert!(!knows(&cookie, "k.lindqvist", now() + Duration::days(91)));
        assert!(!knows(&cookie, "k.lindqvist", now() - Duration::days(1)));
        assert!(browser(&Keys::new(&[8; 32]), Some(&cookie), "k.lindqvist", now()).is_none(), "another installation");
    }

    #[test]
    fn a_shared_browser_is_known_by_the_five_who_signed_in_last() {
        let people = ["a.a", "b.b", "c.c", "d.d", "e.e", "f.f"];
        let cookie = people.iter().fold(None, |before, user| Some(after(before.as_deref(), user))).unwrap();
        assert!(!knows(&cookie, "a.a", now()) && people[1..].iter().all(|user| knows(&cookie, user, now())));
        let again = after(Some(&cookie), "b.b");
        assert!(people[1..].iter().all(|user| knows(&again, user, now())), "who signs in again pushes nobody out");
        assert!(again.len() <= LONGEST);
    }

    #[test]
    fn nobody_makes_up_a_cookie() {
        let cookie = after(None, "k.lindqvist");
        let other = "A".repeat(ID_LETTERS);
        for wrong in [
            String::new(),
            "~".into(),
            "x".into(),
            cookie.replacen(&cookie[..ID_LETTERS], &other, 1),
            cookie[..30].into(),
            cookie.replace('.', ""),
            format!("{cookie}{cookie}").repeat(20),
            format!("{other}~99999999999999999999.AA"),
        ] {
            assert!(!knows(&wrong, "k.lindqvist", now()), "{wrong}");
            assert!(knows(&after(Some(&wrong), "k.lindqvist"), "k.lindqvist", now()), "it is made anew");
        }
    }
}
