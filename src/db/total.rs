//! How many rows match, counted no further than a page needs: what a request reads does not grow with the tables.

use diesel::{
    QueryResult,
    prelude::*,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::BigInt,
};

use crate::{
    db::AnyConn,
    english::{either, number},
    error::Result,
};

type Backend = <AnyConn as Connection>::Backend;

/// Rows that are counted one by one. Numbered pages lead as far; whoever has more rows to look through searches or
/// filters, and a count of 1,001 entries of an index takes about as long as drawing the page.
pub const CAP: i64 = 1_000;

/// The most that is shown beside a tab or in the navigation.
const MOST_SHOWN: i64 = 999;

/// How many rows match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// How many, as far as they were counted: at most [`CAP`].
    pub rows: i64,
    /// True if there are more.
    pub more: bool,
}

/// True if these, read up to one more than [`CAP`], are all there are: few enough to be sought by their numbers.
pub fn are_few<T>(found: &[T]) -> bool {
    i64::try_from(found.len()).is_ok_and(|count| count <= CAP)
}

impl Total {
    /// So many as all were counted; more than the cap is cut off there.
    pub fn of(rows: i64) -> Self {
        Total { rows: rows.min(CAP), more: rows > CAP }
    }

    /// In a sentence: "342", "more than 1,000".
    pub fn words(self) -> String {
        let rows = number(self.rows);
        if self.more { format!("more than {rows}") } else { rows }
    }

    /// With what is counted, in a sentence: "1 email", "more than 1,000 emails".
    pub fn counted_as(self, one: &str, many: &str) -> String {
        format!("{} {}", self.words(), either(self.rows, one, many))
    }

    /// For a tab or an entry of the navigation, where there is room for three digits: "342", "999+".
    pub fn short(self) -> String {
        if self.more || self.rows > MOST_SHOWN { format!("{MOST_SHOWN}+") } else { self.rows.to_string() }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Total) -> Self {
        let sum = Total::of(self.rows + other.rows);
        Total { more: sum.more || self.more || other.more, ..sum }
    }
}

impl From<i64> for Total {
    /// All were counted, and all can be paged through.
    fn from(rows: i64) -> Self {
        Total { rows, more: false }
    }
}

/// `SELECT COUNT(*)` over the first rows of a query.
struct FirstRows<Q>(Q);

impl<Q> QueryId for FirstRows<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> Query for FirstRows<Q> {
    type SqlType = BigInt;
}

impl<Q> RunQueryDsl<AnyConn> for FirstRows<Q> {}

impl<Q: QueryFragment<Backend>> QueryFragment<Backend> for FirstRows<Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        pass.push_sql("SELECT COUNT(*) FROM (");
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql(") AS first_rows");
        Ok(())
    }
}

/// Counts the rows of `query`, which has its `LIMIT`.
pub fn count_first<Q: QueryFragment<Backend>>(conn: &mut AnyConn, query: Q) -> Result<i64> {
    Ok(FirstRows(query).get_result(conn)?)
}

/// Counts the rows of a query as far as [`CAP`]. It selects its smallest column: what is selected is not read.
#[macro_export]
macro_rules! total {
    ($conn:expr, $query:expr) => {
        $crate::db::total::count_first($conn, diesel::QueryDsl::limit($query, $crate::db::total::CAP + 1))
            .map($crate::db::Total::of)
    };
}
