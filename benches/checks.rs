//! One-time passwords as auth nodes ask for them: over HTTP, each accepted once, on the disk and in the audit log before it
//! is answered; and beside them, in the same rounds, the rows that the same disk takes one a transaction:
//!
//!     cargo bench --bench checks
//!
//! `TOKENDESK_BENCH_POSTGRES` as with `bulk`. Told are the medians of some rounds and their ratio.

use std::{
    error::Error,
    net::TcpListener,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use actix_web::{App, HttpServer, rt::System};
use diesel::connection::SimpleConnection;
use reqwest::Client;
use tokendesk::{
    app, authentication,
    clock::Clock,
    config::{Settings, Written},
    desk::Desk,
    ids::Random,
    oath::{self, Algorithm},
    operators::Who,
    tokens::{self, Device, Making, MovingFactor, Seed},
    users::{self, Import},
};

mod place;

use place::Place;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Auth nodes that ask at once, each for a user of its own.
const CLIENTS: usize = 16;

const ROUNDS: usize = 5;

/// How long each half of a round lasts.
const ROUND: Duration = Duration::from_secs(2);

const SEED: &[u8; 20] = b"12345678901234567890";

fn main() -> Outcome<()> {
    let place = Place::of_environment().map_err(|error| error.to_string())?;
    let written = Written { database_url: place.url.clone(), ..Written::default() };
    let desk = Desk::assemble(Settings::check(written)?, &[7; 32], Random::System, Clock::System)?;
    desk.db.migrate()?;
    let key = fill(&desk)?;
    desk.db.write(|conn| Ok(conn.batch_execute("CREATE TABLE bench_rows (id BIGINT PRIMARY KEY)")?))?;
    let url = serve(&desk)?;
    let run = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let client = Client::builder().no_proxy().build()?;
    let (mut pressed, mut rows) = ([1; CLIENTS], 0);
    let (mut checks, mut commits) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        commits.push(commits_a_second(&desk, &mut rows)?);
        checks.push(run.block_on(checks_a_second(&client, &url, &key, &mut pressed))?);
    }
    let (checks, commits) = (median(checks), median(commits));
    println!("{CLIENTS} clients on {}, medians of {ROUNDS} rounds:", place.database());
    println!(
        "{checks:>8.0} one-time passwords a second, {commits:.0} one-row commits a second: {:.2}",
        checks / commits
    );
    Ok(())
}

/// Users with a device each, enrolled by its first value; the key of an auth node.
fn fill(desk: &Desk) -> Outcome<String> {
    let (who, now) = (Who::system(), desk.now());
    let mut file = String::from("User ID,Last Name,First Name,Email,Container\n");
    for n in 0..CLIENTS {
        file.push_str(&format!("user{n:06},Last{n:06},First,user{n:06}@example.org,Service desk\n"));
    }
    let how = Import { container: "Service desk".into(), dry_run: false, good_lines: false };
    users::import(desk, &who, now, file.as_bytes(), &how)?;
    let making = Making { moving_factor: MovingFactor::Counter, ..Making::APP };
    for n in 0..CLIENTS {
        let device = Device { serial: format!("D{n:06}"), seed: Seed::new(*SEED), making, container: None };
        desk.db.write(|conn| {
            tokens::insert_inventory(desk, conn, now, std::slice::from_ref(&device))?;
            let user = users::find(conn, &who, &format!("user{n:06}"))?;
            tokens::bind_hardware(desk, conn, now, user.id, user.container, &device.serial, &value(0)).map(|_| ())
        })?;
    }
    Ok(authentication::add_node(desk, &who, now, "VPN")?)
}

fn value(counter: u64) -> String {
    oath::hotp(SEED, counter, 6, Algorithm::Sha1)
}

fn serve(desk: &Desk) -> Outcome<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/api/v1/authenticate", listener.local_addr()?);
    let (desk, (started, ready)) = (desk.clone(), mpsc::channel());
    thread::spawn(move || {
        System::new().block_on(async move {
            let server = HttpServer::new(move || App::new().configure(|config| app::configure(&desk, config)));
            let server = server.workers(2).disable_signals().listen(listener)?.run();
            let _ = started.send(());
            server.await
        })
    });
    ready.recv()?;
    Ok(url)
}

/// Values accepted a second, of a round; `pressed` is the next value of each device.
#[allow(clippy::disallowed_methods, reason = "a stopwatch is no time that rules go by")]
async fn checks_a_second(client: &Client, url: &str, key: &str, pressed: &mut [u64; CLIENTS]) -> Outcome<f64> {
    let started = Instant::now();
    let clients: Vec<_> = pressed
        .iter()
        .copied()
        .enumerate()
        .map(|(n, mut next)| {
            let (client, url, key) = (client.clone(), url.to_owned(), key.to_owned());
            tokio::spawn(async move {
                while started.elapsed() < ROUND {
                    let question = serde_json::json!({ "user_id": format!("user{n:06}"), "otp": value(next) });
                    let request = client.post(&url).bearer_auth(&key).json(&question);
                    request.send().await?.error_for_status()?.bytes().await?;
                    next += 1;
                }
                Outcome::Ok(next)
            })
        })
        .collect();
    let before: u64 = pressed.iter().sum();
    for (client, pressed) in clients.into_iter().zip(pressed.iter_mut()) {
        *pressed = client.await??;
    }
    Ok((pressed.iter().sum::<u64>() - before) as f64 / started.elapsed().as_secs_f64())
}

/// Rows written one a transaction, one after the other, while a round lasts.
#[allow(clippy::disallowed_methods, reason = "a stopwatch is no time that rules go by")]
fn commits_a_second(desk: &Desk, rows: &mut i64) -> Outcome<f64> {
    let (started, first) = (Instant::now(), *rows);
    while started.elapsed() < ROUND {
        desk.db.write(|conn| Ok(conn.batch_execute(&format!("INSERT INTO bench_rows VALUES ({rows})"))?))?;
        *rows += 1;
    }
    Ok((*rows - first) as f64 / started.elapsed().as_secs_f64())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
