//! A sign-in over HTTP, from the password to the session that is on the disk; and beside it one argon2id hash of the same
//! cost, in turns:
//!
//!     cargo bench --bench sign_in
//!
//! `BENCH_POSTGRES` as with `bulk`. Told are the medians and their ratio.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use reqwest::{blocking::Client, redirect::Policy};
use tokendesk::{
    clock::Clock,
    config::{Settings, Written},
    desk::Desk,
    ids::Random,
    operators::{self, NewOperator, Who},
};

mod place;
mod server;

use place::Place;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const TRIES: usize = 60;

const PASSWORD: &str = "quiet harbor lanterns";

fn main() -> Outcome<()> {
    let place = Place::of_environment().map_err(|error| error.to_string())?;
    let written = Written { database_url: place.url.clone(), require_second_factor: false, ..Written::default() };
    let desk = Desk::assemble(Settings::check(written)?, &[7; 32], Random::System, Clock::System)?;
    desk.db.migrate()?;
    let kim = NewOperator {
        user_id: "kim".into(),
        name: String::new(),
        email: String::new(),
        role: "Operator".into(),
        password: PASSWORD.into(),
        must_change_password: false,
        containers: None,
    };
    operators::add(&desk, &Who::system(), desk.now(), kim)?;
    let url = format!("{}/sign-in", server::serve(&desk)?);
    let client = Client::builder().no_proxy().redirect(Policy::none()).build()?;
    let (mut ours, mut hashes) = (Vec::new(), Vec::new());
    for _ in 0..TRIES {
        let request = client.post(&url).header("sec-fetch-site", "same-origin");
        let request = request.form(&[("user_id", "kim"), ("password", PASSWORD)]);
        let (answer, took) = timed(|| request.send());
        let answer = answer?;
        if answer.status() != 303 || answer.headers().get("set-cookie").is_none() {
            return Err(format!("kim was not signed in: {}", answer.status()).into());
        }
        ours.push(took);
        let slot = desk.hashers.slot()?;
        let (hash, took) = timed(|| slot.hash([7; 16], PASSWORD));
        hash?;
        hashes.push(took);
    }
    ours.sort();
    hashes.sort();
    let (ours, hash) = (ours[TRIES / 2].as_secs_f64() * 1_000.0, hashes[TRIES / 2].as_secs_f64() * 1_000.0);
    println!("{TRIES} sign-ins on {}, medians:", place.database());
    println!("{ours:>8.1} ms a sign-in, {hash:.1} ms a hash: {:.2}", ours / hash);
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "a stopwatch is no time that rules go by")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed())
}
