//! Which of the settings make the server speak https itself (PRODUCT.md §13).

use std::{net::SocketAddr, path::PathBuf};

use url::{Host, Url};

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

/// The authority that `acme_directory` stands for where it is left out: Let's Encrypt.
const USUAL_DIRECTORY: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// What the servers need to get their certificate by themselves (RFC 8555).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acme {
    /// Whom the authority writes to.
    pub email: String,
    /// The address of the authority's directory.
    pub directory: String,
    /// The host that the certificate is for.
    pub host: String,
    /// A PEM file with the authority that the directory's own certificate comes from; `None`: a public one.
    pub ca: Option<PathBuf>,
}

/// How the server comes to speak https.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Https {
    /// By files.
    pub files: Option<TlsFiles>,
    /// By an authority.
    pub acme: Option<Acme>,
    /// Where it listens for http.
    pub http_listen: Option<SocketAddr>,
}

/// The files or the authority, where the server is to speak https, and where it listens for http to send browsers on.
///
/// # Errors
/// `Internal` with a sentence where one of the settings lacks another.
pub(super) fn read(
    written: &Written,
    (url, listen): (&Url, SocketAddr),
    source: &dyn Fn(&str) -> String,
) -> Result<Https> {
    let needs =
        |name: &str, what: &str| Err(Error::Internal(format!("The setting {name}{} needs {what}.", source(name))));
    let files = match (written.tls_certificate.as_str(), written.tls_key.as_str()) {
        ("", "") => None,
        ("", _) => return needs("tls_key", "tls_certificate beside it: the file with its certificate"),
        (_, "") => return needs("tls_certificate", "tls_key beside it: the file with its private key"),
        (certificate, key) => Some(TlsFiles { certificate: certificate.into(), key: key.into() }),
    };
    let acme = acme(written, url, source)?;
    if files.is_some() && acme.is_some() {
        return needs("acme_email", "tls_certificate and tls_key left out: the certificate comes from one of the two");
    }
    if files.is_some() && url.scheme() != "https" {
        return needs("tls_certificate", "a public_url that starts with https://");
    }
    let http_listen = match written.http_listen.as_str() {
        "" if acme.is_some() => {
            return needs(
                "acme_email",
                "http_listen, such as 0.0.0.0:80: the authority asks there whether the host is yours",
            );
        }
        "" => return Ok(Https { files, acme, http_listen: None }),
        text => text.parse::<SocketAddr>().map_err(|_| {
            Error::Internal(format!(
                "The setting http_listen{} is “{text}”, but must be an address and a port such as 0.0.0.0:80.",
                source("http_listen")
            ))
        })?,
    };
    if files.is_none() && acme.is_none() {
        return needs("http_listen", "tls_certificate and tls_key, or acme_email: it only sends browsers on to https");
    }
    if http_listen == listen {
        return needs("http_listen", "another port than listen, where https is spoken");
    }
    Ok(Https { files, acme, http_listen: Some(http_listen) })
}

/// The authority, if there is to be one.
fn acme(written: &Written, url: &Url, source: &dyn Fn(&str) -> String) -> Result<Option<Acme>> {
    let wrong = |name: &str, value: &str, want: &str| {
        let source = source(name);
        Err(Error::Internal(format!("The setting {name}{source} is “{value}”, but must be {want}.")))
    };
    let needs =
        |name: &str, what: &str| Err(Error::Internal(format!("The setting {name}{} needs {what}.", source(name))));
    let email = written.acme_email.as_str();
    if email.is_empty() {
        for (name, value) in [("acme_directory", &written.acme_directory), ("acme_ca_file", &written.acme_ca_file)] {
            if !value.is_empty() {
                return needs(name, "acme_email beside it: whom the authority writes to");
            }
        }
        return Ok(None);
    }
    let is_address = email.split_once('@').is_some_and(|(local, host)| !local.is_empty() && host.contains('.'));
    if !is_address || !email.chars().all(|letter| letter.is_ascii_graphic() && !"<>,?&\"".contains(letter)) {
        return wrong("acme_email", email, "an address, such as it@example.org");
    }
    let directory = match written.acme_directory.as_str() {
        "" => USUAL_DIRECTORY,
        text if Url::parse(text).is_ok_and(|url| url.scheme() == "https" && url.has_host()) => text,
        text => return wrong("acme_directory", text, "an https address, such as https://acme.example.org/directory"),
    };
    let host = match url.host() {
        Some(Host::Domain(host)) if url.scheme() == "https" && host.contains('.') => host.to_owned(),
        _ => {
            return needs(
                "acme_email",
                "a public_url that starts with https:// and has a name that the authority can look up",
            );
        }
    };
    let ca = Some(written.acme_ca_file.as_str()).filter(|path| !path.is_empty()).map(PathBuf::from);
    if let Some(Err(error)) = ca.as_ref().map(std::fs::File::open) {
        return wrong("acme_ca_file", &written.acme_ca_file, &format!("a PEM file that can be read ({error})"));
    }
    Ok(Some(Acme { email: email.to_owned(), directory: directory.to_owned(), host, ca }))
}
