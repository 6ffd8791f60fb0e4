//! Email: what is posted, what became of it, and the courier that carries it (PRODUCT.md §6).

use chrono::NaiveDate;

use crate::{
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::Result,
    ids::{ContainerId, EnrollmentId, TaskId, UserId},
};

mod again;
mod answer;
mod claim;
mod claimed;
pub mod courier;
pub mod delivery;
pub mod email;
mod filter;
mod health;
pub mod letter;
mod link_sent;
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
pub use store::{messages, own_host, seal};

pub use link_sent::LinkSent;

pub use claimed::{Claimed, EndedTry, Verdict};

pub use claim::{any_in_hand, claim, claim_due, release, release_all, renew, settle};

pub use again::{cancel, hold, send_again, try_now};

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
