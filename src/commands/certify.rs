//! Serving a certificate that the servers get by themselves: what is in the database is served, the next one is ordered when
//! it is time, and the authority's questions are answered.

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpResponse,
    http::header::CACHE_CONTROL,
    web::{Data, Path, block},
};
use tokio_util::sync::CancellationToken;

use crate::{
    acme::{self, Issued, trouble},
    clock::Timestamp,
    config::Acme,
    desk::Desk,
    error::{Error, Result},
    tls,
};

/// How often it is looked whether there is another certificate, or one to be ordered, in seconds; the nodes of RADIUS are
/// read again as often.
const LOOK_SECONDS: u64 = 5;

/// Where the authority asks (RFC 8555 §8.3).
pub const CHALLENGES: &str = "/.well-known/acme-challenge/{token}";

/// A server that serves and orders.
pub struct Certifier {
    served: Arc<tls::Served>,
    desk: Desk,
    acme: Acme,
    /// By which others know that it orders.
    server: String,
    /// When the certificate that is served came.
    known: Option<Timestamp>,
}

impl Certifier {
    /// One that serves what is there already.
    pub async fn start(served: Arc<tls::Served>, desk: &Desk, acme: &Acme) -> Self {
        let (desk, acme, server) = (desk.clone(), acme.clone(), desk.random.handle());
        let mut certifier = Certifier { served, desk, acme, server, known: None };
        certifier.look().await;
        if certifier.known.is_none() {
            let host = &certifier.acme.host;
            tracing::warn!(
                "there is no certificate for {host} yet: a self-signed one, which browsers warn of, is served until there is"
            );
        }
        certifier
    }

    /// Serves and orders until it is to `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            self.look().await;
            let claimed = self.blocking(|desk, acme, server| acme::claim(desk, acme, desk.shared_now()?, server)).await;
            match claimed {
                Ok(true) => {
                    tokio::select! {
                        () = stop.cancelled() => {
                            self.say(self.blocking(acme::release).await);
                            return;
                        }
                        () = self.order() => self.look().await,
                    }
                }
                Ok(false) => {}
                Err(error) => tracing::warn!("whether a certificate is to be ordered is not known: {error}"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_secs(LOOK_SECONDS)) => {}
            }
        }
    }

    /// Serves the certificate of the database, if it is another one than is served.
    async fn look(&mut self) {
        let known = self.known;
        match self.blocking(move |desk, acme, _| acme::newer(desk, acme, known)).await {
            Ok(Some(Issued { pair, made_at })) => {
                self.known = Some(made_at);
                let (host, now) = (&self.acme.host, self.desk.now());
                match tls::Certificate::issued(
                    pair.chain.as_bytes(),
                    pair.key.as_bytes(),
                    host,
                    self.desk.settings.zone,
                    now,
                ) {
                    Ok(certificate) => self.served.put(certificate),
                    Err(error) => tracing::warn!("{error}"),
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!("the certificate cannot be read: {error}"),
        }
    }

    /// Orders one, and keeps what came of it.
    async fn order(&self) {
        tracing::info!("a certificate for {} is ordered from {}", self.acme.host, self.acme.directory);
        let zone = self.desk.settings.zone;
        let outcome = match acme::order(&self.desk, &self.acme).await {
            Ok(pair) => {
                let (chain, key) = (pair.chain.as_bytes(), pair.key.as_bytes());
                tls::Certificate::issued(chain, key, &self.acme.host, zone, self.desk.now())
                    .map(|certificate| (certificate.ends_at, pair.clone()))
                    .map_err(|error| error.to_string())
            }
            Err(problem) => Err(problem),
        };
        match outcome {
            Ok((ends_at, pair)) => {
                self.say(
                    self.blocking(move |desk, acme, server| acme::keep(desk, acme, desk.now(), server, &pair, ends_at))
                        .await,
                );
            }
            Err(problem) => {
                tracing::warn!("no certificate for {} was issued: {problem}", self.acme.host);
                self.say(
                    self.blocking(move |desk, acme, server| {
                        acme::fail(desk, acme, desk.shared_now()?, server, &problem)
                    })
                    .await,
                );
            }
        }
    }

    fn say(&self, kept: Result<()>) {
        if let Err(error) = kept {
            tracing::warn!("what came of the order of a certificate was not kept: {error}");
        }
    }

    /// Work with the database, on a thread where it may wait.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Desk, &Acme, &str) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (desk, acme, server) = (self.desk.clone(), self.acme.clone(), self.server.clone());
        let done = block(move || work(&desk, &acme, &server)).await;
        done.map_err(|_| Error::Internal("work with the database broke off".into())).and_then(|done| done)
    }
}

/// GET by http: what the authority looks for, or nothing.
pub async fn answer(desk: Data<Desk>, token: Path<String>) -> HttpResponse {
    let found = block(move || acme::answer(&desk, desk.now(), &token)).await;
    match found {
        Ok(Ok(Some(text))) => {
            HttpResponse::Ok().content_type("text/plain").insert_header((CACHE_CONTROL, "no-store")).body(text)
        }
        Ok(Ok(None)) => HttpResponse::NotFound().finish(),
        _ => HttpResponse::ServiceUnavailable().finish(),
    }
}

/// How it stands with the certificate, for `tokendesk check`: what is well, and what there is to say beside it.
///
/// # Errors
/// `Internal` with a sentence while there is no certificate that is good.
pub fn standing(desk: &Desk, acme: &Acme) -> (Result<String>, Option<String>) {
    let standing = match desk.db.read(|conn| acme::standing(conn, acme)) {
        Ok(standing) => standing,
        Err(error) => return (Err(error), None),
    };
    let (zone, now) = (desk.settings.zone, desk.now());
    let trouble = trouble::sentence(&standing, zone);
    match standing.ends_at.zip(standing.renew_at) {
        Some((ends_at, renew_at)) if ends_at > now => {
            let (until, from) = (tls::day_and_time(zone, ends_at), tls::day_and_time(zone, renew_at));
            (Ok(format!("good until {until}; the next one is ordered from {from} on")), trouble)
        }
        Some((ends_at, _)) => {
            let why = trouble.unwrap_or_else(|| "The server orders the next one when it runs.".into());
            (Err(Error::Internal(format!("it ended on {}. {why}", tls::day_and_time(zone, ends_at)))), None)
        }
        None => {
            let why = trouble.unwrap_or_else(|| "The server orders it when it runs.".into());
            (
                Err(Error::Internal(format!(
                    "there is none for {} yet, and a self-signed one is served. {why}",
                    acme.host
                ))),
                None,
            )
        }
    }
}
