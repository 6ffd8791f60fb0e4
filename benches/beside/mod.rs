//! What others notice while one thing is done: how long the writer is away, a page, a check of a one-time password.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use reqwest::blocking::Client;
use tokendesk::{authentication, desk::Desk, operators::Who};

use crate::server;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Between two questions of the same kind: often enough to be met by what takes seconds, and a small part of the machine.
const PAUSE: Duration = Duration::from_millis(20);

/// Checks asked for at once, each for a user of its own.
pub const NODES: usize = 4;

/// What the user of a check is called, beside a number.
const NAME: &str = "checked";

/// Somebody who looks at a list, and auth nodes that ask.
pub struct Beside {
    desk: Desk,
    url: String,
    cookie: String,
    key: String,
    pressed: Vec<u64>,
}

/// What was noticed.
pub struct Noticed {
    /// The longest that a change waited for the writer.
    pub held: Duration,
    /// The median of the list of tasks.
    pub page: Duration,
    /// Of a hundred checks the last but one.
    pub check: Duration,
    /// Questions that were not answered with success.
    pub refused: usize,
}

impl Beside {
    /// Begins to serve.
    ///
    /// # Errors
    /// What the verbs answer.
    pub fn of(desk: &Desk) -> Outcome<Self> {
        server::with_devices(desk, NAME, NODES)?;
        let key = authentication::add_node(desk, &Who::system(), desk.now(), "VPN")?;
        let (url, cookie) = (server::serve(desk)?, server::signed_in(desk)?);
        Ok(Beside { desk: desk.clone(), url, cookie, key, pressed: vec![1; NODES] })
    }

    /// Does `f`, and notices meanwhile.
    ///
    /// # Errors
    /// What the server answers to the first question.
    pub fn during<T>(&mut self, f: impl FnOnce() -> T) -> Outcome<(T, Noticed)> {
        let over = Arc::new(AtomicBool::new(false));
        let ask = |what: Box<dyn FnMut(&Client) -> bool + Send>| asked(&over, what);
        let (page, cookie) = (format!("{}/tasks", self.url), self.cookie.clone());
        let pages = ask(Box::new(move |client| {
            client
                .get(&page)
                .header("cookie", &cookie)
                .send()
                .is_ok_and(|answer| answer.status().is_success() && answer.bytes().is_ok())
        }));
        let desk = self.desk.clone();
        let writes = ask(Box::new(move |_| desk.db.write(|_| Ok(())).is_ok()));
        let checks: Vec<_> = (0..NODES)
            .map(|n| {
                let (url, key) = (format!("{}/api/v1/authenticate", self.url), self.key.clone());
                let mut next = self.pressed[n];
                ask(Box::new(move |client| {
                    let otp = server::value(next);
                    next += 1;
                    let question = serde_json::json!({ "user_id": format!("{NAME}{n:06}"), "otp": otp });
                    client
                        .post(&url)
                        .bearer_auth(&key)
                        .json(&question)
                        .send()
                        .is_ok_and(|answer| answer.status().is_success())
                }))
            })
            .collect();
        let value = f();
        over.store(true, Ordering::Relaxed);
        let told = |thread: thread::JoinHandle<Times>| thread.join().map_err(|_| "a client ended early");
        let (pages, writes) = (told(pages)?, told(writes)?);
        let mut checked = Times::default();
        for (n, thread) in checks.into_iter().enumerate() {
            let times = told(thread)?;
            self.pressed[n] += times.asked;
            checked.add(times);
        }
        let refused = pages.refused + writes.refused + checked.refused;
        let noticed = Noticed { held: writes.at(1.0), page: pages.at(0.5), check: checked.at(0.99), refused };
        Ok((value, noticed))
    }
}

#[derive(Default)]
struct Times {
    taken: Vec<Duration>,
    asked: u64,
    refused: usize,
}

impl Times {
    fn add(&mut self, other: Times) {
        self.taken.extend(other.taken);
        self.refused += other.refused;
    }

    /// So large a part of them took no longer.
    fn at(&self, part: f64) -> Duration {
        let mut sorted = self.taken.clone();
        sorted.sort();
        let last = sorted.len().saturating_sub(1);
        sorted.get((last as f64 * part).round() as usize).copied().unwrap_or_default()
    }
}

/// Asks again and again until it is over.
#[allow(clippy::disallowed_methods, reason = "a stopwatch is no time that rules go by")]
fn asked(over: &Arc<AtomicBool>, mut what: Box<dyn FnMut(&Client) -> bool + Send>) -> thread::JoinHandle<Times> {
    let over = over.clone();
    thread::spawn(move || {
        let client = Client::builder().no_proxy().timeout(None).build().unwrap_or_default();
        let mut times = Times::default();
        while !over.load(Ordering::Relaxed) {
            let started = Instant::now();
            let good = what(&client);
            times.taken.push(started.elapsed());
            times.asked += 1;
            times.refused += usize::from(!good);
            thread::sleep(PAUSE);
        }
        times
    })
}
