//! Rows of tasks that replace a token.

use diesel::prelude::*;

use crate::{
    db::AnyConn,
    error::Result,
    ids::{TaskId, TokenId, UserId},
    schema::{enrollments, replacements, tokens},
};

/// Notes that `task` replaces `token`.
pub fn note(conn: &mut AnyConn, task: TaskId, token: TokenId) -> Result<()> {
    diesel::insert_into(replacements::table)
        .values((replacements::task_id.eq(task.0), replacements::token_id.eq(token.0)))
        .execute(conn)?;
    Ok(())
}

/// The token that `task` replaces, if that is what it is for.
pub fn of_task(conn: &mut AnyConn, task: TaskId) -> Result<Option<TokenId>> {
    let found: Option<i64> = replacements::table.find(task.0).select(replacements::token_id).first(conn).optional()?;
    Ok(found.map(TokenId))
}

/// The tasks that are to replace a token of `user` and have not done so, the newest first, with that token and its serial
/// number.
pub fn open_of(conn: &mut AnyConn, user: UserId) -> Result<Vec<(TaskId, TokenId, String)>> {
    let rows: Vec<(i64, i64, String)> = enrollments::table
        .inner_join(replacements::table.on(replacements::task_id.eq(enrollments::task_id)))
        .inner_join(tokens::table.on(tokens::id.eq(replacements::token_id)))
        .filter(enrollments::user_id.eq(user.0))
        .filter(enrollments::removed_at.is_null())
        .filter(enrollments::used_at.is_null())
        .order(enrollments::task_id.desc())
        .select((enrollments::task_id, replacements::token_id, tokens::serial))
        .load(conn)?;
    Ok(rows.into_iter().map(|(task, token, serial)| (TaskId(task), TokenId(token), serial)).collect())
}
