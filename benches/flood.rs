//! A flood of sign-ins against the real program, each from an address of its own, and what it does to the memory of the
//! server and to the pages of who is signed in:
//!
//!     cargo bench --bench flood
//!
//! Bounded: 1,400 tries, 700 at once, on loopback, on an embedded database that is thrown away.

use std::{
    collections::BTreeMap,
    error::Error,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use reqwest::{Client, header, redirect::Policy};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const TRIES: usize = 1_400;
const AT_ONCE: usize = 700;

/// Pages timed before the flood.
const QUIET: usize = 200;

/// The most memory the server may ever have had, in MB.
const MOST_MB: u64 = 256;

/// How many times slower pages may be meanwhile.
const SLOWER: f64 = 3.0;

const PASSWORD: &str = "quiet harbor lanterns";

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() -> Outcome<()> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(measure())
}

async fn measure() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let url = format!("http://127.0.0.1:{port}");
    let server = start(folder.path(), port, &url)?;
    let client = Client::builder().no_proxy().redirect(Policy::none()).build()?;
    while client.get(format!("{url}/readyz")).send().await.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let signed_in = sign_in(&client, &url, "kim", PASSWORD, "192.0.2.1").await?;
    let cookie = signed_in.headers().get(header::SET_COOKIE).ok_or("kim does not sign in")?.to_str()?;
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();

    let mut quiet = Vec::new();
    for _ in 0..QUIET {
        quiet.push(page(&client, &url, &cookie).await?);
    }
    let before = memory(&server, "VmRSS")?;
    let over = Arc::new(AtomicBool::new(false));
    let pages = tokio::spawn({
        let (client, url, over) = (client.clone(), url.clone(), over.clone());
        async move {
            let mut times = Vec::new();
            while !over.load(Relaxed) {
                times.push(page(&client, &url, &cookie).await?);
            }
            Outcome::Ok(times)
        }
    });
    let statuses = flood(&client, &url).await?;
    over.store(true, Relaxed);
    let busy = pages.await??;
    let most = memory(&server, "VmHWM")?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let after = memory(&server, "VmRSS")?;

    println!("{TRIES} sign-ins, {AT_ONCE} at once: {statuses:?}");
    let mark = if most > MOST_MB { "  over the limit" } else { "" };
    println!("memory: {before} MB before, {most} MB at the most, {after} MB five seconds after{mark}");
    let (calm, slow) = (spread(quiet), spread(busy));
    let times = slow.1.as_secs_f64() / calm.1.as_secs_f64();
    let mark = if times > SLOWER { "  over the limit" } else { "" };
    println!("/tasks before: median {:?}, p95 {:?}, worst {:?}", calm.1, calm.2, calm.3);
    println!(
        "/tasks meanwhile: {} times, median {:?} ({times:.1} times), p95 {:?}, worst {:?}{mark}",
        slow.0, slow.1, slow.2, slow.3
    );
    Ok(())
}

fn start(folder: &Path, port: u16, url: &str) -> Outcome<Server> {
    let password = folder.join("password");
    std::fs::write(&password, PASSWORD)?;
    let settings = [
        format!("listen=127.0.0.1:{port}"),
        format!("public_url={url}"),
        format!("data_dir={}", folder.join("data").display()),
        "require_second_factor=false".to_owned(),
        "trusted_proxies=[\"127.0.0.1\"]".to_owned(),
        "log_level=error".to_owned(),
    ];
    let command = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokendesk"));
        command.args(words).args(settings.iter().flat_map(|pair| ["--set", pair]));
        command.stdout(Stdio::null());
        command
    };
    let file = password.display().to_string();
    command(&["operator", "add", "--user-id", "kim", "--password-file", &file]).status()?;
    Ok(Server(command(&["serve"]).spawn()?))
}

async fn sign_in(client: &Client, url: &str, user_id: &str, password: &str, from: &str) -> Outcome<reqwest::Response> {
    let form = [("user_id", user_id), ("password", password)];
    let request = client.post(format!("{url}/sign-in")).header("sec-fetch-site", "same-origin");
    Ok(request.header("x-forwarded-for", from).form(&form).send().await?)
}

/// How often each status came.
async fn flood(client: &Client, url: &str) -> Outcome<BTreeMap<u16, usize>> {
    let next = Arc::new(AtomicUsize::new(0));
    let senders: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (client, url, next) = (client.clone(), url.to_owned(), next.clone());
            tokio::spawn(async move {
                let mut statuses = Vec::new();
                loop {
                    let n = next.fetch_add(1, Relaxed);
                    if n >= TRIES {
                        return Outcome::Ok(statuses);
                    }
                    let from = format!("198.18.{}.{}", n / 250, n % 250 + 1);
                    statuses.push(sign_in(&client, &url, &format!("u{n}"), "y", &from).await?.status().as_u16());
                }
            })
        })
        .collect();
    let mut all = BTreeMap::new();
    for sender in senders {
        for status in sender.await?? {
            *all.entry(status).or_insert(0) += 1;
        }
    }
    Ok(all)
}

#[allow(clippy::disallowed_methods, reason = "a stopwatch is no time that rules go by")]
async fn page(client: &Client, url: &str, cookie: &str) -> Outcome<Duration> {
    let started = Instant::now();
    let answer = client.get(format!("{url}/tasks")).header(header::COOKIE, cookie).send().await?.error_for_status()?;
    answer.bytes().await?;
    Ok(started.elapsed())
}

/// How many, the median, the 95th of a hundred, the worst.
fn spread(mut times: Vec<Duration>) -> (usize, Duration, Duration, Duration) {
    times.sort();
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
    (times.len(), at(50), at(95), times.last().copied().unwrap_or_default())
}

/// A line of `/proc/PID/status` in MB.
fn memory(server: &Server, line: &str) -> Outcome<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.0.id()))?;
    let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':')).ok_or("no such line")?;
    Ok(found.trim().trim_end_matches(" kB").parse::<u64>()? / 1_024)
}
