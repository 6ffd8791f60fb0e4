//! What begins with a text: every look-up is a range of an index.

use diesel::prelude::*;

use super::{Basis, history};
use crate::{
    db::{self, AnyConn},
    error::Result,
    ids::{TaskId, UserId},
    operators::{Scope, Who},
    reports::{find::hit, history::Row},
    schema::{enrollments, tasks, tokens, users},
    tokens::{Token, by_serial, ends},
};

/// The User IDs of at most two users in scope with exactly this address.
pub fn users_with_email(conn: &mut AnyConn, who: &Who, email: &str) -> Result<Vec<String>> {
    let named = users::table.filter(users::email_key.eq(db::key(email))).order(users::id).limit(2);
    Ok(match &who.scope {
        Scope::All => named.select(users::user_id).load(conn)?,
        Scope::Containers(list) => {
            let ids: Vec<i64> = list.iter().map(|id| id.0).collect();
            named.filter(users::container_id.eq_any(ids)).select(users::user_id).load(conn)?
        }
    })
}

/// Tasks whose number begins with these digits, those of `users`, and open ones that were last emailed to an address
/// that begins so; the newest first.
pub fn tasks(conn: &mut AnyConn, basis: &Basis, typed: &str, users: &[UserId], most: i64) -> Result<Vec<Row>> {
    let mut ids: Vec<i64> = Vec::new();
    for (first, last) in hit::task_number(typed).map(hit::numbers_beginning_with).unwrap_or_default() {
        let range = tasks::table.filter(tasks::id.between(first, last)).order(tasks::id.desc());
        ids.extend(range.select(tasks::id).limit(most).load::<i64>(conn)?);
    }
    let users: Vec<i64> = users.iter().map(|id| id.0).collect();
    let theirs = enrollments::table
        .filter(enrollments::user_id.eq_any(users).and(enrollments::removed_at.is_null()))
        .order(enrollments::task_id.desc())
        .select(enrollments::task_id)
        .limit(most);
    ids.extend(theirs.load::<i64>(conn)?);
    let key = db::key(typed);
    // The address of a task may be that of someone outside of a scope; those inside were found as users above.
    if let (None, Some(after)) = (&basis.containers, db::after(&key)) {
        let open = tasks::removed_at.is_null().and(tasks::enrolled.lt(tasks::users));
        let emailed = tasks::emailed_to_key.ge(key).and(tasks::emailed_to_key.lt(after));
        let query = tasks::table.filter(open.and(emailed)).order((tasks::emailed_to_key, tasks::id)).limit(most);
        ids.extend(query.select(tasks::id).load::<i64>(conn)?);
    }
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids.dedup();
    let ids: Vec<TaskId> = ids.into_iter().map(TaskId).collect();
    let mut rows = history::of(conn, basis, &ids)?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.task.id));
    rows.truncate(usize::try_from(most).unwrap_or(0));
    Ok(rows)
}

/// The token with exactly this serial number, if it exists in scope. Stock without a container is everyone's.
pub fn token(conn: &mut AnyConn, who: &Who, serial: &str) -> Result<Option<Token>> {
    let token = by_serial(conn, serial)?;
    Ok(token.filter(|token| token.container.is_none_or(|container| who.scope.holds(container))))
}

/// The serial numbers, behind their keys, of the first tokens in scope of which this holds.
macro_rules! serials {
    ($conn:expr, $who:expr, $holds:expr, $most:expr) => {{
        let named = tokens::table
            .filter($holds)
            .order(tokens::serial_key)
            .limit($most)
            .select((tokens::serial_key, tokens::serial));
        match &$who.scope {
            Scope::All => named.load($conn)?,
            Scope::Containers(list) => {
                let ids: Vec<i64> = list.iter().map(|id| id.0).collect();
                named.filter(tokens::container_id.is_null().or(tokens::container_id.eq_any(ids))).load($conn)?
            }
        }
    }};
}

/// Tokens in scope whose serial number begins or ends so, by serial number.
pub fn tokens(conn: &mut AnyConn, who: &Who, key: &str, most: i64) -> Result<Vec<Token>> {
    let Some(after) = db::after(key) else { return Ok(Vec::new()) };
    let begins = tokens::serial_key.ge(key).and(tokens::serial_key.lt(after));
    let mut named: Vec<(String, String)> = serials!(conn, who, begins, most);
    if let Some(ends) = ends(key, "tokens") {
        named.extend::<Vec<(String, String)>>(serials!(conn, who, ends, most));
    }
    named.sort();
    named.dedup();
    named.truncate(usize::try_from(most).unwrap_or(0));
    let mut found = Vec::with_capacity(named.len());
    for (_, serial) in named {
        found.extend(by_serial(conn, &serial)?);
    }
    Ok(found)
}
