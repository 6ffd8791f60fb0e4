//! Lists of tokens: every condition is a range of an index, or a walk along one.

use std::collections::HashMap;

use diesel::{
    dsl::{AsExprOf, exists, sql},
    expression::{SqlLiteral, UncheckedBind},
    prelude::*,
    sql_types::{Bool, Text},
};

use super::{Row, StoredToken};
use crate::{
    db::{self, AnyConn, Total},
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

/// The tokens of a search in a scope, from row `offset` on. `container`: the one that the search names.
pub fn page(
    conn: &mut AnyConn,
    scope: &Scope,
    search: &Search,
    container: Option<ContainerId>,
    offset: i64,
    limit: i64,
) -> Result<Vec<Token>> {
    let wide = crate::users::are_many(conn, scope)?;
    let query = filtered(scope, search, container, search.state, wide);
    let query = match (search.order.column, search.order.descending) {
        (Column::Serial, false) => query.order(tokens::serial_key),
        (Column::Serial, true) => query.order(tokens::serial_key.desc()),
        (Column::Added, false) => query.order(tokens::id),
        (Column::Added, true) => query.order(tokens::id.desc()),
    };
    let rows: Vec<Row> = query.offset(offset).limit(limit).load(conn)?;
    rows.into_iter().map(|row| StoredToken::try_from(row).map(|held| held.token)).collect()
}

/// How many tokens of a search are in each state, whichever the search names.
pub fn counts(
    conn: &mut AnyConn,
    scope: &Scope,
    search: &Search,
    container: Option<ContainerId>,
) -> Result<Vec<(TokenState, Total)>> {
    let wide = crate::users::are_many(conn, scope)?;
    TokenState::ALL
        .into_iter()
        .map(|state| {
            let matching = filtered(scope, search, container, Some(state), wide);
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

/// `wide`: many users are in the scope, see [`within`].
fn filtered(
    scope: &Scope,
    search: &Search,
    container: Option<ContainerId>,
    state: Option<TokenState>,
    wide: bool,
) -> Filtered {
    let mut query = tokens::table.into_boxed::<Backend>();
    if let Scope::Containers(list) = scope {
        query = query.filter(within(list, true, wide));
    }
    if let Some(container) = container {
        query = query.filter(within(&[container], false, wide));
    }
    if let Some(state) = state {
        query = query.filter(tokens::state.eq(state.code()));
    }
    if let Some(kind) = search.kind {
        query = query.filter(tokens::authentication_type.eq(kind.code()));
    }
    let serial = serial_key(&search.q);
    if let (false, Some(after)) = (serial.is_empty(), db::after(&serial)) {
        let named = diesel::alias!(tokens as named);
        let (key, id) = (named.field(tokens::serial_key), named.field(tokens::id));
        let begins = key.ge(serial.clone()).and(key.lt(after));
        query = match ends(&serial, "named") {
            Some(ends) => query.filter(tokens::id.eq_any(named.filter(begins.or(ends)).select(id))),
            None => query.filter(tokens::id.eq_any(named.filter(begins).select(id))),
        };
    }
    let user = db::key(&search.user);
    if !user.is_empty() {
        // Nothing sorts behind the last of all letters, which is the one case without an end.
        let after = db::after(&user).unwrap_or_else(|| format!("{user}\u{10FFFF}"));
        let range = users::user_id_key.ge(user).and(users::user_id_key.lt(after));
        query = query.filter(tokens::user_id.eq_any(users::table.filter(range).select(users::id.nullable())));
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
