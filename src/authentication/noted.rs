//! What was tallied of auth nodes, as it is kept once a minute and as pages show it.

use super::{listener, store};
use crate::{
    clock::Timestamp,
    desk::Desk,
    error::Result,
    ids::AuthNodeId,
    operators::{Permission, Who},
    tally::{Counts, Fault, Seen, Stranger, Tallied},
};

/// How auth nodes stand: what is kept, and what this server has counted since.
#[derive(Clone, Debug, Default)]
pub struct Standing(Tallied);

impl Standing {
    /// What was answered to an auth node today.
    pub fn today(&self, node: AuthNodeId) -> Counts {
        self.0.nodes.get(&node).copied().unwrap_or_default()
    }

    /// What was wrong with what an auth node sent, what was seen last first.
    pub fn faults(&self, node: AuthNodeId) -> Vec<(Fault, Seen)> {
        let own = self.0.faults.iter().filter(|((whose, _), _)| *whose == node);
        let mut faults: Vec<(Fault, Seen)> = own.map(|((_, fault), seen)| (*fault, *seen)).collect();
        faults.sort_by_key(|(_, seen)| std::cmp::Reverse(seen.last_at));
        faults
    }

    /// When a shared secret was last seen in use.
    pub fn secret_seen(&self, secret: i64) -> Option<Timestamp> {
        self.0.secrets.get(&secret).copied()
    }

    /// Who asks and is no auth node, who came last first.
    pub fn strangers(&self) -> Vec<Stranger> {
        let mut list = self.0.strangers.clone();
        list.sort_by_key(|stranger| std::cmp::Reverse(stranger.seen.last_at));
        list
    }
}

/// How all auth nodes stand.
pub fn standing(desk: &Desk, who: &Who, now: Timestamp) -> Result<Standing> {
    who.need(Permission::ManageOperators)?;
    let today = desk.settings.zone.local(now).date();
    let mut kept = desk.db.read(|conn| store::noted::kept(conn, today))?;
    kept.add(&desk.tally.so_far());
    Ok(Standing(kept))
}

/// Keeps what was tallied, and sweeps out answers that nobody asks for any more. What cannot be kept now is kept next time.
pub fn note(desk: &Desk, now: Timestamp) -> Result<()> {
    let taken = desk.tally.take();
    let today = desk.settings.zone.local(now).date();
    let noted = desk.db.write(|conn| {
        store::noted::note(conn, today, &taken)?;
        store::radius::sweep(conn, now, listener::answered_since(now))
    });
    match &noted {
        Ok(()) => taken.strangers.iter().for_each(log_stranger),
        Err(_) => desk.tally.put_back(&taken),
    }
    noted
}

/// Tells the log of an unknown sender, once a minute however many packets it sends.
fn log_stranger(stranger: &Stranger) {
    let (code, packets) = (stranger.code, stranger.seen.times);
    tracing::warn!(from = %stranger.address, ?code, packets, "an unknown sender of RADIUS got no answer");
}
