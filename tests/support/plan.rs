//! How the database carries out a query: every list must be driven by an index, and a test reads that here.

use std::sync::{Arc, Mutex};

use diesel::{
    QueryableByName, RunQueryDsl,
    connection::{Connection, InstrumentationEvent, SimpleConnection},
    sql_query,
    sql_types::Text,
};
use tokendesk::{db::AnyConn, error::Result};

use super::World;

/// A statement and the plan for it.
#[derive(Debug)]
pub struct Plan {
    pub sql: String,
    pub lines: Vec<String>,
}

#[derive(QueryableByName)]
struct SqliteLine {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct PostgresLine {
    #[diesel(sql_type = Text)]
    #[diesel(column_name = "QUERY PLAN")]
    line: String,
}

/// The plans of all SELECTs that `run` sends, alone or in an INSERT; what it changes is kept.
///
/// PostgreSQL is told that reading whole tables is dear, since the tables of tests are small: a plan that reads one
/// all the same has no index to go by.
pub fn plans(world: &World, run: impl FnMut(&mut AnyConn) -> Result<()>) -> Vec<Plan> {
    // What is inserted from a SELECT is read by it.
    plans_of(world, run, |sql| sql.starts_with("SELECT") || (sql.starts_with("INSERT") && sql.contains(" SELECT ")))
}

/// The plans of all UPDATEs that `run` sends: how they find what they change.
pub fn of_updates(world: &World, run: impl FnMut(&mut AnyConn) -> Result<()>) -> Vec<Plan> {
    plans_of(world, run, |sql| sql.starts_with("UPDATE"))
}

fn plans_of(world: &World, mut run: impl FnMut(&mut AnyConn) -> Result<()>, which: impl Fn(&str) -> bool) -> Vec<Plan> {
    let outcome = world.desk.db.write(|conn| {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = heard.clone();
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                ear.lock().expect("nothing panics here").push(query.to_string());
            }
        });
        let outcome = run(conn);
        conn.set_instrumentation(|_: InstrumentationEvent<'_>| {});
        outcome?;
        let heard = heard.lock().expect("nothing panics here").clone();
        let asked = heard.into_iter().filter(|sql| which(sql)).map(without_binds);
        asked.map(|sql| Ok(Plan { lines: explain(conn, &sql)?, sql })).collect::<Result<Vec<_>>>()
    });
    outcome.expect("the plans can be read")
}

/// All lines of the plans of [`plans`]: "SEARCH users USING INDEX …", "SCAN users".
pub fn of(world: &World, run: impl FnMut(&mut AnyConn) -> Result<()>) -> Vec<String> {
    plans(world, run).into_iter().flat_map(|plan| plan.lines).collect()
}

/// diesel writes ` -- binds: […]` behind a statement.
fn without_binds(query: String) -> String {
    query.split(" -- binds:").next().unwrap_or_default().to_owned()
}

fn explain(conn: &mut AnyConn, sql: &str) -> Result<Vec<String>> {
    if let AnyConn::Sqlite(conn) = conn {
        let lines: Vec<SqliteLine> = sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(conn)?;
        // The rows that a total counts, which are at most as many as it counts.
        return Ok(lines.into_iter().map(|line| line.detail).filter(|detail| detail != "SCAN first_rows").collect());
    }
    // The plan for any values: that of a prepared statement.
    let binds = (1..).take_while(|n| sql.contains(&format!("${n}"))).count();
    let values = if binds == 0 { String::new() } else { format!("({})", vec!["NULL"; binds].join(", ")) };
    conn.batch_execute(&format!(
        "SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan; PREPARE explained AS {sql}"
    ))?;
    let lines: Vec<PostgresLine> = sql_query(format!("EXPLAIN EXECUTE explained{values}")).load(conn)?;
    conn.batch_execute("DEALLOCATE explained")?;
    Ok(lines.into_iter().map(|line| line.line).collect())
}

impl Plan {
    /// True if it reads every row of `table` without an index.
    pub fn reads_all_of(&self, table: &str) -> bool {
        self.lines.iter().any(|line| {
            let sqlite = line.trim() == format!("SCAN {table}");
            sqlite || line.contains(&format!("Seq Scan on {table}"))
        })
    }

    /// Fails the test if it reads every row of `table` without an index.
    #[track_caller]
    pub fn is_driven_by_an_index_of(&self, table: &str) {
        let mentions = self.lines.iter().any(|line| line.contains(table));
        assert!(mentions && !self.reads_all_of(table), "{}\n{}", self.sql, self.lines.join("\n"));
    }
}
