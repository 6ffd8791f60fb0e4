//! Rows of what was tallied: answers by day, faults, unknown senders.

use chrono::{Duration, NaiveDate};
use diesel::prelude::*;

use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    ids::AuthNodeId,
    on,
    schema::{auth_node_days, auth_node_faults, auth_node_secrets, unknown_senders},
    tally::{Counts, Fault, MOST_STRANGERS, Seen, Stranger, Tallied},
};

/// Days for which answers by day are kept: the page shows today.
const KEPT_DAYS: i64 = 8;

/// A fault that was not seen for so many hours is counted anew: "31 requests since 13:58" is about today's trouble.
const FAULT_HOURS: i64 = 12;

type DayRow = (i64, i64, i64, i64, i64, i64, Option<Timestamp>);

/// Adds what was counted to what is kept.
pub fn note(conn: &mut AnyConn, day: NaiveDate, taken: &Tallied) -> Result<()> {
    for (node, counts) in &taken.nodes {
        note_day(conn, day, *node, counts)?;
    }
    if !taken.nodes.is_empty() {
        let old = auth_node_days::day.lt(day - Duration::days(KEPT_DAYS));
        diesel::delete(auth_node_days::table.filter(old)).execute(conn)?;
    }
    for ((node, fault), seen) in &taken.faults {
        note_fault(conn, *node, *fault, seen)?;
    }
    for (secret, at) in &taken.secrets {
        let older = auth_node_secrets::last_used_at.is_null().or(auth_node_secrets::last_used_at.lt(at));
        diesel::update(auth_node_secrets::table.find(secret).filter(older))
            .set(auth_node_secrets::last_used_at.eq(at))
            .execute(conn)?;
    }
    for stranger in &taken.strangers {
        note_stranger(conn, stranger)?;
    }
    if !taken.strangers.is_empty() {
        let kept: Vec<Timestamp> = unknown_senders::table
            .order(unknown_senders::last_at.desc())
            .limit(i64::try_from(MOST_STRANGERS).unwrap_or(i64::MAX))
            .select(unknown_senders::last_at)
            .load(conn)?;
        if let Some(oldest) = kept.last().filter(|_| kept.len() == MOST_STRANGERS) {
            diesel::delete(unknown_senders::table.filter(unknown_senders::last_at.lt(oldest))).execute(conn)?;
        }
    }
    Ok(())
}

fn note_day(conn: &mut AnyConn, day: NaiveDate, node: AuthNodeId, counts: &Counts) -> Result<()> {
    use auth_node_days::dsl;
    let new = (
        dsl::auth_node_id.eq(node.0),
        dsl::day.eq(day),
        dsl::accepted.eq(0_i64),
        dsl::rejected.eq(0_i64),
        dsl::unanswered.eq(0_i64),
        dsl::repeated.eq(0_i64),
        dsl::cut_off.eq(0_i64),
    );
    on!(&mut *conn, |conn| diesel::insert_into(dsl::auth_node_days)
        .values(new)
        .on_conflict_do_nothing()
        .execute(conn))?;
    let row = dsl::auth_node_days.find((node.0, day));
    diesel::update(row)
        .set((
            dsl::accepted.eq(dsl::accepted + counts.accepted),
            dsl::rejected.eq(dsl::rejected + counts.rejected),
            dsl::unanswered.eq(dsl::unanswered + counts.unanswered),
            dsl::repeated.eq(dsl::repeated + counts.repeated),
            dsl::cut_off.eq(dsl::cut_off + counts.cut_off),
        ))
        .execute(conn)?;
    if let Some(at) = counts.answered_at {
        let older = dsl::answered_at.is_null().or(dsl::answered_at.lt(at));
        diesel::update(row.filter(older)).set(dsl::answered_at.eq(at)).execute(conn)?;
    }
    Ok(())
}

fn note_fault(conn: &mut AnyConn, node: AuthNodeId, fault: Fault, seen: &Seen) -> Result<()> {
    use auth_node_faults::dsl;
    let row = dsl::auth_node_faults.find((node.0, fault.code()));
    let known: Option<(i64, Timestamp, Timestamp)> =
        row.select((dsl::times, dsl::first_at, dsl::last_at)).first(conn).optional()?;
    let recent = seen.first_at - Duration::hours(FAULT_HOURS);
    let mut sum = *seen;
    if let Some((times, first_at, last_at)) = known.filter(|(.., last_at)| *last_at > recent) {
        sum.add(&Seen { times, first_at, last_at });
    }
    let set = (dsl::times.eq(sum.times), dsl::first_at.eq(sum.first_at), dsl::last_at.eq(sum.last_at));
    let new = (dsl::auth_node_id.eq(node.0), dsl::fault.eq(fault.code()), set);
    on!(conn, |conn| diesel::insert_into(dsl::auth_node_faults)
        .values(new)
        .on_conflict((dsl::auth_node_id, dsl::fault))
        .do_update()
        .set(set)
        .execute(conn))?;
    Ok(())
}

fn note_stranger(conn: &mut AnyConn, stranger: &Stranger) -> Result<()> {
    use unknown_senders::dsl;
    let address = stranger.address.to_string();
    let (code, seen) = (stranger.code.map(i64::from), &stranger.seen);
    let new = (
        dsl::address.eq(&address),
        dsl::code.eq(code),
        dsl::bytes.eq(stranger.bytes),
        dsl::times.eq(seen.times),
        dsl::first_at.eq(seen.first_at),
        dsl::last_at.eq(seen.last_at),
    );
    on!(conn, |conn| diesel::insert_into(dsl::unknown_senders)
        .values(new)
        .on_conflict(dsl::address)
        .do_update()
        .set((
            dsl::code.eq(code),
            dsl::bytes.eq(stranger.bytes),
            dsl::times.eq(dsl::times + seen.times),
            dsl::last_at.eq(seen.last_at),
        ))
        .execute(conn))?;
    Ok(())
}

/// What is kept of all auth nodes of this day, of what is wrong with them, and of unknown senders.
pub fn kept(conn: &mut AnyConn, day: NaiveDate) -> Result<Tallied> {
    let mut kept = Tallied::default();
    let days: Vec<DayRow> = auth_node_days::table
        .filter(auth_node_days::day.eq(day))
        .select((
            auth_node_days::auth_node_id,
            auth_node_days::accepted,
            auth_node_days::rejected,
            auth_node_days::unanswered,
            auth_node_days::repeated,
            auth_node_days::cut_off,
            auth_node_days::answered_at,
        ))
        .load(conn)?;
    for (node, accepted, rejected, unanswered, repeated, cut_off, answered_at) in days {
        let counts = Counts { accepted, rejected, unanswered, repeated, cut_off, answered_at };
        kept.nodes.insert(AuthNodeId(node), counts);
    }
    let faults: Vec<(i64, String, i64, Timestamp, Timestamp)> = auth_node_faults::table.load(conn)?;
    for (node, fault, times, first_at, last_at) in faults {
        if let Some(fault) = Fault::from_code(&fault) {
            kept.faults.insert((AuthNodeId(node), fault), Seen { times, first_at, last_at });
        }
    }
    let strangers: Vec<(String, Option<i64>, i64, i64, Timestamp, Timestamp)> =
        unknown_senders::table.order(unknown_senders::last_at.desc()).load(conn)?;
    for (address, code, bytes, times, first_at, last_at) in strangers {
        let Ok(address) = address.parse() else { continue };
        let code = code.and_then(|code| u8::try_from(code).ok());
        kept.strangers.push(Stranger { address, code, bytes, seen: Seen { times, first_at, last_at } });
    }
    Ok(kept)
}
