//! What `serve` and `demo` have in common: the web server, the courier, the sweeper, and how they end.

use std::{io::IsTerminal as _, net::TcpListener, sync::Arc, time::Duration};

use actix_web::{
    App, HttpServer,
    dev::Server,
    rt::System,
    web::{Data, get, to},
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{
    EnvFilter, Layer as _,
    filter::{LevelFilter, filter_fn},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::{
    app, audit,
    commands::{
        certify::{self, Certifier},
        doors::Doors,
        radius,
        rounds::{ROUNDS, Work},
    },
    config::Settings,
    desk::Desk,
    error::{Error, Result},
    mail::courier::{Carrier, Courier},
    rounds::{self, Round},
    tls,
    web::{
        health,
        send_on::{PublicUrl, send_on},
    },
};

/// How long requests under way may take to finish after SIGTERM, in seconds: longer than any page takes.
const FINISH_SECONDS: u64 = 30;

/// The most files to have open, connections included: many times what a console and its auth nodes need.
const MOST_FILES: u64 = 65_536;

/// Files that are no connections to us: the database's, the mail server's, the log, the program's own.
const OWN_FILES: usize = 256;

/// The most connections by http at a time, where they only learn that https is the way.
const MOST_SENT_ON: usize = 256;

/// How often the files of the certificate are looked at, in seconds: whoever puts a new one there looks whether it is served.
const REREAD_SECONDS: u64 = 2;

/// What actix says of requests that it cannot read, one line each: a scanner would fill the log with errors of ours.
const OTHERS_MISTAKES: &[&str] = &["actix_http::h1::dispatcher", "actix_http::h1::decoder"];

/// Starts the log, on standard error. Called once a process.
pub fn log(settings: &Settings) {
    let filter = EnvFilter::try_new(&settings.log_level).unwrap_or_else(|_| EnvFilter::new("info"));
    let quiet = filter.max_level_hint().is_none_or(|level| level < LevelFilter::DEBUG);
    let log = tracing_subscriber::fmt::layer().with_target(false).with_writer(std::io::stderr);
    let log = if settings.log_json {
        log.json().flatten_event(true).boxed()
    } else {
        log.with_ansi(std::io::stderr().is_terminal()).boxed()
    };
    let ours = filter_fn(move |about| {
        about.target() != audit::LOG
            && !(quiet && OTHERS_MISTAKES.iter().any(|target| about.target().starts_with(target)))
    });
    let entries = settings.log_audit.then(|| {
        let entries = tracing_subscriber::fmt::layer().json().flatten_event(true).with_target(false);
        entries.with_writer(std::io::stderr).with_filter(filter_fn(|about| about.target() == audit::LOG))
    });
    tracing_subscriber::registry().with(log.with_filter(filter).with_filter(ours)).with(entries).init();
}

/// Serves at its doors until SIGTERM or SIGINT; then requests under way are finished, and then the email in hand.
///
/// # Errors
/// `Internal` if the server cannot start.
pub fn run(desk: Desk, carrier: Carrier, doors: Doors) -> Result<()> {
    let problem = |error: std::io::Error| Error::Internal(format!("The server cannot run: {error}."));
    System::new().block_on(async move {
        let courier = Courier::start(desk.clone(), carrier.clone(), desk.settings.mail_workers);
        let stop = CancellationToken::new();
        let turning = ROUNDS.map(|round| actix_web::rt::spawn(now_and_then(round, desk.clone(), stop.clone())));
        let mut certifying = None;
        match (&doors.certificate, &desk.settings.acme) {
            (Some(certificate), Some(acme)) => {
                let certifier = Certifier::start(certificate.clone(), &desk, acme).await;
                certifying = Some(actix_web::rt::spawn(certifier.run(stop.clone())));
            }
            (Some(certificate), None) => {
                actix_web::rt::spawn(reread(certificate.clone(), desk.clone()));
            }
            (None, _) => {}
        }
        if let Some(http) = doors.http {
            actix_web::rt::spawn(send_all_on(http, &desk).map_err(problem)?);
        }
        let answering =
            doors.radius.map(|socket| actix_web::rt::spawn(radius::serve(desk.clone(), socket, stop.clone())));
        let own = desk.clone();
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        actix_web::rt::spawn(told_to_end(desk.stopping.clone()));
        let server = HttpServer::new(move || {
            App::new().configure(|config| {
                // The demo's pages show what its mailbox keeps.
                if let Carrier::Mailbox(mailbox) = &carrier {
                    config.app_data(Data::new(mailbox.clone()));
                }
                app::configure(&own, config);
            })
        })
        .workers(workers)
        .max_connections(connections(workers))
        .shutdown_signal(desk.stopping.clone().cancelled_owned())
        .shutdown_timeout(FINISH_SECONDS);
        let server = match &doors.certificate {
            Some(certificate) => server.listen_rustls_0_23(doors.listener, certificate.config()?),
            None => server.listen(doors.listener),
        };
        let server = server.map_err(problem)?.run();
        tracing::info!(listen = %desk.settings.listen, "Tokendesk is at {}", desk.settings.public_url);
        let outcome = server.await.map_err(problem);
        stop.cancel();
        for ending in [answering, certifying].into_iter().flatten() {
            let _ = ending.await;
        }
        courier.stop().await;
        for round in turning {
            let _ = round.await;
        }
        tracing::info!("stopped");
        outcome
    })
}

/// Sends those who come by http on to https, and answers an authority that asks whether the host is ours, until the end.
fn send_all_on(listener: TcpListener, desk: &Desk) -> std::io::Result<Server> {
    let public = Data::new(PublicUrl(desk.settings.public_url.clone()));
    let asked = desk.settings.acme.is_some().then(|| Data::new(desk.clone()));
    let server = HttpServer::new(move || {
        let app = App::new().app_data(public.clone()).configure(|config| {
            if let Some(desk) = &asked {
                config.app_data(desk.clone()).route(certify::CHALLENGES, get().to(certify::answer));
            }
        });
        app.route("/healthz", get().to(health::healthz)).default_service(to(send_on))
    });
    let server = server.workers(1).max_connections(MOST_SENT_ON);
    Ok(server.shutdown_signal(desk.stopping.clone().cancelled_owned()).listen(listener)?.run())
}

/// Looks at the files of the certificate every so often, on a thread where it may wait.
async fn reread(certificate: Arc<tls::Served>, desk: Desk) {
    loop {
        tokio::time::sleep(Duration::from_secs(REREAD_SECONDS)).await;
        let (certificate, now) = (certificate.clone(), desk.now());
        let _ = actix_web::web::block(move || certificate.reread(now)).await;
    }
}

/// Waits for SIGTERM or SIGINT, and tells everything that waits for the end.
async fn told_to_end(stopping: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return tracing::error!("signals cannot be waited for: the server ends without finishing what is under way");
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: requests under way are finished first");
    stopping.cancel();
}

/// Raises the number of files this process may have open, and says how many connections a worker may keep of them: the
/// rest wait to be accepted rather than take the files that the database needs.
fn connections(workers: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(MOST_FILES).min(MOST_FILES);
    let files = match limit.current {
        Some(now) if now < wanted => {
            let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..limit });
            if raised.is_ok() { wanted } else { now }
        }
        Some(now) => now,
        None => wanted,
    };
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    (files.saturating_sub(OWN_FILES).max(files / 2) / workers.max(1)).max(1)
}

/// Waits for something that is not a server, outside of a runtime.
pub fn wait_for<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    System::new().block_on(work)
}

/// Does a round every so many seconds, on a thread where it may wait, until it is to `stop`.
async fn now_and_then((seconds, round, work): (u64, Round, Work), desk: Desk, stop: CancellationToken) {
    loop {
        // Rung while the round is at work, it begins again after it.
        let rung = desk.work_waits.clone();
        let worker = desk.clone();
        let _ = actix_web::web::block(move || rounds::run(&worker, round, worker.now(), work)).await;
        tokio::select! {
            () = stop.cancelled() => return,
            () = rung.notified(), if round == Round::Work => {}
            () = tokio::time::sleep(Duration::from_secs(seconds)) => {}
        }
    }
}
