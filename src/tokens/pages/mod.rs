//! Screens of tokens: the inventory, one token, taking one away, importing them.

use crate::{
    clock::{Timestamp, Zone, moment},
    tokens::{
        LostReport, Token, TokenState,
        lifecycle::{Change, Fate},
    },
    web::segment,
};

pub mod detail;
pub mod file;
pub mod import;
pub mod list;
pub mod preview;
pub mod replace;
pub mod report_lost;
pub mod revoke;

/// The address of these screens.
const IMPORT: &str = "/tokens/import";

/// The address of a token's page.
pub fn path(serial: &str) -> String {
    format!("/tokens/{}", segment(serial))
}

/// A state as it is drawn by `templates/tokens/state.html`.
pub struct State {
    /// The word.
    pub word: &'static str,
    /// Why it is so; may be empty.
    pub hint: String,
    /// The drawing.
    pub icon: &'static str,
    /// The dress of a status.
    pub dress: &'static str,
}

impl State {
    /// The state of `token`; beside it why it is so, and that it is not valid now.
    pub fn of(token: &Token, zone: Zone, now: Timestamp) -> Self {
        let (icon, dress) = match token.state {
            TokenState::Inventory => ("inbox", "queued"),
            TokenState::Assigned => ("user", "active"),
            TokenState::Active => ("circle-check", "sent"),
            TokenState::Suspended => ("player-pause", "suspended"),
            TokenState::Locked => ("lock", "locked"),
            TokenState::Lost => ("circle-x", "expired"),
            TokenState::Faulty => ("ban", "expired"),
        };
        let outside = token.validity.at(now).err().map(|outside| outside.label(zone, now));
        let hints = [Some(token.state_reason.clone()).filter(|reason| !reason.is_empty()), outside];
        let hint = hints.into_iter().flatten().collect::<Vec<_>>().join("; ");
        State { word: token.state.label(), hint, icon, dress }
    }

    /// The same of a token that was reported lost: by whom, "you" for who looks.
    #[must_use]
    pub fn reported(mut self, report: &LostReport, looks: &str, zone: Zone, now: Timestamp) -> Self {
        let by = if report.by == looks { "you" } else { &report.by };
        let reported = format!("Reported lost by {by}, {}", moment(zone, now, report.at).to_lowercase());
        self.hint = if self.hint.is_empty() { reported } else { format!("{reported}: {}", self.hint) };
        self
    }
}

/// What can be done to a token now, whoever it is that does it.
pub struct Possible {
    /// Suspend.
    pub suspend: bool,
    /// Resume.
    pub resume: bool,
    /// Unlock.
    pub unlock: bool,
    /// Resync.
    pub resync: bool,
    /// Revoke, in one way or another.
    pub revoke: bool,
    /// Assign.
    pub assign: bool,
}

impl Possible {
    /// With `token` as it is.
    pub fn of(token: &Token) -> Self {
        Possible {
            suspend: Change::Suspend.is_possible(token),
            resume: Change::Resume.is_possible(token),
            unlock: Change::Unlock.is_possible(token),
            resync: Change::Resync.is_possible(token),
            revoke: Fate::ALL.into_iter().any(|fate| Change::Revoke(fate).is_possible(token)),
            assign: Change::Assign.is_possible(token),
        }
    }
}
