//! Rows of the sign-in throttle.

use diesel::prelude::*;

use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::{Error, Result},
    on,
    schema::sign_in_throttle,
    sign_in::throttle::{Bucket, seconds_left},
};

/// Refuses while the next try of any of `buckets` has to wait.
///
/// # Errors
/// `TooMany` with the seconds to wait.
pub fn check(conn: &mut AnyConn, now: Timestamp, buckets: &[Bucket]) -> Result<()> {
    use sign_in_throttle::dsl;
    let names: Vec<&str> = buckets.iter().map(|bucket| bucket.name.as_str()).collect();
    let rows: Vec<(String, i64, Timestamp, Timestamp)> = dsl::sign_in_throttle
        .filter(dsl::bucket.eq_any(names))
        .select((dsl::bucket, dsl::failures, dsl::last_failure_at, dsl::blocked_until))
        .load(conn)?;
    let until = |(name, failures, last, blocked): &(String, i64, Timestamp, Timestamp)| {
        let bucket = buckets.iter().find(|bucket| bucket.name == *name)?;
        bucket.waits_until(now, *failures, *last, *blocked)
    };
    match rows.iter().filter_map(until).max() {
        Some(until) => Err(Error::TooMany(seconds_left(until, now))),
        None => Ok(()),
    }
}

/// Counts a try as a failure before it is looked at, so that many at the same instant cannot all slip through;
/// [`forgive`] takes it back. Returns the failures in a row.
///
/// # Errors
/// `TooMany` with the seconds to wait if another try came in between.
pub fn count(conn: &mut AnyConn, now: Timestamp, bucket: &Bucket) -> Result<i64> {
    use sign_in_throttle::dsl;
    let new = (
        dsl::bucket.eq(&bucket.name),
        dsl::failures.eq(0),
        dsl::last_failure_at.eq(now),
        // Not in the future: the first try must pass.
        dsl::blocked_until.eq(now),
    );
    on!(&mut *conn, |conn| diesel::insert_into(dsl::sign_in_throttle)
        .values(new)
        .on_conflict_do_nothing()
        .execute(conn))?;
    let mine = dsl::sign_in_throttle.find(&bucket.name);
    diesel::update(mine.filter(dsl::last_failure_at.le(now - bucket.forgets_after)))
        .set(dsl::failures.eq(0))
        .execute(conn)?;
    let counted: Option<i64> = diesel::update(mine.filter(dsl::blocked_until.le(now).or(dsl::last_failure_at.gt(now))))
        .set((dsl::failures.eq(dsl::failures + 1), dsl::last_failure_at.eq(now)))
        .returning(dsl::failures)
        .get_result(conn)
        .optional()?;
    let Some(failures) = counted else {
        let (failures, last, blocked) =
            mine.select((dsl::failures, dsl::last_failure_at, dsl::blocked_until)).first(conn)?;
        let until = bucket.waits_until(now, failures, last, blocked).unwrap_or(now);
        return Err(Error::TooMany(seconds_left(until, now)));
    };
    diesel::update(mine).set(dsl::blocked_until.eq(now + bucket.wait(failures))).execute(conn)?;
    Ok(failures)
}

/// Takes back one counted try, for a bucket that others share.
pub fn forgive(conn: &mut AnyConn, now: Timestamp, bucket: &Bucket) -> Result<()> {
    use sign_in_throttle::dsl;
    diesel::update(dsl::sign_in_throttle.find(&bucket.name).filter(dsl::failures.gt(0)))
        .set((dsl::failures.eq(dsl::failures - 1), dsl::blocked_until.eq(now)))
        .execute(conn)?;
    Ok(())
}

/// Starts a bucket anew.
pub fn reset(conn: &mut AnyConn, bucket: &Bucket) -> Result<()> {
    diesel::delete(sign_in_throttle::table.find(&bucket.name)).execute(conn)?;
    Ok(())
}

/// Removes what no bucket remembers any more.
pub fn sweep(conn: &mut AnyConn, before: Timestamp) -> Result<()> {
    diesel::delete(sign_in_throttle::table.filter(sign_in_throttle::last_failure_at.lt(before))).execute(conn)?;
    Ok(())
}
