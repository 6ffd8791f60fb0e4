//! The settings as they are written.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Network;

/// The settings as they are written; [`Settings`] is what they mean.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Written {
    /// Where the server listens.
    pub listen: String,
    /// The address users and operators type, without a path; links in emails start with it.
    pub public_url: String,
    /// A PEM file with the certificate of `public_url` and those behind it; empty: the server speaks http.
    pub tls_certificate: String,
    /// A PEM file with the private key of `tls_certificate`.
    pub tls_key: String,
    /// Whom an authority writes to that certificates are ordered from by themselves (ACME); empty: none are ordered.
    pub acme_email: String,
    /// The address of the authority's directory; empty: Let's Encrypt.
    pub acme_directory: String,
    /// A PEM file with a private certificate authority that the directory's own certificate comes from.
    pub acme_ca_file: String,
    /// Where to listen for http, to send browsers on to https and to answer the authority: an address and a port; empty: nowhere.
    pub http_listen: String,
    /// Where the embedded database and the master key are kept.
    pub data_dir: PathBuf,
    /// `sqlite:PATH` or `postgres://…`; empty: SQLite in `data_dir`.
    pub database_url: String,
    /// Connections for reading (SQLite) or in all (PostgreSQL).
    pub database_connections: u32,
    /// Statements stay prepared with their connection to PostgreSQL; false for PgBouncer in transaction mode.
    pub database_prepared_statements: bool,
    /// `smtp://`, `smtps://` or `smtp://…?tls=required`, with user and password if the server wants them.
    pub smtp_url: String,
    /// A PEM file with the certificate of a private authority that the mail server's certificate may come from.
    pub smtp_ca_file: String,
    /// The sender of emails: `Name <address>`.
    pub mail_from: String,
    /// The address that mail servers send undeliverable email back to (the envelope sender); empty: that of `mail_from`.
    pub mail_return_path: String,
    /// Workers that send email at the same time.
    pub mail_workers: u32,
    /// 64 hex digits; empty: kept in `data_dir/master.key`, made at the first start (SQLite only).
    pub master_key: String,
    /// The organization's name, on every page and email.
    pub organization: String,
    /// How users reach the help desk: a phone number, hours.
    pub help_desk: String,
    /// The IANA time zone of Stop Dates; empty: UTC, until one is chosen.
    pub time_zone: String,
    /// Operators confirm sign-in with a one-time password.
    pub require_second_factor: bool,
    /// An operator's session ends after so many minutes without a request (PRODUCT.md §5).
    pub session_idle_minutes: u32,
    /// An operator's session ends after so many hours in any case (PRODUCT.md §5).
    pub session_hours: u32,
    /// Addresses or networks of proxies in front whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Where RADIUS is answered, such as `0.0.0.0:1812`; empty: nowhere.
    pub radius_listen: String,
    /// The key with which monitors read `/metrics`; empty: there is no such page.
    pub metrics_key: String,
    /// `json` or `plain`.
    pub log_format: String,
    /// What is logged, as in `RUST_LOG`: `info`, `tokendesk=debug`.
    pub log_level: String,
    /// Entries of the audit log are written to the log too, as JSON.
    pub log_audit: bool,
}

impl Default for Written {
    fn default() -> Self {
        Written {
            listen: "127.0.0.1:8080".into(),
            public_url: "http://localhost:8080".into(),
            tls_certificate: String::new(),
            tls_key: String::new(),
            acme_email: String::new(),
            acme_directory: String::new(),
            acme_ca_file: String::new(),
            http_listen: String::new(),
            data_dir: "tokendesk-data".into(),
            database_url: String::new(),
            database_connections: 8,
            database_prepared_statements: true,
            smtp_url: String::new(),
            smtp_ca_file: String::new(),
            mail_from: String::new(),
            mail_return_path: String::new(),
            mail_workers: 4,
            master_key: String::new(),
            organization: "Tokendesk".into(),
            help_desk: String::new(),
            time_zone: String::new(),
            require_second_factor: true,
            session_idle_minutes: 30,
            session_hours: 12,
            trusted_proxies: Vec::new(),
            radius_listen: String::new(),
            metrics_key: String::new(),
            log_format: "plain".into(),
            log_level: "info".into(),
            log_audit: false,
        }
    }
}
