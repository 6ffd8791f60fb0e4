//! What workers do: take emails that are due, and say what became of them.

use super::{Claimed, EndedTry, State, Verdict, email, store};
use crate::{
    audit::{self, Actor, Entry, Verb},
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::Result,
    ids::EmailId,
};

/// Claims up to `most` due emails for `worker`; nobody else gets them before the lease is over.
pub fn claim(desk: &Desk, now: Timestamp, worker: &str, most: i64) -> Result<Vec<Claimed>> {
    if !desk.db.read(|conn| store::work::any_due(conn, now))? {
        return Ok(Vec::new());
    }
    desk.db.write(|conn| store::work::claim(desk, conn, now, worker, most))
}

/// As [`claim`], of what is due now by the clock that all servers of the database share.
pub fn claim_due(desk: &Desk, worker: &str, most: i64) -> Result<Vec<Claimed>> {
    if !desk.db.read(|conn| store::work::any_due(conn, desk.now()))? {
        return Ok(Vec::new());
    }
    claim(desk, desk.shared_now()?, worker, most)
}

/// Renews the lease of what `worker` has claimed; those of `emails` that it still has, which may be fewer: a lease that ran
/// out before may have been taken by another.
pub fn renew(desk: &Desk, now: Timestamp, worker: &str, emails: &[EmailId]) -> Result<Vec<EmailId>> {
    desk.db.write(|conn| store::work::renew(conn, now, worker, emails))
}

/// Lets go of everything that is claimed, by whomever. For the only server of a database, before its workers start: who
/// claimed it was killed.
pub fn release_all(desk: &Desk, now: Timestamp) -> Result<usize> {
    desk.db.write(|conn| store::work::release_all(conn, now))
}

/// True while a worker has an email in its hand.
pub fn any_in_hand(desk: &Desk, now: Timestamp) -> Result<bool> {
    desk.db.read(|conn| store::work::any_claimed(conn, now))
}

/// Lets go of claimed emails that were not tried.
pub fn release(desk: &Desk, now: Timestamp, worker: &str, emails: &[EmailId]) -> Result<()> {
    if emails.is_empty() {
        return Ok(());
    }
    desk.db.write(|conn| store::work::release(conn, now, worker, emails))
}

/// Writes down what came of tries, all in one transaction (many workers share one commit).
///
/// # Errors
/// `Database` only; nothing is written down then, and the leases run out.
pub fn settle(desk: &Desk, now: Timestamp, list: &[EndedTry]) -> Result<()> {
    desk.db.write(|conn| {
        let mut tries = Vec::with_capacity(list.len());
        // By number, as everybody holds emails: see `store::cancel`.
        let mut list: Vec<&EndedTry> = list.iter().collect();
        list.sort_by_key(|settled| settled.email.id);
        for one in list {
            let state = settle_one(conn, now, one)?;
            tries.push(store::work::NewTry::new(one.email.id, now, state, &one.email.keepable(&one.answer)));
        }
        store::work::note_tries(conn, tries)
    })
}

fn settle_one(conn: &mut AnyConn, now: Timestamp, settled: &EndedTry) -> Result<State> {
    let EndedTry { worker, email, verdict, answer } = settled;
    let answer = email.keepable(answer);
    let next = match verdict {
        Verdict::Accepted => {
            store::work::accepted(conn, now, email.id, &answer)?;
            return Ok(State::Sent);
        }
        Verdict::RefusedForNow => email::next_try(now, email.tries + 1, email.give_up_at),
        Verdict::Refused => None,
    };
    if let Some(next) = next {
        store::work::deferred(conn, now, worker, email.id, next, &answer)?;
        return Ok(State::Deferred);
    }
    if store::work::failed(conn, now, worker, email.id, &answer)? {
        let actor = Actor::system();
        let what = if *verdict == Verdict::Refused { "refused" } else { "given up" };
        let sentence = format!("Email to {} was {what}: {answer}", email.shown_to);
        let mut entry = Entry::refused(&actor, Verb::MailSend, sentence).fact("Message", email.kind.label());
        if let Some(task) = email.task {
            entry = entry.task(task);
        }
        if let Some(user) = email.user {
            entry = entry.user(user, &email.facts.user_id);
        }
        audit::record(conn, now, &entry)?;
    }
    Ok(State::Failed)
}
