//! What operators do to a task of many users at once, timed through the verbs that the console calls:
//!
//!     cargo bench --bench bulk
//!
//! `BENCH_USERS` is how many users (100,000), `BENCH_POSTGRES` a server as
//! `postgres://user@host:port`, on which a database is made and dropped; without it SQLite runs in a temporary folder.
//!
//! Beside each verb stands how long the database itself takes to write the same rows once more, from one table into
//! itself: the ratio holds on other machines too. `raw` is its new rows, with each enrollment counted up; `all` is its new rows
//! and the changed ones changed back. `peak` is the most memory the process held while the verb ran; then what others noticed
//! meanwhile: the longest that a change waited for the writer, the median of the list of tasks, the 99th of 100 checks of a
//! one-time password, and how many of all these were refused.

use std::{
    cell::RefCell,
    error::Error,
    thread,
    time::{Duration, Instant},
};

use diesel::{RunQueryDsl, sql_query};
use tokendesk::{
    clock::Clock,
    config::{Settings, Written},
    desk::Desk,
    error::Error as Refused,
    ids::{Random, TaskId},
    mail::{self, State, View},
    operators::{self, NewOperator, Who},
    outbox::{
        Change,
        ticked::{self, Query, TickedEmails},
    },
    policy::Policy,
    provision::{
        self, ChoiceForm,
        choice::{Choice, Selection},
    },
    tasks::{
        self,
        members::Filter,
        remove, resend, stop_date,
        task::Description,
        ticked_users::{self, TickedUsers},
    },
    tokens::AuthenticationType,
    users::{self, Import},
    work,
};

mod beside;
mod place;
mod raw;
mod server;

use beside::Beside;
use place::Place;
use raw::Before;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[allow(clippy::disallowed_methods, reason = "it listens while nothing is done")]
fn main() -> Outcome<()> {
    let users: usize = std::env::var("BENCH_USERS").ok().map_or(Ok(100_000), |text| text.parse())?;
    let place = Place::of_environment()?;
    println!("{users} users on {}\n", place.database());
    println!(
        "{:<44} {:>9} {:>9} {:>6} {:>9} {:>6} {:>8} {:>8} {:>9} {:>9} {:>7}",
        "verb", "time", "raw", "ratio", "all", "ratio", "peak", "held", "page", "check", "refused"
    );
    let written = Written { database_url: place.url.clone(), ..Written::default() };
    let desk = Desk::assemble(Settings::check(written)?, &[7; 32], Random::System, Clock::System)?;
    desk.db.migrate()?;
    let beside = RefCell::new(Beside::of(&desk).map_err(|error| error.to_string())?);
    let bench = Bench { desk, who: Who::system(), users, beside };
    bench.timed("Nothing", || {
        thread::sleep(QUIET);
        Ok(())
    })?;
    bench.run()
}

/// How long others are listened to while nothing is done.
const QUIET: Duration = Duration::from_secs(3);

struct Bench {
    desk: Desk,
    who: Who,
    users: usize,
    beside: RefCell<Beside>,
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
            remove::remove_task(desk, who, now, third, true, self.users + beside::NODES).map(|_| ())
        })?;

        // What told them of it was refused; all of it is sent again, and then canceled.
        let told = format!("WHERE task_id = {third} AND kind = 'canceled'");
        let refused = "state = 'Failed', next_try_at = NULL, last_answer_at = created_at";
        self.execute(&format!("UPDATE emails SET {refused} {told}"))?;
        let emails =
            |state| TickedEmails::Matching(Query { view: View::State(state), filter: mail::Filter::default() });
        let (failed, queued) = (emails(State::Failed), emails(State::Queued));
        self.timed("Send emails again, what it would do", || {
            ticked::preview(desk, who, now, &failed, Change::SendAgain).map(|_| ())
        })?;
        self.timed("Send emails again", || ticked::apply(desk, who, now, &failed, Change::SendAgain, now).map(|_| ()))?;
        self.timed("Cancel emails", || ticked::apply(desk, who, now, &queued, Change::Cancel, now).map(|_| ()))?;
        self.long_work()
    }

    /// What the console does of so many users: slices, and one last transaction.
    fn long_work(&self) -> Outcome<()> {
        let (desk, now) = (&self.desk, self.desk.now());
        let operator = operators::add(
            desk,
            &self.who,
            now,
            NewOperator {
                user_id: "bench".into(),
                name: String::new(),
                email: String::new(),
                role: "Operator".into(),
                password: "mirrors and gravel 1742".into(),
                must_change_password: false,
                containers: None,
            },
        )?;
        let working = desk.db.read(|conn| operators::at_work(conn, operator, "", ""))?;
        let who = working.ok_or("the operator is new")?.who;
        let everyone = Selection::Matching { query: String::new(), without: Vec::new() };
        let draft = provision::start(desk, &who, now, &everyone)?;
        let typed = ChoiceForm {
            authentication_type: AuthenticationType::AuthenticatorApp.code().into(),
            ..ChoiceForm::default()
        };
        provision::choose(desk, &who, now, &draft, &typed)?;
        let preview = provision::preview(desk, &who, now, &draft)?.ok_or("a type is chosen")?;
        let mut made = None;
        self.timed("Provision, as long work", || {
            provision::work::begin(desk, &who, now, &draft, &preview.shown)?;
            work::run_waiting(desk, |_| provision::work::apply)?;
            made = provision::find_draft(desk, &who, now, &draft)?.0.task;
            Ok(())
        })?;
        let task = made.ok_or("nothing was provisioned")?;
        let all = TickedUsers::Matching(Filter::default());
        let shown = self.shown(task, resend::RESEND)?;
        self.timed("Resend, as long work", || {
            tasks::work::begin(desk, &who, now, task, &all, tasks::work::Change::Resend, &shown)?;
            work::run_waiting(desk, |_| tasks::work::apply)
        })?;
        let date = preview.plan.choice.stop_on + chrono::Days::new(3);
        let shown = self.shown(task, &stop_date::moving(date))?;
        self.timed("New Stop Date with email, as long work", || {
            let change = tasks::work::Change::StopDate(date, true);
            tasks::work::begin(desk, &who, now, task, &all, change, &shown)?;
            work::run_waiting(desk, |_| tasks::work::apply)
        })?;
        self.execute(&format!("UPDATE enrollments SET failures = 5 WHERE task_id = {task}"))?;
        let shown = self.shown(task, resend::UNLOCK)?;
        self.timed("Unlock, as long work", || {
            tasks::work::begin(desk, &who, now, task, &all, tasks::work::Change::Unlock("Measured".into()), &shown)?;
            work::run_waiting(desk, |_| tasks::work::apply)
        })
    }

    fn provision(&self, title: &str, include_with_task: bool) -> Outcome<TaskId> {
        let now = self.desk.now();
        let choice = Choice {
            authentication_type: AuthenticationType::AuthenticatorApp,
            description: Description::default(),
            stop_on: Policy::default().proposed_stop(self.desk.settings.zone.today(now)),
            include_with_token: false,
            include_with_task,
            hand_over: false,
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
        let db = &self.desk.db;
        let before = Before::of(db)?;
        forget_peak();
        let mut beside = self.beside.borrow_mut();
        let timed = beside.during(|| {
            let started = Instant::now();
            verb().map(|()| started.elapsed())
        });
        let (time, noticed) = timed.map_err(|error| error.to_string())?;
        let (time, peak) = (time?, peak_mb());
        let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
        let ratio = |raw: Duration| format!("{:.1}", time.as_secs_f64() / raw.as_secs_f64().max(1e-9));
        let [new, of_new, all, of_all] = before
            .raw(db)?
            .map_or_else(Default::default, |raw| [seconds(raw.new), ratio(raw.new), seconds(raw.all), ratio(raw.all)]);
        let ms = |time: Duration| format!("{:.0} ms", time.as_secs_f64() * 1_000.0);
        println!(
            "{title:<44} {:>9} {new:>9} {of_new:>6} {all:>9} {of_all:>6} {peak:>5} MB {:>8} {:>9} {:>9} {:>7}",
            seconds(time),
            ms(noticed.held),
            ms(noticed.page),
            ms(noticed.check),
            noticed.refused
        );
        Ok(())
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
