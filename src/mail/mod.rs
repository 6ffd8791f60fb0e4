//! Email: what is posted, what became of it, and the courier that carries it (PRODUCT.md §6).

use std::sync::Arc;

use chrono::NaiveDate;

use crate::{
    audit::{self, Actor, Entry},
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::Result,
    ids::{ContainerId, EmailId, EnrollmentId, TaskId, UserId},
};

mod answer;
pub mod courier;
pub mod delivery;
pub mod email;
pub mod letter;
pub mod mailbox;
pub mod promise;
mod reading;
pub mod status;
mod store;

pub use answer::ANSWER_LETTERS;
pub use courier::{Carrier, Courier};
pub use delivery::{Action, Delivery};
pub use email::{Email, State, Try};
pub use letter::{Facts, Kind, Letter, NewEmail, Secret, Wording, masked, shown_address};
pub use mailbox::Mailbox;
pub use reading::{
    Filter, Health, TRIES_THAT_TELL, View, by_message_id, count, count_with_link, counts_by_state, deliveries,
    enrollments_of, failures, find, health, ids_in_states, latest_of, overdue, rows,
};
pub use store::{messages, own_host};

/// Puts `emails` into the outbox, due now, in the transaction that causes them; `sender` is the UserID of the operator
/// whose doing it is. The secrets are sealed, and an alternate address is kept masked.
pub fn post(desk: &Desk, conn: &mut AnyConn, now: Timestamp, sender: &str, emails: &[NewEmail]) -> Result<()> {
    store::insert(desk, conn, now, sender, emails)
}

/// Cancels what still waits for these enrollments and wipes its secrets; how many emails that were. One that is in a
/// worker's hand at this moment may still go out, and is then shown as Sent.
pub fn cancel_waiting(conn: &mut AnyConn, enrollments: &[EnrollmentId]) -> Result<usize> {
    store::cancel(conn, enrollments)
}

/// Lets what still waits for these enrollments say the new last day, and be tried until its end.
pub fn move_waiting(
    conn: &mut AnyConn,
    enrollments: &[EnrollmentId],
    stop_on: NaiveDate,
    give_up_at: Timestamp,
) -> Result<()> {
    store::move_stop_date(conn, enrollments, stop_on, give_up_at)
}

/// As [`cancel_waiting`], for everyone in `task`.
pub fn cancel_waiting_of_task(conn: &mut AnyConn, task: TaskId) -> Result<usize> {
    store::cancel_of_task(conn, task)
}

/// The emails to these users are found in `container` from now on: who may see the users may see them.
pub fn follow(conn: &mut AnyConn, users: &[UserId], container: ContainerId) -> Result<()> {
    store::follow(conn, users, container)
}

/// The profiles of these users hold other addresses now: what waits for an older one is not sent there. An email with a
/// link, or one that speaks of the link the user has, is canceled, since the link has ended; any other goes to the address
/// beside the user (PRODUCT.md §2, "A changed address"). What went to an alternate address stays. One that is in a
/// worker's hand at this moment may still go out.
pub fn leave_address(conn: &mut AnyConn, now: Timestamp, users: &[(UserId, &str)]) -> Result<()> {
    store::address::leave(conn, now, users)
}

/// The newest emails with a link of their own about these enrollments, one of each: where the link that works went.
pub fn links_sent(conn: &mut AnyConn, enrollments: &[EnrollmentId]) -> Result<Vec<LinkSent>> {
    store::address::newest_links(conn, enrollments)
}

/// The email that carried the link which was made at `made_at` for this enrollment.
pub fn link_sent_at(conn: &mut AnyConn, enrollment: EnrollmentId, made_at: Timestamp) -> Result<Option<LinkSent>> {
    store::address::link_made_at(conn, enrollment, made_at)
}

/// Where an email with a link went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkSent {
    /// The enrollment that the link leads to.
    pub enrollment: EnrollmentId,
    /// The address, compared without case; masked if it was an alternate one.
    pub to_key: String,
    /// It went to an address that was typed for this one message.
    pub alternate: bool,
    /// When it was written, and the link with it.
    pub at: Timestamp,
}

/// Holds these emails until the transaction ends, so that what is decided by them still holds when it is written.
pub fn hold(conn: &mut AnyConn, ids: &[EmailId]) -> Result<()> {
    store::again::hold(conn, ids)
}

/// Those of these emails that have Failed or Bounced wait again under their Message-ID, due now and tried until
/// `give_up_at`; how many. `to`: those whose address is another one now.
pub fn send_again(
    conn: &mut AnyConn,
    now: Timestamp,
    ids: &[EmailId],
    to: &[(EmailId, String)],
    give_up_at: Timestamp,
) -> Result<usize> {
    let queued = store::again::queue(conn, now, ids, give_up_at)?;
    for (id, address) in to {
        store::again::readdress(conn, *id, address)?;
    }
    Ok(queued)
}

/// Those of these emails that are Deferred, and not in a worker's hand, are due now; how many.
pub fn try_now(conn: &mut AnyConn, now: Timestamp, ids: &[EmailId]) -> Result<usize> {
    store::again::hasten(conn, now, ids)
}

/// Cancels those of these emails that wait, and are not in a worker's hand, and wipes their secrets; how many.
pub fn cancel(conn: &mut AnyConn, now: Timestamp, ids: &[EmailId]) -> Result<usize> {
    store::again::cancel(conn, now, ids)
}

/// An email in a worker's hand.
pub struct Claimed {
    /// Its row.
    pub id: EmailId,
    /// The Message-ID of all tries.
    pub message_id: String,
    /// What it is about.
    pub kind: Kind,
    /// The address as the outbox shows it.
    pub shown_to: String,
    /// The user it goes to.
    pub user: Option<UserId>,
    /// The task it belongs to.
    pub task: Option<TaskId>,
    /// What it tells.
    pub facts: Facts,
    /// What must not stay.
    pub secret: Option<Secret>,
    /// The secret does not open: this server has another master key.
    pub unreadable: bool,
    /// The words of operators for it, if they wrote any.
    pub wording: Option<Arc<Wording>>,
    /// Tries before this one.
    pub tries: i64,
    /// From then on it is no longer tried.
    pub give_up_at: Timestamp,
}

impl Claimed {
    /// The address it goes to.
    pub fn to(&self) -> &str {
        self.secret.as_ref().and_then(|secret| secret.alternate_to.as_deref()).unwrap_or(&self.shown_to)
    }

    /// What may be kept of a mail server's answer to it.
    fn keepable(&self, answer: &str) -> String {
        answer::keepable(answer, self.secret.as_ref(), &self.shown_to)
    }
}

/// What the mail server said to an email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Accepted: it is Sent, and its secrets are wiped.
    Accepted,
    /// Refused for now, or nobody knows: it is tried again, or given up when its time is over.
    RefusedForNow,
    /// Refused for good: it has Failed, and its secrets are wiped, since another try makes a new code.
    Refused,
}

/// A try that has ended.
pub struct EndedTry {
    /// Whose claim it was.
    pub worker: String,
    /// The email.
    pub email: Claimed,
    /// What came of it.
    pub verdict: Verdict,
    /// The server's answer, or what went wrong.
    pub answer: String,
}

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
        let mut entry = Entry::refused(&actor, "mail.send", sentence).fact("Message", email.kind.label());
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
