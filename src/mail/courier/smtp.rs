//! One kept connection to the mail server, and what its answers mean.

use std::{future::Future, time::Duration};

use lettre::{
    Address,
    transport::smtp::{
        self,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        commands::{Data, Mail, Rcpt, Rset},
        extension::{ClientId, Extension, MailParameter},
        response::Response,
    },
};
use percent_encoding::percent_decode_str;
use tokio::{net::TcpStream, time::timeout};
use url::Url;

use super::encrypted;
use crate::{
    config::{Sender, Settings},
    error::{Error, Result},
    mail::{Verdict, letter::one_line},
};

use super::problem::Problem;

/// How a certificate begins in a PEM file (RFC 7468 §5.1).
const PEM_BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// How long to wait for the mail server before it counts as down.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a connection, with greeting, TLS and authentication: behind a good relay it takes well under a second.
    pub connect: Duration,
    /// For the answer to a command, and to the message: RFC 5321 §4.5.3.2 allows minutes, but the claim of a worker has
    /// to outlast four of them.
    pub command: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts { connect: Duration::from_secs(20), command: Duration::from_secs(30) }
    }
}

/// A mail server, and how to speak to it.
#[derive(Clone)]
pub struct Smtp {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    hello: ClientId,
    timeouts: Timeouts,
    roots: Vec<Certificate>,
    pub(super) from: Sender,
    pub(super) return_path: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Security {
    /// `smtps://`: TLS from the first byte, the certificate checked.
    Implicit,
    /// `?tls=required`, or a password that would otherwise be readable: STARTTLS, the certificate checked.
    Required,
    /// STARTTLS if it is offered. The certificate is not checked, since without it there would be no encryption at all
    /// (RFC 7435), and relays of their own network show certificates they made themselves.
    IfOffered,
}

/// True for this machine.
fn is_near(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

impl Smtp {
    /// From `smtp_url` and the other settings.
    ///
    /// # Errors
    /// `Internal` with a sentence that says what is wrong with the setting.
    pub fn new(settings: &Settings, url: &Url) -> Result<Self> {
        let wrong = |what: &str| Error::Internal(format!("The setting smtp_url {what}."));
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let mut required = false;
        for (name, value) in url.query_pairs() {
            match (&*name, &*value) {
                ("tls", "required") => required = true,
                _ => return Err(wrong("takes nothing behind its question mark but tls=required")),
            }
        }
        if !matches!(url.path(), "" | "/") {
            return Err(wrong("takes no path"));
        }
        let decode = |text: &str| decode(text).ok_or_else(|| wrong("holds a user or password that is not UTF-8"));
        let credentials = match (url.username(), url.password()) {
            ("", _) => None,
            (user, password) => Some(Credentials::new(decode(user)?, decode(password.unwrap_or_default())?)),
        };
        let near = is_near(&host);
        // Who names an authority wants its certificates checked.
        let required = required || settings.smtp_ca.is_some();
        let security = match url.scheme() {
            "smtps" => Security::Implicit,
            _ if required || (credentials.is_some() && !near) => Security::Required,
            _ => Security::IfOffered,
        };
        let usual = match (security, &credentials) {
            (Security::Implicit, _) => 465,
            (_, Some(_)) => 587,
            (_, None) => 25,
        };
        let own = crate::mail::own_host(settings);
        let hello = match own.parse::<std::net::IpAddr>() {
            Ok(std::net::IpAddr::V4(ip)) => ClientId::Ipv4(ip),
            Ok(std::net::IpAddr::V6(ip)) => ClientId::Ipv6(ip),
            Err(_) => ClientId::Domain(own.to_owned()),
        };
        let smtp = Smtp {
            port: url.port().unwrap_or(usual),
            host,
            security,
            credentials,
            hello,
            timeouts: Timeouts::default(),
            roots: Vec::new(),
            from: settings.mail_from.clone(),
            return_path: settings.mail_return_path.clone(),
        };
        match &settings.smtp_ca {
            Some(pem) => smtp.trusting(pem).map_err(|_| {
                Error::Internal("The file that the setting smtp_ca_file names holds no certificate in PEM.".into())
            }),
            None => Ok(smtp),
        }
    }

    /// The same with other timeouts.
    #[must_use]
    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        Smtp { timeouts, ..self }
    }

    /// The same, believing the certificates in `pem` besides those of the public authorities.
    ///
    /// # Errors
    /// `Internal` if there is no certificate in it.
    pub fn trusting(mut self, pem: &[u8]) -> Result<Self> {
        let root =
            Certificate::from_pem(pem).map_err(|error| Error::Internal(format!("This is no certificate: {error}.")))?;
        // The library takes a file without any certificate for one with none to add.
        if !pem.windows(PEM_BEGIN.len()).any(|part| part == PEM_BEGIN) {
            return Err(Error::Internal("There is no certificate in it.".into()));
        }
        self.roots.push(root);
        Ok(self)
    }

    /// True if emails, with their links and codes, may leave this machine without TLS, or under a certificate that nobody
    /// checked.
    pub fn may_be_overheard(&self) -> bool {
        self.security == Security::IfOffered && !is_near(&self.host)
    }

    /// "mail.example.org:587, STARTTLS": what operators see of it.
    pub fn label(&self) -> String {
        let security = match self.security {
            Security::Implicit => ", TLS",
            Security::Required => ", STARTTLS",
            Security::IfOffered => "",
        };
        format!("{}:{}{security}", self.host, self.port)
    }

    fn tls(&self) -> Result<TlsParameters, Problem> {
        let mut builder = TlsParameters::builder(self.host.clone());
        for root in &self.roots {
            builder = builder.add_root_certificate(root.clone());
        }
        let unchecked = self.security == Security::IfOffered;
        let builder = builder.dangerous_accept_invalid_certs(unchecked).dangerous_accept_invalid_hostnames(unchecked);
        builder.build().map_err(Problem::from)
    }

    /// Connects, greets, encrypts and signs in.
    pub(super) async fn connect(&self) -> Result<Line, Problem> {
        match timeout(self.timeouts.connect, self.open()).await {
            Ok(Ok(connection)) => Ok(Line { connection, command: self.timeouts.command, letters: 0 }),
            Ok(Err(problem)) => Err(problem),
            Err(_) => Err(Problem::Lost(format!("no answer within {} s", self.timeouts.connect.as_secs_f32()))),
        }
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, Problem> {
        let lost = |error: std::io::Error| Problem::Lost(error.to_string());
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(lost)?;
        // Without this each command waits for the receiver's delayed acknowledgment: 44 ms a message.
        stream.set_nodelay(true).map_err(lost)?;
        if self.security == Security::Implicit {
            let stream = encrypted::wrap(stream, self.tls()?).await?;
            let connection = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello).await?;
            return self.sign_in(connection).await;
        }
        let mut connection = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello).await?;
        if connection.can_starttls() {
            connection.starttls(self.tls()?, &self.hello).await?;
        } else if self.security == Security::Required {
            return Err(Problem::Lost("the server offers no STARTTLS, and nothing is sent without it".into()));
        }
        self.sign_in(connection).await
    }

    async fn sign_in(&self, mut connection: AsyncSmtpConnection) -> Result<AsyncSmtpConnection, Problem> {
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

/// Undoes the %-encoding of the user and password in an address.
fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

/// What became of a letter on a line, and whether the line is still good.
pub(super) struct Report {
    /// What the server said.
    pub verdict: Verdict,
    /// In its words.
    pub answer: String,
    /// What went wrong concerns the server, not this letter: the next one would fare no better.
    pub server: bool,
    /// The connection failed before the server knew of this letter: a kept one may simply have been too old.
    pub unused: bool,
}

/// A connection that is kept for more letters.
pub(super) struct Line {
    connection: AsyncSmtpConnection,
    command: Duration,
    letters: u32,
}

impl Line {
    /// True if no letter went over it yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.letters == 0
    }

    /// Hands one message over. After a report with `server` the line must not be used again.
    pub(super) async fn deliver(&mut self, from: &Address, to: &Address, message: &[u8]) -> Report {
        let unusual = !from.to_string().is_ascii() || !to.to_string().is_ascii();
        let mut parameters = Vec::new();
        if unusual {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let answer = "The mail server takes no addresses with letters beyond ASCII".into();
                return Report { verdict: Verdict::Refused, answer, server: false, unused: false };
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let limit = self.command;
        if let Err(problem) = within(limit, self.connection.command(Mail::new(Some(from.clone()), parameters))).await {
            // Whatever it is, it is not about the address the letter goes to.
            let answer = problem.label("The mail server did not take the sender");
            let unused = matches!(problem, Problem::Lost(_) | Problem::Answer(421, _));
            return Report { verdict: Verdict::RefusedForNow, answer, server: true, unused };
        }
        self.letters += 1;
        if let Err(problem) = within(limit, self.connection.command(Rcpt::new(to.clone(), Vec::new()))).await {
            return self.refused(problem, "The mail server did not answer to the address").await;
        }
        if let Err(problem) = within(limit, self.connection.command(Data)).await {
            return self.refused(problem, "The mail server did not ask for the message").await;
        }
        match within(limit, self.connection.message(message)).await {
            Ok(response) => {
                let answer = one_line(&format!("{} {}", response.code(), words(&response)));
                Report { verdict: Verdict::Accepted, answer, server: false, unused: false }
            }
            Err(Problem::Lost(text)) => {
                let answer = format!("The connection ended before the answer to the message: {text}");
                Report { verdict: Verdict::RefusedForNow, answer, server: true, unused: false }
            }
            Err(problem) => self.refused(problem, "").await,
        }
    }

    /// Sorts a refusal, and gets the line ready for the next letter.
    async fn refused(&mut self, problem: Problem, doing: &str) -> Report {
        let answer = problem.label(doing);
        let (verdict, mut server) = match problem {
            // 421 closes the connection, whatever command it answers (RFC 5321 §3.8).
            Problem::Answer(421, _) | Problem::Lost(_) => (Verdict::RefusedForNow, true),
            Problem::Answer(500.., _) => (Verdict::Refused, false),
            Problem::Answer(..) => (Verdict::RefusedForNow, false),
        };
        if !server && within(self.command, self.connection.command(Rset)).await.is_err() {
            server = true;
        }
        Report { verdict, answer, server, unused: false }
    }

    /// Says goodbye.
    pub(super) async fn close(mut self) {
        // Nothing depends on the answer.
        let _ = timeout(self.command.min(Duration::from_secs(2)), self.connection.quit()).await;
    }
}

fn words(response: &Response) -> String {
    response.message().collect::<Vec<_>>().join(" ")
}

async fn within<T>(limit: Duration, doing: impl Future<Output = Result<T, smtp::Error>>) -> Result<T, Problem> {
    match timeout(limit, doing).await {
        Ok(answer) => answer.map_err(Problem::from),
        Err(_) => Err(Problem::Lost(format!("no answer within {} s", limit.as_secs_f32()))),
    }
}
