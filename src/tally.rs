//! What auth nodes ask and what is wrong with it, counted in memory and noted in the database once a minute: a row that
//! every check wrote to would make all checks wait for each other, and what an unknown sender sends must cost no look into
//! the database (PRODUCT.md §10).

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{clock::Timestamp, ids::AuthNodeId};

/// Unknown senders that are kept, the ones that came last: who looks for a mistyped address finds it among them.
pub const MOST_STRANGERS: usize = 20;

/// What is wrong with what an auth node sends. The words are stored: they stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Fault {
    /// It has no Message-Authenticator.
    NoMessageAuthenticator,
    /// It is signed or hidden with another secret.
    OtherSecret,
    /// CHAP.
    Chap,
    /// MS-CHAP.
    MsChap,
    /// EAP.
    Eap,
    /// No password at all, or one that cannot be one.
    NoPassword,
    /// It is no whole packet.
    NotWhole,
    /// Neither Access-Request nor Status-Server, such as accounting.
    OtherCode,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 8] = [
        Fault::NoMessageAuthenticator,
        Fault::OtherSecret,
        Fault::Chap,
        Fault::MsChap,
        Fault::Eap,
        Fault::NoPassword,
        Fault::NotWhole,
        Fault::OtherCode,
    ];

    /// The word in the database.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The fault of this word; none for one that another version noted.
    pub fn from_code(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

/// What was answered to an auth node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Accepts.
    pub accepted: i64,
    /// Rejects.
    pub rejected: i64,
    /// Packets that got no answer.
    pub unanswered: i64,
    /// Repeated requests that got the same answer again.
    pub repeated: i64,
    /// Names that lost their domain or realm.
    pub cut_off: i64,
    /// When a check last ended, whichever way.
    pub answered_at: Option<Timestamp>,
}

/// How often something was seen, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How often.
    pub times: i64,
    /// First.
    pub first_at: Timestamp,
    /// Last.
    pub last_at: Timestamp,
}

/// A sender that is no auth node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Its address.
    pub address: IpAddr,
    /// The code of its last packet; `None` if that was no RADIUS packet.
    pub code: Option<u8>,
    /// The length of its last datagram, in bytes.
    pub bytes: i64,
    /// How often and when.
    pub seen: Seen,
}

/// What was counted since it was last noted.
#[derive(Clone, Debug, Default)]
pub struct Tallied {
    /// By auth node.
    pub nodes: BTreeMap<AuthNodeId, Counts>,
    /// What was wrong.
    pub faults: BTreeMap<(AuthNodeId, Fault), Seen>,
    /// When a shared secret was last seen in use, by its row.
    pub secrets: BTreeMap<i64, Timestamp>,
    /// Who asks and is none.
    pub strangers: Vec<Stranger>,
}

/// Where it is counted; one for all threads.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Tallied>);

impl Counts {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Counts) {
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.unanswered += other.unanswered;
        self.repeated += other.repeated;
        self.cut_off += other.cut_off;
        self.answered_at = self.answered_at.max(other.answered_at);
    }
}

impl Seen {
    /// Once, now.
    pub fn once(now: Timestamp) -> Self {
        Seen { times: 1, first_at: now, last_at: now }
    }

    /// Adds what was seen elsewhere.
    pub fn add(&mut self, other: &Seen) {
        self.times += other.times;
        self.first_at = self.first_at.min(other.first_at);
        self.last_at = self.last_at.max(other.last_at);
    }
}

impl Tallied {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Tallied) {
        for (node, counts) in &other.nodes {
            self.nodes.entry(*node).or_default().add(counts);
        }
        for (what, seen) in &other.faults {
            self.faults.entry(*what).and_modify(|known| known.add(seen)).or_insert(*seen);
        }
        for (secret, at) in &other.secrets {
            self.secrets.entry(*secret).and_modify(|known| *known = (*known).max(*at)).or_insert(*at);
        }
        for stranger in &other.strangers {
            self.add_stranger(stranger.clone());
        }
    }

    fn add_stranger(&mut self, new: Stranger) {
        if let Some(known) = self.strangers.iter_mut().find(|known| known.address == new.address) {
            if new.seen.last_at >= known.seen.last_at {
                (known.code, known.bytes) = (new.code, new.bytes);
            }
            return known.seen.add(&new.seen);
        }
        if self.strangers.len() < MOST_STRANGERS {
            return self.strangers.push(new);
        }
        let oldest = self.strangers.iter_mut().min_by_key(|known| known.seen.last_at);
        if let Some(oldest) = oldest.filter(|oldest| oldest.seen.last_at <= new.seen.last_at) {
            *oldest = new;
        }
    }
}

impl Tally {
    /// Counts something at an auth node.
    pub fn count(&self, node: AuthNodeId, change: impl FnOnce(&mut Counts)) {
        change(self.counted().nodes.entry(node).or_default());
    }

    /// Counts that something is wrong with what an auth node sends; true if that is the first time since it was noted.
    pub fn fault(&self, node: AuthNodeId, fault: Fault, now: Timestamp) -> bool {
        let once = Seen::once(now);
        self.counted().faults.entry((node, fault)).and_modify(|seen| seen.add(&once)).or_insert(once).times == 1
    }

    /// Notes that a shared secret is in use.
    pub fn secret(&self, secret: i64, now: Timestamp) {
        self.counted().secrets.insert(secret, now);
    }

    /// Counts a datagram of an unknown sender.
    pub fn stranger(&self, address: IpAddr, code: Option<u8>, bytes: usize, now: Timestamp) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.counted().add_stranger(Stranger { address, code, bytes, seen: Seen::once(now) });
    }

    /// What was counted and is not noted yet.
    pub fn so_far(&self) -> Tallied {
        self.counted().clone()
    }

    /// Takes what was counted, to note it.
    pub fn take(&self) -> Tallied {
        std::mem::take(&mut *self.counted())
    }

    /// Puts back what could not be noted.
    pub fn put_back(&self, taken: &Tallied) {
        self.counted().add(taken);
    }

    fn counted(&self) -> MutexGuard<'_, Tallied> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-20T{text}").parse().unwrap()
    }

    #[test]
    fn however_many_senders_there_are_the_last_twenty_are_kept() {
        let tally = Tally::default();
        for number in 0..10_000_u32 {
            let now = at("10:00:00") + chrono::Duration::seconds(i64::from(number));
            tally.stranger(IpAddr::from(number.to_be_bytes()), Some(1), 60, now);
        }
        let kept = tally.so_far().strangers;
        assert_eq!(kept.len(), MOST_STRANGERS);
        assert!(kept.iter().all(|one| one.address >= IpAddr::from(9_980_u32.to_be_bytes())));
    }

    #[test]
    fn what_could_not_be_noted_is_counted_with_what_came_since() {
        let (tally, node) = (Tally::default(), AuthNodeId(7));
        tally.count(node, |counts| counts.accepted += 2);
        tally.fault(node, Fault::Chap, at("10:00:00"));
        let taken = tally.take();
        assert!(tally.so_far().nodes.is_empty());
        tally.count(node, |counts| counts.accepted += 1);
        tally.fault(node, Fault::Chap, at("10:00:30"));
        tally.put_back(&taken);
        let now = tally.so_far();
        assert_eq!(now.nodes[&node].accepted, 3);
        let seen = Seen { times: 2, first_at: at("10:00:00"), last_at: at("10:00:30") };
        assert_eq!(now.faults[&(node, Fault::Chap)], seen);
    }

    #[test]
    fn faults_are_read_by_the_words_they_are_stored_under() {
        for fault in Fault::ALL {
            assert_eq!(Fault::from_code(fault.code()), Some(fault));
        }
    }
}
