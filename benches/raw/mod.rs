//! The rows that something wrote, written once more by the database itself, from one table into itself: what it costs
//! without anybody who thinks.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use diesel::{QueryableByName, RunQueryDsl, sql_query};
use tokendesk::{db::Db, error::Error as Refused};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What the tables hold, to see what was written.
const TABLES: [&str; 6] = ["users", "user_words", "enrollments", "enrollment_links", "emails", "audit_entries"];

/// Tables without numbers of their own: what is new in them is of the users that are new.
const BY_USER: &str = "user_words";

/// Those of them whose rows are changed too.
const CHANGED: [&str; 3] = ["enrollments", "enrollment_links", "emails"];

/// The tables as they were.
pub struct Before(Vec<i64>);

/// How long the same rows took.
pub struct Raw {
    /// New rows, and each enrollment of the newest task counted up: what was measured of old.
    pub new: Duration,
    /// New rows, and what was changed in others changed back.
    pub all: Duration,
}

impl Before {
    /// Remembers what is there.
    ///
    /// # Errors
    /// What the database says.
    pub fn of(db: &Db) -> Outcome<Self> {
        for table in CHANGED {
            execute(db, &format!("DROP TABLE IF EXISTS before_{table}"))?;
            execute(db, &format!("CREATE TABLE before_{table} AS SELECT * FROM {table}"))?;
        }
        Ok(Before(Before::last(db)?))
    }

    /// How long the database takes to write what was written since then once more. Nothing of it stays; `None` if nothing was
    /// written.
    ///
    /// # Errors
    /// What the database says.
    pub fn raw(&self, db: &Db) -> Outcome<Option<Raw>> {
        let copies = self.copies(db)?;
        let back = CHANGED.iter().map(|table| back(db, table)).collect::<Outcome<Vec<_>>>()?;
        let now = Before::last(db)?;
        if now == self.0 && back.iter().all(Option::is_none) {
            return Ok(None);
        }
        let task = columns(db, "tasks")?.join(", ");
        let task = format!("INSERT INTO tasks ({task}) SELECT {task} FROM tasks LIMIT 1");
        let counted_up = "UPDATE enrollments SET version = version + 1 WHERE task_id = (SELECT MAX(id) FROM tasks)";
        let old: Vec<String> =
            [counted_up.to_owned(), task.clone()].into_iter().chain(copies.iter().cloned()).collect();
        let all: Vec<String> = back.into_iter().flatten().chain([task]).chain(copies).collect();
        Ok(Some(Raw { new: timed(db, &old)?, all: timed(db, &all)? }))
    }

    fn last(db: &Db) -> Outcome<Vec<i64>> {
        TABLES
            .iter()
            .map(|table| number(db, &format!("SELECT COALESCE(MAX({}), 0) AS n FROM {table}", id(table))))
            .collect()
    }

    fn copies(&self, db: &Db) -> Outcome<Vec<String>> {
        let mut copies = Vec::new();
        for (table, last) in TABLES.iter().zip(&self.0) {
            let columns = columns(db, table)?;
            // A unique column gets another value, and a place a task that nobody is in.
            let taken = columns.iter().map(|column| match column.as_str() {
                "message_id" | "handle" | "user_id_key" | "word" => format!("'~' || {column}"),
                "task_id" if *table == "enrollments" => "(SELECT MAX(id) FROM tasks)".to_owned(),
                other => other.to_owned(),
            });
            let (into, from) = (columns.join(", "), taken.collect::<Vec<_>>().join(", "));
            copies
                .push(format!("INSERT INTO {table} ({into}) SELECT {from} FROM {table} WHERE {} > {last}", id(table)));
        }
        Ok(copies)
    }
}

fn id(table: &str) -> &'static str {
    if table == BY_USER { "user_id" } else { "id" }
}

/// The statement that changes the changed rows of a table back; `None` if there are none.
fn back(db: &Db, table: &str) -> Outcome<Option<String>> {
    let mut differing = Vec::new();
    for column in columns(db, table)? {
        let differs = format!(
            "SELECT COUNT(*) AS n FROM {table} t JOIN before_{table} b ON b.id = t.id WHERE t.{column} IS DISTINCT FROM b.{column}"
        );
        if number(db, &differs)? > 0 {
            differing.push(column);
        }
    }
    if differing.is_empty() {
        return Ok(None);
    }
    let differs: Vec<String> =
        differing.iter().map(|column| format!("t.{column} IS DISTINCT FROM b.{column}")).collect();
    execute(db, &format!("DROP TABLE IF EXISTS changed_{table}"))?;
    execute(
        db,
        &format!(
            "CREATE TABLE changed_{table} AS SELECT b.* FROM {table} t JOIN before_{table} b ON b.id = t.id WHERE {} \
             ORDER BY b.id",
            differs.join(" OR ")
        ),
    )?;
    let set: Vec<String> = differing.iter().map(|column| format!("{column} = c.{column}")).collect();
    Ok(Some(format!("UPDATE {table} SET {} FROM changed_{table} c WHERE c.id = {table}.id", set.join(", "))))
}

#[allow(clippy::disallowed_methods, reason = "a stopwatch is no time that rules go by")]
fn timed(db: &Db, statements: &[String]) -> Outcome<Duration> {
    let mut time = Duration::ZERO;
    let undone: Result<(), Refused> = db.write_alone(|conn| {
        let started = Instant::now();
        for statement in statements {
            sql_query(statement).execute(conn)?;
        }
        time = started.elapsed();
        Err(Refused::Conflict("only measured".into()))
    });
    match undone {
        Err(Refused::Conflict(_)) => Ok(time),
        other => Ok(other.map(|()| time)?),
    }
}

fn columns(db: &Db, table: &str) -> Outcome<Vec<String>> {
    #[derive(QueryableByName)]
    struct Column {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let sql = if db.is_postgres() {
        format!("SELECT column_name::text AS name FROM information_schema.columns WHERE table_name = '{table}'")
    } else {
        format!("SELECT name FROM pragma_table_info('{table}')")
    };
    let columns: Vec<Column> = db.read(|conn| Ok(sql_query(sql).load(conn)?))?;
    Ok(columns.into_iter().map(|column| column.name).filter(|name| name != "id").collect())
}

fn number(db: &Db, sql: &str) -> Outcome<i64> {
    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let rows: Vec<Number> = db.read(|conn| Ok(sql_query(sql).load(conn)?))?;
    Ok(rows.first().map_or(0, |row| row.n))
}

fn execute(db: &Db, sql: &str) -> Outcome<()> {
    Ok(db.write_alone(|conn| Ok(sql_query(sql).execute(conn).map(|_| ())?))?)
}
