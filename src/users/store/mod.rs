//! Rows of users and containers.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::{
    clock::Timestamp,
    db::{self, AnyConn},
    error::Result,
    ids::{ContainerId, UserId},
    operators::Scope,
    schema::{containers, tokens, users},
    text,
    users::{
        user::{Details, User},
        words::Texts,
    },
};

pub mod import;
pub mod search;
pub mod words;

/// Ids in one statement.
const IDS_A_STATEMENT: usize = 2_000;

/// Pairs of twins that are named at most: who has more has many of one kind, and names the first.
const MOST_TWINS: i64 = 50;

#[derive(Queryable)]
struct Row {
    id: i64,
    user_id: String,
    user_id_key: String,
    last_name: String,
    last_name_key: String,
    first_name: String,
    first_name_key: String,
    email: String,
    email_key: String,
    mobile: String,
    container_id: i64,
    custom1: String,
    custom2: String,
    custom3: String,
    disabled_at: Option<Timestamp>,
    created_at: Timestamp,
    version: i64,
    email_changed_at: Option<Timestamp>,
    _keyed: bool,
    twin_of: Option<i64>,
}

impl Row {
    fn user(self, container_name: String) -> User {
        User {
            id: UserId(self.id),
            user_id: self.user_id,
            last_name: self.last_name,
            first_name: self.first_name,
            email: self.email,
            mobile: self.mobile,
            container: ContainerId(self.container_id),
            container_name,
            custom: [self.custom1, self.custom2, self.custom3],
            disabled_at: self.disabled_at,
            created_at: self.created_at,
            version: self.version,
            email_changed_at: self.email_changed_at,
            twin_of: self.twin_of.map(UserId),
        }
    }

    /// What the user is found by.
    fn texts(&self) -> Texts<'_> {
        Texts {
            user_id: &self.user_id,
            names: [&self.last_name, &self.first_name],
            email: &self.email,
            mobile: &self.mobile,
            custom: [&self.custom1, &self.custom2, &self.custom3],
        }
    }
}

/// The key of a User ID that a user keeps or gets: a twin who keeps the User ID keeps the key.
fn kept_key(user: Option<&User>, user_id: &str) -> (String, Option<i64>) {
    match user.filter(|user| user.user_id == user_id) {
        Some(User { twin_of: Some(other), .. }) => (text::key_as_written(user_id), Some(other.0)),
        _ => (db::key(user_id), None),
    }
}

/// What a form or a file can change, with the keys that go with it.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = users)]
struct Fields<'a> {
    user_id: &'a str,
    user_id_key: String,
    last_name: &'a str,
    last_name_key: String,
    first_name: &'a str,
    first_name_key: String,
    email: &'a str,
    email_key: String,
    mobile: &'a str,
    container_id: i64,
    custom1: &'a str,
    custom2: &'a str,
    custom3: &'a str,
    keyed: bool,
    #[diesel(treat_none_as_null = true)]
    twin_of: Option<i64>,
}

impl<'a> Fields<'a> {
    /// The fields of a new user, or those that `user` is to have.
    fn new(details: &'a Details, container: ContainerId, user: Option<&User>) -> Self {
        let (user_id_key, twin_of) = kept_key(user, details.user_id.as_str());
        Fields {
            user_id: details.user_id.as_str(),
            user_id_key,
            keyed: true,
            twin_of,
            last_name: details.last_name.as_str(),
            last_name_key: text::folded(details.last_name.as_str()),
            first_name: details.first_name.as_str(),
            first_name_key: text::folded(details.first_name.as_str()),
            email: details.email.as_str(),
            email_key: db::key(details.email.as_str()),
            mobile: details.mobile.as_str(),
            container_id: container.0,
            custom1: details.custom[0].as_str(),
            custom2: details.custom[1].as_str(),
            custom3: details.custom[2].as_str(),
        }
    }
}

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

/// Adds the names of the containers.
fn with_containers(conn: &mut AnyConn, rows: Vec<Row>) -> Result<Vec<User>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let names: HashMap<i64, String> =
        containers::table.select((containers::id, containers::name)).load(conn)?.into_iter().collect();
    Ok(rows
        .into_iter()
        .map(|row| {
            let name = names.get(&row.container_id).cloned().unwrap_or_default();
            row.user(name)
        })
        .collect())
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

/// The containers of a scope: row and name, by name.
pub fn containers(conn: &mut AnyConn, scope: &Scope) -> Result<Vec<(ContainerId, String)>> {
    let all: Vec<(i64, String)> =
        containers::table.order(containers::name_key).select((containers::id, containers::name)).load(conn)?;
    Ok(all.into_iter().map(|(id, name)| (ContainerId(id), name)).filter(|(id, _)| scope.holds(*id)).collect())
}

/// The container of this name, whatever the scope.
pub fn container(conn: &mut AnyConn, name: &str) -> Result<Option<ContainerId>> {
    let keys = db::keys(name);
    let mut rows: Vec<(String, i64)> = containers::table
        .filter(containers::name_key.eq_any(&keys))
        .select((containers::name_key, containers::id))
        .load(conn)?;
    rows.sort_by_key(|(known, _)| keys.iter().position(|key| key == known));
    Ok(rows.first().map(|(_, id)| ContainerId(*id)))
}

/// A new container.
///
/// # Errors
/// `Database`, with a taken name if there is one of this name.
pub fn insert_container(conn: &mut AnyConn, now: Timestamp, name: &str) -> Result<ContainerId> {
    let id: i64 = diesel::insert_into(containers::table)
        .values((containers::name.eq(name), containers::name_key.eq(db::key(name)), containers::created_at.eq(now)))
        .returning(containers::id)
        .get_result(conn)?;
    Ok(ContainerId(id))
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
