//! The list of the first start: what a new server still needs, each step ticked by what was seen and not by what is said.

use chrono::Duration;

use crate::{
    audit::{self, Entry, Verb},
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

mod facts;
mod step;

pub use facts::{Facts, Mail, Noted, Step};

/// How long a test email is tried, in hours: whoever asked for it waits for the answer.
const TEST_HOURS: i64 = 1;

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
        audit::record(conn, now, &Entry::done(&who.actor, Verb::FirstStartBackup, sentence))
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
        let entry = Entry::done(&who.actor, Verb::MessagesTest, "Sent themselves a test email").subject(who.name());
        audit::record(conn, now, &entry)?;
        Ok(to)
    })
}
