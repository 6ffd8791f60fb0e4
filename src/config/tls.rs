//! Which of the settings make the server speak https itself (PRODUCT.md §13).

use std::{net::SocketAddr, path::PathBuf};

use super::Written;
use crate::error::{Error, Result};

/// The files of the certificate that is served, both in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and behind it those between it and its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// The files, where the server is to speak https, and where it listens for http to send browsers on.
///
/// # Errors
/// `Internal` with a sentence where one of the settings lacks another.
pub(super) fn read(
    written: &Written,
    (https, listen): (bool, SocketAddr),
    source: &dyn Fn(&str) -> String,
) -> Result<(Option<TlsFiles>, Option<SocketAddr>)> {
    let needs =
        |name: &str, what: &str| Err(Error::Internal(format!("The setting {name}{} needs {what}.", source(name))));
    let files = match (written.tls_certificate.as_str(), written.tls_key.as_str()) {
        ("", "") => None,
        ("", _) => return needs("tls_key", "tls_certificate beside it: the file with its certificate"),
        (_, "") => return needs("tls_certificate", "tls_key beside it: the file with its private key"),
        (certificate, key) => Some(TlsFiles { certificate: certificate.into(), key: key.into() }),
    };
    if files.is_some() && !https {
        return needs("tls_certificate", "a public_url that starts with https://");
    }
    let http_listen = match written.http_listen.as_str() {
        "" => return Ok((files, None)),
        text => text.parse::<SocketAddr>().map_err(|_| {
            Error::Internal(format!(
                "The setting http_listen{} is “{text}”, but must be an address and a port such as 0.0.0.0:80.",
                source("http_listen")
            ))
        })?,
    };
    if files.is_none() {
        return needs("http_listen", "tls_certificate and tls_key: it only sends browsers on to https");
    }
    if http_listen == listen {
        return needs("http_listen", "another port than listen, where https is spoken");
    }
    Ok((files, Some(http_listen)))
}
