//! Changes of a token's state: each asks for the state it was decided from.

use diesel::prelude::*;

use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    ids::{TokenId, UserId},
    schema::tokens,
    tokens::{one_time::Standing, store::lost, token::TokenState},
};

/// Moves a token on; false if it is no longer in the state `from`. Wrong one-time passwords in a row are forgiven
/// with it, since every change to Active starts anew.
pub fn set_state(conn: &mut AnyConn, token: TokenId, from: TokenState, to: TokenState, reason: &str) -> Result<bool> {
    let row = tokens::table.find(token.0).filter(tokens::state.eq(from.code()));
    let changed = diesel::update(row)
        .set((tokens::state.eq(to.code()), tokens::state_reason.eq(reason), tokens::failures.eq(0)))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Puts a device back into inventory; false if it is no longer in the state `from`. What it remembers of its values
/// stays, so that those used up are never accepted again, whoever gets it.
pub fn put_back(conn: &mut AnyConn, token: TokenId, from: TokenState) -> Result<bool> {
    let row = tokens::table.find(token.0).filter(tokens::state.eq(from.code()));
    let changed = diesel::update(row)
        .set((
            tokens::state.eq(TokenState::Inventory.code()),
            tokens::state_reason.eq(""),
            tokens::user_id.eq(None::<i64>),
            tokens::failures.eq(0),
            tokens::resync_counter.eq(None::<i64>),
            tokens::bound_at.eq(None::<Timestamp>),
            tokens::first_used_at.eq(None::<Timestamp>),
            tokens::last_used_at.eq(None::<Timestamp>),
        ))
        .execute(conn)?;
    // Who reported it lost was its user, who no longer has it.
    lost::forget(conn, token)?;
    Ok(changed == 1)
}

/// Gives a device from inventory to a user, who has yet to enroll it; false if it is no longer in inventory.
pub fn assign(conn: &mut AnyConn, token: TokenId, user: UserId) -> Result<bool> {
    let row = tokens::table.find(token.0).filter(tokens::state.eq(TokenState::Inventory.code()));
    let changed = diesel::update(row)
        .set((tokens::state.eq(TokenState::Assigned.code()), tokens::user_id.eq(user.0)))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Notes where a token's values are now; false if one further on was accepted meanwhile.
pub fn set_standing(conn: &mut AnyConn, token: TokenId, standing: &Standing) -> Result<bool> {
    let row = tokens::table.find(token.0).filter(tokens::next_counter.lt(standing.next_counter));
    let changed = diesel::update(row)
        .set((
            tokens::next_counter.eq(standing.next_counter),
            tokens::drift.eq(standing.drift),
            tokens::resync_counter.eq(standing.resync_counter),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}
