//! Users by their words: a range of the index of words, or a question to one user after the other.

use diesel::{dsl::exists, prelude::*, sql_types::Bool};

use crate::{
    db::{self, AnyConn, Total},
    error::Result,
    schema::{user_words, users},
    users::words::Wanted,
};

pub type Backend = <AnyConn as diesel::Connection>::Backend;
pub type Condition = Box<dyn BoxableExpression<users::table, Backend, SqlType = Bool>>;
pub type Filtered = users::BoxedQuery<'static, Backend>;

/// The condition that a word is in this range.
macro_rules! within {
    ($range:expr) => {{
        let (from, to): (String, String) = $range;
        user_words::word.ge(from).and(user_words::word.lt(to))
    }};
}

/// The words from the first text on that come before the second.
type Range = (String, String);

fn range(way: &Wanted) -> Range {
    match way {
        // No word holds a control character: this range holds the word and nothing behind it.
        Wanted::Whole(word) => (word.clone(), format!("{word}\u{1}")),
        Wanted::Beginning(from) => (from.clone(), db::after(from).unwrap_or_else(|| format!("{from}\u{10FFFF}"))),
    }
}

/// How many words in these ranges people have, as far as they are counted.
fn holders(conn: &mut AnyConn, ranges: &[Range]) -> Result<Total> {
    ranges.iter().try_fold(Total::default(), |all, range| {
        let words = user_words::table.filter(within!(range.clone())).select(user_words::user_id);
        Ok(all.plus(crate::total!(conn, words)?))
    })
}

/// Those of `query` who have a word of each of these kinds. A kind that few have is looked up; one that many have is asked of
/// each user in turn, until the page is full or those who have the others are through. Where many have each of several, all are
/// looked up.
pub fn all(conn: &mut AnyConn, mut query: Filtered, wanted: &[Vec<Wanted>]) -> Result<Filtered> {
    let kinds: Vec<Vec<Range>> = wanted.iter().map(|ways| ways.iter().map(range).collect()).collect();
    let many = kinds.iter().map(|ranges| Ok(holders(conn, ranges)?.more)).collect::<Result<Vec<bool>>>()?;
    let ask = kinds.len() == 1 || many.contains(&false);
    for (ranges, many) in kinds.iter().zip(many) {
        query = if many && ask { asked(query, ranges) } else { looked_up(query, ranges) };
    }
    Ok(query)
}

/// Those who have a word in one of these ranges, asked one after the other.
fn asked(query: Filtered, ranges: &[Range]) -> Filtered {
    let has = |range: &Range| -> Condition {
        Box::new(exists(user_words::table.filter(user_words::user_id.eq(users::id)).filter(within!(range.clone()))))
    };
    let all = ranges.iter().map(has).reduce(|all, way| Box::new(all.or(way)));
    all.into_iter().fold(query, Filtered::filter)
}

/// The same by the index of the words. Written out by their number, since diesel puts no condition of a dynamic kind into a
/// subquery that both databases take; the last of more ways than that are no loss.
fn looked_up(query: Filtered, ranges: &[Range]) -> Filtered {
    let words = || user_words::table.select(user_words::user_id);
    match ranges {
        [] => query,
        [a] => query.filter(users::id.eq_any(words().filter(within!(a.clone())))),
        [a, b] => query.filter(users::id.eq_any(words().filter(within!(a.clone()).or(within!(b.clone()))))),
        [a, rest @ ..] => {
            let [b, c, d, e] = [0, 1, 2, 3].map(|n| rest.get(n).unwrap_or(a).clone());
            let first = within!(a.clone()).or(within!(b)).or(within!(c));
            query.filter(users::id.eq_any(words().filter(first.or(within!(d)).or(within!(e)))))
        }
    }
}

/// The first users who have a word of one of these kinds, at most `limit` for each of its ways.
pub fn first(conn: &mut AnyConn, ways: &[Wanted], limit: i64) -> Result<Vec<i64>> {
    let mut ids: Vec<i64> = Vec::new();
    for way in ways {
        let words = user_words::table.filter(within!(range(way))).select(user_words::user_id);
        ids.extend(words.limit(limit).load::<i64>(conn)?);
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}
