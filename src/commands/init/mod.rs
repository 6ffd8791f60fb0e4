//! `tokendesk init`: asks for what a first server needs, tries it, writes the settings file and adds the first operator
//! (PRODUCT.md §13).

use std::path::{Path, PathBuf, absolute};

use clap::Args;
use url::Url;

use crate::{
    clock::{Clock, Zone},
    commands::{ConfigArgs, operator::Password, server},
    config::{Settings, Written, is_postgres},
    db::Db,
    desk::folder,
    error::{Error, Result},
    ids::Random,
    keys::KEY_BYTES,
    mail::courier::Carrier,
    operators::{
        self, BuiltIn, NewOperator, Who,
        password::{self, OwnWords},
    },
    tls,
};

mod asking;
mod file;

use asking::{Asking, Question};

/// The answer for what there is none of.
const NONE: &str = "none";

/// Where a server that is set up as a service keeps its files, if somebody made the folder.
const STATE: &str = "/var/lib/tokendesk";

/// What can be answered beforehand. What is not is asked for, at the terminal or line by line from what is piped in.
#[derive(Args)]
pub struct Flags {
    /// The settings file to write.
    #[arg(long, short = 'c', value_name = "FILE", default_value = "tokendesk.toml")]
    config: PathBuf,
    /// Write the settings file anew if it is there already.
    #[arg(long)]
    replace: bool,
    /// Take the usual answer to whatever has one and is not answered by a flag.
    #[arg(long)]
    usual: bool,
    /// Take the mail server as it is, without trying it.
    #[arg(long)]
    mail_untried: bool,
    /// The host that people type.
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// The certificate of the host in PEM, for https without a proxy; none: a proxy in front speaks https.
    #[arg(long, value_name = "FILE")]
    tls_certificate: Option<String>,
    /// The private key of the certificate in PEM.
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,
    /// Order the certificate by itself (ACME), with this address for the authority to write to; port 80 has to reach it.
    #[arg(long, value_name = "EMAIL", conflicts_with = "tls_certificate")]
    acme_email: Option<String>,
    /// The directory of the authority; left out: Let's Encrypt.
    #[arg(long, value_name = "URL", requires = "acme_email")]
    acme_directory: Option<String>,
    /// Where to listen.
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// With a certificate: where to listen for http, to send browsers on to https; or none.
    #[arg(long, value_name = "ADDR:PORT")]
    http_listen: Option<String>,
    /// The folder of the embedded database and the master key.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
    /// sqlite, or postgres://user:password@host/name.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// The mail server, smtp://user:password@host:587?tls=required; or none.
    #[arg(long, value_name = "URL")]
    mail_server: Option<String>,
    /// The sender of emails.
    #[arg(long, value_name = "NAME <ADDRESS>")]
    mail_from: Option<String>,
    /// The name of the organization.
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
    /// How users reach the help desk.
    #[arg(long, value_name = "WORDS")]
    help_desk: Option<String>,
    /// The time zone, by its IANA name.
    #[arg(long, value_name = "NAME")]
    time_zone: Option<String>,
    /// What the first operator types to sign in.
    #[arg(long, value_name = "USERID")]
    user_id: Option<String>,
    #[command(flatten)]
    password: Password,
}

/// Asks, tries, writes.
pub fn run(flags: &Flags) -> Result<()> {
    if flags.config.symlink_metadata().is_ok() && !flags.replace {
        return Err(file::taken(&flags.config));
    }
    let asking = Asking { usual: flags.usual };
    let mut written = Written::default();
    address(&asking, flags, &mut written)?;
    people(&asking, flags, &mut written)?;
    data(&asking, flags, &mut written)?;
    mail(&asking, flags, &mut written)?;
    let settings = Settings::check(written.clone())?;
    let operator = operator(&asking, flags, &settings)?;

    file::write(&flags.config, &file::text(&written), flags.replace)?;
    let config = flags.config.display();
    println!("The settings are in {config}, for you alone to read.");
    if !written.master_key.is_empty() {
        println!("It holds the master_key: keep a copy somewhere else, and give it to every server of this database.");
    }
    let desk = ConfigArgs::of(&flags.config).desk()?;
    if desk.db.read(operators::none_yet)? {
        let (user_id, role) = (operator.user_id.clone(), operator.role.clone());
        operators::add(&desk, &Who::command_line(), desk.now(), operator)?;
        println!("Operator {user_id} was added with the role {role}.");
    } else {
        println!("The database has operators already; nobody was added.");
    }
    println!("Next: tokendesk serve --config {config}, and sign in at {}/sign-in.", settings.public_url);
    println!("The first sign-in sets up an authenticator app: have a phone at hand.");
    Ok(())
}

/// Takes an answer into the settings if they are right with it.
fn set(written: &mut Written, change: impl FnOnce(&mut Written)) -> Result<()> {
    let mut tried = written.clone();
    change(&mut tried);
    Settings::check(tried.clone())?;
    *written = tried;
    Ok(())
}

/// Where http is listened for beside https, unless it is said otherwise.
const HTTP: &str = "0.0.0.0:80";

/// Where people find it, and who speaks https.
fn address(asking: &Asking, flags: &Flags, written: &mut Written) -> Result<()> {
    let host = Question {
        flag: "host",
        words: "The host that people type, such as tokens.example.org",
        given: flags.host.as_deref(),
        usual: None,
    };
    asking.answer(&host, |answer| {
        let url = if answer.contains("://") { answer.to_owned() } else { format!("https://{answer}") };
        set(written, |written| written.public_url = url.trim_end_matches('/').to_owned())
    })?;
    if written.public_url.starts_with("https://") {
        certificate(asking, flags, written)?;
    }
    let own = !written.tls_certificate.is_empty() || !written.acme_email.is_empty();
    let port = Url::parse(&written.public_url).ok().and_then(|url| url.port_or_known_default()).unwrap_or(443);
    let usual = if own { format!("0.0.0.0:{port}") } else { "127.0.0.1:8080".to_owned() };
    let listen = Question { flag: "listen", words: "Listen at", given: flags.listen.as_deref(), usual: Some(&usual) };
    asking.answer(&listen, |answer| set(written, |written| written.listen = answer.into()))?;
    if own {
        let http = Question {
            flag: "http-listen",
            words: "Listen for http and send browsers on to https at, or none",
            given: flags.http_listen.as_deref(),
            usual: Some(HTTP),
        };
        asking.answer(&http, |answer| {
            set(written, |written| written.http_listen = if answer == NONE { String::new() } else { answer.into() })
        })?;
    } else if written.public_url.starts_with("https://") {
        // A proxy on this machine is the usual one; README says how to name another.
        written.trusted_proxies = "127.0.0.1".parse().into_iter().collect();
    }
    Ok(())
}

/// The certificate with its key: both are whole paths, since a service starts in another folder.
fn certificate(asking: &Asking, flags: &Flags, written: &mut Written) -> Result<()> {
    if let Some(email) = &flags.acme_email {
        return set(written, |written| {
            written.acme_email.clone_from(email);
            written.acme_directory = flags.acme_directory.clone().unwrap_or_default();
            // What is answered to the question of it stands there in the end.
            written.http_listen = HTTP.to_owned();
        });
    }
    let given = flags.tls_certificate.as_deref();
    let words = "The host's certificate, a PEM file, or none if a proxy in front speaks https";
    let question = Question { flag: "tls-certificate", words, given, usual: Some(NONE) };
    let path = asking.answer(&question, |answer| match answer {
        NONE => Ok(None),
        path => {
            let path = whole(Path::new(path))?;
            std::fs::File::open(&path).map_err(|error| Error::Internal(format!("{path} cannot be read: {error}.")))?;
            Ok(Some(path))
        }
    })?;
    let Some(path) = path else { return Ok(()) };
    let words = "Its private key, a PEM file";
    let question = Question { flag: "tls-key", words, given: flags.tls_key.as_deref(), usual: None };
    asking.answer(&question, |answer| {
        let mut tried = written.clone();
        (tried.tls_certificate, tried.tls_key) = (path.clone(), whole(Path::new(answer))?);
        let settings = Settings::check(tried.clone())?;
        if let Some(files) = &settings.tls {
            tls::Found::of(files).certificate(files, settings.zone, Clock::System.now())?;
        }
        *written = tried;
        Ok(())
    })
}

/// Whose it is.
fn people(asking: &Asking, flags: &Flags, written: &mut Written) -> Result<()> {
    let words = "The name of the organization";
    let question = Question { flag: "organization", words, given: flags.organization.as_deref(), usual: None };
    asking.answer(&question, |answer| set(written, |written| written.organization = answer.into()))?;
    let words = "How users reach the help desk, such as extension 4400, weekdays 8:00 to 18:00";
    let question = Question { flag: "help-desk", words, given: flags.help_desk.as_deref(), usual: None };
    asking.answer(&question, |answer| set(written, |written| written.help_desk = answer.into()))?;
    let machine = std::fs::read_to_string("/etc/timezone").ok();
    let machine = machine.as_deref().map(str::trim).and_then(Zone::parse).map_or("UTC", Zone::name);
    let words = "The time zone in which a Stop Date ends at midnight, such as Europe/Berlin";
    let question = Question { flag: "time-zone", words, given: flags.time_zone.as_deref(), usual: Some(machine) };
    asking.answer(&question, |answer| set(written, |written| written.time_zone = answer.into()))
}

/// Where everything is kept. A PostgreSQL is tried.
fn data(asking: &Asking, flags: &Flags, written: &mut Written) -> Result<()> {
    let usual = if Path::new(STATE).is_dir() { STATE.to_owned() } else { whole(&Written::default().data_dir)? };
    let words = "The folder for the database and the master key";
    let question = Question { flag: "data-dir", words, given: flags.data_dir.as_deref(), usual: Some(&usual) };
    asking.answer(&question, |answer| {
        let mut tried = written.clone();
        tried.data_dir = whole(Path::new(answer))?.into();
        // Before anything is written: nothing could be made there.
        folder::require_own(&Settings::check(tried.clone())?)?;
        *written = tried;
        Ok(())
    })?;
    let words = "The database: sqlite, or postgres://user:password@host/name for several servers";
    let question = Question { flag: "database", words, given: flags.database.as_deref(), usual: Some("sqlite") };
    asking.answer(&question, |answer| {
        if !is_postgres(answer) && answer != "sqlite" {
            return Err(Error::Internal("This must be sqlite, or start with postgres://.".into()));
        }
        let mut tried = written.clone();
        tried.database_url = if answer == "sqlite" { String::new() } else { answer.into() };
        if is_postgres(answer) {
            tried.master_key = data_encoding::HEXLOWER.encode(&Random::System.bytes::<KEY_BYTES>());
            Db::open(&Settings::check(tried.clone())?, 1)?.server_time()?;
        }
        *written = tried;
        Ok(())
    })
}

/// How email leaves. The mail server is tried.
fn mail(asking: &Asking, flags: &Flags, written: &mut Written) -> Result<()> {
    let words = "The mail server, such as smtp://user:password@mail.example.org:587?tls=required, or none for now";
    let question = Question { flag: "mail-server", words, given: flags.mail_server.as_deref(), usual: None };
    asking.answer(&question, |answer| {
        let mut tried = written.clone();
        tried.smtp_url = if answer == NONE { String::new() } else { answer.into() };
        let carrier = Carrier::of(&Settings::check(tried.clone())?)?;
        if !flags.mail_untried {
            server::wait_for(carrier.check())?;
        }
        *written = tried;
        Ok(())
    })?;
    let sender = Settings::check(written.clone())?.mail_from;
    let usual = format!("{} <{}>", sender.name, sender.address);
    let words = "The sender of emails";
    let question = Question { flag: "mail-from", words, given: flags.mail_from.as_deref(), usual: Some(&usual) };
    asking.answer(&question, |answer| set(written, |written| written.mail_from = answer.into()))
}

/// Who signs in first.
fn operator(asking: &Asking, flags: &Flags, settings: &Settings) -> Result<NewOperator> {
    let new = |user_id: &str, password: String| NewOperator {
        user_id: user_id.trim().to_owned(),
        name: String::new(),
        email: String::new(),
        role: BuiltIn::Operator.name().to_owned(),
        password,
        must_change_password: false,
        containers: None,
    };
    let words = "Your UserID, as the first operator";
    let question = Question { flag: "user-id", words, given: flags.user_id.as_deref(), usual: None };
    let user_id = asking.answer(&question, |answer| {
        new(answer, String::new()).mistakes().into_result()?;
        Ok(answer.to_owned())
    })?;
    let own = OwnWords::of(settings).and_of(&user_id, "", "");
    let password = if flags.password.is_named() {
        let password = flags.password.read()?;
        match password::mistake(&password, &own) {
            Some(sentence) => return Err(Error::Internal(format!("The password is not taken. {sentence}"))),
            None => password,
        }
    } else {
        asking.password("Your password", "password-file", |password| password::mistake(password, &own))?
    };
    Ok(new(&user_id, password))
}

fn whole(path: &Path) -> Result<String> {
    let whole = absolute(path).ok().and_then(|path| path.to_str().map(str::to_owned));
    whole.ok_or_else(|| Error::Internal(format!("The path {} is no text.", path.display())))
}
