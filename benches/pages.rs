//! Pages of the console over many rows, timed from the request to the last byte, session, permission and chrome included:
//!
//!     cargo bench --bench pages
//!
//! `TOKENDESK_BENCH_ROWS` is how many users, tasks with one user each, and users of one more task (100,000);
//! `TOKENDESK_BENCH_POSTGRES` as with `bulk`. Told is the median and the worst of some tries after the first.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use actix_web::{App, rt::System, test};
use diesel::connection::SimpleConnection;
use tokendesk::{
    app,
    clock::Clock,
    config::{Settings, Written},
    desk::Desk,
    ids::Random,
    operators::Who,
    policy::Policy,
    provision::{
        self,
        choice::{Choice, Selection},
    },
    tasks::task::Description,
    tokens::AuthenticationType,
    users::{self, Import},
};

mod place;
mod server;

use place::Place;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Tries of each page after the first one.
const TRIES: usize = 15;

/// The slowest that a page may be over 100,000 rows.
const LIMIT: Duration = Duration::from_millis(100);

const METRICS_KEY: &str = "0123456789abcdef0123456789abcdef";

fn main() -> Outcome<()> {
    let rows: usize = std::env::var("TOKENDESK_BENCH_ROWS").ok().map_or(Ok(100_000), |text| text.parse())?;
    let place = Place::of_environment()?;
    println!("{rows} rows on {}\n", place.database());
    let written = Written { database_url: place.url.clone(), metrics_key: METRICS_KEY.into(), ..Written::default() };
    let desk = Desk::assemble(Settings::check(written)?, &[7; 32], Random::System, Clock::System)?;
    desk.db.migrate()?;
    let (task, cookie) = fill(&desk, rows)?;
    let pages = [
        "/".to_owned(),
        "/tasks".into(),
        "/tasks?page=1000".into(),
        "/tasks?sort=-stop".into(),
        "/tasks?q=user0512".into(),
        "/tasks?view=stopping".into(),
        "/tasks?view=past".into(),
        "/tasks?view=mine".into(),
        format!("/tasks/{task}"),
        format!("/tasks/{task}?page=1000"),
        format!("/tasks/{task}/edit"),
        format!("/tasks/{task}/remove"),
        "/users".into(),
        "/users?page=1000".into(),
        "/users?q=user0512".into(),
        "/users?q=*0512*".into(),
        "/users?sort=email".into(),
        "/users/user005123".into(),
        "/users/user005123/authentication-methods".into(),
        "/outbox".into(),
        "/outbox?page=1000".into(),
        "/audit".into(),
        "/find?q=user0512".into(),
        "/reports/provisioning".into(),
        "/reports/not-enrolled".into(),
        "/metrics".into(),
    ];
    System::new().block_on(measure(&desk, &cookie, &pages))
}

async fn measure(desk: &Desk, cookie: &str, pages: &[String]) -> Outcome<()> {
    let own = desk.clone();
    let service = test::init_service(App::new().configure(move |config| app::configure(&own, config))).await;
    println!("{:<46} {:>6} {:>10} {:>10} {:>10} {:>9}", "page", "status", "first", "median", "worst", "size");
    for page in pages {
        let mut times = Vec::new();
        let (mut status, mut size) = (0, 0);
        for _ in 0..=TRIES {
            let mut request = test::TestRequest::get().uri(page).insert_header(("cookie", cookie));
            if page == "/metrics" {
                request = request.insert_header(("authorization", format!("Bearer {METRICS_KEY}")));
            }
            let (took, answer) = timed(async {
                let answer = test::call_service(&service, request.to_request()).await;
                let status = answer.status().as_u16();
                (status, test::read_body(answer).await.len())
            })
            .await;
            (status, size) = answer;
            times.push(took);
        }
        let first = times.remove(0);
        times.sort();
        let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
        let mark = if median > LIMIT { "  over the limit" } else { "" };
        let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1_000.0);
        println!(
            "{page:<46} {status:>6} {:>10} {:>10} {:>10} {:>6} KB{mark}",
            ms(first),
            ms(median),
            ms(worst),
            size / 1_000
        );
    }
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "a stopwatch is no time that rules go by")]
async fn timed<T>(work: impl Future<Output = T>) -> (Duration, T) {
    let started = Instant::now();
    let done = work.await;
    (started.elapsed(), done)
}

/// Users, a task of all of them by the verb, and as many tasks of one user each as copies of rows; the task of all, and
/// the cookie of an operator who is signed in.
fn fill(desk: &Desk, rows: usize) -> Outcome<(i64, String)> {
    let (who, now) = (Who::system(), desk.now());
    let mut file = String::from("User ID,Last Name,First Name,Email,Container\n");
    for n in 0..rows {
        file.push_str(&format!("user{n:06},Last{n:06},First,user{n:06}@example.org,Service desk\n"));
    }
    let how = Import { container: "Service desk".into(), dry_run: false, good_lines: false };
    users::import(desk, &who, now, file.as_bytes(), &how)?;
    let choice = Choice {
        authentication_type: AuthenticationType::AuthenticatorApp,
        description: Description::default(),
        stop_on: Policy::default().proposed_stop(desk.settings.zone.today(now)),
        include_with_token: false,
        include_with_task: false,
    };
    let everyone = Selection::Matching { query: String::new(), without: Vec::new() };
    let task = provision::provision(desk, &who, now, &everyone, &choice)?.0;
    // One task each, made over the last year, with Stop Dates on both sides of today.
    let day = if desk.db.is_postgres() {
        "CAST(CURRENT_DATE AS DATE) + CAST(u.id % 400 - 360 AS INTEGER)"
    } else {
        "date('now', (u.id % 400 - 360) || ' days')"
    };
    let stop = if desk.db.is_postgres() {
        "CAST(CURRENT_DATE AS DATE) + CAST(u.id % 60 - 10 AS INTEGER)"
    } else {
        "date('now', (u.id % 60 - 10) || ' days')"
    };
    let tasks = format!(
        "INSERT INTO tasks (operator, operator_key, authentication_type, description, start_on, created_at, removed_by, \
           users, enrolled, used, locked, earliest_stop_on, latest_stop_on, emailed_to, emailed_to_key, emailed_users, version) \
         SELECT 'k.lindqvist', 'k.lindqvist', t.authentication_type, u.user_id, {day}, t.created_at, '', 1, 0, 0, 0, {stop}, \
           {stop}, u.email, u.email_key, 1, 1 FROM users u JOIN tasks t ON t.id = {task} ORDER BY u.id"
    );
    let places = format!(
        "INSERT INTO enrollments (task_id, user_id, authentication_type, stop_on, failures, removed_by, removed_why, \
           emailed_to, emailed_at, version) \
         SELECT t.id, u.id, t.authentication_type, t.latest_stop_on, 0, '', '', u.email, t.created_at, 1 \
         FROM tasks t JOIN users u ON u.user_id = t.description WHERE t.id > {task}"
    );
    desk.db.write(|conn| {
        conn.batch_execute(&tasks)?;
        Ok(conn.batch_execute(&places)?)
    })?;
    let cookie = server::signed_in(desk).map_err(|error| error.to_string())?;
    desk.db.write(|conn| Ok(conn.batch_execute("ANALYZE")?))?;
    Ok((task, cookie))
}
