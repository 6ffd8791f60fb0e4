//! Emails and the addresses they go to: which one a link went to, and what becomes of those to an address that a profile
//! no longer holds.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{IDS_A_STATEMENT, again, kind, still_waits, wiped};
use crate::{
    clock::Timestamp,
    db::{self, AnyConn},
    error::Result,
    ids::{EmailId, EnrollmentId, UserId},
    mail::{LinkSent, email::State, letter::Kind},
    schema::emails,
};

type WaitingRow = (i64, Option<i64>, String, String, Option<Timestamp>);

/// The profiles of these users hold other addresses now: what waits for an older one is not sent there. An email with a
/// link, or one that speaks of the link the user has, is canceled, since the link has ended; any other goes to the address
/// beside the user (PRODUCT.md §2, "A changed address"). What went to an alternate address stays. One that is in a
/// worker's hand at this moment may still go out.
pub fn leave(conn: &mut AnyConn, now: Timestamp, users: &[(UserId, &str)]) -> Result<()> {
    for chunk in users.chunks(IDS_A_STATEMENT) {
        let addresses: HashMap<i64, &str> = chunk.iter().map(|(user, to)| (user.0, *to)).collect();
        let (mut useless, mut others) = (Vec::new(), Vec::new());
        for (id, user, kind_word, shown_to_key, claimed_until) in held(conn, chunk)? {
            let to = user.and_then(|user| addresses.get(&user)).copied().unwrap_or_default();
            if shown_to_key == db::key(to) {
                continue;
            }
            let kind = kind(&kind_word)?;
            if kind.carries_link() || kind == Kind::NewStopDate || to.is_empty() {
                useless.push(id);
            } else if claimed_until.is_none_or(|until| until <= now) {
                others.push((EmailId(id), to));
            }
        }
        diesel::update(emails::table.filter(emails::id.eq_any(useless))).set(wiped(State::Canceled)).execute(conn)?;
        for (id, to) in others {
            again::readdress(conn, id, to)?;
        }
    }
    Ok(())
}

/// What waits for these users and is not for an alternate address, held by number: as everybody holds emails, so that
/// nobody waits for someone who waits for them.
fn held(conn: &mut AnyConn, users: &[(UserId, &str)]) -> Result<Vec<WaitingRow>> {
    let ids: Vec<i64> = users.iter().map(|(user, _)| user.0).collect();
    let theirs = emails::table
        .filter(emails::user_id.eq_any(ids))
        .filter(still_waits())
        .filter(emails::alternate.eq(false))
        .order(emails::id)
        .select((emails::id, emails::user_id, emails::kind, emails::shown_to_key, emails::claimed_until));
    Ok(match conn {
        AnyConn::Pg(pg) => theirs.for_no_key_update().load(pg)?,
        AnyConn::Sqlite(sqlite) => theirs.load(sqlite)?,
    })
}

fn with_link() -> Vec<&'static str> {
    Kind::ALL.iter().filter(|kind| kind.carries_link()).map(|kind| kind.code()).collect()
}

type LinkRow = (Option<i64>, String, bool, Timestamp);

fn link_sent((enrollment, to_key, alternate, at): LinkRow) -> Option<LinkSent> {
    Some(LinkSent { enrollment: EnrollmentId(enrollment?), to_key, alternate, at })
}

/// The newest emails with a link of their own about these enrollments, one of each: where the link that works went.
pub fn newest_links(conn: &mut AnyConn, enrollments: &[EnrollmentId]) -> Result<Vec<LinkSent>> {
    let mut newest: HashMap<EnrollmentId, LinkSent> = HashMap::new();
    for chunk in enrollments.chunks(IDS_A_STATEMENT) {
        let ids: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let rows: Vec<LinkRow> = emails::table
            .filter(emails::enrollment_id.eq_any(ids))
            .filter(emails::kind.eq_any(with_link()))
            .order(emails::id)
            .select((emails::enrollment_id, emails::shown_to_key, emails::alternate, emails::created_at))
            .load(conn)?;
        newest.extend(rows.into_iter().filter_map(link_sent).map(|sent| (sent.enrollment, sent)));
    }
    Ok(newest.into_values().collect())
}

/// The email that carried the link which was made at `made_at` for this enrollment.
pub fn link_made_at(conn: &mut AnyConn, enrollment: EnrollmentId, made_at: Timestamp) -> Result<Option<LinkSent>> {
    let row: Option<LinkRow> = emails::table
        .filter(emails::enrollment_id.eq(enrollment.0))
        .filter(emails::kind.eq_any(with_link()))
        .filter(emails::created_at.eq(made_at))
        .order(emails::id.desc())
        .select((emails::enrollment_id, emails::shown_to_key, emails::alternate, emails::created_at))
        .first(conn)
        .optional()?;
    Ok(row.and_then(link_sent))
}
