//! Emails from the outbox to a mail server on this machine by eight workers, each of its states on the disk before the next
//! step; and beside them, in the same rounds, as many bytes by eight bare connections, as `smtp-source` sends them:
//!
//!     cargo bench --bench emails
//!
//! `BENCH_POSTGRES` as with `bulk`. Told are the medians of some rounds and their ratio.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use tokendesk::{
    clock::Clock,
    config::{Settings, Written},
    desk::Desk,
    ids::Random,
    mail::{Carrier, Courier},
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
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

mod place;

use place::Place;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const EMAILS: usize = 4_000;
const WORKERS: u32 = 8;
const ROUNDS: usize = 3;

/// How often the outbox is asked whether all are Sent.
const LOOK: Duration = Duration::from_millis(10);

fn main() -> Outcome<()> {
    let place = Place::of_environment().map_err(|error| error.to_string())?;
    let run = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let sink = run.block_on(Sink::open())?;
    let written = Written { database_url: place.url.clone(), smtp_url: sink.url(), ..Written::default() };
    let desk = Desk::assemble(Settings::check(written)?, &[7; 32], Random::System, Clock::System)?;
    desk.db.migrate()?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        provision(&desk, round)?;
        let before = sink.seen();
        ours.push(carried(&run, &desk)?);
        let bytes = (sink.seen() - before) / EMAILS;
        bare.push(run.block_on(sink.bare(bytes))?);
    }
    ours.sort();
    bare.sort();
    let a_second = |times: &[Duration]| EMAILS as f64 / times[ROUNDS / 2].as_secs_f64();
    let (ours, bare) = (a_second(&ours), a_second(&bare));
    println!("{EMAILS} emails by {WORKERS} workers on {}, medians of {ROUNDS} rounds:", place.database());
    println!("{ours:>8.0} emails a second, {bare:.0} by bare connections: {:.2}", ours / bare);
    Ok(())
}

/// So many new users, provisioned: their emails wait.
fn provision(desk: &Desk, round: usize) -> Outcome<()> {
    let (who, now) = (Who::system(), desk.now());
    let mut file = String::from("User ID,Last Name,First Name,Email,Container\n");
    for n in 0..EMAILS {
        file.push_str(&format!("r{round}u{n:06},Last,First,r{round}u{n:06}@example.org,Service desk\n"));
    }
    let how = Import { container: "Service desk".into(), dry_run: false, good_lines: false };
    users::import(desk, &who, now, file.as_bytes(), &how)?;
    let choice = Choice {
        authentication_type: AuthenticationType::AuthenticatorApp,
        description: Description::default(),
        stop_on: Policy::default().proposed_stop(desk.settings.zone.today(now)),
        include_with_token: false,
        include_with_task: false,
        hand_over: false,
    };
    let everyone = Selection::Matching { query: format!("r{round}u*"), without: Vec::new() };
    provision::provision(desk, &who, now, &everyone, &choice)?;
    Ok(())
}

/// How long until all are Sent.
#[allow(clippy::disallowed_methods, reason = "a stopwatch is no time that rules go by")]
fn carried(run: &Runtime, desk: &Desk) -> Outcome<Duration> {
    let carrier = Carrier::of(&desk.settings)?;
    let started = Instant::now();
    let courier = run.block_on(async { Courier::start(desk.clone(), carrier, WORKERS) });
    while waiting(desk)? > 0 {
        std::thread::sleep(LOOK);
    }
    let took = started.elapsed();
    run.block_on(courier.stop());
    Ok(took)
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = sql_types::BigInt)]
    n: i64,
}

fn waiting(desk: &Desk) -> Outcome<i64> {
    let query = sql_query("SELECT COUNT(*) AS n FROM emails WHERE state <> 'Sent'");
    Ok(desk.db.read(|conn| Ok(query.get_result::<Number>(conn)?.n))?)
}

/// A mail server that takes everything and keeps nothing.
struct Sink {
    port: u16,
    seen: Arc<AtomicUsize>,
}

impl Sink {
    async fn open() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (port, seen) = (listener.local_addr()?.port(), Arc::new(AtomicUsize::new(0)));
        let counter = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(stream, counter.clone()));
            }
        });
        Ok(Sink { port, seen })
    }

    fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Bytes of letters taken so far.
    fn seen(&self) -> usize {
        self.seen.load(Relaxed)
    }

    /// How long as many letters of `bytes` take by as many connections that are kept.
    #[allow(clippy::disallowed_methods, reason = "a stopwatch is no time that rules go by")]
    async fn bare(&self, bytes: usize) -> Outcome<Duration> {
        let letter = format!("Subject: bare\r\n\r\n{}.\r\n", format!("{}\r\n", "x".repeat(70)).repeat(bytes / 72));
        let (letter, left) = (Arc::new(letter), Arc::new(AtomicUsize::new(EMAILS)));
        let started = Instant::now();
        let connections: Vec<_> =
            (0..WORKERS).map(|_| tokio::spawn(source(self.port, letter.clone(), left.clone()))).collect();
        for connection in connections {
            connection.await??;
        }
        Ok(started.elapsed())
    }
}

/// Answers one client.
async fn take(stream: TcpStream, seen: Arc<AtomicUsize>) -> Outcome<()> {
    stream.set_nodelay(true)?;
    let (mut stream, mut line) = (BufReader::new(stream), Vec::new());
    stream.write_all(b"220 sink ESMTP\r\n").await?;
    let mut in_letter = false;
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        if in_letter {
            seen.fetch_add(line.len(), Relaxed);
            if line == b".\r\n" {
                in_letter = false;
                stream.write_all(b"250 2.0.0 taken\r\n").await?;
            }
            continue;
        }
        in_letter = line.starts_with(b"DATA");
        let answer: &[u8] = match line.get(..4) {
            Some(b"EHLO") => b"250-sink\r\n250 8BITMIME\r\n",
            Some(b"DATA") => b"354 go on\r\n",
            Some(b"QUIT") => b"221 2.0.0 bye\r\n",
            _ => b"250 2.0.0 ok\r\n",
        };
        stream.write_all(answer).await?;
    }
}

/// Sends letters one after the other until none is left.
async fn source(port: u16, letter: Arc<String>, left: Arc<AtomicUsize>) -> Outcome<()> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let (mut stream, mut line) = (BufReader::new(stream), String::new());
    stream.read_line(&mut line).await?;
    stream.write_all(b"HELO bench\r\n").await?;
    stream.read_line(&mut line).await?;
    while left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
        for words in ["MAIL FROM:<a@example.org>\r\n", "RCPT TO:<b@example.org>\r\n", "DATA\r\n", &letter] {
            stream.write_all(words.as_bytes()).await?;
            line.clear();
            stream.read_line(&mut line).await?;
        }
    }
    Ok(())
}
