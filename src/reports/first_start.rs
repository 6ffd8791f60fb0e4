//! The list of the first start: what a new server still needs, each step ticked by what was seen and not by what is said.

use chrono::Duration;

use crate::{
    audit::{self, Entry},
    clock::Timestamp,
    config::{Settings, is_postgres},
    db::{AnyConn, Db},
    desk::Desk,
    error::{Error, Result},
    mail::{self, Carrier, State},
    operators::{Permission, Who},
    reports::store,
    sign_in::account,
};

/// How long a test email is tried, in hours: whoever asked for it waits for the answer.
const TEST_HOURS: i64 = 1;

/// A step of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The mail server accepted an email.
    MailServer,
    /// Emails and the portal name whom to call.
    HelpDesk,
    /// The time zone of Stop Dates was chosen.
    TimeZone,
    /// There is a user.
    Users,
    /// There are devices; wanted by some, so that the list is done without it.
    HardwareTokens,
    /// Two operators can sign in.
    SecondOperator,
    /// A system asked for one-time passwords.
    AuthNode,
    /// A backup ended well, or the organization backs its PostgreSQL up.
    Backup,
}

impl Step {
    /// All of them, in the order of the list.
    pub const ALL: [Step; 8] = [
        Step::MailServer,
        Step::HelpDesk,
        Step::TimeZone,
        Step::Users,
        Step::HardwareTokens,
        Step::SecondOperator,
        Step::AuthNode,
        Step::Backup,
    ];

    /// True if the list is not done without it.
    pub fn is_needed(self) -> bool {
        self != Step::HardwareTokens
    }
}

/// How far the mail server was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mail {
    /// None is set.
    NotSet,
    /// Nothing was sent by it.
    Untried,
    /// A test email waits for its answer.
    Trying,
    /// The test email was refused, for now or for good; with its answer.
    Refused(String),
    /// An email was accepted then; with the answer to the test email, if it was that.
    Accepted(Timestamp, String),
}

/// A fact that no other table tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// When.
    pub at: Timestamp,
    /// The UserID of an operator, or "command line".
    pub by: String,
}

/// What was seen, as far as the list asks for it.
#[derive(Clone, Debug)]
pub struct Facts {
    /// How far the mail server was tried.
    pub mail: Mail,
    /// The mail server as operators know it.
    pub mail_server: String,
    /// The address of whoever looks; a test email goes there.
    pub own_address: String,
    /// `help_desk` is set.
    pub help_desk: bool,
    /// `time_zone` is set.
    pub time_zone: bool,
    /// Users in scope, counted up to [`store::first_start::COUNTED`].
    pub users: i64,
    /// Devices in scope, counted likewise.
    pub devices: i64,
    /// Operators who can sign in.
    pub operators: i64,
    /// Auth nodes.
    pub nodes: i64,
    /// When one of them last asked.
    pub node_asked_at: Option<Timestamp>,
    /// The last backup, or since when the organization makes its own.
    pub backup: Option<Noted>,
    /// The database is PostgreSQL: its backups are not ours to see.
    pub postgres: bool,
    /// No task was ever made.
    pub empty: bool,
}

impl Facts {
    /// True if the step was seen to be done; one whose fact is lost is open again.
    pub fn is_done(&self, step: Step) -> bool {
        match step {
            Step::MailServer => matches!(self.mail, Mail::Accepted(..)),
            Step::HelpDesk => self.help_desk,
            Step::TimeZone => self.time_zone,
            Step::Users => self.users > 0,
            Step::HardwareTokens => self.devices > 0,
            Step::SecondOperator => self.operators > 1,
            Step::AuthNode => self.node_asked_at.is_some(),
            Step::Backup => self.backup.is_some(),
        }
    }

    /// How many of the needed steps are done, and how many there are.
    pub fn done(&self) -> (usize, usize) {
        let needed = Step::ALL.into_iter().filter(|step| step.is_needed());
        (needed.clone().filter(|step| self.is_done(*step)).count(), needed.count())
    }

    /// True if no needed step is open: the list goes away.
    pub fn is_complete(&self) -> bool {
        let (done, of) = self.done();
        done == of
    }
}

/// Whoever may do one of its steps sees the list.
pub fn concerns(who: &Who) -> bool {
    use Permission::{EditPolicies, EditUsers, ImportTokens, ManageOperators};
    who.may_any(&[EditPolicies, EditUsers, ImportTokens, ManageOperators])
}

/// What was seen.
///
/// # Errors
/// `Database`; `Internal` if the mail server's settings cannot be used.
pub fn facts(conn: &mut AnyConn, who: &Who, now: Timestamp, settings: &Settings) -> Result<Facts> {
    let containers = store::Basis::containers_of(&who.scope);
    let (nodes, node_asked_at) = store::first_start::nodes(conn)?;
    Ok(Facts {
        mail: tried(conn, now, settings)?,
        mail_server: Carrier::of(settings)?.label(),
        own_address: match who.operator {
            Some(_) => account::own(conn, who)?.operator.email.unwrap_or_default(),
            None => String::new(),
        },
        help_desk: !settings.help_desk.is_empty(),
        time_zone: settings.zone_is_set,
        users: store::first_start::users(conn, containers.as_deref())?,
        devices: store::first_start::devices(conn, containers.as_deref())?,
        operators: store::first_start::operators(conn)?,
        nodes,
        node_asked_at,
        backup: store::first_start::noted(conn, BACKUP)?,
        postgres: is_postgres(&settings.database_url),
        empty: store::first_start::no_task(conn)?,
    })
}

fn tried(conn: &mut AnyConn, now: Timestamp, settings: &Settings) -> Result<Mail> {
    if !settings.mail_leaves() {
        return Ok(Mail::NotSet);
    }
    let filter = mail::Filter { kind: Some(mail::Kind::Test), ..mail::Filter::default() };
    let test = mail::rows(conn, now, None, &filter, mail::View::All, (0, 1))?.pop();
    let accepted = mail::health(conn)?.last_accepted_at;
    Ok(match (test, accepted) {
        (Some(test), _) if test.state == State::Queued => Mail::Trying,
        (Some(test), _) if matches!(test.state, State::Deferred | State::Failed | State::Bounced) => {
            Mail::Refused(test.last_answer)
        }
        (Some(test), Some(at)) if test.state == State::Sent => {
            Mail::Accepted(test.sent_at.unwrap_or(at), test.last_answer)
        }
        (_, Some(at)) => Mail::Accepted(at, String::new()),
        (_, None) => Mail::Untried,
    })
}

/// The fact that a backup was made, by us or by those who run PostgreSQL.
const BACKUP: &str = "backup";

/// Notes that a backup of the database ended well.
pub fn note_backup(db: &Db, now: Timestamp) -> Result<()> {
    let by = Who::command_line();
    db.write(|conn| store::first_start::note(conn, BACKUP, &Noted { at: now, by: by.name().to_owned() }))
}

/// Notes that the organization backs its PostgreSQL up, which cannot be seen from here.
///
/// # Errors
/// `Forbidden`; `Refused` with SQLite, whose backups `tokendesk backup` makes.
pub fn back_up_ourselves(desk: &Desk, who: &Who, now: Timestamp) -> Result<()> {
    who.need_everywhere(Permission::ManageOperators)?;
    if !is_postgres(&desk.settings.database_url) {
        return Err(Error::Refused(
            "This database is SQLite: the step is ticked when tokendesk backup has run.".into(),
        ));
    }
    desk.db.write(|conn| {
        store::first_start::note(conn, BACKUP, &Noted { at: now, by: who.name().to_owned() })?;
        let sentence = "Said that the organization backs up its PostgreSQL";
        audit::record(conn, now, &Entry::done(&who.actor, "first_start.backup", sentence))
    })
}

/// Sends a test email to the operator's own address; the address.
///
/// # Errors
/// `Forbidden`; `Refused` without a mail server, or if the operator has no address.
pub fn send_test(desk: &Desk, who: &Who, now: Timestamp) -> Result<String> {
    who.need(Permission::EditPolicies)?;
    if !desk.settings.mail_leaves() {
        let rule = "No mail server is set. Set smtp_url in the settings and start the server again.";
        return Err(Error::Refused(rule.into()));
    }
    desk.db.write(|conn| {
        let own = account::own(conn, who)?.operator;
        let to = own.email.filter(|email| !email.is_empty()).ok_or_else(|| {
            Error::Refused("Your account has no email address. Someone who manages operators can add it.".into())
        })?;
        let facts = mail::Facts {
            first_name: own.name,
            user_id: who.name().to_owned(),
            requester: who.name().to_owned(),
            ..mail::Facts::default()
        };
        let email = mail::NewEmail::new(mail::Kind::Test, &to, facts, now + Duration::hours(TEST_HOURS));
        mail::post(desk, conn, now, who.name(), &[email])?;
        let entry = Entry::done(&who.actor, "messages.test", "Sent themselves a test email").subject(who.name());
        audit::record(conn, now, &entry)?;
        Ok(to)
    })
}
