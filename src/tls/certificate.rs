//! What two files of a certificate and its key hold, and whether it is good.

use std::{io, path::Path, sync::Arc, time::Duration};

use rustls::{
    Error as TlsError, InconsistentKeys,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    sign::CertifiedKey,
};
use sha2::{Digest, Sha256};
use url::{Host, Url};
use webpki::{EndEntityCert, KeyUsage};
use zeroize::Zeroizing;

use crate::{
    clock::{Timestamp, Zone, unix_seconds},
    config::TlsFiles,
    error::{Error, Result},
};

/// The most that is read of either file, in bytes: a chain of ten certificates with large keys has a tenth of it.
const MOST_BYTES: u64 = 256 * 1024;

/// How an encrypted key begins (RFC 7468 §11), and one of before there was a standard (RFC 1421 §4.6.1.1).
const ENCRYPTED: [&[u8]; 2] = [b"ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED"];

/// Two files as they were found. Equal if nothing changed since.
#[derive(Clone)]
pub enum Found {
    /// Both were read.
    Read {
        /// The certificate's.
        certificate: Vec<u8>,
        /// The key's.
        key: Zeroizing<Vec<u8>>,
    },
    /// One was not; with the sentence that says why.
    Unreadable(String),
}

/// A certificate with its key, good when it was read.
pub struct Certificate {
    /// Both, as TLS uses them.
    pub(super) key: Arc<CertifiedKey>,
    /// The last moment it is good.
    pub ends_at: Timestamp,
    path: String,
}

impl PartialEq for Found {
    fn eq(&self, other: &Self) -> bool {
        let digest = |bytes: &[u8]| Sha256::digest(bytes);
        match (self, other) {
            (Found::Read { certificate, key }, Found::Read { certificate: theirs, key: their_key }) => {
                // By digests: how long it takes tells nothing of the key.
                certificate == theirs && digest(key) == digest(their_key)
            }
            (Found::Unreadable(sentence), Found::Unreadable(theirs)) => sentence == theirs,
            _ => false,
        }
    }
}

impl Found {
    /// What the files hold now.
    pub fn of(files: &TlsFiles) -> Self {
        let certificate = read(&files.certificate, "tls_certificate");
        let both = certificate.and_then(|certificate| Ok((certificate, read(&files.key, "tls_key")?)));
        match both {
            Ok((certificate, key)) => Found::Read { certificate, key: Zeroizing::new(key) },
            Err(sentence) => Found::Unreadable(sentence),
        }
    }

    /// The certificate in them.
    ///
    /// # Errors
    /// `Internal` with a sentence that names the file, says what is wrong with it and what to do.
    pub fn certificate(&self, files: &TlsFiles, zone: Zone, now: Timestamp) -> Result<Certificate> {
        let wrong = |sentence: String| Error::Internal(sentence);
        let (certificate, key) = match self {
            Found::Read { certificate, key } => (certificate, key),
            Found::Unreadable(sentence) => return Err(wrong(sentence.clone())),
        };
        let (path, key_path) = (files.certificate.display(), files.key.display());
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificate)
            .collect::<Result<_, _>>()
            .ok()
            .filter(|chain: &Vec<_>| !chain.is_empty())
            .ok_or_else(|| {
                wrong(format!("The file {path} that the setting tls_certificate names holds no certificate in PEM."))
            })?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
            let encrypted = ENCRYPTED.iter().any(|begin| key.windows(begin.len()).any(|part| part == *begin));
            wrong(if encrypted {
                format!(
                    "The private key {key_path} has a password, which a server that starts by itself cannot ask for: \
                     openssl pkey -in FILE -out FILE writes it without."
                )
            } else {
                format!("The file {key_path} that the setting tls_key names holds no private key in PEM.")
            })
        })?;
        let ends_at =
            good_until(&chain[0], now).map_err(|wrong_time| wrong(wrong_time.sentence(&path.to_string(), zone)))?;
        let key = CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| match error {
            TlsError::InconsistentKeys(InconsistentKeys::KeyMismatch) => wrong(format!(
                "The private key {key_path} is not the one of the certificate {path}: put both of one pair there."
            )),
            error => wrong(format!("The private key {key_path} cannot be used for https: {error}.")),
        })?;
        Ok(Certificate { key: Arc::new(key), ends_at, path: path.to_string() })
    }
}

impl Certificate {
    /// One that an authority issued for `host`, with its key, both in PEM.
    ///
    /// # Errors
    /// `Internal` with a sentence if it cannot be served.
    pub fn issued(chain: &[u8], key: &[u8], host: &str, zone: Zone, now: Timestamp) -> Result<Self> {
        let path = format!("for {host}");
        let damaged = || Error::Internal(format!("The certificate {path} that was issued is damaged."));
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().map_err(|_| damaged())?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| damaged())?;
        let ends_at = good_until(chain.first().ok_or_else(damaged)?, now)
            .map_err(|wrong_time| Error::Internal(wrong_time.sentence(&path, zone)))?;
        let key = CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|_| damaged())?;
        Ok(Certificate { key: Arc::new(key), ends_at, path })
    }

    /// One that nobody vouches for, to be served while there is no other: so that https answers at all, and says why.
    ///
    /// # Errors
    /// `Internal` if none can be made.
    pub(super) fn self_signed(host: &str) -> Result<Self> {
        let failed = |error: &dyn std::fmt::Display| Error::Internal(format!("No certificate can be made: {error}."));
        let made = rcgen::generate_simple_self_signed([host.to_owned()]).map_err(|error| failed(&error))?;
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let key = CertifiedKey::from_der(vec![made.cert.der().clone()], key, &ring::default_provider())
            .map_err(|error| failed(&error))?;
        Ok(Certificate { key: Arc::new(key), ends_at: Timestamp::MAX, path: format!("for {host}") })
    }

    /// What there is to say if it is not for the host of `public_url`.
    pub fn unfit_for(&self, public_url: &str) -> Option<String> {
        let url = Url::parse(public_url).ok()?;
        let name = match url.host()? {
            Host::Domain(name) => ServerName::try_from(name.to_owned()).ok()?,
            Host::Ipv4(ip) => ServerName::from(std::net::IpAddr::from(ip)),
            Host::Ipv6(ip) => ServerName::from(std::net::IpAddr::from(ip)),
        };
        let fits = EndEntityCert::try_from(self.key.end_entity_cert().ok()?)
            .is_ok_and(|parsed| parsed.verify_is_valid_for_subject_name(&name).is_ok());
        let (path, host) = (&self.path, url.host()?);
        (!fits).then(|| {
            format!("The certificate {path} is not for {host}, and browsers warn of it: get one for this name.")
        })
    }
}

/// Why a certificate is not good.
enum NotGood {
    Ended(Timestamp),
    BeginsLater(Timestamp),
    Damaged,
}

impl NotGood {
    fn sentence(&self, path: &str, zone: Zone) -> String {
        match self {
            NotGood::Ended(at) => {
                format!("The certificate {path} ended on {}: replace it.", day_and_time(zone, *at))
            }
            NotGood::BeginsLater(at) => format!(
                "The certificate {path} is good from {} on only: see whether this machine's clock is right.",
                day_and_time(zone, *at)
            ),
            NotGood::Damaged => format!("The certificate {path} is damaged: put it there again."),
        }
    }
}

/// The last moment at which the certificate is good, if it is good now. Its authority is not looked at: browsers do that,
/// and an organization may have one of its own.
fn good_until(certificate: &CertificateDer<'_>, now: Timestamp) -> Result<Timestamp, NotGood> {
    match at(certificate, unix_time(now)) {
        Some(NotGood::Ended(at)) => return Err(NotGood::Ended(at)),
        Some(NotGood::BeginsLater(at)) => return Err(NotGood::BeginsLater(at)),
        Some(NotGood::Damaged) => return Err(NotGood::Damaged),
        None => {}
    }
    // When it ends is told by asking for a time after all of them.
    match at(certificate, UnixTime::since_unix_epoch(Duration::from_secs(u64::from(u32::MAX) * 1_000))) {
        Some(NotGood::Ended(at)) => Ok(at),
        _ => Err(NotGood::Damaged),
    }
}

/// What is wrong with the certificate at this time. The library looks at the time before it looks for an authority, of
/// which it is given none.
fn at(certificate: &CertificateDer<'_>, time: UnixTime) -> Option<NotGood> {
    let Ok(parsed) = EndEntityCert::try_from(certificate) else { return Some(NotGood::Damaged) };
    match parsed.verify_for_usage(&[], &[], &[], time, KeyUsage::server_auth(), None, None) {
        Err(webpki::Error::CertExpired { not_after, .. }) => Some(NotGood::Ended(timestamp(not_after))),
        Err(webpki::Error::CertNotValidYet { not_before, .. }) => Some(NotGood::BeginsLater(timestamp(not_before))),
        Err(webpki::Error::InvalidCertValidity | webpki::Error::BadDer | webpki::Error::BadDerTime) => {
            Some(NotGood::Damaged)
        }
        _ => None,
    }
}

fn unix_time(at: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(unix_seconds(at)).unwrap_or_default()))
}

/// The latest time there is for one that no calendar has.
fn timestamp(at: UnixTime) -> Timestamp {
    let seconds = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
    chrono::DateTime::from_timestamp(seconds, 0).map_or(Timestamp::MAX, |at| at.naive_utc())
}

/// "2026-11-20 14:32", in the organization's time zone.
pub fn day_and_time(zone: Zone, at: Timestamp) -> String {
    zone.local(at).format("%Y-%m-%d %H:%M").to_string()
}

fn read(path: &Path, setting: &str) -> Result<Vec<u8>, String> {
    let text = std::fs::File::open(path).and_then(|file| {
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(file, MOST_BYTES), &mut bytes)?;
        Ok(bytes)
    });
    text.map_err(|error| {
        format!("The file {} that the setting {setting} names cannot be read: {error}.", path.display())
    })
}
