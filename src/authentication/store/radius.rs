//! Rows of what was answered by RADIUS, and of challenges that wait.

use diesel::prelude::*;

use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::{Error, Result},
    ids::{AuthNodeId, UserId},
    schema::{containers, radius_answers, radius_challenges, users},
};

/// What answered this request, if that was after `since`.
pub fn answer(conn: &mut AnyConn, request: &[u8], since: Timestamp) -> Result<Option<Vec<u8>>> {
    Ok(radius_answers::table
        .find(request)
        .filter(radius_answers::answered_at.gt(since))
        .select(radius_answers::answer)
        .first(conn)
        .optional()?)
}

/// Keeps what answers a request, instead of what answered it before `since`.
///
/// # Errors
/// `Conflict` if it was answered since, perhaps by another server in this moment.
pub fn keep_answer(conn: &mut AnyConn, now: Timestamp, request: &[u8], bytes: &[u8], since: Timestamp) -> Result<()> {
    let row =
        (radius_answers::request.eq(request), radius_answers::answer.eq(bytes), radius_answers::answered_at.eq(now));
    // Another server that is at it is waited for.
    let mut kept = crate::on!(&mut *conn, |conn| diesel::insert_into(radius_answers::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    if kept == 0 {
        let older = radius_answers::table.find(request).filter(radius_answers::answered_at.le(since));
        kept = diesel::update(older)
            .set((radius_answers::answer.eq(bytes), radius_answers::answered_at.eq(now)))
            .execute(conn)?;
    }
    if kept == 0 {
        return Err(Error::Conflict("This request was answered meanwhile.".into()));
    }
    Ok(())
}

/// Keeps a challenge.
pub fn keep_challenge(
    conn: &mut AnyConn,
    state: &[u8],
    node: AuthNodeId,
    user_key: &str,
    ends_at: Timestamp,
) -> Result<()> {
    diesel::insert_into(radius_challenges::table)
        .values((
            radius_challenges::state.eq(state),
            radius_challenges::auth_node_id.eq(node.0),
            radius_challenges::user_key.eq(user_key),
            radius_challenges::ends_at.eq(ends_at),
        ))
        .execute(conn)?;
    Ok(())
}

/// Takes a challenge, which is good once; false if there is none that waits for this user at this auth node.
pub fn take_challenge(
    conn: &mut AnyConn,
    now: Timestamp,
    state: &[u8],
    node: AuthNodeId,
    user_key: &str,
) -> Result<bool> {
    let this = radius_challenges::table
        .filter(radius_challenges::state.eq(state))
        .filter(radius_challenges::auth_node_id.eq(node.0))
        .filter(radius_challenges::user_key.eq(user_key))
        .filter(radius_challenges::ends_at.gt(now));
    Ok(diesel::delete(this).execute(conn)? > 0)
}

/// Sweeps out what nobody asks for any more.
pub fn sweep(conn: &mut AnyConn, now: Timestamp, answered_before: Timestamp) -> Result<()> {
    diesel::delete(radius_answers::table.filter(radius_answers::answered_at.le(answered_before))).execute(conn)?;
    diesel::delete(radius_challenges::table.filter(radius_challenges::ends_at.le(now))).execute(conn)?;
    Ok(())
}

/// The name of the container that a user is in.
pub fn container_of(conn: &mut AnyConn, user: UserId) -> Result<String> {
    Ok(users::table.inner_join(containers::table).filter(users::id.eq(user.0)).select(containers::name).first(conn)?)
}
