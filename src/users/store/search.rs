//! Searching users: every condition is a range of an index, or a walk along one.

use std::collections::HashMap;

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

/// So many rows are sorted here: asked to sort few of many, SQLite would rather walk an index past every user.
const FEW: i64 = 1_000;

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
    let total = count(conn, scope, search)?;
    let Some(query) = filtered(conn, scope, search)? else { return Ok((Vec::new(), 0)) };
    let rows = if total <= FEW && search.narrows() {
        let rows: Vec<Row> = query.load(conn)?;
        let rows = sorted(conn, scope, rows, order)?;
        let (skip, take) = (usize::try_from(offset).unwrap_or(0), usize::try_from(limit).unwrap_or(0));
        rows.into_iter().skip(skip).take(take).collect()
    } else if order.column == Column::Container {
        by_container(conn, scope, search, order.descending, offset, limit)?
    } else {
        walk(query, order).offset(offset).limit(limit).load(conn)?
    };
    Ok((with_containers(conn, rows)?, total))
}

/// Along the index of a column.
fn walk(query: Filtered, order: Order) -> Filtered {
    match (order.column, order.descending) {
        (Column::UserId | Column::Container, false) => query.order(users::user_id_key),
        (Column::UserId | Column::Container, true) => query.order(users::user_id_key.desc()),
        (Column::LastName, false) => query.order((users::last_name_key, users::first_name_key, users::id)),
        (Column::LastName, true) => {
            query.order((users::last_name_key.desc(), users::first_name_key.desc(), users::id.desc()))
        }
        (Column::Email, false) => query.order((users::email_key, users::id)),
        (Column::Email, true) => query.order((users::email_key.desc(), users::id.desc())),
    }
}

/// The same orders as those of the indexes: letters by their bytes.
fn sorted(conn: &mut AnyConn, scope: &Scope, mut rows: Vec<Row>, order: Order) -> Result<Vec<Row>> {
    let names: HashMap<i64, String> = match order.column {
        Column::Container => containers(conn, scope)?.into_iter().map(|(id, name)| (id.0, db::key(&name))).collect(),
        _ => HashMap::new(),
    };
    rows.sort_by(|a, b| {
        let ascending = match order.column {
            Column::UserId => a.user_id_key.cmp(&b.user_id_key),
            Column::LastName => {
                let (name, other) = ((&a.last_name_key, &a.first_name_key), (&b.last_name_key, &b.first_name_key));
                (name, a.id).cmp(&(other, b.id))
            }
            Column::Email => (&a.email_key, a.id).cmp(&(&b.email_key, b.id)),
            Column::Container => {
                (names.get(&a.container_id), &a.user_id_key).cmp(&(names.get(&b.container_id), &b.user_id_key))
            }
        };
        if order.descending { ascending.reverse() } else { ascending }
    });
    Ok(rows)
}

/// Goes through the containers by their names, so that each part of the list is a walk along an index.
fn by_container(
    conn: &mut AnyConn,
    scope: &Scope,
    search: &Search,
    descending: bool,
    offset: i64,
    limit: i64,
) -> Result<Vec<Row>> {
    let mut list = containers(conn, scope)?;
    if descending {
        list.reverse();
    }
    let order = Order { column: Column::UserId, descending };
    let (mut skip, mut found) = (offset, Vec::new());
    for (container, _) in list {
        let wanted = limit - i64::try_from(found.len()).unwrap_or(limit);
        if wanted <= 0 {
            break;
        }
        let Some(query) = filtered(conn, scope, search)? else { break };
        let here: i64 = query.filter(users::container_id.eq(container.0)).count().get_result(conn)?;
        if skip < here {
            let Some(query) = filtered(conn, scope, search)? else { break };
            let query = walk(query.filter(users::container_id.eq(container.0)), order);
            found.extend(query.offset(skip).limit(wanted).load::<Row>(conn)?);
        }
        skip = (skip - here).max(0);
    }
    Ok(found)
}

/// The rows of a search in a scope, by User ID.
///
/// # Errors
/// `Database` only.
pub fn ids(conn: &mut AnyConn, scope: &Scope, search: &Search) -> Result<Vec<UserId>> {
    let Some(query) = filtered(conn, scope, search)? else { return Ok(Vec::new()) };
    let mut keys: Vec<(String, i64)> = query.select((users::user_id_key, users::id)).load(conn)?;
    keys.sort();
    Ok(keys.into_iter().map(|(_, id)| UserId(id)).collect())
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
