//! Settings: a file, then the environment, then flags. What is unknown or wrong stops the start with a sentence.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use url::Url;

use crate::{
    clock::Zone,
    error::{Error, Result},
    keys::KEY_BYTES,
};

mod limits;
mod network;
mod reading;
#[cfg(test)]
mod tests;
mod tls;
mod written;

pub use limits::{BodyTimes, DATABASE_WAIT, ROWS_AT_ONCE};
pub use network::Network;
pub use tls::{Acme, TlsFiles};
pub use written::Written;

/// Every setting has a `TOKENDESK_` variable of its name in capitals.
pub const ENVIRONMENT_PREFIX: &str = "TOKENDESK_";

/// What a master key looks like.
const MASTER_KEY_WORDS: &str = "64 hex digits (openssl rand -hex 32 makes them)";

/// The shortest `metrics_key`, in characters: beyond guessing without a limit on tries (128 bits in hexadecimal digits).
const METRICS_KEY_LETTERS: usize = 32;

/// The settings, read and checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// The address users and operators type, without a trailing slash.
    pub public_url: String,
    /// Host and port of `public_url`, as shown under the product's name.
    pub host: String,
    /// True if `public_url` is https: cookies are then marked Secure.
    pub https: bool,
    /// The certificate with which the server speaks https itself; `None`: it speaks http, to a proxy or on this machine.
    pub tls: Option<TlsFiles>,
    /// The authority that certificates are ordered from; `None`: from none.
    pub acme: Option<Acme>,
    /// Where the server listens for http, to send browsers on to https and to answer the authority.
    pub http_listen: Option<SocketAddr>,
    /// Where the embedded database and the master key are kept.
    pub data_dir: PathBuf,
    /// `sqlite:PATH` or `postgres://…`.
    pub database_url: String,
    /// Connections for reading (SQLite) or in all (PostgreSQL).
    pub database_connections: u32,
    /// Statements stay prepared with their connection to PostgreSQL.
    pub database_prepared_statements: bool,
    /// The mail server; `None`: email waits in the outbox.
    pub smtp_url: Option<Url>,
    /// What the file `smtp_ca_file` holds; `None`: only public authorities are believed.
    pub smtp_ca: Option<Vec<u8>>,
    /// The sender of emails.
    pub mail_from: Sender,
    /// The address that undeliverable email is sent back to.
    pub mail_return_path: String,
    /// Workers that send email at the same time.
    pub mail_workers: u32,
    /// The key of all secrets, where it is set rather than kept in a file.
    pub master_key: Option<[u8; KEY_BYTES]>,
    /// The organization's name.
    pub organization: String,
    /// How users reach the help desk.
    pub help_desk: String,
    /// The time zone of Stop Dates.
    pub zone: Zone,
    /// True if it was chosen, and is not UTC for want of one.
    pub zone_is_set: bool,
    /// Operators confirm sign-in with a one-time password.
    pub require_second_factor: bool,
    /// Minutes without a request after which a session ends.
    pub session_idle_minutes: u32,
    /// Hours after which a session ends in any case.
    pub session_hours: u32,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Where RADIUS is answered; `None`: nowhere.
    pub radius_listen: Option<SocketAddr>,
    /// The key with which monitors read `/metrics`; `None`: there is no such page.
    pub metrics_key: Option<String>,
    /// Log lines as JSON.
    pub log_json: bool,
    /// What is logged.
    pub log_level: String,
    /// Entries of the audit log are written to the log too.
    pub log_audit: bool,
    /// How long anything waits for the database.
    pub database_wait: Duration,
    /// Rows that a request may change in one transaction; more is long work.
    pub rows_at_once: usize,
    /// How long the body of a request may take.
    pub body_times: BodyTimes,
    /// The demo: no second factor, a mailbox page, a banner.
    pub demo: bool,
}

/// The sender of emails; the courier makes the header of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The name users see; may be empty.
    pub name: String,
    /// The address, `local@domain`.
    pub address: String,
}

impl Settings {
    /// True if email can leave: a mail server is set, or the demo's mailbox takes it. Where it is false email waits in
    /// the outbox, and every page that speaks of email says so.
    pub fn mail_leaves(&self) -> bool {
        self.demo || self.smtp_url.is_some()
    }

    /// Gives the written settings their meaning.
    ///
    /// # Errors
    /// As [`Settings::read`].
    pub fn check(written: Written) -> Result<Self> {
        Settings::check_from(written, &|_| String::new())
    }

    /// As [`Settings::check`]; `source` says of a setting where it was written: " (line 3 of tokendesk.toml)".
    fn check_from(written: Written, source: &dyn Fn(&str) -> String) -> Result<Self> {
        let wrong = |name: &str, value: &str, want: &str| {
            Error::Internal(format!("The setting {name}{} is “{value}”, but must be {want}.", source(name)))
        };
        // The value is not repeated where it is a secret, or holds one.
        let secret =
            |name: &str, want: &str| Error::Internal(format!("The setting {name}{} must {want}.", source(name)));
        let listen = written
            .listen
            .parse()
            .map_err(|_| wrong("listen", &written.listen, "an address and a port such as 127.0.0.1:8080"))?;
        let radius_listen = match written.radius_listen.as_str() {
            "" => None,
            text => Some(
                text.parse().map_err(|_| wrong("radius_listen", text, "an address and a port such as 0.0.0.0:1812"))?,
            ),
        };
        let want_url = "an http or https address without a path, such as https://tokens.example.org";
        let url = Url::parse(&written.public_url).map_err(|_| wrong("public_url", &written.public_url, want_url))?;
        let host = url.host_str().unwrap_or_default();
        if !matches!(url.scheme(), "http" | "https") || host.is_empty() || url.path() != "/" || url.query().is_some() {
            return Err(wrong("public_url", &written.public_url, want_url));
        }
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let https = url.scheme() == "https";
        let tls::Https { files: tls, acme, http_listen } = tls::read(&written, (&url, listen), source)?;
        let zone_is_set = !written.time_zone.is_empty();
        let zone = Zone::parse(if zone_is_set { &written.time_zone } else { "UTC" })
            .ok_or_else(|| wrong("time_zone", &written.time_zone, "an IANA name such as Europe/Berlin"))?;
        let smtp_url = match written.smtp_url.as_str() {
            "" => None,
            text => Some(
                Url::parse(text)
                    .ok()
                    .filter(|url| matches!(url.scheme(), "smtp" | "smtps") && url.host_str().is_some())
                    .ok_or_else(|| {
                        secret(
                            "smtp_url",
                            "look like smtp://user:password@mail.example.org:587 (or smtps:// for TLS from the first byte)",
                        )
                    })?,
            ),
        };
        let master_key = match written.master_key.as_str() {
            "" => None,
            hex => Some(parse_key(hex).ok_or_else(|| secret("master_key", &format!("be {MASTER_KEY_WORDS}")))?),
        };
        let database_url = match written.database_url.as_str() {
            "" => format!("sqlite:{}", written.data_dir.join("tokendesk.db").display()),
            text if text.starts_with("sqlite:") || is_postgres(text) => text.to_owned(),
            _ => return Err(secret("database_url", "start with sqlite: or postgres://")),
        };
        let log_json = match written.log_format.as_str() {
            "json" => true,
            "plain" => false,
            other => return Err(wrong("log_format", other, "json or plain")),
        };
        for (name, value, most) in [
            ("database_connections", written.database_connections, 100),
            ("mail_workers", written.mail_workers, 64),
            ("session_idle_minutes", written.session_idle_minutes, 24 * 60),
            ("session_hours", written.session_hours, 24 * 7),
        ] {
            if !(1..=most).contains(&value) {
                return Err(wrong(name, &value.to_string(), &format!("a number from 1 to {most}")));
            }
        }
        let mail_from = match written.mail_from.as_str() {
            "" => Sender {
                name: format!("{} help desk", written.organization),
                address: format!("tokendesk@{}", url.host_str().unwrap_or("localhost")),
            },
            text => parse_sender(text)
                .ok_or_else(|| wrong("mail_from", text, "Name <address>, such as Help desk <help@example.org>"))?,
        };
        let mail_return_path = match written.mail_return_path.as_str() {
            "" => mail_from.address.clone(),
            text => {
                parse_sender(text)
                    .filter(|sender| sender.name.is_empty() && !text.contains('<'))
                    .ok_or_else(|| wrong("mail_return_path", text, "an address, such as bounces@example.org"))?
                    .address
            }
        };
        let metrics_key = Some(written.metrics_key.trim().to_owned()).filter(|key| !key.is_empty());
        if metrics_key.as_ref().is_some_and(|key| key.len() < METRICS_KEY_LETTERS) {
            let want = format!("have {METRICS_KEY_LETTERS} characters or more (openssl rand -hex 32 makes one)");
            return Err(secret("metrics_key", &want));
        }
        let smtp_ca = match written.smtp_ca_file.as_str() {
            "" => None,
            path => Some(std::fs::read(path).map_err(|error| {
                let source = source("smtp_ca_file");
                Error::Internal(format!(
                    "The setting smtp_ca_file{source} names {path}, which cannot be read: {error}."
                ))
            })?),
        };
        Ok(Settings {
            listen,
            public_url: written.public_url.trim_end_matches('/').to_owned(),
            host,
            https,
            tls,
            acme,
            http_listen,
            data_dir: written.data_dir,
            database_url,
            database_connections: written.database_connections,
            database_prepared_statements: written.database_prepared_statements,
            smtp_url,
            smtp_ca,
            mail_return_path,
            mail_from,
            mail_workers: written.mail_workers,
            master_key,
            organization: written.organization,
            help_desk: written.help_desk,
            zone,
            zone_is_set,
            require_second_factor: written.require_second_factor,
            session_idle_minutes: written.session_idle_minutes,
            session_hours: written.session_hours,
            trusted_proxies: written.trusted_proxies,
            radius_listen,
            metrics_key,
            log_json,
            log_level: written.log_level,
            log_audit: written.log_audit,
            database_wait: DATABASE_WAIT,
            rows_at_once: ROWS_AT_ONCE,
            body_times: BodyTimes::default(),
            demo: false,
        })
    }

    /// The settings of tests and of the demo: defaults, with `public_url` and the database given.
    ///
    /// # Errors
    /// As [`Settings::read`].
    pub fn plain(public_url: &str, database_url: &str) -> Result<Self> {
        Settings::check(Written {
            public_url: public_url.into(),
            database_url: database_url.into(),
            ..Written::default()
        })
    }
}

/// True if `url` names a PostgreSQL server.
pub fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// Reads the 64 hex digits of a master key.
pub fn parse_key(hex: &str) -> Option<[u8; KEY_BYTES]> {
    data_encoding::HEXLOWER_PERMISSIVE.decode(hex.trim().as_bytes()).ok()?.try_into().ok()
}

fn parse_sender(text: &str) -> Option<Sender> {
    let (name, address) = match text.split_once('<') {
        Some((name, rest)) => (name.trim().to_owned(), rest.strip_suffix('>')?.trim().to_owned()),
        None => (String::new(), text.trim().to_owned()),
    };
    let (local, domain) = address.rsplit_once('@')?;
    let plain = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
    (plain(local) && plain(domain)).then_some(Sender { name, address })
}
