//! What operators do to a task of many users at once, timed through the verbs that the console calls:
//!
//!     cargo bench --bench bulk
//!
//! `TOKENDESK_BENCH_USERS` is how many users (100,000), `TOKENDESK_BENCH_POSTGRES` a server as
//! `postgres://user@host:port`, on which a database is made and dropped; without it SQLite runs in a temporary folder.
//!
//! Beside each verb stands how long the database itself takes to write the same rows once more, from one table into
//! itself: the ratio holds on other machines too. `peak` is the most memory the process held while the verb ran.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use diesel::{QueryableByName, RunQueryDsl, sql_query};
use tokendesk::{
    clock::Clock,
    config::{Settings, Written},
    desk::Desk,
    error::Error as Refused,
    ids::{Random, TaskId},
    mail::{self, State, View},
    operators::Who,
    outbox::{
        Change,
        ticked::{self, Query, TickedEmails},
    },
    policy::Policy,
    provision::{
        self,
        choice::{Choice, Selection},
    },
    tasks::{
        members::Filter,
        remove, resend, stop_date,
        task::Description,
        ticked_users::{self, TickedUsers},
    },
    tokens::AuthenticationType,
    users::{self, Import},
};

mod place;

use place::Place;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What the tables hold, to see what a verb has written.
const TABLES: [&str; 5] = ["users", "enrollments", "enrollment_links", "emails", "audit_entries"];

fn main() -> Outcome<()> {
    let users: usize = std::env::var("TOKENDESK_BENCH_USERS").ok().map_or(Ok(100_000), |text| text.parse())?;
    let place = Place::of_environment()?;
    println!("{users} users on {}\n", place.database());
    println!("{:<44} {:>9} {:>9} {:>6} {:>8}", "verb", "time", "raw", "ratio", "peak");
    let written = Written { database_url: place.url.clone(), ..Written::default() };
    let desk = Desk::assemble(Settings::check(written)?, &[7; 32], Random::System, Clock::System)?;
    desk.db.migrate()?;
    Bench { desk, who: Who::system(), users }.run()
}

struct Bench {
    desk: Desk,
    who: Who,
    users: usize,
}

impl Bench {
    fn run(&self) -> Outcome<()> {
        let (desk, who, now) = (&self.desk, &self.who, self.desk.now());
        let mut file = String::from("User ID,Last Name,First Name,Email,Container\n");
        for n in 0..self.users {
            file.push_str(&format!("user{n:06},Last{n:06},First,user{n:06}@example.org,Service desk\n"));
        }
        let how = Import { container: "Service desk".into(), dry_run: false, good_lines: false };
        self.timed("Import users", || users::import(desk, who, now, file.as_bytes(), &how).map(|_| ()))?;
        drop(file);

        let first = self.provision("Provision", false)?;
        let all = TickedUsers::Matching(Filter::default());
        let date = Policy::default().proposed_stop(desk.settings.zone.today(now)) + chrono::Days::new(3);
        let moving = stop_date::moving(date);
        self.timed("New Stop Date, what it would do", || {
            ticked_users::preview(desk, who, now, first, &all).map(|preview| {
                std::hint::black_box(stop_date::Effect::of(&preview, date));
            })
        })?;
        let shown = self.shown(first, &moving)?;
        self.timed("New Stop Date", || {
            stop_date::change_stop_date(desk, who, now, first, &all, date, false, &shown).map(|_| ())
        })?;
        let date = date + chrono::Days::new(1);
        let shown = self.shown(first, &stop_date::moving(date))?;
        self.timed("New Stop Date, with email", || {
            stop_date::change_stop_date(desk, who, now, first, &all, date, true, &shown).map(|_| ())
        })?;
        let shown = self.shown(first, resend::RESEND)?;
        self.timed("Resend", || resend::resend_all(desk, who, now, first, &all, &shown).map(|_| ()))?;
        self.execute(&format!("UPDATE enrollments SET failures = 5 WHERE task_id = {first}"))?;
        let shown = self.shown(first, resend::UNLOCK)?;
        self.timed("Unlock", || resend::unlock(desk, who, now, first, &all, "Measured", &shown).map(|_| ()))?;

        let second = self.provision("Provision anew, in place of the older task", true)?;
        let shown = self.shown(second, remove::REMOVE)?;
        self.timed("Remove users, with email", || {
            remove::remove_users(desk, who, now, second, &all, true, &shown).map(|_| ())
        })?;
        let third = self.provision("Provision once more", false)?;
        self.timed("Remove the task, with email", || {
            remove::remove_task(desk, who, now, third, true, self.users).map(|_| ())
        })?;

        // What told them of it was refused; all of it is sent again, and then canceled.
        let told = format!("WHERE task_id = {third} AND kind = 'canceled'");
        self.execute(&format!("UPDATE emails SET state = 'Failed', next_try_at = NULL {told}"))?;
        let emails =
            |state| TickedEmails::Matching(Query { view: View::State(state), filter: mail::Filter::default() });
        let (failed, queued) = (emails(State::Failed), emails(State::Queued));
        self.timed("Send emails again, what it would do", || {
            ticked::preview(desk, who, now, &failed, Change::SendAgain).map(|_| ())
        })?;
        self.timed("Send emails again", || ticked::apply(desk, who, now, &failed, Change::SendAgain, now).map(|_| ()))?;
        self.timed("Cancel emails", || ticked::apply(desk, who, now, &queued, Change::Cancel, now).map(|_| ()))
    }

    fn provision(&self, title: &str, include_with_task: bool) -> Outcome<TaskId> {
        let now = self.desk.now();
        let choice = Choice {
            authentication_type: AuthenticationType::AuthenticatorApp,
            description: Description::default(),
            stop_on: Policy::default().proposed_stop(self.desk.settings.zone.today(now)),
            include_with_token: false,
            include_with_task,
        };
        let everyone = Selection::Matching { query: String::new(), without: Vec::new() };
        let mut made = None;
        self.timed(title, || {
            made = Some(provision::provision(&self.desk, &self.who, now, &everyone, &choice)?);
            Ok(())
        })?;
        made.ok_or_else(|| "nothing was provisioned".into())
    }

    /// What the page would have shown.
    fn shown(&self, task: TaskId, change: &str) -> Outcome<String> {
        let all = TickedUsers::Matching(Filter::default());
        let preview = ticked_users::preview(&self.desk, &self.who, self.desk.now(), task, &all)?;
        Ok(preview.shown(&self.desk.keys, change))
    }

    #[allow(clippy::disallowed_methods, reason = "a stopwatch is no time that rules go by")]
    fn timed(&self, title: &str, verb: impl FnOnce() -> Result<(), Refused>) -> Outcome<()> {
        let before = self.last_ids()?;
        forget_peak();
        let started = Instant::now();
        verb()?;
        let time = started.elapsed();
        let peak = peak_mb();
        let raw = self.raw(&before)?;
        let ratio = time.as_secs_f64() / raw.as_secs_f64().max(1e-9);
        let (raw, ratio) = if raw.is_zero() {
            (String::new(), String::new())
        } else {
            (format!("{:.2} s", raw.as_secs_f64()), format!("{ratio:.1}"))
        };
        println!("{title:<44} {:>7.2} s {raw:>9} {ratio:>6} {peak:>5} MB", time.as_secs_f64());
        Ok(())
    }

    fn last_ids(&self) -> Outcome<Vec<i64>> {
        TABLES.iter().map(|table| self.number(&format!("SELECT COALESCE(MAX(id), 0) AS n FROM {table}"))).collect()
    }

    /// How long the database takes to write the rows beyond `before` once more. Nothing of it stays.
    #[allow(clippy::disallowed_methods, reason = "a stopwatch is no time that rules go by")]
    fn raw(&self, before: &[i64]) -> Outcome<Duration> {
        let mut copies = Vec::new();
        for (table, last) in TABLES.iter().zip(before) {
            let columns = self.columns(table)?;
            // A unique column gets another value, and a place a task that nobody is in.
            let taken = columns.iter().map(|column| match column.as_str() {
                "message_id" | "handle" | "user_id_key" => format!("'~' || {column}"),
                "task_id" if *table == "enrollments" => "(SELECT MAX(id) FROM tasks)".to_owned(),
                other => other.to_owned(),
            });
            let (into, from) = (columns.join(", "), taken.collect::<Vec<_>>().join(", "));
            copies.push(format!("INSERT INTO {table} ({into}) SELECT {from} FROM {table} WHERE id > {last}"));
        }
        let written: i64 = self.last_ids()?.iter().zip(before).map(|(after, before)| after - before).sum();
        if written == 0 {
            return Ok(Duration::ZERO);
        }
        let task: Vec<String> = self.columns("tasks")?;
        let task = task.join(", ");
        let mut time = Duration::ZERO;
        let undone: Result<(), Refused> = self.desk.db.write(|conn| {
            let started = Instant::now();
            sql_query("UPDATE enrollments SET version = version + 1 WHERE task_id = (SELECT MAX(id) FROM tasks)")
                .execute(conn)?;
            sql_query(format!("INSERT INTO tasks ({task}) SELECT {task} FROM tasks LIMIT 1")).execute(conn)?;
            for copy in &copies {
                sql_query(copy).execute(conn)?;
            }
            time = started.elapsed();
            Err(Refused::Conflict("only measured".into()))
        });
        match undone {
            Err(Refused::Conflict(_)) => Ok(time),
            other => Ok(other.map(|()| time)?),
        }
    }

    fn columns(&self, table: &str) -> Outcome<Vec<String>> {
        #[derive(QueryableByName)]
        struct Column {
            #[diesel(sql_type = diesel::sql_types::Text)]
            name: String,
        }
        let sql = if self.desk.db.is_postgres() {
            format!("SELECT column_name::text AS name FROM information_schema.columns WHERE table_name = '{table}'")
        } else {
            format!("SELECT name FROM pragma_table_info('{table}')")
        };
        let columns: Vec<Column> = self.desk.db.read(|conn| Ok(sql_query(sql).load(conn)?))?;
        Ok(columns.into_iter().map(|column| column.name).filter(|name| name != "id").collect())
    }

    fn number(&self, sql: &str) -> Outcome<i64> {
        #[derive(QueryableByName)]
        struct Number {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let rows: Vec<Number> = self.desk.db.read(|conn| Ok(sql_query(sql).load(conn)?))?;
        Ok(rows.first().map_or(0, |row| row.n))
    }

    fn execute(&self, sql: &str) -> Outcome<()> {
        Ok(self.desk.db.write(|conn| Ok(sql_query(sql).execute(conn).map(|_| ())?))?)
    }
}

/// Lets the kernel count the most memory held from here on (Linux).
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The most memory held, in MB; 0 where the kernel does not say.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
