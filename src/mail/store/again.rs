//! What operators do to rows of the outbox: they are sent again, tried now, or canceled.
//!
//! Every statement looks again at what the row is: a worker may have claimed it since it was read.

use diesel::prelude::*;

use super::{IDS_A_STATEMENT, still_waits, waiting, wiped};
use crate::{
    clock::Timestamp,
    db::{self, AnyConn},
    error::Result,
    ids::{EmailId, EnrollmentId},
    mail::{email::State, letter::Kind},
    schema::emails,
};

fn plain(ids: &[EmailId]) -> Vec<i64> {
    ids.iter().map(|id| id.0).collect()
}

/// In no worker's hand: never claimed, let go of, or claimed by one that was killed long ago.
#[diesel::dsl::auto_type]
fn unclaimed(now: Timestamp) -> _ {
    emails::claimed_until.is_null().or(emails::claimed_until.assume_not_null().le(now))
}

/// Holds these emails until the transaction ends, by number: as everybody does, so that nobody waits for someone who
/// waits for them. SQLite needs nothing: it has one writer.
pub fn hold(conn: &mut AnyConn, ids: &[EmailId]) -> Result<()> {
    if let AnyConn::Pg(pg) = conn {
        for chunk in ids.chunks(IDS_A_STATEMENT) {
            emails::table
                .filter(emails::id.eq_any(plain(chunk)))
                .order(emails::id)
                .select(emails::id)
                .for_no_key_update()
                .execute(pg)?;
        }
    }
    Ok(())
}

/// The enrollments that those of these emails which are of such kinds are about, each once, by number.
pub fn enrollments_of(conn: &mut AnyConn, ids: &[EmailId], kinds: &[Kind]) -> Result<Vec<EnrollmentId>> {
    let words: Vec<&str> = kinds.iter().map(|kind| kind.code()).collect();
    let mut found: Vec<i64> = Vec::new();
    for chunk in ids.chunks(IDS_A_STATEMENT) {
        let about: Vec<Option<i64>> = emails::table
            .filter(emails::id.eq_any(plain(chunk)))
            .filter(emails::kind.eq_any(&words))
            .select(emails::enrollment_id)
            .load(conn)?;
        found.extend(about.into_iter().flatten());
    }
    found.sort_unstable();
    found.dedup();
    Ok(found.into_iter().map(EnrollmentId).collect())
}

/// Failed and Bounced ones wait again, due now and tried until `give_up_at`; how many. The Message-ID stays, and so does
/// the number of tries.
pub fn queue(conn: &mut AnyConn, now: Timestamp, ids: &[EmailId], give_up_at: Timestamp) -> Result<usize> {
    let ended = [State::Failed.code(), State::Bounced.code()];
    let mut changed = 0;
    for chunk in ids.chunks(IDS_A_STATEMENT) {
        changed +=
            diesel::update(emails::table.filter(emails::id.eq_any(plain(chunk))).filter(emails::state.eq_any(ended)))
                .set((
                    emails::state.eq(State::Queued.code()),
                    emails::next_try_at.eq(Some(now)),
                    emails::give_up_at.eq(give_up_at),
                    emails::claimed_by.eq(None::<String>),
                    emails::claimed_until.eq(None::<Timestamp>),
                    emails::bounced_at.eq(None::<Timestamp>),
                    emails::bounce_status.eq(""),
                ))
                .execute(conn)?;
    }
    Ok(changed)
}

/// An email that waits goes to this address from now on.
pub fn readdress(conn: &mut AnyConn, id: EmailId, to: &str) -> Result<()> {
    diesel::update(emails::table.filter(emails::id.eq(id.0)).filter(emails::state.eq_any(waiting())))
        .set((emails::shown_to.eq(to), emails::shown_to_key.eq(db::key(to))))
        .execute(conn)?;
    Ok(())
}

/// Those of these emails that are Deferred, and not in a worker's hand, are due now; how many.
pub fn hasten(conn: &mut AnyConn, now: Timestamp, ids: &[EmailId]) -> Result<usize> {
    let mut changed = 0;
    for chunk in ids.chunks(IDS_A_STATEMENT) {
        changed += diesel::update(
            emails::table
                .filter(emails::id.eq_any(plain(chunk)))
                .filter(emails::state.eq(State::Deferred.code()))
                .filter(unclaimed(now)),
        )
        .set(emails::next_try_at.eq(Some(now)))
        .execute(conn)?;
    }
    Ok(changed)
}

/// Cancels those of these emails that wait, and are not in a worker's hand, and wipes their secrets; how many.
pub fn cancel(conn: &mut AnyConn, now: Timestamp, ids: &[EmailId]) -> Result<usize> {
    let mut changed = 0;
    for chunk in ids.chunks(IDS_A_STATEMENT) {
        changed += diesel::update(
            emails::table.filter(emails::id.eq_any(plain(chunk))).filter(still_waits()).filter(unclaimed(now)),
        )
        .set(wiped(State::Canceled))
        .execute(conn)?;
    }
    Ok(changed)
}
