//! The last rejections of a user's tokens.

use diesel::prelude::*;

use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    ids::{TokenId, UserId},
    schema::tokens,
    tokens::rejected::{Rejected, Rejection},
};

/// Notes what was wrong with a rejected one that does not count against the token.
pub fn note(conn: &mut AnyConn, now: Timestamp, token: TokenId, rejected: Rejected) -> Result<()> {
    diesel::update(tokens::table.find(token.0))
        .set((
            tokens::rejected.eq(rejected.code()),
            tokens::rejected_at.eq(now),
            tokens::rejected_seconds.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(())
}

/// The last rejection of each of a user's tokens that has one.
pub fn of_user(conn: &mut AnyConn, user: UserId) -> Result<Vec<Rejection>> {
    let rows: Vec<(i64, String, Option<Timestamp>, Option<i64>)> = tokens::table
        .filter(tokens::user_id.eq(user.0))
        .order(tokens::id)
        .select((tokens::id, tokens::rejected, tokens::rejected_at, tokens::rejected_seconds))
        .load(conn)?;
    let rejection = |(id, word, at, seconds): (i64, String, Option<Timestamp>, Option<i64>)| {
        Some(Rejection { token: TokenId(id), what: Rejected::from_code(&word)?, at: at?, seconds })
    };
    Ok(rows.into_iter().filter_map(rejection).collect())
}
