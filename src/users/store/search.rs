//! Searching users: every condition is a range of an index, or a walk along one.

use std::collections::{HashMap, HashSet};

use diesel::{
    dsl::{exists, sql},
    prelude::*,
    sql_types::{BigInt, Bool},
};

use crate::{
    db::{
        self, AnyConn, Begin, Span, Total,
        total::{CAP, are_few},
    },
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
        words,
    },
};

mod having;

use having::{Backend, Condition, Filtered};

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

/// The users of a span of a search in a scope, and how many match. As few as are counted one by one are sorted
/// here: asked to sort few of many, SQLite would rather walk an index past every user.
pub fn page(
    conn: &mut AnyConn,
    scope: &Scope,
    search: &Search,
    order: Order,
    span: impl Into<Span>,
) -> Result<(Vec<User>, Total)> {
    let span = span.into();
    let Some(query) = filtered(conn, scope, search)? else { return Ok((Vec::new(), Total::default())) };
    let total = match of_a_word(conn, scope, search)? {
        Some(total) => total,
        None => crate::total!(conn, query.select(users::id))?,
    };
    // An index of the containers has not the order of the list.
    let walks = total.more;
    let found = if walks { walked(conn, scope, search, order)? } else { filtered(conn, scope, search)? };
    let Some(query) = found else { return Ok((Vec::new(), Total::default())) };
    let rows = if !total.more && search.narrows() {
        let rows: Vec<Row> = query.load(conn)?;
        let rows = sorted(conn, scope, rows, order)?;
        // Few have numbered pages only.
        let numbered = matches!(span.begin, Begin::Row(_));
        let skip = if numbered { usize::try_from(span.offset()).unwrap_or(0) } else { usize::MAX };
        rows.into_iter().skip(skip).take(usize::try_from(span.limit).unwrap_or(0)).collect()
    } else if order.column == Column::Container {
        by_container(conn, scope, search, order.descending, span)?
    } else {
        span.in_order(walk(query, scope, order, span).load(conn)?)
    };
    Ok((with_containers(conn, rows)?, total))
}

/// A span along the index of a column.
fn walk(mut query: Filtered, scope: &Scope, order: Order, span: Span) -> Filtered {
    let Order { column, descending } = order;
    let key: &[&str] = match column {
        Column::UserId | Column::Container => &["user_id_key"],
        Column::LastName => &["last_name_key", "first_name_key"],
        Column::Email => &["email_key"],
    };
    let seen = match scope {
        Scope::All => "1 = 1".to_owned(),
        Scope::Containers(list) if list.is_empty() => "1 = 0".to_owned(),
        Scope::Containers(list) => {
            let list: Vec<String> = list.iter().map(ToString::to_string).collect();
            format!("a.container_id IN ({})", list.join(", "))
        }
    };
    if let Some(beyond) = span.beyond("users", key, descending, &seen) {
        query = query.filter(sql::<Bool>(&format!("({beyond})")));
    }
    let query = query.offset(span.offset()).limit(span.limit);
    match (column, descending != span.backwards()) {
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

/// Goes through the containers by their names, so that each span of the list is a walk along an index.
fn by_container(conn: &mut AnyConn, scope: &Scope, search: &Search, descending: bool, span: Span) -> Result<Vec<Row>> {
    let mut list: Vec<i64> = containers(conn, scope)?.into_iter().map(|(id, _)| id.0).collect();
    if descending != span.backwards() {
        list.reverse();
    }
    if let Some(anchor) = span.anchor() {
        // Those before the container of the row that the span begins at are passed over.
        let begin: Option<i64> = users::table.find(anchor).select(users::container_id).first(conn).optional()?;
        let Some(begin) = begin.and_then(|begin| list.iter().position(|one| *one == begin)) else {
            return Ok(Vec::new());
        };
        list.drain(..begin);
    }
    let order = Order { column: Column::UserId, descending };
    let (mut skip, mut found) = (span.offset(), Vec::new());
    for (n, container) in list.into_iter().enumerate() {
        let limit = span.limit - i64::try_from(found.len()).unwrap_or(span.limit);
        if limit <= 0 {
            break;
        }
        let here = |conn: &mut AnyConn| {
            Ok::<_, crate::error::Error>(
                filtered(conn, scope, search)?.map(|query| query.filter(users::container_id.eq(container))),
            )
        };
        let begin = match span.begin {
            Begin::Row(_) => Begin::Row(skip),
            _ if n == 0 => span.begin,
            _ if span.backwards() => Begin::End,
            _ => Begin::Row(0),
        };
        let Some(query) = here(conn)? else { break };
        found.extend(walk(query, scope, order, Span { begin, limit }).load::<Row>(conn)?);
        if skip > 0 {
            let Some(query) = here(conn)? else { break };
            // As far as rows are counted there are numbered pages.
            let count = crate::total!(conn, query.select(users::id))?;
            skip = if count.more { 0 } else { (skip - count.rows).max(0) };
        }
    }
    Ok(span.in_order(found))
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
    // SQLite would rather read all users of containers that hold many than the few that a word, a name or an address finds.
    let words = !search.q.is_empty() && !search.q.contains('*');
    let finds = words || !search.last_name.is_empty() || !search.email.is_empty();
    let sought = !(finds && are_many(conn, scope)?);
    conditions(conn, scope, search, sought)
}

/// The same for a walk along the index of an order: that of a container has the order of the User IDs only.
fn walked(conn: &mut AnyConn, scope: &Scope, search: &Search, order: Order) -> Result<Option<Filtered>> {
    let by_id = matches!(order.column, Column::UserId | Column::Container);
    conditions(conn, scope, search, by_id && !search.container.is_empty())
}

/// `sought`: the containers are offered to an index.
fn conditions(conn: &mut AnyConn, scope: &Scope, search: &Search, sought: bool) -> Result<Option<Filtered>> {
    let mut query = users::table.into_boxed::<Backend>();
    let named = if search.container.is_empty() {
        None
    } else {
        let found = super::container(conn, &search.container)?.filter(|id| scope.holds(*id));
        let Some(container) = found else { return Ok(None) };
        Some(container)
    };
    match (named, scope) {
        (Some(ContainerId(container)), _) if sought => query = query.filter(users::container_id.eq(container)),
        (Some(ContainerId(container)), _) => {
            query = query.filter(db::unindexed::<BigInt>("users.container_id").eq(container));
        }
        (None, Scope::All) => {}
        (None, Scope::Containers(list)) => {
            let list: Vec<i64> = list.iter().map(|id| id.0).collect();
            query = match sought {
                true => query.filter(users::container_id.eq_any(list)),
                false => query.filter(db::unindexed::<BigInt>("users.container_id").eq_any(list)),
            };
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
        query = having::all(conn, query, &wanted)?;
    }
    let active = tokens::state.eq(ACTIVE);
    Ok(Some(match &search.auth_method {
        AuthMethod::Any => query,
        AuthMethod::None => query.filter(diesel::dsl::not(exists(
            tokens::table.filter(tokens::user_id.eq(users::id.nullable()).and(active)),
        ))),
        AuthMethod::Type(word) => {
            let of_type = tokens::table.filter(tokens::authentication_type.eq(word.clone()).and(active));
            // Few are looked up; if many have one, each user is asked until the page is full.
            match crate::total!(conn, of_type.clone().select(tokens::id))?.more {
                true => query.filter(exists(of_type.filter(tokens::user_id.eq(users::id.nullable())))),
                false => query.filter(users::id.nullable().eq_any(of_type.select(tokens::user_id))),
            }
        }
    }))
}

/// Holders of one word who are looked at to count those of them that match: more than are counted, since some are disabled or
/// out of scope.
const LOOKED_AT: i64 = 4 * (CAP + 1);

/// That more than are counted match a search for one word, if the first who have it show it: asking one user after the other
/// would pass all who have not. `None` if it has to be counted.
fn of_a_word(conn: &mut AnyConn, scope: &Scope, search: &Search) -> Result<Option<Total>> {
    let wanted = if search.q.contains('*') { Vec::new() } else { words::wanted(&search.q) };
    let [ways] = wanted.as_slice() else { return Ok(None) };
    let ids = having::first(conn, ways, LOOKED_AT)?;
    if are_few(&ids) {
        return Ok(None);
    }
    let others = Search { q: String::new(), ..search.clone() };
    let Some(query) = filtered(conn, scope, &others)? else { return Ok(None) };
    let total = crate::total!(conn, query.filter(users::id.eq_any(ids)).select(users::id))?;
    Ok(total.more.then_some(total))
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
