//! What `serve` and `demo` have in common: the web server, the courier, the sweeper, and how they end.

use std::{net::TcpListener, time::Duration};

use actix_web::{App, HttpServer, rt::System, web::Data};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::{
    alerts, app,
    clock::Timestamp,
    config::Settings,
    desk::Desk,
    error::{Error, Result},
    mail::courier::{Carrier, Courier},
    operators, tasks,
};

/// How long requests under way may take to finish after SIGTERM, in seconds: longer than any page takes.
const FINISH_SECONDS: u64 = 30;

/// How often operators are told what happened, in seconds: "at once", for somebody who then opens an email.
const ALERT_SECONDS: u64 = 60;

/// How often sessions that have ended are swept out of the database and reminders are looked for, in seconds.
const SWEEP_SECONDS: u64 = 600;

/// Starts the log, on standard error. Called once a process.
pub fn log(settings: &Settings) {
    let filter = EnvFilter::try_new(&settings.log_level).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(std::io::stderr);
    if settings.log_json {
        log.json().flatten_event(true).init();
    } else {
        log.init();
    }
}

/// Serves on `listener` until SIGTERM or SIGINT; then requests under way are finished, and then the email in hand.
///
/// # Errors
/// `Internal` if the server cannot start.
pub fn run(desk: Desk, carrier: Carrier, listener: TcpListener) -> Result<()> {
    let problem = |error: std::io::Error| Error::Internal(format!("The server cannot run: {error}."));
    System::new().block_on(async move {
        let courier = Courier::start(desk.clone(), carrier.clone(), desk.settings.mail_workers);
        let stop = CancellationToken::new();
        let rounds = [(SWEEP_SECONDS, sweep as Round), (ALERT_SECONDS, alert as Round)]
            .map(|(seconds, round)| actix_web::rt::spawn(now_and_then(seconds, round, desk.clone(), stop.clone())));
        let own = desk.clone();
        let server = HttpServer::new(move || {
            App::new().configure(|config| {
                // The demo's pages show what its mailbox keeps.
                if let Carrier::Mailbox(mailbox) = &carrier {
                    config.app_data(Data::new(mailbox.clone()));
                }
                app::configure(&own, config);
            })
        })
        .shutdown_timeout(FINISH_SECONDS)
        .listen(listener)
        .map_err(problem)?
        .run();
        tracing::info!(listen = %desk.settings.listen, "Tokendesk is at {}", desk.settings.public_url);
        let outcome = server.await.map_err(problem);
        stop.cancel();
        courier.stop().await;
        for round in rounds {
            let _ = round.await;
        }
        tracing::info!("stopped");
        outcome
    })
}

/// Waits for something that is not a server, outside of a runtime.
///
/// # Errors
/// What it answers.
pub fn wait_for<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    System::new().block_on(work)
}

/// What the server does by itself, at this time.
type Round = fn(&Desk, Timestamp) -> Result<()>;

/// Sweeps out what has ended, and posts the reminders that are due.
fn sweep(desk: &Desk, now: Timestamp) -> Result<()> {
    operators::sessions::sweep(desk, now)?;
    tasks::send_reminders(desk, now)?;
    Ok(())
}

/// Tells operators what happened.
fn alert(desk: &Desk, now: Timestamp) -> Result<()> {
    alerts::send(desk, now)?;
    Ok(())
}

/// Does `round` every so many seconds, on a thread where it may wait, until it is to `stop`.
async fn now_and_then(seconds: u64, round: Round, desk: Desk, stop: CancellationToken) {
    loop {
        let worker = desk.clone();
        let outcome = actix_web::web::block(move || round(&worker, worker.now())).await;
        if let Ok(Err(error)) = outcome {
            tracing::warn!("a round of sweeping, reminding or alerting was not finished: {error}");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_secs(seconds)) => {}
        }
    }
}
