//! Lists of tokens: every condition is a range of an index, or a walk along one.

use std::collections::HashMap;

use diesel::{
    dsl::{AsExprOf, exists, sql},
    expression::{SqlLiteral, UncheckedBind},
    prelude::*,
    sql_types::{Bool, Nullable, Text},
};

use super::{Row, StoredToken};
use crate::{
    db::{self, AnyConn, Span, Total},
    error::{Error, Result},
    ids::{ContainerId, UserId},
    operators::Scope,
    schema::{tokens, users},
    tokens::{
        inventory::{Column, Search},
        token::{Token, TokenState, serial_key},
    },
};

type Backend = <AnyConn as diesel::Connection>::Backend;
type Filtered = tokens::BoxedQuery<'static, Backend>;
type Condition = Box<dyn BoxableExpression<tokens::table, Backend, SqlType = diesel::sql_types::Nullable<Bool>>>;

/// The tokens of a span of a search in a scope. `container`: the one that the search names.
pub fn page(
    conn: &mut AnyConn,
    scope: &Scope,
    search: &Search,
    container: Option<ContainerId>,
    span: impl Into<Span>,
) -> Result<Vec<Token>> {
    let span = span.into();
    let wide = Wide::of(conn, scope, search)?;
    let mut query = filtered(scope, search, container, search.state, &wide).offset(span.offset()).limit(span.limit);
    let key: &[&str] = if search.order.column == Column::Serial { &["serial_key"] } else { &[] };
    // Where it lies in the order of serial numbers, a token out of scope would tell.
    let seen = match scope {
        Scope::All => "1 = 1".to_owned(),
        Scope::Containers(list) => seen_in(list),
    };
    if let Some(beyond) = span.beyond("tokens", key, search.order.descending, &seen) {
        query = query.filter(sql::<Nullable<Bool>>(&format!("({beyond})")));
    }
    let query = match (search.order.column, search.order.descending != span.backwards()) {
        (Column::Serial, false) => query.order(tokens::serial_key),
        (Column::Serial, true) => query.order(tokens::serial_key.desc()),
        (Column::Added, false) => query.order(tokens::id),
        (Column::Added, true) => query.order(tokens::id.desc()),
    };
    let rows: Vec<Row> = query.load(conn)?;
    span.in_order(rows).into_iter().map(|row| StoredToken::try_from(row).map(|held| held.token)).collect()
}

/// The condition that the token `a` exists in these containers; stock of no container is everyone's.
fn seen_in(containers: &[ContainerId]) -> String {
    let list: Vec<String> = containers.iter().map(ToString::to_string).collect();
    let list = if list.is_empty() { "NULL".to_owned() } else { list.join(", ") };
    let container = "COALESCE((SELECT u.container_id FROM users u WHERE u.id = a.user_id), a.container_id)";
    format!("(a.user_id IS NULL AND a.container_id IS NULL OR {container} IN ({list}))")
}

/// How many tokens of a search are in each state, whichever the search names.
pub fn counts(
    conn: &mut AnyConn,
    scope: &Scope,
    search: &Search,
    container: Option<ContainerId>,
) -> Result<Vec<(TokenState, Total)>> {
    let wide = Wide::of(conn, scope, search)?;
    TokenState::ALL
        .into_iter()
        .map(|state| {
            let matching = filtered(scope, search, container, Some(state), &wide);
            Ok((state, crate::total!(conn, matching.select(tokens::id))?))
        })
        .collect()
}

/// The token of this serial number (as a key).
///
/// # Errors
/// `Database`, or `Internal` for a row that makes no sense.
pub fn one(conn: &mut AnyConn, serial_key: &str) -> Result<Option<StoredToken>> {
    let row: Option<Row> = tokens::table.filter(tokens::serial_key.eq(serial_key)).first(conn).optional()?;
    row.map(StoredToken::try_from).transpose()
}

/// The states of the tokens of these serial numbers, and who has them, by the keys of the serial numbers.
///
/// # Errors
/// `Internal` for a row that makes no sense.
pub fn holders(conn: &mut AnyConn, serials: &[&str]) -> Result<HashMap<String, (TokenState, Option<UserId>)>> {
    let mut keys: Vec<String> = serials.iter().map(|serial| serial_key(serial)).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut holders = HashMap::new();
    for chunk in keys.chunks(db::ROWS_A_STATEMENT) {
        let rows: Vec<(String, String, Option<i64>)> = tokens::table
            .filter(tokens::serial_key.eq_any(chunk))
            .select((tokens::serial_key, tokens::state, tokens::user_id))
            .load(conn)?;
        for (key, word, user) in rows {
            let state = TokenState::from_code(&word)
                .ok_or_else(|| Error::Internal(format!("a token has the unknown state {word}")))?;
            holders.insert(key, (state, user.map(UserId)));
        }
    }
    Ok(holders)
}

/// Which of these serial numbers (as keys) are there; of each, whether its token is in the scope.
pub fn known(conn: &mut AnyConn, scope: &Scope, keys: &[String]) -> Result<HashMap<String, bool>> {
    let mut known = HashMap::new();
    for chunk in keys.chunks(db::ROWS_A_STATEMENT) {
        let of_chunk = || {
            tokens::table.filter(tokens::serial_key.eq_any(chunk)).select(tokens::serial_key).into_boxed::<Backend>()
        };
        let found: Vec<String> = of_chunk().load(conn)?;
        known.extend(found.into_iter().map(|key| (key, *scope == Scope::All)));
        if let Scope::Containers(list) = scope {
            let inside: Vec<String> = of_chunk().filter(within(list, true, false)).load(conn)?;
            known.extend(inside.into_iter().map(|key| (key, true)));
        }
    }
    Ok(known)
}

/// How many tokens each of these users has that are, or may become, of use to them; who has none is not in it.
pub fn held_by(conn: &mut AnyConn, users: &[UserId]) -> Result<HashMap<UserId, i64>> {
    let states = [TokenState::Assigned, TokenState::Active, TokenState::Suspended, TokenState::Locked];
    let mut held = HashMap::new();
    for chunk in users.chunks(db::ROWS_A_STATEMENT) {
        let rows: Vec<(Option<i64>, i64)> = tokens::table
            .filter(tokens::user_id.eq_any(chunk.iter().map(|user| user.0)))
            .filter(tokens::state.eq_any(states.map(TokenState::code)))
            .group_by(tokens::user_id)
            .select((tokens::user_id, diesel::dsl::count_star()))
            .load(conn)?;
        held.extend(rows.into_iter().filter_map(|(user, count)| Some((UserId(user?), count))));
    }
    Ok(held)
}

/// What more than are counted match: it is asked of one token after the other, and not looked up.
struct Wide {
    /// Users in the scope, see [`within`].
    scope: bool,
    /// Users whose User ID begins so.
    users: bool,
    /// Tokens whose serial number begins so.
    serials: bool,
    /// Tokens of the kind, whatever their state: no index of these has an order.
    kind: bool,
}

impl Wide {
    fn of(conn: &mut AnyConn, scope: &Scope, search: &Search) -> Result<Self> {
        let users = match user_range(search) {
            Some((from, to)) => {
                let range = users::user_id_key.ge(from).and(users::user_id_key.lt(to));
                crate::total!(conn, users::table.filter(range).select(users::id))?.more
            }
            None => false,
        };
        let serials = match serial_range(search) {
            Some((from, to)) => {
                let range = tokens::serial_key.ge(from).and(tokens::serial_key.lt(to));
                crate::total!(conn, tokens::table.filter(range).select(tokens::id))?.more
            }
            None => false,
        };
        let kind = match search.kind {
            Some(kind) => {
                let of_kind = tokens::table.filter(tokens::authentication_type.eq(kind.code()));
                crate::total!(conn, of_kind.select(tokens::id))?.more
            }
            None => false,
        };
        Ok(Wide { scope: crate::users::are_many(conn, scope)?, users, serials, kind })
    }
}

/// The keys of the User IDs that a search asks for.
fn user_range(search: &Search) -> Option<(String, String)> {
    let user = db::key(&search.user);
    // Nothing sorts behind the last of all letters, which is the one case without an end.
    let after = db::after(&user).unwrap_or_else(|| format!("{user}\u{10FFFF}"));
    (!user.is_empty()).then_some((user, after))
}

/// The keys of the serial numbers that begin as a search says.
fn serial_range(search: &Search) -> Option<(String, String)> {
    let serial = serial_key(&search.q);
    db::after(&serial).map(|after| (serial, after))
}

fn filtered(
    scope: &Scope,
    search: &Search,
    container: Option<ContainerId>,
    state: Option<TokenState>,
    wide: &Wide,
) -> Filtered {
    let mut query = tokens::table.into_boxed::<Backend>();
    if let Scope::Containers(list) = scope {
        query = query.filter(within(list, true, wide.scope));
    }
    if let Some(container) = container {
        query = query.filter(within(&[container], false, wide.scope));
    }
    if let Some(state) = state {
        query = query.filter(tokens::state.eq(state.code()));
    }
    if let Some(kind) = search.kind {
        query = match wide.kind && state.is_none() {
            true => query.filter(db::unindexed::<Text>("tokens.authentication_type").eq(kind.code())),
            false => query.filter(tokens::authentication_type.eq(kind.code())),
        };
    }
    if let Some((serial, after)) = serial_range(search) {
        if wide.serials {
            let key = || db::unindexed::<Text>("tokens.serial_key");
            let begins = key().ge(serial.clone()).and(key().lt(after));
            query = match ends(&serial, "tokens") {
                Some(ends) => query.filter(begins.or(ends)),
                None => query.filter(begins),
            };
        } else {
            let named = diesel::alias!(tokens as named);
            let (key, id) = (named.field(tokens::serial_key), named.field(tokens::id));
            let begins = key.ge(serial.clone()).and(key.lt(after));
            query = match ends(&serial, "named") {
                Some(ends) => query.filter(tokens::id.eq_any(named.filter(begins.or(ends)).select(id))),
                None => query.filter(tokens::id.eq_any(named.filter(begins).select(id))),
            };
        }
    }
    if let Some((from, to)) = user_range(search) {
        let range = users::user_id_key.ge(from).and(users::user_id_key.lt(to));
        let of_range = users::table.filter(range);
        query = match wide.users {
            true => query.filter(exists(of_range.filter(users::id.nullable().eq(tokens::user_id))).nullable()),
            false => query.filter(tokens::user_id.eq_any(of_range.select(users::id.nullable()))),
        };
    }
    query
}

/// The fewest letters by which the end of a serial number is looked up: what people read out is "the last four".
const FEWEST_LETTERS: usize = 4;

/// The letters at the end of a serial number that are in the index `tokens_serial_end`.
const LETTERS: usize = 24;

/// The condition of [`ends`].
pub type Ends = UncheckedBind<SqlLiteral<Bool, UncheckedBind<SqlLiteral<Bool>, Letters>>, Letters>;
type Letters = AsExprOf<String, Text>;

/// The condition that the serial number of `table` (tokens, or its name in a query) ends so, as a range of the index
/// `tokens_serial_end`; `None` for a text that is too short or too long.
pub fn ends(serial_key: &str, table: &str) -> Option<Ends> {
    let length = serial_key.chars().count();
    if !(FEWEST_LETTERS..=LETTERS).contains(&length) {
        return None;
    }
    let from: String = serial_key.chars().rev().collect();
    let to = db::after(&from)?;
    let letter = |n: usize| {
        format!("substr('{:LETTERS$}' || {table}.serial_key, length({table}.serial_key) + {}, 1)", "", LETTERS - n)
    };
    let end = (0..LETTERS).map(letter).collect::<Vec<_>>().join(" || ");
    let condition = sql::<Bool>(&format!("({end}) >= ")).bind::<Text, _>(from);
    Some(condition.sql(&format!(" AND ({end}) < ")).bind::<Text, _>(to))
}

/// Tokens of users in these containers, and those of nobody in them; with `everyones`, also those of no container.
/// A token goes with its user, who may have moved since they got it.
///
/// Few users are looked up by their containers; `wide`: they are many, and each token's user is asked instead.
fn within(containers: &[ContainerId], everyones: bool, wide: bool) -> Condition {
    let list: Vec<i64> = containers.iter().map(|id| id.0).collect();
    let theirs = users::table.filter(users::container_id.eq_any(list.clone()));
    let held: Condition = match wide {
        true => Box::new(exists(theirs.filter(users::id.nullable().eq(tokens::user_id))).nullable()),
        false => Box::new(tokens::user_id.eq_any(theirs.select(users::id.nullable()))),
    };
    if everyones {
        let stock = tokens::container_id.is_null().or(tokens::container_id.eq_any(list));
        return Box::new(held.or(tokens::user_id.is_null().and(stock)));
    }
    Box::new(held.or(tokens::user_id.is_null().and(tokens::container_id.eq_any(list))))
}

/// The container of a user; `None` if there is no such user.
pub fn container_of(conn: &mut AnyConn, user: UserId) -> Result<Option<ContainerId>> {
    let id: Option<i64> = users::table.find(user.0).select(users::container_id).first(conn).optional()?;
    Ok(id.map(ContainerId))
}
