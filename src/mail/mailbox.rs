//! The demo's mailbox: instead of a mail server, it keeps every email in memory, so that it can be read in the browser.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use crate::{
    clock::Timestamp,
    config::Settings,
    error::Result,
    mail::{
        Claimed, Verdict,
        letter::{self, Facts, Kind, Letter, Secret, Wording},
    },
};

/// Emails kept; the oldest go first.
const KEPT: usize = 5_000;

/// What a mail server says who does not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Try again later, with the answer: "451 4.7.1 Greylisted, try again later".
    ForNow(String),
    /// Never, with the answer: "550 5.1.1 No such user here".
    ForGood(String),
}

/// Says which addresses are refused, from the address and the number of tries before this one.
type Trouble = dyn Fn(&str, i64) -> Option<Refusal> + Send + Sync;

/// Keeps emails in memory; clones are the same mailbox.
#[derive(Clone)]
pub struct Mailbox {
    kept: Arc<Mutex<Kept>>,
    trouble: Arc<Trouble>,
}

#[derive(Default)]
struct Kept {
    last: u64,
    list: VecDeque<Parcel>,
}

/// An email that was accepted; it is rendered when it is read.
#[derive(Clone)]
pub struct Parcel {
    /// Its number in this mailbox.
    pub id: u64,
    /// When it was accepted.
    pub at: Timestamp,
    /// The address it went to.
    pub to: String,
    /// What it is about.
    pub kind: Kind,
    facts: Facts,
    secret: Option<Secret>,
    wording: Option<Arc<Wording>>,
}

impl Default for Mailbox {
    fn default() -> Self {
        Mailbox::with_trouble(|_, _| None)
    }
}

impl Mailbox {
    /// A mailbox that refuses what `trouble` names.
    pub fn with_trouble(trouble: impl Fn(&str, i64) -> Option<Refusal> + Send + Sync + 'static) -> Self {
        Mailbox { kept: Arc::default(), trouble: Arc::new(trouble) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("no code panics while it holds the mailbox")
    }

    /// Takes an email, or refuses it, as a mail server would.
    pub(super) fn take(&self, now: Timestamp, email: &Claimed) -> (Verdict, String) {
        match (self.trouble)(email.to(), email.tries) {
            Some(Refusal::ForNow(answer)) => return (Verdict::RefusedForNow, answer),
            Some(Refusal::ForGood(answer)) => return (Verdict::Refused, answer),
            None => {}
        }
        let mut kept = self.kept();
        kept.last += 1;
        let parcel = Parcel {
            id: kept.last,
            at: now,
            to: email.to().to_owned(),
            kind: email.kind,
            facts: email.facts.clone(),
            secret: email.secret.clone(),
            wording: email.wording.clone(),
        };
        kept.list.push_front(parcel);
        kept.list.truncate(KEPT);
        (Verdict::Accepted, "250 2.0.0 Kept in the demo mailbox".into())
    }

    /// The emails to addresses that hold `text`, the newest first: those from `offset` on, at most `limit`, and how
    /// many there are in all.
    pub fn search(&self, text: &str, offset: usize, limit: usize) -> (Vec<Parcel>, usize) {
        let text = text.trim().to_lowercase();
        let kept = self.kept();
        let found = || kept.list.iter().filter(|parcel| parcel.to.to_lowercase().contains(&text));
        (found().skip(offset).take(limit).cloned().collect(), found().count())
    }

    /// One email.
    pub fn find(&self, id: u64) -> Option<Parcel> {
        self.kept().list.iter().find(|parcel| parcel.id == id).cloned()
    }
}

impl Parcel {
    /// The email as the user reads it.
    pub fn letter(&self, settings: &Settings) -> Result<Letter> {
        letter::render(settings, self.kind, &self.facts, self.secret.as_ref(), self.wording.as_deref())
    }

    /// The enrollment link in it.
    pub fn link(&self, settings: &Settings) -> Option<String> {
        self.secret.as_ref().and_then(|secret| letter::link(settings, secret))
    }
}
