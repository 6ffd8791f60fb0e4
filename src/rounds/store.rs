//! Rows of rounds: one for each kind.

use diesel::prelude::*;

use super::{Failing, Round};
use crate::{clock::Timestamp, db::AnyConn, error::Result, on, schema::rounds};

/// The row that is written to see whether it can be.
const TRIED: &str = "write";

/// Keeps that a round ended, well or not.
pub fn note(conn: &mut AnyConn, round: Round, now: Timestamp, well: bool) -> Result<()> {
    touch(conn, round.code(), now)?;
    let row = rounds::table.find(round.code());
    if well {
        diesel::update(row).set(rounds::succeeded_at.eq(now)).execute(conn)?;
    } else {
        diesel::update(row)
            .set((rounds::failed_at.eq(now), rounds::succeeded_at.eq(None::<Timestamp>)))
            .execute(conn)?;
    }
    Ok(())
}

/// Writes a row.
pub fn try_write(conn: &mut AnyConn, now: Timestamp) -> Result<()> {
    touch(conn, TRIED, now)
}

fn touch(conn: &mut AnyConn, name: &str, now: Timestamp) -> Result<()> {
    let new = (rounds::name.eq(name), rounds::ran_at.eq(now));
    on!(&mut *conn, |conn| diesel::insert_into(rounds::table).values(new).on_conflict_do_nothing().execute(conn))?;
    diesel::update(rounds::table.find(name)).set(rounds::ran_at.eq(now)).execute(conn)?;
    Ok(())
}

/// Those that failed and have not ended well since.
pub fn failing(conn: &mut AnyConn) -> Result<Vec<Failing>> {
    let rows: Vec<(String, Option<Timestamp>)> = rounds::table
        .filter(rounds::failed_at.is_not_null().and(rounds::succeeded_at.is_null()))
        .order(rounds::name)
        .select((rounds::name, rounds::failed_at))
        .load(conn)?;
    let failing = |(name, failed_at): (String, Option<Timestamp>)| {
        Some(Failing { round: Round::from_code(&name)?, failed_at: failed_at? })
    };
    Ok(rows.into_iter().filter_map(failing).collect())
}
