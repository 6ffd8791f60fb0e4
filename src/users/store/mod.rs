//! Rows of users and containers.

use diesel::prelude::*;

use crate::{
    clock::Timestamp,
    db::{self, AnyConn},
    error::Result,
    ids::{ContainerId, UserId},
    operators::Scope,
    schema::{tokens, users},
    users::user::{Details, User},
};

mod containers;
pub mod import;
mod row;
pub mod search;
pub mod words;

use row::{Fields, IDS_A_STATEMENT, Row, with_containers};

pub use containers::{container, containers, insert_container};

/// Pairs of twins that are named at most: who has more has many of one kind, and names the first.
const MOST_TWINS: i64 = 50;

/// The user with this User ID, whatever the scope. Of two twins the one who has it letter by letter.
pub fn by_user_id(conn: &mut AnyConn, user_id: &str) -> Result<Option<User>> {
    let keys = db::keys(user_id);
    let mut rows: Vec<Row> = users::table.filter(users::user_id_key.eq_any(&keys)).load(conn)?;
    rows.sort_by_key(|row| keys.iter().position(|key| *key == row.user_id_key));
    rows.truncate(1);
    Ok(with_containers(conn, rows)?.pop())
}

/// The twins whose User IDs still are the same to everybody but the database: User IDs and containers of both.
pub fn twins(conn: &mut AnyConn, scope: &Scope) -> Result<Vec<(String, String)>> {
    let other = diesel::alias!(users as other);
    let pairs: Vec<((String, i64), (String, i64))> = users::table
        .inner_join(other.on(users::twin_of.eq(other.field(users::id).nullable())))
        .filter(users::twin_of.is_not_null())
        .order(users::id)
        .select((
            (users::user_id, users::container_id),
            (other.field(users::user_id), other.field(users::container_id)),
        ))
        .limit(MOST_TWINS)
        .load(conn)?;
    let same = |a: &str, b: &str| db::key(a) == db::key(b);
    Ok(pairs
        .into_iter()
        .filter(|((a, at), (b, bt))| scope.holds(ContainerId(*at)) && scope.holds(ContainerId(*bt)) && same(a, b))
        .map(|((a, _), (b, _))| (a, b))
        .collect())
}

/// The users of these rows, in the order of their User IDs.
pub fn by_ids(conn: &mut AnyConn, ids: &[UserId]) -> Result<Vec<User>> {
    let mut rows: Vec<Row> = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(IDS_A_STATEMENT) {
        let chunk: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        rows.extend(users::table.filter(users::id.eq_any(chunk)).load::<Row>(conn)?);
    }
    rows.sort_by(|a, b| a.user_id_key.cmp(&b.user_id_key));
    with_containers(conn, rows)
}

/// Other users of the same first and last name, by User ID.
pub fn namesakes(conn: &mut AnyConn, scope: &Scope, user: &User, limit: i64) -> Result<Vec<User>> {
    let mut query = users::table
        .filter(users::last_name_key.eq(db::key(&user.last_name)))
        .filter(users::first_name_key.eq(db::key(&user.first_name)))
        .filter(users::id.ne(user.id.0))
        .order(users::user_id_key)
        .limit(limit)
        .into_boxed();
    if let Scope::Containers(list) = scope {
        let list: Vec<i64> = list.iter().map(|container| container.0).collect();
        query = query.filter(users::container_id.eq_any(list));
    }
    let rows: Vec<Row> = query.load(conn)?;
    with_containers(conn, rows)
}

/// A new row; `Database` with a taken name if there is one with this User ID.
pub fn insert(conn: &mut AnyConn, now: Timestamp, details: &Details, container: ContainerId) -> Result<UserId> {
    let id: i64 = diesel::insert_into(users::table)
        .values((Fields::new(details, container, None), users::created_at.eq(now), users::version.eq(1)))
        .returning(users::id)
        .get_result(conn)?;
    words::insert(conn, &[(id, words::texts(details))])?;
    Ok(UserId(id))
}

/// Changes a row that is still as `user` was read; false if it no longer is. Another email address is noted with the time.
pub fn update(
    conn: &mut AnyConn,
    now: Timestamp,
    user: &User,
    details: &Details,
    container: ContainerId,
) -> Result<bool> {
    let row = users::table.filter(users::id.eq(user.id.0).and(users::version.eq(user.version)));
    let changed = diesel::update(row)
        .set((
            Fields::new(details, container, Some(user)),
            users::version.eq(user.version + 1),
            users::email_changed_at.eq(user.email_changed_at_with(details, now)),
        ))
        .execute(conn)?;
    words::replace(conn, &[(user.id.0, words::texts(details))])?;
    Ok(changed == 1)
}

/// Sets or clears the time since when the account is disabled; false if it was so already.
pub fn set_disabled(conn: &mut AnyConn, id: UserId, since: Option<Timestamp>) -> Result<bool> {
    let change = (users::disabled_at.eq(since), users::version.eq(users::version + 1));
    let row = users::table.filter(users::id.eq(id.0));
    let changed = if since.is_some() {
        diesel::update(row.filter(users::disabled_at.is_null())).set(change).execute(conn)?
    } else {
        diesel::update(row.filter(users::disabled_at.is_not_null())).set(change).execute(conn)?
    };
    Ok(changed == 1)
}

/// How many active tokens of which type (by its word) these users have.
pub fn active_tokens(conn: &mut AnyConn, ids: &[UserId]) -> Result<Vec<(UserId, String, i64)>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<(Option<i64>, String, i64)> = tokens::table
        .filter(tokens::user_id.eq_any(ids).and(tokens::state.eq(search::ACTIVE)))
        .group_by((tokens::user_id, tokens::authentication_type))
        .order((tokens::user_id, tokens::authentication_type))
        .select((tokens::user_id, tokens::authentication_type, diesel::dsl::count_star()))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(user, kind, n)| Some((UserId(user?), kind, n))).collect())
}
