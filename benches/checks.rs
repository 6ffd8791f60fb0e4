//! One-time passwords as auth nodes ask for them: over HTTP and by RADIUS, each accepted once, on the disk and in the audit log
//! before it is answered; and beside them, in the same rounds, the rows that the same disk takes one a transaction:
//!
//!     cargo bench --bench checks
//!
//! `BENCH_POSTGRES` as with `bulk`. Told are the medians of some rounds and their ratio.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use diesel::connection::SimpleConnection;
use reqwest::Client;
use tokendesk::{
    authentication,
    clock::Clock,
    config::{Settings, Written},
    desk::Desk,
    ids::Random,
    operators::Who,
};

mod place;
mod radius;
mod server;

use place::Place;
use server::value;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Auth nodes that ask at once, each for a user of its own.
const CLIENTS: usize = 16;

const ROUNDS: usize = 5;

/// How long each half of a round lasts.
const ROUND: Duration = Duration::from_secs(2);

fn main() -> Outcome<()> {
    let place = Place::of_environment().map_err(|error| error.to_string())?;
    let written = Written { database_url: place.url.clone(), ..Written::default() };
    let desk = Desk::assemble(Settings::check(written)?, &[7; 32], Random::System, Clock::System)?;
    desk.db.migrate()?;
    server::with_devices(&desk, "user", CLIENTS)?;
    let key = authentication::add_node(&desk, &Who::system(), desk.now(), "VPN")?;
    desk.db.write(|conn| Ok(conn.batch_execute("CREATE TABLE bench_rows (id BIGINT PRIMARY KEY)")?))?;
    let url = format!("{}/api/v1/authenticate", server::serve(&desk)?);
    let run = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let client = Client::builder().no_proxy().build()?;
    let (mut pressed, mut rows) = ([1; CLIENTS], 0);
    let port = radius::serve(&desk)?;
    let (mut checks, mut commits, mut packets) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        packets.push(run.block_on(radius::checks_a_second(port, ROUND, &mut pressed))?);
        commits.push(commits_a_second(&desk, &mut rows)?);
        checks.push(run.block_on(checks_a_second(&client, &url, &key, &mut pressed))?);
    }
    let (checks, commits, packets) = (median(checks), median(commits), median(packets));
    println!("{CLIENTS} clients on {}, medians of {ROUNDS} rounds:", place.database());
    println!(
        "{checks:>8.0} one-time passwords a second, {commits:.0} one-row commits a second: {:.2}",
        checks / commits
    );
    println!("{packets:>8.0} by RADIUS, of those over HTTP: {:.2}", packets / checks);
    Ok(())
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
