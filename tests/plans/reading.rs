//! What a statement reads: counted by PostgreSQL, planned by SQLite.

use diesel::{QueryableByName, RunQueryDsl, connection::SimpleConnection as _, sql_query, sql_types::Text};
use serde_json::Value;
use tokendesk::db::AnyConn;

use super::MOST_READ;
use crate::support::{World, plan::Statement};

/// What grows with the world.
const GROWING: [&str; 10] = [
    "tasks", "task_containers", "enrollments", "enrollment_links", "emails", "email_tries", "users", "user_words",
    "tokens", "audit_entries",
];

/// Indexes one value of which many rows may have: what is found by one of these is not sorted, however few of it is shown.
const BROAD: [&str; 15] = [
    "users_container", "users_enabled", "users_disabled", "tokens_state", "tokens_stock", "emails_state",
    "emails_container", "emails_kind", "emails_kind_state", "emails_container_kind", "emails_shown_to",
    "emails_user_key", "audit_entries_at", "audit_entries_verb", "audit_entries_actor",
];

/// What may read more than [`MOST_READ`], or all of a table, or sort it: a part of the statement, and why.
const EXCEPT: [(&str, &str); 18] = [
    ("LIKE ? ESCAPE ?", "owed: what begins with a wildcard has no index"),
    ("(`tokens`.`authentication_type` = ?)", "no more than are counted, which was asked before; many are walked"),
    (
        "`users`.`disabled_at` IS NOT NULL)) ORDER BY",
        "owed: the disabled users of some containers are sought among all of them",
    ),
    ("EXISTS (SELECT `user_words`", "owed: few users may have more words that begin so than are counted"),
    ("(1=0)", "nobody and nothing is asked for"),
    ("AND 1 = 0", "as above"),
    (
        " AS tasks, CAST(COALESCE(SUM(",
        "the sums of the history: added up once a minute for each question (desk::kept), from a covering index",
    ),
    (" AS expired FROM ", "the sums of who is yet to enroll: as above"),
    (" AS users FROM tasks t JOIN task_containers c", "the sums that are drawn of twelve weeks: as above"),
    (" AS span, COUNT(*) AS users FROM tasks t", "how long those took who enrolled in twelve weeks: as above"),
    ("COUNT(*) AS tokens FROM tokens k", "the sums of tokens by type and state: as above"),
    ("FROM audit_entries a WHERE a.actor_kind", "the deeds of operators over their period: as above"),
    ("FROM audit_entries a LEFT JOIN users u", "as above"),
    (
        "user_id\" IS NOT NULL) AND EXISTS (SELECT \"users\"",
        "owed: PostgreSQL reads the users of a scope once for the log",
    ),
    ("COALESCE(audit_entries.actor_key", "owed: a beginning that many names have is counted along the log"),
    ("COALESCE(emails.shown_to_key", "owed: a beginning that many addresses have is counted along the outbox"),
    (
        "'authenticator-app') ORDER BY \"tasks\".\"operator_key\"",
        "owed: PostgreSQL sorts what a scope has of a type that most tasks have rather than walking operators",
    ),
    ("t.removed_at IS NOT NULL OR t.users = 0", "owed: removed tasks are looked for along all of their period"),
];

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    #[diesel(column_name = "QUERY PLAN")]
    line: String,
}

#[derive(QueryableByName)]
struct Detail {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// What is wrong with a statement.
pub fn faults(world: &World, statement: &Statement) -> Vec<String> {
    let sql = &statement.sql;
    let reads = ["SELECT", "WITH", "INSERT", "UPDATE", "DELETE"].iter().any(|word| sql.starts_with(word));
    if !reads || EXCEPT.iter().any(|(part, _)| sql.contains(part)) {
        return Vec::new();
    }
    let explained = world.desk.db.write(|conn| match conn {
        AnyConn::Sqlite(conn) => {
            let lines: Vec<Detail> = sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(conn)?;
            Ok(planned(sql, &lines.into_iter().map(|line| line.detail).collect::<Vec<_>>()))
        }
        AnyConn::Pg(conn) => {
            // The tables of tests are small; what reads one whole has no index to go by. What it changes is taken back.
            conn.batch_execute("SAVEPOINT explained; SET LOCAL enable_seqscan = off")?;
            let text = format!(
                "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, FORMAT JSON) {}",
                statement.with_values()
            );
            let rows: Vec<Line> = sql_query(text).load(conn)?;
            conn.batch_execute("ROLLBACK TO explained")?;
            let plan: Value = rows.iter().map(|row| row.line.as_str()).collect::<String>().parse().expect("a plan");
            let read = read(&plan);
            Ok(if read > MOST_READ { vec![format!("reads {read} rows")] } else { Vec::new() })
        }
    });
    explained.unwrap_or_else(|error| vec![format!("cannot be explained: {error}")])
}

/// The rows that a plan read: those it went on with, those it passed over, and one for each time that it looked.
fn read(plan: &Value) -> u64 {
    match plan {
        Value::Array(all) => all.iter().map(read).sum(),
        Value::Object(node) => {
            let number = |name: &str| node.get(name).and_then(Value::as_f64).unwrap_or(0.0);
            let scans = node.get("Node Type").and_then(Value::as_str).is_some_and(|kind| kind.contains("Scan"));
            let relation = node.get("Relation Name").and_then(Value::as_str).unwrap_or_default();
            let rows = number("Actual Rows")
                + number("Rows Removed by Filter")
                + number("Rows Removed by Index Recheck")
                + 1.0;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
            let own = if scans && GROWING.contains(&relation) { (rows * number("Actual Loops")) as u64 } else { 0 };
            own + ["Plan", "Plans"].iter().filter_map(|name| node.get(*name)).map(read).sum::<u64>()
        }
        _ => 0,
    }
}

/// A walk along all of a table that grows, or along what one of the [`BROAD`] indexes finds, unless it ends with the rows that
/// are shown.
fn planned(sql: &str, lines: &[String]) -> Vec<String> {
    let sorts = lines.iter().any(|line| line.contains("TEMP B-TREE FOR ORDER BY"));
    let ends = sql.contains("LIMIT ") && !sorts;
    let walks = |line: &&String| {
        let table = line.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        GROWING.contains(&named(sql, table)) && !ends
    };
    let broad = |line: &&String| BROAD.iter().any(|index| line.contains(&format!(" INDEX {index} (")));
    let mut found: Vec<String> = lines.iter().filter(walks).cloned().collect();
    let whole = |line: &String| {
        let by = |index: &&str| line.split_once(&format!(" INDEX {index} (")).map(|(_, by)| by.to_owned());
        BROAD.iter().filter_map(by).any(|by| !by.contains(" AND "))
    };
    if sorts && lines.iter().any(|line| broad(&line)) {
        found.push(format!("sorts: {}", lines.join("; ")));
    } else if !ends && lines.iter().any(whole) {
        found.push(format!("reads all of: {}", lines.join("; ")));
    }
    found
}

/// The table that a statement calls `alias`.
fn named<'a>(sql: &'a str, alias: &'a str) -> &'a str {
    let words: Vec<&str> =
        sql.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    let of = |three: &&[&'a str]| ["FROM", "JOIN"].contains(&three[0]) && three[2] == alias;
    words.windows(3).find(of).map_or(alias, |three| three[1])
}
