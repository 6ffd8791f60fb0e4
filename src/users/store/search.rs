//! Searching users: every condition is a range of an index, or a walk along one.

use std::collections::{HashMap, HashSet};

use diesel::{dsl::exists, prelude::*, sql_types::Bool};

use crate::{
    db::{self, AnyConn, Total},
    error::Result,
    ids::{ContainerId, UserId},
    operators::Scope,
    schema::{tokens, user_words, users},
    text,
    users::{
        search::{AuthMethod, Column, Order, Search, State},
        slips,
        store::{Row, containers, with_containers},
        user::User,
        words::{self, Wanted},
    },
};

type Backend = <AnyConn as diesel::Connection>::Backend;
type Condition = Box<dyn BoxableExpression<users::table, Backend, SqlType = Bool>>;
type Filtered = users::BoxedQuery<'static, Backend>;

/// The state of a token whose one-time passwords are accepted (`tokens::TokenState::Active`).
pub const ACTIVE: &str = "Active";

/// What was typed, as an index can look it up: a range of keys, and a LIKE where a wildcard stands within.
struct Pattern {
    from: String,
    to: Option<String>,
    like: Option<String>,
}

impl Pattern {
    /// A key without `*` matches from the beginning.
    fn new(key: &str) -> Self {
        let from = key.split('*').next().unwrap_or_default().to_owned();
        let rest = &key[from.len()..];
        let like = (!rest.is_empty() && rest != "*").then(|| db::like(key));
        Pattern { to: db::after(&from), from, like }
    }
}

/// The condition that `$column` matches what was typed, as the key of that column.
macro_rules! begins {
    ($column:expr, $key:expr) => {{
        let Pattern { from, to, like } = Pattern::new(&$key);
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

/// The users of a search in a scope, from row `offset` on, and how many match. As few as are counted one by one are sorted
/// here: asked to sort few of many, SQLite would rather walk an index past every user.
pub fn page(
    conn: &mut AnyConn,
    scope: &Scope,
    search: &Search,
    order: Order,
    offset: i64,
    limit: i64,
) -> Result<(Vec<User>, Total)> {
    let Some(query) = filtered(conn, scope, search)? else { return Ok((Vec::new(), Total::default())) };
    let total = crate::total!(conn, query.select(users::id))?;
    let Some(query) = filtered(conn, scope, search)? else { return Ok((Vec::new(), Total::default())) };
    let rows = if !total.more && search.narrows() {
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
pub fn ids(conn: &mut AnyConn, scope: &Scope, search: &Search) -> Result<Vec<UserId>> {
    let Some(query) = filtered(conn, scope, search)? else { return Ok(Vec::new()) };
    let mut keys: Vec<(String, i64)> = query.select((users::user_id_key, users::id)).load(conn)?;
    keys.sort();
    Ok(keys.into_iter().map(|(_, id)| UserId(id)).collect())
}

/// How many users a search finds in a scope.
pub fn count(conn: &mut AnyConn, scope: &Scope, search: &Search) -> Result<i64> {
    let Some(query) = filtered(conn, scope, search)? else { return Ok(0) };
    Ok(query.count().get_result(conn)?)
}

/// True if more users are in a scope than are counted.
pub fn are_many(conn: &mut AnyConn, scope: &Scope) -> Result<bool> {
    let Scope::Containers(list) = scope else { return Ok(true) };
    let list: Vec<i64> = list.iter().map(|id| id.0).collect();
    Ok(crate::total!(conn, users::table.filter(users::container_id.eq_any(list)).select(users::id))?.more)
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
        query = query.filter(begins!(users::user_id_key, db::key(&search.user_id)));
    }
    if !search.last_name.is_empty() {
        query = query.filter(begins!(users::last_name_key, text::folded(&search.last_name)));
    }
    if !search.email.is_empty() {
        query = query.filter(begins!(users::email_key, db::key(&search.email)));
    }
    if search.q.contains('*') {
        query = query.filter(anywhere(&search.q));
    } else if !search.q.is_empty() {
        let wanted = words::wanted(&search.q);
        if wanted.is_empty() {
            return Ok(None);
        }
        let alone = wanted.len() == 1;
        for ways in wanted {
            query = having(conn, query, &ways, alone)?;
        }
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

/// The condition that a word is in this range.
macro_rules! within {
    ($range:expr) => {{
        let (from, to): (String, String) = $range;
        user_words::word.ge(from).and(user_words::word.lt(to))
    }};
}

/// Those of `query` who have a word that is one of these. Written out by their number, since diesel puts no condition of a
/// dynamic kind into a subquery that both databases take; the last of more ways than that are no loss. Where many users have
/// such a word, and no other narrows the list, its users are asked for it one after the other until the page is full.
fn having(conn: &mut AnyConn, query: Filtered, ways: &[Wanted], alone: bool) -> Result<Filtered> {
    let range = |way: &Wanted| match way {
        // No word holds a control character: this range holds the word and nothing behind it.
        Wanted::Whole(word) => (word.clone(), format!("{word}\u{1}")),
        Wanted::Beginning(from) => (from.clone(), db::after(from).unwrap_or_else(|| format!("{from}\u{10FFFF}"))),
    };
    let words = || user_words::table.select(user_words::user_id);
    let mut holders = Total::default();
    for way in ways.iter().filter(|_| alone) {
        holders = holders.plus(crate::total!(conn, words().filter(within!(range(way))))?);
    }
    if holders.more {
        let asked = |way: &Wanted| -> Condition {
            Box::new(exists(user_words::table.filter(user_words::user_id.eq(users::id)).filter(within!(range(way)))))
        };
        let all = ways.iter().map(asked).reduce(|all, way| Box::new(all.or(way)));
        return Ok(all.into_iter().fold(query, Filtered::filter));
    }
    Ok(match ways {
        [] => query,
        [a] => query.filter(users::id.eq_any(words().filter(within!(range(a))))),
        [a, b] => query.filter(users::id.eq_any(words().filter(within!(range(a)).or(within!(range(b)))))),
        [a, rest @ ..] => {
            let [b, c, d, e] = [0, 1, 2, 3].map(|n| range(rest.get(n).unwrap_or(a)));
            let first = within!(range(a)).or(within!(b)).or(within!(c));
            query.filter(users::id.eq_any(words().filter(first.or(within!(d)).or(within!(e)))))
        }
    })
}

/// With a wildcard: User ID, last name, first name or email is so.
fn anywhere(typed: &str) -> Condition {
    let (key, folded) = (db::key(typed), text::folded(typed));
    let mut condition = begins!(users::user_id_key, key);
    condition = Box::new(condition.or(begins!(users::last_name_key, folded)));
    condition = Box::new(condition.or(begins!(users::first_name_key, folded)));
    Box::new(condition.or(begins!(users::email_key, key)))
}

/// Words that are looked at for a slip, and those that are named: a person reads three, and who is out of scope is among
/// the others.
const MOST_NEAR: i64 = 500;
const MOST_MEANT: usize = 3;

/// What may have been meant by a search that found nobody: each of its words in turn with one slip mended, where somebody
/// in scope has that word and the others begin so.
pub fn meant(conn: &mut AnyConn, scope: &Scope, search: &Search) -> Result<Vec<String>> {
    let typed = words::typed_words(&search.q);
    let mut list = Vec::new();
    for at in 0..typed.len() {
        let near = slips::one_slip(&text::folded(&typed[at]));
        if near.is_empty() || search.q.contains('*') {
            continue;
        }
        let mut holders: Vec<(String, i64)> = user_words::table
            .filter(user_words::word.eq_any(&near))
            .order((user_words::word, user_words::user_id))
            .select((user_words::word, user_words::user_id))
            .limit(MOST_NEAR)
            .load(conn)?;
        let named = users::table.filter(users::user_id_key.eq_any(&near)).select((users::user_id_key, users::id));
        holders.extend(named.load::<(String, i64)>(conn)?);
        let with = |word: &str| {
            let words = typed.iter().enumerate().map(|(n, other)| if n == at { word } else { other.as_str() });
            words.collect::<Vec<_>>().join(" ")
        };
        let others = Search { q: with("").trim().to_owned(), ..search.clone() };
        let Some(query) = filtered(conn, scope, &others)? else { continue };
        let ids: Vec<i64> = holders.iter().map(|(_, id)| *id).collect();
        let inside: HashSet<i64> =
            query.filter(users::id.eq_any(ids)).select(users::id).load(conn)?.into_iter().collect();
        list.extend(holders.iter().filter(|(_, id)| inside.contains(id)).map(|(word, _)| with(word)));
    }
    list.dedup();
    list.truncate(MOST_MEANT);
    Ok(list)
}
