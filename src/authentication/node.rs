//! Rules of auth nodes: names, keys, and how many failures they may bring.

use chrono::Duration;

use crate::{clock::Timestamp, config::Network, error::Mistakes, ids::AuthNodeId, text::is_one_plain_line};

pub use super::{
    lately::{LATELY_HOURS, LATELY_MOST, Lately},
    settings::{Kind, Mode, NodeSettings},
};

/// In front of a key, so that people and secret scanners know what they have found.
pub const KEY_PREFIX: &str = "td_";

/// The longest name.
const LONGEST_NAME: usize = 100;

/// Failures are counted over so many minutes.
const WINDOW_MINUTES: i64 = 10;

/// Rejected one-time passwords of one user at one auth node within the window, after which it has to wait. More than the
/// wrong ones that the policy may allow a token (100), so that the token is locked first.
pub const MOST_REJECTED: i64 = 120;

/// Unknown keys from one address within the window. A key cannot be guessed; this keeps the audit log from being filled.
pub const MOST_UNKNOWN_KEYS: i64 = 30;

/// A system that asks for one-time passwords to be checked.
#[derive(Clone, Debug)]
pub struct AuthNode {
    /// The row.
    pub id: AuthNodeId,
    /// Its name, unique without case.
    pub name: String,
    /// Since when it is known.
    pub created_at: Timestamp,
    /// Since when its key is refused.
    pub disabled_at: Option<Timestamp>,
    /// When it last asked, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// How it asks.
    pub kind: Kind,
    /// Where it asks from; `None`: an API key that is taken from anywhere.
    pub network: Option<Network>,
    /// What an operator set.
    pub settings: NodeSettings,
}

impl AuthNode {
    /// True if it may ask from this address; one that is set to none may from any.
    pub fn asks_from(&self, address: &str) -> bool {
        self.network.is_none_or(|network| address.parse().is_ok_and(|ip| network.holds(ip)))
    }
}

/// The name of an auth node as it was typed.
pub fn name(typed: &str) -> Result<String, Mistakes> {
    let name = typed.trim();
    let mut mistakes = Mistakes::default();
    if name.is_empty() {
        mistakes.add("name", "Give the auth node a name.");
    } else if name.chars().count() > LONGEST_NAME {
        mistakes.add("name", format!("The name may have {LONGEST_NAME} letters."));
    } else if !is_one_plain_line(name) {
        mistakes.add("name", "The name may not hold control characters and invisible marks.");
    }
    if mistakes.is_empty() { Ok(name.to_owned()) } else { Err(mistakes) }
}

/// Where an auth node asks from, as it was typed; `None` if nothing was.
///
/// # Errors
/// `Invalid` if it is no address and no network, or is one that no sender has.
pub fn network(typed: &str) -> Result<Option<Network>, Mistakes> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    typed.parse::<Network>().map(|network| Some(network.canonical())).map_err(|sentence| {
        let mut mistakes = Mistakes::default();
        mistakes.add("network", format!("{sentence}."));
        mistakes
    })
}

/// The failures counted in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub failures: i64,
    /// Since when.
    pub since: Timestamp,
}

/// Counts that began before this are over.
pub fn window_start(now: Timestamp) -> Timestamp {
    now - Duration::minutes(WINDOW_MINUTES)
}

/// How many seconds there is to wait, if `most` failures were reached within the window.
pub fn wait(count: Count, most: i64, now: Timestamp) -> Option<u64> {
    let left = (count.since - window_start(now)).num_seconds();
    (count.failures >= most && left > 0).then(|| left.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-20T{text}").parse().unwrap()
    }

    #[test]
    fn a_name_is_needed_and_not_too_long() {
        assert_eq!(name(" VPN Berlin ").unwrap(), "VPN Berlin");
        for wrong in ["", "  ", "a\nb", &"x".repeat(101)] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn how_often_it_asked_is_said_as_people_say_it() {
        let lately = |questions, people| Lately { questions, people, addresses: Vec::new() }.label();
        assert_eq!(lately(0, 0), "not once");
        assert_eq!(lately(1, 1), "once");
        assert_eq!(lately(2, 1), "2 times, about 1 user");
        assert_eq!(lately(999, 87), "999 times, about 87 users");
        assert_eq!(lately(1_000, 87), "1000 times or more, about 87 users or more");
    }

    #[test]
    fn whoever_fails_too_often_waits_until_the_window_is_over() {
        let count = Count { failures: 30, since: at("10:00:00") };
        assert_eq!(wait(count, 30, at("10:04:00")), Some(360));
        assert_eq!(wait(count, 31, at("10:04:00")), None);
        assert_eq!(wait(count, 30, at("10:10:00")), None);
    }
}
