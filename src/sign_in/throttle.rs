//! How guessing is slowed down: failures in a row are counted for each UserID and for each network address, whether
//! or not there is such an operator, and after a few each further try has to wait longer. A browser in which the operator
//! signed in before ([`super::known`]) is counted apart.

use std::net::{IpAddr, Ipv6Addr};

use chrono::Duration;

use crate::{clock::Timestamp, db};

pub use super::store::throttle::{check, count};

/// Characters of a UserID that a bucket is named after; longer ones are nobody's.
const LONGEST_NAME: usize = 100;

/// The longest wait, in seconds: about 100 guesses a day are left, which even a weak password outlasts for years,
/// and the owner of the account is back within a coffee break.
const LONGEST_WAIT: i64 = 15 * 60;

/// What failures are counted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The row.
    pub name: String,
    /// Failures in a row that cost nothing.
    pub free: i64,
    /// After so long without a failure the count starts anew.
    pub forgets_after: Duration,
}

impl Bucket {
    /// Passwords tried for a UserID, known or not. Five slips are a person, more are a program.
    pub fn user(user_id: &str) -> Self {
        let name: String = db::key(user_id).chars().take(LONGEST_NAME).collect();
        Bucket { name: format!("user:{name}"), free: 5, forgets_after: Duration::days(1) }
    }

    /// Passwords tried for a UserID in a browser in which its owner signed in before: a count of its own, so that guessing
    /// elsewhere does not keep the owner out, and a stolen cookie opens no second way to guess.
    pub fn known(user_id: &str, browser: &str) -> Self {
        Bucket { name: format!("known:{browser} {}", Bucket::user(user_id).name), ..Bucket::user(user_id) }
    }

    /// One-time passwords tried there.
    pub fn known_second_factor(user_id: &str, browser: &str) -> Self {
        let bucket = Bucket::second_factor(user_id);
        Bucket { name: format!("known:{browser} {}", bucket.name), ..bucket }
    }

    /// What is tried by who is signed in, to change the own password or to confirm who they are: nobody else can fill it.
    pub fn own(user_id: &str) -> Self {
        Bucket { name: format!("own {}", Bucket::user(user_id).name), ..Bucket::user(user_id) }
    }

    /// One-time passwords tried after the right password: a count of its own, which the right password must not reset.
    pub fn second_factor(user_id: &str) -> Self {
        Bucket { name: format!("second factor:{}", db::key(user_id)), free: 5, forgets_after: Duration::days(1) }
    }

    /// Anything tried from a network address. An office shares one, so it has more slips and is forgiven sooner; whoever
    /// has an IPv6 address has the 64 bits behind it too. An IPv4 address written as IPv6 is the IPv4 address.
    pub fn address(address: &str) -> Self {
        let name = match address.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
            Ok(IpAddr::V4(ip)) => ip.to_string(),
            Ok(IpAddr::V6(ip)) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).to_string(),
            Err(_) => address.to_owned(),
        };
        Bucket { name: format!("address:{name}"), free: 20, forgets_after: Duration::hours(1) }
    }

    /// How long the next try has to wait after so many failures in a row: 1, 2, 4, … seconds, up to a quarter of an hour.
    pub fn wait(&self, failures: i64) -> Duration {
        let over = failures - self.free;
        let seconds = match u32::try_from(over) {
            Ok(over) => 1_i64.checked_shl(over.min(32)).map_or(LONGEST_WAIT, |seconds| seconds.min(LONGEST_WAIT)),
            Err(_) => 0,
        };
        Duration::seconds(seconds)
    }

    /// Until when the next try has to wait, by what was kept of the last one; `None` if it need not. Never longer than
    /// the bucket's own wait, and a failure ahead of now is none: the clock was set back.
    pub fn waits_until(&self, now: Timestamp, failures: i64, last: Timestamp, blocked: Timestamp) -> Option<Timestamp> {
        let until = blocked.min(last + self.wait(failures));
        (last <= now && until > now).then_some(until)
    }
}

/// Whole seconds from `now` until `blocked_until`, at least 1.
pub fn seconds_left(blocked_until: Timestamp, now: Timestamp) -> u64 {
    let left = (blocked_until - now + Duration::milliseconds(999)).num_seconds();
    u64::try_from(left).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_after_five_failures_up_to_a_quarter_of_an_hour() {
        let waits: Vec<i64> = (1..=17).map(|failures| Bucket::user("a").wait(failures).num_seconds()).collect();
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        assert_eq!(Bucket::user("a").wait(1_000_000).num_seconds(), 900);
    }

    #[test]
    fn nobody_waits_longer_than_the_bucket_says_whatever_the_clock_did() {
        let now: Timestamp = "2026-11-20T13:32:00".parse().unwrap();
        let (bucket, second, hour) = (Bucket::user("a"), Duration::seconds(1), Duration::hours(1));
        let waits = |failures, last, blocked| bucket.waits_until(now, failures, last, blocked);
        assert_eq!(waits(5, now, now + second), Some(now + second));
        assert_eq!(waits(5, now, now + hour), Some(now + second), "kept by another version, or a clock that was ahead");
        assert_eq!(waits(5, now - hour, now + second), None);
        assert_eq!(waits(9, now + hour, now + hour + second), None, "the clock was set back");
        assert_eq!(waits(4, now, now), None);
    }

    #[test]
    fn one_name_and_one_network_have_one_bucket() {
        assert_eq!(Bucket::user(" K.Lindqvist"), Bucket::user("k.lindqvist"));
        assert_eq!(Bucket::address("2001:db8:1:2:3::4"), Bucket::address("2001:db8:1:2:ffff::"));
        assert_ne!(Bucket::address("192.0.2.1"), Bucket::address("192.0.2.2"));
        assert_eq!(Bucket::address("192.0.2.1"), Bucket::address("::ffff:192.0.2.1"));
        assert_ne!(Bucket::address("::ffff:192.0.2.1"), Bucket::address("::ffff:192.0.2.2"));
        assert_eq!(Bucket::user(&"x".repeat(5_000)).name.len(), 105);
    }

    #[test]
    fn the_seconds_left_are_never_zero() {
        let now: Timestamp = "2026-11-20T13:32:00".parse().unwrap();
        assert_eq!(seconds_left(now, now), 1);
        assert_eq!(seconds_left(now + Duration::milliseconds(1_500), now), 2);
        assert_eq!(seconds_left(now + Duration::seconds(2), now), 2);
    }
}
