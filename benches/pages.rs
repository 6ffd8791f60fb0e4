//! Pages of the console in the worlds of `tokendesk demo --tasks`, of 1,000 to 100,000 tasks, over HTTP from the real program:
//!
//!     cargo bench --bench pages
//!
//! `BENCH_POSTGRES` as with `bulk`; `BENCH_MILLION`, if it is set, for a world of 1,000,000 tasks beside them.
//! A tenth of the tasks is open, and there are a fifth as many users. Told are the median and the 99th of 100 of some tries
//! one after the other; how fast the page is beside itself at 1,000 tasks, and beside a bare page of as many bytes (50 rows
//! by diesel, drawn by askama, sent by actix) in the same run; the memory of the program at rest and after each page; and how
//! long a file of all tasks takes.

use std::{
    collections::HashMap,
    error::Error,
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use actix_web::{
    App, HttpResponse, HttpServer,
    cookie::{Cookie, CookieJar},
    rt::System,
    web::{self, Data, Path},
};
use askama::Template;
use diesel::{QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types};
use reqwest::blocking::Client;
use tokendesk::{
    clock::Clock,
    config::{Settings, Written},
    demo::{story, world},
    desk::Desk,
    ids::Random,
    operators::sessions,
    web::{cookies, session},
};

mod place;

use place::Place;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Tries of each page, after some that are not counted.
const TRIES: usize = 100;
const BEFORE: usize = 5;

/// The key of the world, and as the program is told it.
const MASTER: [u8; 32] = [7; 32];

/// How long the program may take until it answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// Containers of the operator who works in some.
const SOME: i64 = 2;

/// What is opened. `USER`, `TASK`: the user and the task that come last.
const PAGES: [&str; 30] = [
    "/",
    "/tasks?size=50",
    "/tasks?size=50&sort=-operator",
    "/tasks?size=50&sort=start&operator=k.lindqvist",
    "/tasks?size=50&type=hardware-token",
    "/tasks?size=50&view=past",
    "/tasks?size=50&view=locked",
    "/tasks?size=50&view=mail",
    "/tasks?size=50&q=m.okafor",
    "/tasks?size=50&page=end",
    "/tasks/TASK",
    "/users?size=50",
    "/users?size=50&sort=-last_name",
    "/users?size=50&q=berg",
    "/users?size=50&q=zoe%20berg",
    "/users?size=50&auth_method=none",
    "/users?size=50&page=end",
    "/users/USER",
    "/users/USER/authentication-methods",
    "/tokens?size=50",
    "/tokens?size=50&state=Active",
    "/outbox?size=50",
    "/outbox?size=50&state=all",
    "/outbox?size=50&message=reminder",
    "/audit?size=50",
    "/audit?size=50&action=operators",
    "/find?q=berg",
    "/reports/provisioning?size=50",
    "/reports/not-enrolled?size=50",
    "/reports/tokens",
];

/// A file with a row for every task.
const FILE: &str = "/reports/provisioning.csv?from=any";

fn main() -> Outcome<()> {
    let mut sizes = vec![1_000, 10_000, 100_000];
    if std::env::var_os("BENCH_MILLION").is_some() {
        sizes.push(1_000_000);
    }
    let mut at_first = HashMap::new();
    for tasks in sizes {
        let place = Place::of_environment().map_err(|error| error.to_string())?;
        let (world, took) = timed(|| World::make(&place, tasks));
        println!("\n{tasks} tasks on {}, made in {:.0} s", place.database(), took.as_secs_f64());
        measure(&world?, &mut at_first)?;
    }
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "a stopwatch is no time that rules go by")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed())
}

/// Opens every page as each of the operators, in turns with the bare page.
fn measure(world: &World, at_first: &mut HashMap<(String, String), Duration>) -> Outcome<()> {
    let program = Program::start(world)?;
    let bare = serve_bare(&world.desk)?;
    let client = Client::builder().no_proxy().timeout(PATIENCE).build()?;
    println!("{:>6.1} MB at rest", program.memory()?);
    println!(
        "{:<52} {:>6} {:>7} {:>9} {:>9} {:>7} {:>7} {:>7}",
        "page", "scope", "KB", "median ms", "p99 ms", "to 1 k", "to bare", "MB"
    );
    for (scope, cookie) in &world.cookies {
        for page in PAGES {
            let address = page.replace("USER", &world.user).replace("TASK", &world.task.to_string());
            let get = || -> Outcome<(usize, Duration)> {
                let request = client.get(format!("{}{address}", program.url)).header("cookie", cookie);
                let (answer, took) = timed(|| request.send().and_then(|answer| answer.error_for_status()?.bytes()));
                Ok((answer?.len(), took))
            };
            let mut bytes = 0;
            for _ in 0..BEFORE {
                bytes = get()?.0;
            }
            let (mut times, mut bares) = (Vec::new(), Vec::new());
            for _ in 0..TRIES {
                times.push(get()?.1);
                let (answer, took) =
                    timed(|| client.get(format!("{bare}/{bytes}")).send().and_then(|answer| answer.bytes()));
                answer?;
                bares.push(took);
            }
            times.sort();
            bares.sort();
            let (median, p99, bare) = (times[TRIES / 2], times[TRIES - 1 - TRIES / 100], bares[TRIES / 2]);
            let first = *at_first.entry((page.to_owned(), (*scope).to_owned())).or_insert(median);
            let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
            println!(
                "{page:<52} {scope:>6} {:>7.1} {:>9.2} {:>9.2} {:>7.2} {:>7.2} {:>7.1}",
                f64::from(u32::try_from(bytes)?) / 1_000.0,
                ms(median),
                ms(p99),
                first.as_secs_f64() / median.as_secs_f64(),
                bare.as_secs_f64() / median.as_secs_f64(),
                program.memory()?
            );
        }
    }
    let request = client.get(format!("{}{FILE}", program.url)).header("cookie", &world.cookies[0].1);
    let (file, took) = timed(|| request.send()?.error_for_status()?.copy_to(&mut std::io::sink()));
    let rate = file? as f64 / 1e6 / took.as_secs_f64();
    println!("{FILE}: {:.1} s, {rate:.1} MB/s, then {:.1} MB in memory", took.as_secs_f64(), program.memory()?);
    Ok(())
}

/// A world, and who works in it.
struct World {
    desk: Desk,
    url: String,
    user: String,
    task: i64,
    cookies: [(&'static str, String); 2],
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = sql_types::BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = sql_types::Text)]
    name: String,
}

impl World {
    fn make(place: &Place, tasks: i64) -> Outcome<Self> {
        let written = Written {
            database_url: place.url.clone(),
            time_zone: "Europe/Berlin".into(),
            require_second_factor: false,
            ..Written::default()
        };
        let settings = Settings::check(written)?;
        let desk = Desk::assemble(settings, &MASTER, Random::seeded(1), Clock::fixed(Clock::System.now()))?;
        desk.db.migrate()?;
        story::play(&desk, &story::mailbox())?;
        world::make(&desk, world::Size::of(tasks, None, 0.1)?, &mut |_| {})?;
        desk.db.write(|conn| {
            conn.batch_execute(&format!(
                "INSERT INTO operators (user_id, user_id_key, name, role_id, all_containers, password_hash, \
                   must_change_password, created_at) \
                 SELECT 'some.cole', 'some.cole', 'Cole', r.id, FALSE, 'none', FALSE, CURRENT_TIMESTAMP FROM roles r \
                 WHERE r.name = 'Operator'; \
                 INSERT INTO operator_containers (operator_id, container_id) SELECT o.id, c.id FROM operators o, containers c \
                 WHERE o.user_id = 'some.cole' AND c.id IN (SELECT id FROM containers ORDER BY id LIMIT {SOME})"
            ))?;
            if matches!(conn, tokendesk::db::AnyConn::Pg(_)) {
                // The server does it by itself after some time.
                conn.batch_execute("ANALYZE")?;
            }
            Ok(())
        })?;
        let (user, task) = desk.db.read(|conn| {
            let task = sql_query(
                "SELECT MAX(c.task_id) AS n FROM task_containers c WHERE c.enrolled < c.users AND NOT c.removed \
                 AND c.container_id IN (SELECT container_id FROM operator_containers p JOIN operators o ON o.id = p.operator_id \
                 WHERE o.user_id = 'some.cole')",
            )
            .get_result::<Number>(conn)?
            .n;
            let user = sql_query(format!(
                "SELECT u.user_id AS name FROM enrollments e JOIN users u ON u.id = e.user_id \
                 JOIN operator_containers p ON p.container_id = u.container_id JOIN operators o ON o.id = p.operator_id \
                 WHERE e.task_id = {task} AND o.user_id = 'some.cole' LIMIT 1"
            ))
            .get_result::<Name>(conn)?
            .name;
            Ok((user, task))
        })?;
        let cookies = [("all", cookie(&desk, "k.lindqvist")?), ("some", cookie(&desk, "some.cole")?)];
        Ok(World { url: place.url.clone(), desk, user, task, cookies })
    }
}

/// The cookie of an operator who is signed in.
fn cookie(desk: &Desk, user_id: &str) -> Outcome<String> {
    let id = desk.db.read(|conn| {
        let query = sql_query("SELECT id AS n FROM operators WHERE user_id_key = $1");
        Ok(query.bind::<sql_types::Text, _>(user_id).get_result::<Number>(conn)?.n)
    })?;
    let of = HashMap::from([(sessions::OPERATOR.to_owned(), id.to_string())]);
    let key = sessions::insert(desk, &of, desk.now())?;
    let (mut jar, name) = (CookieJar::new(), cookies::SESSION.name(false));
    jar.signed_mut(&session::cookie_key(desk)).add(Cookie::new(name, key));
    Ok(jar.get(name).ok_or("the cookie was added")?.encoded().to_string())
}

/// `tokendesk serve` over the world.
struct Program {
    process: Child,
    url: String,
    #[allow(dead_code, reason = "held for its Drop")]
    folder: tempfile::TempDir,
}

impl Program {
    fn start(world: &World) -> Outcome<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let (url, folder) = (format!("http://127.0.0.1:{port}"), tempfile::tempdir()?);
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokendesk"));
        command.arg("serve").stdout(Stdio::null()).stderr(Stdio::null());
        for (name, value) in [
            ("listen", format!("127.0.0.1:{port}")),
            ("public_url", url.clone()),
            ("data_dir", folder.path().display().to_string()),
            ("time_zone", "Europe/Berlin".into()),
            ("require_second_factor", "false".into()),
        ] {
            command.args(["--set", &format!("{name}={value}")]);
        }
        command.env("TOKENDESK_DATABASE_URL", &world.url);
        command.env("TOKENDESK_MASTER_KEY", MASTER.map(|byte| format!("{byte:02x}")).concat());
        let program = Program { process: command.spawn()?, url, folder };
        let (ready, took) = timed(|| program.is_ready());
        if !ready {
            return Err("the program does not answer".into());
        }
        println!("{:>6.0} ms to the first answer", took.as_secs_f64() * 1_000.0);
        Ok(program)
    }

    /// Waits until it takes requests.
    #[allow(clippy::disallowed_methods, reason = "a program that starts is asked again")]
    fn is_ready(&self) -> bool {
        let waits = PATIENCE.as_millis() / 5;
        (0..waits).any(|_| {
            thread::sleep(Duration::from_millis(5));
            reqwest::blocking::get(format!("{}/readyz", self.url)).is_ok_and(|answer| answer.status() == 200)
        })
    }

    /// What it has in memory, in MB.
    fn memory(&self) -> Outcome<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("its memory is told")?;
        let kb: u32 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(f64::from(kb) / 1_000.0)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[derive(QueryableByName)]
struct BareRow {
    #[diesel(sql_type = sql_types::BigInt)]
    id: i64,
    #[diesel(sql_type = sql_types::Text)]
    operator: String,
    #[diesel(sql_type = sql_types::Text)]
    emailed_to: String,
    #[diesel(sql_type = sql_types::BigInt)]
    users: i64,
}

#[derive(Template)]
#[template(
    source = "<!doctype html><table>{% for row in rows %}<tr><td>{{ row.id }}<td>{{ row.operator }}<td>{{ row.emailed_to }}<td>{{ row.users }}<td>{{ filler }}{% endfor %}</table>",
    ext = "html"
)]
struct Bare {
    rows: Vec<BareRow>,
    filler: String,
}

/// Serves 50 rows in a page of about as many bytes as its address says; the address of it.
fn serve_bare(desk: &Desk) -> Outcome<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let (desk, (send, receive)) = (desk.clone(), mpsc::channel());
    thread::spawn(move || {
        System::new().block_on(async move {
            let server = HttpServer::new(move || {
                App::new().app_data(Data::new(desk.clone())).route("/{bytes}", web::get().to(bare))
            });
            let server = server.workers(2).disable_signals().listen(listener)?.run();
            send.send(()).map_err(std::io::Error::other)?;
            server.await
        })
    });
    receive.recv()?;
    Ok(url)
}

async fn bare(desk: Data<Desk>, bytes: Path<usize>) -> Result<HttpResponse, actix_web::Error> {
    let rows = web::block(move || {
        desk.db.read(|conn| {
            let query = sql_query(
                "SELECT id, operator, emailed_to, users FROM tasks WHERE removed_at IS NULL AND enrolled < users \
                 ORDER BY id DESC LIMIT 50",
            );
            Ok(query.load::<BareRow>(conn)?)
        })
    });
    let rows = rows.await?.map_err(actix_web::error::ErrorInternalServerError)?;
    let filler = "x".repeat((bytes.into_inner() / 50).saturating_sub(60));
    let body = Bare { rows, filler }.render().map_err(actix_web::error::ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().content_type("text/html").body(body))
}
