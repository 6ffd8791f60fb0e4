//! How SQLite would carry out the queries of a piece of code.

use std::sync::{Arc, Mutex};

use diesel::{
    connection::{Connection, InstrumentationEvent},
    prelude::*,
};
use tokendesk::{db::AnyConn, error::Result};

use super::World;

#[derive(diesel::QueryableByName)]
struct Step {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

/// The steps of all queries that `code` makes, one a line: "SEARCH users USING INDEX …", "SCAN users".
pub fn of(world: &World, code: impl FnOnce(&mut AnyConn) -> Result<()>) -> Vec<String> {
    assert!(!world.desk.db.is_postgres(), "plans are read on SQLite");
    let queries: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = queries.clone();
    let steps = world.desk.db.read(|c| {
        c.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                noted.lock().expect("no thread panics with it").push(query.to_string());
            }
        });
        let outcome = code(c);
        c.set_instrumentation(|_: InstrumentationEvent<'_>| {});
        outcome?;
        let mut steps = Vec::new();
        for query in queries.lock().expect("no thread panics with it").iter() {
            let sql = query.split(" -- binds:").next().unwrap_or_default();
            let plan: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(c)?;
            steps.extend(plan.into_iter().map(|step| step.detail));
        }
        Ok(steps)
    });
    steps.expect("the queries can be explained")
}
