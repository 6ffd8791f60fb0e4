//! What reports, the Snapshot and Find read. Nothing is written here.
//!
//! Sums over conditions and subqueries are beyond diesel's builder on both databases at once, so most of it is SQL as
//! text. Only numbers, dates and words of our own are put into the text; what people typed is bound.

use chrono::NaiveDate;
use diesel::{
    prelude::*,
    query_builder::{BoxedSqlQuery, SqlQuery},
    sql_query,
    sql_types::Text,
};

use crate::{
    db::{self, AnyConn},
    error::Result,
    ids::ContainerId,
    operators::{Scope, Who},
    reports::filter::Filter,
    users,
};

pub mod activity;
pub mod enrollments;
pub mod find;
pub mod first_start;
pub mod history;
pub mod metrics;
pub mod not_enrolled;
pub mod numbers;
pub mod snapshot;

type Backend = <AnyConn as Connection>::Backend;
type Query = BoxedSqlQuery<'static, Backend, SqlQuery>;

/// What every report goes by, read once for all statements of it.
#[derive(Clone, Debug)]
pub struct Basis {
    /// The organization's date.
    pub today: NaiveDate,
    /// Failed attempts that lock (Self-Enrollment Policy).
    pub attempts_allowed: i64,
    /// The containers that exist for who asks; `None`: all.
    pub containers: Option<Vec<ContainerId>>,
}

impl Basis {
    /// The containers, narrowed by a filter's; a name that is unknown in the scope leaves none.
    pub fn narrowed(mut self, conn: &mut AnyConn, who: &Who, filter: &Filter) -> Result<Self> {
        if !filter.container.is_empty() {
            let named = users::container(conn, &filter.container)?.filter(|id| who.scope.holds(*id));
            self.containers = Some(named.into_iter().collect());
        }
        Ok(self)
    }

    /// The containers of a scope.
    pub fn containers_of(scope: &Scope) -> Option<Vec<ContainerId>> {
        match scope {
            Scope::All => None,
            Scope::Containers(list) => Some(list.clone()),
        }
    }
}

/// ` AND column IN (…)`, or nothing if all containers are meant.
fn within(column: &str, containers: Option<&[ContainerId]>) -> String {
    match containers {
        None => String::new(),
        // A list without a member is no SQL.
        Some([]) => " AND 1 = 0".into(),
        Some(list) => {
            let ids: Vec<String> = list.iter().map(ToString::to_string).collect();
            format!(" AND {column} IN ({})", ids.join(", "))
        }
    }
}

/// The statement, ready for values.
fn query(text: String) -> Query {
    sql_query(text).into_boxed::<Backend>()
}

/// The statement with the key of the operator that the filter asks for, if it asks for one: the only value.
fn of_operator(text: String, filter: &Filter) -> Query {
    let query = query(text);
    if filter.operator.is_empty() { query } else { query.bind::<Text, _>(db::key(&filter.operator)) }
}
