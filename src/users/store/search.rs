//! Searching users: every condition is a range of an index, or a walk along one.

use diesel::{dsl::exists, prelude::*, sql_types::Bool};

use crate::{
    db::{self, AnyConn},
    error::Result,
    ids::{ContainerId, UserId},
    operators::Scope,
    schema::{tokens, users},
    users::{
        search::{AuthMethod, Column, Order, Search, State},
        store::{Row, containers, with_containers},
        user::User,
    },
};

type Backend = <AnyConn as diesel::Connection>::Backend;
type Condition = Box<dyn BoxableExpression<users::table, Backend, SqlType = Bool>>;
type Filtered = users::BoxedQuery<'static, Backend>;

/// The state of a token whose one-time passwords are accepted (`tokens::TokenState::Active`).
pub const ACTIVE: &str = "Active";

/// Two words may be a first and a last name; beyond so many nobody types a name.
const MOST_WORDS: usize = 4;

/// What was typed, as an index can look it up: a range of keys, and a LIKE where a wildcard stands within.
struct Pattern {
    from: String,
    to: Option<String>,
    like: Option<String>,
}

impl Pattern {
    /// Text without `*` matches from the beginning.
    fn new(typed: &str) -> Self {
        let key = db::key(typed);
        let from = key.split('*').next().unwrap_or_default().to_owned();
        let rest = &key[from.len()..];
        let like = (!rest.is_empty() && rest != "*").then(|| db::like(&key));
        Pattern { to: db::after(&from), from, like }
    }
}

/// The condition that `$column` matches what was typed.
macro_rules! begins {
    ($column:expr, $typed:expr) => {{
        let Pattern { from, to, like } = Pattern::new($typed);
        let mut condition: Condition = Box::new($column.ge(from));
        if let Some(to) = to {
            condition = Box::new(condition.and($column.lt(to)));
        }
        if let Some(like) = like {
            condition = Box::new(condition.and($column.like(like).escape('\\')));
        }
        condition
    }};
}

/// The users of a search in a scope, from row `offset` on, and how many there are in all.
///
/// # Errors
/// `Database` only.
pub fn page(
    conn: &mut AnyConn,
    scope: &Scope,
    search: &Search,
    order: Order,
    offset: i64,
    limit: i64,
) -> Result<(Vec<User>, i64)> {
    if order.column == Column::Container {
        return page_by_container(conn, scope, search, order.descending, offset, limit);
    }
    let total = count(conn, scope, search)?;
    let Some(query) = filtered(conn, scope, search)? else { return Ok((Vec::new(), 0)) };
    let query = match (order.column, order.descending) {
        (Column::UserId | Column::Container, false) => query.order(users::user_id_key),
        (Column::UserId | Column::Container, true) => query.order(users::user_id_key.desc()),
        (Column::LastName, false) => query.order((users::last_name_key, users::first_name_key, users::id)),
        (Column::LastName, true) => {
            query.order((users::last_name_key.desc(), users::first_name_key.desc(), users::id.desc()))
        }
        (Column::Email, false) => query.order((users::email_key, users::id)),
        (Column::Email, true) => query.order((users::email_key.desc(), users::id.desc())),
    };
    let rows: Vec<Row> = query.offset(offset).limit(limit).load(conn)?;
    Ok((with_containers(conn, rows)?, total))
}

/// Goes through the containers by their names, so that each part of the list is a walk along an index.
fn page_by_container(
    conn: &mut AnyConn,
    scope: &Scope,
    search: &Search,
    descending: bool,
    offset: i64,
    limit: i64,
) -> Result<(Vec<User>, i64)> {
    let mut list = containers(conn, scope)?;
    if descending {
        list.reverse();
    }
    let (mut total, mut skip, mut found) = (0, offset, Vec::new());
    for (container, _) in list {
        let Some(query) = filtered(conn, scope, search)? else { return Ok((Vec::new(), 0)) };
        let here: i64 = query.filter(users::container_id.eq(container.0)).count().get_result(conn)?;
        total += here;
        let wanted = limit - i64::try_from(found.len()).unwrap_or(limit);
        if skip < here && wanted > 0 {
            let Some(query) = filtered(conn, scope, search)? else { return Ok((Vec::new(), 0)) };
            let query = query.filter(users::container_id.eq(container.0));
            let query =
                if descending { query.order(users::user_id_key.desc()) } else { query.order(users::user_id_key) };
            found.extend(query.offset(skip).limit(wanted).load::<Row>(conn)?);
        }
        skip = (skip - here).max(0);
    }
    Ok((with_containers(conn, found)?, total))
}

/// The rows of a search in a scope, by User ID.
///
/// # Errors
/// `Database` only.
pub fn ids(conn: &mut AnyConn, scope: &Scope, search: &Search) -> Result<Vec<UserId>> {
    let Some(query) = filtered(conn, scope, search)? else { return Ok(Vec::new()) };
    let ids: Vec<i64> = query.order(users::user_id_key).select(users::id).load(conn)?;
    Ok(ids.into_iter().map(UserId).collect())
}

/// How many users a search finds in a scope.
///
/// # Errors
/// `Database` only.
pub fn count(conn: &mut AnyConn, scope: &Scope, search: &Search) -> Result<i64> {
    let Some(query) = filtered(conn, scope, search)? else { return Ok(0) };
    Ok(query.count().get_result(conn)?)
}

/// The conditions of a search; `None` if it names a container that does not exist for this scope.
fn filtered(conn: &mut AnyConn, scope: &Scope, search: &Search) -> Result<Option<Filtered>> {
    let mut query = users::table.into_boxed::<Backend>();
    let named = if search.container.is_empty() {
        None
    } else {
        let found = super::container(conn, &search.container)?.filter(|id| scope.holds(*id));
        let Some(container) = found else { return Ok(None) };
        Some(container)
    };
    match (named, scope) {
        (Some(ContainerId(container)), _) => query = query.filter(users::container_id.eq(container)),
        (None, Scope::All) => {}
        (None, Scope::Containers(list)) => {
            let list: Vec<i64> = list.iter().map(|id| id.0).collect();
            query = query.filter(users::container_id.eq_any(list));
        }
    }
    query = match search.state {
        State::Enabled => query.filter(users::disabled_at.is_null()),
        State::Disabled => query.filter(users::disabled_at.is_not_null()),
        State::Any => query,
    };
    if !search.user_id.is_empty() {
        query = query.filter(begins!(users::user_id_key, &search.user_id));
    }
    if !search.last_name.is_empty() {
        query = query.filter(begins!(users::last_name_key, &search.last_name));
    }
    if !search.email.is_empty() {
        query = query.filter(begins!(users::email_key, &search.email));
    }
    if !search.q.is_empty() {
        query = query.filter(anywhere(&search.q));
    }
    let active = tokens::state.eq(ACTIVE);
    Ok(Some(match &search.auth_method {
        AuthMethod::Any => query,
        AuthMethod::None => query.filter(diesel::dsl::not(exists(
            tokens::table.filter(tokens::user_id.eq(users::id.nullable()).and(active)),
        ))),
        AuthMethod::Type(word) => query.filter(users::id.nullable().eq_any(
            tokens::table.filter(tokens::authentication_type.eq(word.clone()).and(active)).select(tokens::user_id),
        )),
    }))
}

/// User ID, last name, first name or email begins with it; or it is a first and a last name, either way round.
fn anywhere(typed: &str) -> Condition {
    let mut condition = begins!(users::user_id_key, typed);
    condition = Box::new(condition.or(begins!(users::last_name_key, typed)));
    condition = Box::new(condition.or(begins!(users::first_name_key, typed)));
    condition = Box::new(condition.or(begins!(users::email_key, typed)));
    let words: Vec<&str> = typed.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    for at in 1..words.len().min(MOST_WORDS) {
        let (first, second) = (words[..at].join(" "), words[at..].join(" "));
        let name = begins!(users::last_name_key, &second).and(begins!(users::first_name_key, &first));
        let turned = begins!(users::last_name_key, &first).and(begins!(users::first_name_key, &second));
        condition = Box::new(condition.or(name).or(turned));
    }
    condition
}
