//! Workers that carry emails from the outbox to the mail server.
//!
//! A worker claims some due emails, carries one after the other over a connection it keeps, and goes on to the next
//! only when what came of the last is on the disk: a killed process sends at most the one in each worker's hand twice.
//! The workers' outcomes are written down together, in one commit for all that wait.

use std::{collections::VecDeque, future::ready, iter::once, pin::pin, sync::Arc, time::Duration};

use tokio::{
    select,
    sync::{mpsc, oneshot},
    task::{JoinHandle, spawn_blocking},
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Settings,
    desk::Desk,
    error::{Error, Result},
    ids::EmailId,
    mail::{self, Claimed, EndedTry, Mailbox, Verdict, letter},
};

mod encrypted;
mod message;
mod problem;
mod smtp;

use smtp::{Line, Report};
pub use smtp::{Smtp, Timeouts};

/// How long workers rest when nothing is due: an email leaves within this of its commit.
const REST: Duration = Duration::from_millis(500);

/// Emails a worker claims at once.
const CLAIM: i64 = 16;

/// How often a worker renews its claims while it carries: more than once within a lease (`email::LEASE_SECONDS`).
const RENEW: Duration = Duration::from_secs(2);

/// Seconds to leave a mail server alone that does not answer, after its first failures; the last goes for all later.
/// Emails that were not tried stay due meanwhile, so that they flow as soon as it is back.
const SERVER_PAUSES: [u64; 5] = [1, 2, 5, 15, 30];

/// A kept connection without letters is closed after so long: servers drop them after minutes.
const IDLE: Duration = Duration::from_secs(20);

/// How long a stop waits for the letters in hand.
const STOP_SECONDS: u64 = 30;

/// Who carries the emails.
#[derive(Clone)]
pub enum Carrier {
    /// A mail server.
    Smtp(Box<Smtp>),
    /// The mailbox of the demo.
    Mailbox(Mailbox),
    /// Nobody: emails wait in the outbox until a mail server is set.
    None,
}

impl Carrier {
    /// The mail server of the settings, or nobody.
    ///
    /// # Errors
    /// `Internal` with a sentence that says what is wrong with `smtp_url`.
    pub fn of(settings: &Settings) -> Result<Self> {
        match &settings.smtp_url {
            Some(url) => Ok(Carrier::Smtp(Box::new(Smtp::new(settings, url)?))),
            None => Ok(Carrier::None),
        }
    }

    /// What operators see of it.
    pub fn label(&self) -> String {
        match self {
            Carrier::Smtp(server) => server.label(),
            Carrier::Mailbox(_) => "the demo mailbox".into(),
            Carrier::None => "no mail server is set".into(),
        }
    }

    /// True if somebody between this machine and the mail server could read emails.
    pub fn may_be_overheard(&self) -> bool {
        matches!(self, Carrier::Smtp(server) if server.may_be_overheard())
    }

    /// Connects to the mail server and leaves again, for `tokendesk check`.
    ///
    /// # Errors
    /// `Internal` with a sentence that says what went wrong.
    pub async fn check(&self) -> Result<()> {
        let Carrier::Smtp(server) = self else { return Ok(()) };
        match server.connect().await {
            Ok(line) => {
                line.close().await;
                Ok(())
            }
            Err(problem) => {
                let words = problem.label("no connection");
                Err(Error::Internal(format!("The mail server {} does not take mail: {words}.", server.label())))
            }
        }
    }
}

/// The workers at work.
pub struct Courier {
    stop: CancellationToken,
    workers: Vec<JoinHandle<()>>,
    clerk: JoinHandle<()>,
}

impl Courier {
    /// Starts `workers` on the runtime this is called on.
    pub fn start(desk: Desk, carrier: Carrier, workers: u32) -> Self {
        let stop = CancellationToken::new();
        let (send, receive) = mpsc::channel(64);
        let clerk = tokio::spawn(write_down(desk.clone(), receive, stop.clone()));
        let count = if matches!(carrier, Carrier::None) { 0 } else { workers };
        let workers = (0..count)
            .map(|_| {
                let worker = Worker::new(desk.clone(), carrier.clone(), send.clone());
                tokio::spawn(worker.work(stop.clone()))
            })
            .collect();
        Courier { stop, workers, clerk }
    }

    /// Lets every worker finish the letter in its hand and let go of the rest.
    pub async fn stop(self) {
        self.stop.cancel();
        let all = async {
            for worker in self.workers {
                let _ = worker.await;
            }
            let _ = self.clerk.await;
        };
        if timeout(Duration::from_secs(STOP_SECONDS), all).await.is_err() {
            tracing::warn!("mail workers did not end in time; what they had claimed is sent when the claims run out");
        }
    }
}

/// Sends everything that is due now, one after the other in the order of the outbox, and says how many tries that were.
/// It ends early if the mail server does not answer.
pub async fn send_due(desk: &Desk, carrier: &Carrier) -> Result<usize> {
    let (send, receive) = mpsc::channel(1);
    let stop = CancellationToken::new();
    stop.cancel();
    let clerk = tokio::spawn(write_down(desk.clone(), receive, stop));
    let mut worker = Worker::new(desk.clone(), carrier.clone(), send);
    let mut tries = 0;
    if !matches!(carrier, Carrier::None) {
        loop {
            let batch = worker.claim().await?;
            if batch.is_empty() {
                break;
            }
            let (done, server) = worker.carry(batch, &CancellationToken::new()).await;
            tries += done;
            if server {
                break;
            }
        }
    }
    worker.hang_up().await;
    drop(worker);
    let _ = clerk.await;
    Ok(tries)
}

/// As [`send_due`], for callers outside of a runtime: the demo's world, tests.
///
/// # Errors
/// As [`send_due`].
pub fn run_once(desk: &Desk, carrier: &Carrier) -> Result<usize> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::Internal(format!("no runtime for the courier: {error}")))?;
    runtime.block_on(send_due(desk, carrier))
}

/// A try, and where to say that it is on the disk.
type Entry = (EndedTry, oneshot::Sender<()>);

/// Writes tries down, all that wait in one transaction, until every worker has gone.
async fn write_down(desk: Desk, mut entries: mpsc::Receiver<Entry>, stop: CancellationToken) {
    let mut batch: Vec<Entry> = Vec::new();
    while entries.recv_many(&mut batch, 64).await > 0 {
        let (tries, waiting): (Vec<EndedTry>, Vec<oneshot::Sender<()>>) = batch.drain(..).unzip();
        let tries = Arc::new(tries);
        loop {
            let (desk, tries) = (desk.clone(), tries.clone());
            match blocking(move || mail::settle(&desk, desk.now(), &tries)).await {
                Ok(()) => break,
                Err(error) => tracing::error!(%error, "what became of emails could not be written down"),
            }
            if stop.is_cancelled() {
                break;
            }
            sleep(REST).await;
        }
        for worker in waiting {
            let _ = worker.send(());
        }
    }
}

struct Worker {
    name: String,
    desk: Desk,
    carrier: Carrier,
    clerk: mpsc::Sender<Entry>,
    line: Option<Line>,
}

impl Worker {
    fn new(desk: Desk, carrier: Carrier, clerk: mpsc::Sender<Entry>) -> Self {
        let name = data_encoding::HEXLOWER.encode(&desk.random.bytes::<8>());
        Worker { name, desk, carrier, clerk, line: None }
    }

    async fn work(mut self, stop: CancellationToken) {
        let mut failures = 0;
        let mut idle = Duration::ZERO;
        while !stop.is_cancelled() {
            let batch = self.claim().await.unwrap_or_else(|error| {
                tracing::error!(%error, "no emails could be claimed");
                Vec::new()
            });
            let pause = if batch.is_empty() {
                idle += REST;
                if idle >= IDLE {
                    self.hang_up().await;
                }
                REST
            } else {
                idle = Duration::ZERO;
                let (_, server) = self.carry(batch, &stop).await;
                failures = if server { failures + 1 } else { 0 };
                match failures {
                    0 => continue,
                    n => Duration::from_secs(SERVER_PAUSES[n.min(SERVER_PAUSES.len()) - 1]),
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(pause) => {}
            }
        }
        self.hang_up().await;
    }

    async fn claim(&self) -> Result<Vec<Claimed>> {
        let (desk, name) = (self.desk.clone(), self.name.clone());
        blocking(move || mail::claim_due(&desk, &name, CLAIM)).await
    }

    /// Carries what was claimed; how many tries that were, and whether it ended since the mail server does not answer.
    /// What was not tried is let go of.
    async fn carry(&mut self, batch: Vec<Claimed>, stop: &CancellationToken) -> (usize, bool) {
        let mut rest = VecDeque::from(batch);
        let (mut tries, mut server) = (0, false);
        let mut renewal = interval(RENEW);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first is at once, and the claim is fresh.
        renewal.tick().await;
        while !server && !stop.is_cancelled() {
            // Nothing is begun on a claim that may have run out while the last letter was written down.
            let is_due = select! { biased; _ = renewal.tick() => true, () = ready(()) => false };
            if is_due {
                let held =
                    renew(self.desk.clone(), self.name.clone(), rest.iter().map(|email| email.id).collect()).await;
                rest.retain(|email| held.contains(&email.id));
            }
            let Some(email) = rest.pop_front() else { break };
            let held: Vec<EmailId> = once(email.id).chain(rest.iter().map(|email| email.id)).collect();
            let (desk, name) = (self.desk.clone(), self.name.clone());
            let report = {
                let mut trying = pin!(self.try_one(&email));
                loop {
                    select! {
                        report = &mut trying => break report,
                        _ = renewal.tick() => { renew(desk.clone(), name.clone(), held.clone()).await; }
                    }
                }
            };
            server = report.server;
            tracing::info!(email = email.id.0, verdict = ?report.verdict, "email tried");
            let (send, receive) = oneshot::channel();
            let settled = EndedTry { worker: self.name.clone(), email, verdict: report.verdict, answer: report.answer };
            if self.clerk.send((settled, send)).await.is_ok() {
                let _ = receive.await;
            }
            tries += 1;
        }
        let left: Vec<_> = rest.iter().map(|email| email.id).collect();
        let (desk, name) = (self.desk.clone(), self.name.clone());
        if let Err(error) = blocking(move || mail::release(&desk, desk.now(), &name, &left)).await {
            tracing::warn!(%error, "claimed emails could not be let go of; their claims run out by themselves");
        }
        (tries, server)
    }

    async fn try_one(&mut self, email: &Claimed) -> Report {
        let report = |verdict, answer: String| Report { verdict, answer, server: false, unused: false };
        let now = self.desk.now();
        if now >= email.give_up_at {
            return report(Verdict::Refused, "Not sent: it could not go out before it was of no use".into());
        }
        if email.unreadable {
            let answer = "Not sent: its secret does not open; does this server have the right master key?";
            return report(Verdict::RefusedForNow, answer.into());
        }
        let server = match &self.carrier {
            Carrier::Smtp(server) => server.clone(),
            Carrier::Mailbox(mailbox) => {
                let (verdict, answer) = mailbox.take(now, email);
                return report(verdict, answer);
            }
            Carrier::None => return report(Verdict::RefusedForNow, "No mail server is set".into()),
        };
        let Some(to) = message::address(email.to()) else {
            return report(Verdict::Refused, "Not sent: this is not an address that a mail server takes".into());
        };
        let settings = &self.desk.settings;
        let written =
            letter::render(settings, email.kind, &email.facts, email.secret.as_ref(), email.wording.as_deref())
                .map_err(|error| error.to_string())
                .and_then(|letter| message::compose(&server.from, &to, &email.message_id, now, letter));
        match (written, message::address(&server.return_path)) {
            (Ok(bytes), Some(from)) => self.hand_over(&server, &from, &to, &bytes).await,
            (Ok(_), None) => report(Verdict::RefusedForNow, "The setting mail_return_path holds no address".into()),
            (Err(sentence), _) => report(Verdict::RefusedForNow, sentence),
        }
    }

    async fn hand_over(&mut self, server: &Smtp, from: &lettre::Address, to: &lettre::Address, bytes: &[u8]) -> Report {
        loop {
            let mut line = match self.line.take() {
                Some(line) => line,
                None => match server.connect().await {
                    Ok(line) => line,
                    Err(problem) => {
                        let answer = problem.label("No connection to the mail server");
                        return Report { verdict: Verdict::RefusedForNow, answer, server: true, unused: true };
                    }
                },
            };
            let kept = !line.is_fresh();
            let report = line.deliver(from, to, bytes).await;
            if !report.server {
                self.line = Some(line);
            }
            // A connection kept from before may have ended while it rested: a new one tells.
            if !(kept && report.unused) {
                return report;
            }
        }
    }

    async fn hang_up(&mut self) {
        if let Some(line) = self.line.take() {
            line.close().await;
        }
    }
}

/// Renews a worker's claims of these emails; those that it still has, or none if that cannot be known.
async fn renew(desk: Desk, worker: String, list: Vec<EmailId>) -> Vec<EmailId> {
    let renewed = blocking(move || mail::renew(&desk, desk.shared_now()?, &worker, &list)).await;
    renewed.unwrap_or_else(|error| {
        tracing::warn!(%error, "claims of emails could not be renewed");
        Vec::new()
    })
}

/// Runs what waits for the database on a thread that may wait.
async fn blocking<T: Send + 'static>(f: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    spawn_blocking(f).await.unwrap_or_else(|error| Err(Error::Internal(format!("a mail worker broke off: {error}"))))
}
