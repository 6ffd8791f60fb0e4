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

/// A statement as it was sent, with what was bound.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Statement {
    pub sql: String,
    binds: String,
}

impl std::fmt::Display for Statement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} -- {}", self.sql, self.binds)
    }
}

impl Statement {
    fn new(query: &str) -> Self {
        let (sql, binds) = query.split_once(" -- binds:").unwrap_or((query, "[]"));
        let binds = binds.trim().strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or_default();
        Statement { sql: sql.trim().to_owned(), binds: binds.to_owned() }
    }

    /// The statement of PostgreSQL with its values in it.
    pub fn with_values(&self) -> String {
        let values: Vec<String> = parted(&self.binds).iter().map(|value| literal(value)).collect();
        // The last first: $1 is the beginning of $10.
        let with = |sql: String, (n, value): (usize, &String)| sql.replace(&format!("${}", n + 1), value);
        values.iter().enumerate().rev().fold(self.sql.clone(), with)
    }
}

/// The values of a list as diesel shows it.
fn parted(list: &str) -> Vec<String> {
    let (mut values, mut value, mut depth, mut quoted, mut escaped) = (Vec::new(), String::new(), 0, false, false);
    for letter in list.chars() {
        let parts = letter == ',' && depth == 0 && !quoted;
        if parts {
            values.push(std::mem::take(&mut value));
            continue;
        }
        value.push(letter);
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '[' | '(' if !quoted => depth += 1,
            ']' | ')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    values.push(value);
    values.iter().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()).collect()
}

/// A value as PostgreSQL reads it, whatever its type.
fn literal(shown: &str) -> String {
    let inner = |word: &str| shown.strip_prefix(word)?.strip_suffix(')');
    if let Some(value) = inner("Some(") {
        return literal(value);
    }
    if shown == "None" {
        return "NULL".into();
    }
    if let Some(list) = shown.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return format!("'{{{}}}'", list.replace('\'', "''"));
    }
    let text = shown.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let plain = text.map_or(shown.to_owned(), |text| text.replace("\\\"", "\"").replace("\\\\", "\\"));
    format!("'{}'", plain.replace('\'', "''"))
}

/// The statements that the world's server sends while `run` opens its pages, each once.
pub fn heard(world: &World, run: impl FnOnce()) -> Vec<Statement> {
    let heard = Arc::new(Mutex::new(std::collections::BTreeSet::new()));
    listen(world, Some(&heard));
    run();
    listen(world, None);
    let heard = heard.lock().expect("nothing panics here");
    heard.iter().cloned().collect()
}

type Heard = Arc<Mutex<std::collections::BTreeSet<Statement>>>;

/// All connections of the world, each borrowed until the last one is, tell what they send; or no longer.
fn listen(world: &World, ear: Option<&Heard>) {
    let tell = |conn: &mut AnyConn| match ear.cloned() {
        Some(ear) => conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                ear.lock().expect("nothing panics here").insert(Statement::new(&query.to_string()));
            }
        }),
        None => conn.set_instrumentation(|_: InstrumentationEvent<'_>| {}),
    };
    fn each(world: &World, more: u32, tell: &dyn Fn(&mut AnyConn)) -> Result<()> {
        if more == 0 {
            return Ok(());
        }
        world.desk.db.read(|conn| {
            tell(conn);
            each(world, more - 1, tell)
        })
    }
    each(world, world.desk.settings.database_connections, &tell).expect("each connection is free");
    if !world.desk.db.is_postgres() {
        let told = world.desk.db.write(|conn| {
            tell(conn);
            Ok(())
        });
        told.expect("the writer is free");
    }
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
