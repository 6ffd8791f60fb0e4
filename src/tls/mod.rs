//! https without a proxy: the certificate that is served, from files that are read again when they change, or as it is put
//! here (PRODUCT.md §13).

use std::{
    fmt,
    sync::{Arc, Mutex, RwLock},
};

use chrono::Duration;
use rustls::{
    ServerConfig,
    crypto::ring,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use crate::{
    clock::{Timestamp, Zone},
    config::{Settings, TlsFiles},
    error::{Error, Result},
};

mod certificate;
#[cfg(test)]
mod tests;

pub use certificate::{Certificate, Found, day_and_time};

/// How long before its end a certificate is spoken of, in days: authorities that renew by themselves do so at a third of
/// 47 to 90 days, so that something is wrong with one that comes this near.
const SOON_DAYS: i64 = 14;

/// The certificate that is served now, and what is known of its files.
pub struct Served {
    /// `None`: it is put here by who orders it.
    files: Option<TlsFiles>,
    zone: Zone,
    current: RwLock<Certificate>,
    last: Mutex<Last>,
}

/// What was seen and said last, so that each change is spoken of once.
struct Last {
    /// The files as they were, or why they could not be read.
    found: Found,
    /// Why what is in them is not served.
    refusal: Option<String>,
    /// The sentence about the end of the certificate in use.
    ending: Option<String>,
}

impl Served {
    /// The certificate of the settings; `None` where the server speaks http.
    ///
    /// # Errors
    /// `Internal` with a sentence if a file cannot be read, the key is another one's, or the certificate is not good now.
    pub fn open(settings: &Settings, now: Timestamp) -> Result<Option<Arc<Self>>> {
        if let Some(acme) = &settings.acme {
            let current = RwLock::new(Certificate::self_signed(&acme.host)?);
            let last = Last { found: Found::Unreadable(String::new()), refusal: None, ending: None };
            let served = Served { files: None, zone: settings.zone, current, last: Mutex::new(last) };
            return Ok(Some(Arc::new(served)));
        }
        let Some(files) = settings.tls.clone() else { return Ok(None) };
        let zone = settings.zone;
        let found = Found::of(&files);
        let certificate = found.certificate(&files, zone, now)?;
        if let Some(sentence) = certificate.unfit_for(&settings.public_url) {
            tracing::warn!("{sentence}");
        }
        let ending = ending(&files, &certificate, zone, now);
        if let Some(sentence) = &ending {
            tracing::warn!("{sentence}");
        }
        let last = Mutex::new(Last { found, refusal: None, ending });
        Ok(Some(Arc::new(Served { files: Some(files), zone, current: RwLock::new(certificate), last })))
    }

    /// Looks at the files, and serves what is in them from the next connection on if it changed and is good. Otherwise
    /// the old certificate stays in use, and the log says why; once, not at every look.
    pub fn reread(&self, now: Timestamp) {
        let Some(files) = &self.files else { return };
        let found = Found::of(files);
        let mut last = self.last.lock().expect("no code panics while it holds what was seen");
        // What was refused may become good by itself: its time comes, or a clock is set right.
        if found != last.found || last.refusal.is_some() {
            match found.certificate(files, self.zone, now) {
                Ok(new) => {
                    self.put(new);
                    last.refusal = None;
                }
                Err(error) => {
                    let sentence = error.to_string();
                    if last.refusal.as_ref() != Some(&sentence) {
                        tracing::warn!("{sentence} The certificate that was served until now stays in use.");
                        last.refusal = Some(sentence);
                    }
                }
            }
            last.found = found;
        }
        let current = self.current.read().expect("no code panics while it holds the certificate");
        let ending = ending(files, &current, self.zone, now);
        if ending != last.ending {
            if let Some(sentence) = &ending {
                tracing::warn!("{sentence}");
            }
            last.ending = ending;
        }
    }

    /// Serves this certificate from the next connection on.
    pub fn put(&self, new: Certificate) {
        let until = day_and_time(self.zone, new.ends_at);
        tracing::info!("a new certificate is served from now on; it is good until {until}");
        *self.current.write().expect("no code panics while it holds the certificate") = new;
    }

    /// What the web server needs to speak TLS 1.2 and 1.3 under the certificate that is current when a connection begins.
    ///
    /// # Errors
    /// `Internal` if the library refuses its own defaults.
    pub fn config(self: &Arc<Self>) -> Result<ServerConfig> {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Internal(format!("https cannot be spoken: {error}.")))?;
        Ok(config.with_no_client_auth().with_cert_resolver(self.clone()))
    }
}

impl ResolvesServerCert for Served {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().ok()?.key.clone())
    }
}

impl fmt::Debug for Served {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Served").field("files", &self.files).finish_non_exhaustive()
    }
}

/// What there is to say of a certificate that ends soon, or has ended; `None` while it is good for long.
pub fn ending(files: &TlsFiles, certificate: &Certificate, zone: Zone, now: Timestamp) -> Option<String> {
    let (path, until) = (files.certificate.display(), day_and_time(zone, certificate.ends_at));
    if now > certificate.ends_at {
        return Some(format!("The certificate {path} ended on {until}, and browsers refuse it: replace it."));
    }
    let soon = certificate.ends_at - now < Duration::days(SOON_DAYS);
    soon.then(|| format!("The certificate {path} ends on {until}: replace it before that."))
}
