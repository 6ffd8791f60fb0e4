//! Rows of tokens that were reported lost.

use diesel::prelude::*;

use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    ids::{TokenId, UserId},
    schema::{lost_tokens, tokens},
    tokens::{lost::LostReport, token::TokenState},
};

type Row = (i64, Timestamp, String);

fn report((token, at, by): Row) -> LostReport {
    LostReport { token: TokenId(token), at, by }
}

/// Notes that a token was reported lost; a report that is there stays.
pub fn note(conn: &mut AnyConn, now: Timestamp, token: TokenId, by: &str) -> Result<()> {
    if of_token(conn, token)?.is_none() {
        diesel::insert_into(lost_tokens::table)
            .values((
                lost_tokens::token_id.eq(token.0),
                lost_tokens::reported_at.eq(now),
                lost_tokens::reported_by.eq(by),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Takes a report back.
pub fn forget(conn: &mut AnyConn, token: TokenId) -> Result<()> {
    diesel::delete(lost_tokens::table.find(token.0)).execute(conn)?;
    Ok(())
}

/// The report of a token, in whatever state it is.
pub fn of_token(conn: &mut AnyConn, token: TokenId) -> Result<Option<LostReport>> {
    let row: Option<Row> = lost_tokens::table.find(token.0).first(conn).optional()?;
    Ok(row.map(report))
}

/// The reports of a user's tokens that are Suspended by them.
pub fn of_user(conn: &mut AnyConn, user: UserId) -> Result<Vec<LostReport>> {
    let rows: Vec<Row> = lost_tokens::table
        .inner_join(tokens::table)
        .filter(tokens::user_id.eq(user.0))
        .filter(tokens::state.eq(TokenState::Suspended.code()))
        .select((lost_tokens::token_id, lost_tokens::reported_at, lost_tokens::reported_by))
        .load(conn)?;
    Ok(rows.into_iter().map(report).collect())
}
