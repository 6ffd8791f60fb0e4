//! Messages: the words of the emails, as operators change them.

use std::sync::Arc;

use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    config::Settings,
    db::AnyConn,
    desk::Desk,
    error::{Error, Result},
    mail::{self, Letter, Wording, letter, messages as rows},
    operators::{Permission, Who},
    policy,
    sign_in::account,
};

pub mod message;
pub mod pages;

pub use message::Message;

/// How long a test email is tried, in hours.
const TEST_HOURS: i64 = 24;

/// A message as it is now.
pub struct Current {
    /// Its words: those that were saved, else the built-in ones.
    pub wording: Wording,
    /// Counts the changes; 0 for the built-in words.
    pub version: i64,
    /// Who changed it last, and when; `None` for the built-in words.
    pub changed: Option<(String, Timestamp)>,
}

/// The words of `message`.
///
/// # Errors
/// `Internal` if the built-in template fails.
pub fn current(desk: &Desk, conn: &mut AnyConn, message: Message) -> Result<Current> {
    Ok(match rows::find(conn, message.kind, message.type_words())? {
        Some(row) => Current {
            wording: (*row.wording).clone(),
            version: row.version,
            changed: Some((row.changed_by, row.changed_at)),
        },
        None => Current { wording: letter::wording::default(&desk.settings, message.kind)?, version: 0, changed: None },
    })
}

/// All messages, with who changed each last and when; `None` for the built-in words.
pub fn list(conn: &mut AnyConn) -> Result<Vec<(Message, Option<rows::Message>)>> {
    let written = rows::all(conn)?;
    let of = |message: Message| {
        let same = |row: &&rows::Message| row.kind == message.kind && row.authentication_type == message.type_words();
        (message, written.iter().find(same).cloned())
    };
    Ok(Message::all().into_iter().map(of).collect())
}

/// Saves the words that were typed for `message`; emails that have not left yet go out with them. `version` is the one
/// the form was opened with. The built-in words, saved, stay the built-in ones.
///
/// # Errors
/// `Forbidden`; `Invalid` with a sentence for each field; `Conflict` if someone else changed it meanwhile.
pub fn save(desk: &Desk, who: &Who, now: Timestamp, message: Message, typed: &Wording, version: i64) -> Result<()> {
    who.need_everywhere(Permission::EditPolicies)?;
    let wording = typed.check(&desk.settings, message.kind)?;
    let built_in = letter::wording::default(&desk.settings, message.kind)?.check(&desk.settings, message.kind)?;
    if wording == built_in {
        return desk.db.write(|conn| take_back(conn, who, now, message, version));
    }
    let subject = wording.subject.clone();
    let row = rows::Message {
        kind: message.kind,
        authentication_type: message.type_words().to_owned(),
        wording: Arc::new(wording),
        version: version + 1,
        changed_by: who.name().to_owned(),
        changed_at: now,
    };
    desk.db.write(|conn| {
        let before = current(desk, conn, message)?;
        if before.version != version || !rows::put(conn, &row)? {
            return Err(meanwhile(&before));
        }
        let mut entry = Entry::done(&who.actor, Verb::MessagesChange, "Changed a message").subject(message.label());
        if before.wording.subject != subject {
            entry = entry.fact("Subject", format!("{} → {subject}", before.wording.subject));
        }
        for (name, old, new) in
            [("Plain text", &before.wording.text, &row.wording.text), ("HTML", &before.wording.html, &row.wording.html)]
        {
            if old != new {
                entry = entry.fact(name, "changed");
            }
        }
        audit::record(conn, now, &entry)
    })
}

/// Goes back to the built-in words.
///
/// # Errors
/// `Forbidden`; `Conflict` if someone else changed the message since `version`.
pub fn reset(desk: &Desk, who: &Who, now: Timestamp, message: Message, version: i64) -> Result<()> {
    who.need_everywhere(Permission::EditPolicies)?;
    desk.db.write(|conn| take_back(conn, who, now, message, version))
}

fn take_back(conn: &mut AnyConn, who: &Who, now: Timestamp, message: Message, version: i64) -> Result<()> {
    let row = rows::find(conn, message.kind, message.type_words())?;
    match row {
        None => Ok(()),
        Some(row) if row.version != version => Err(changed_by(&row.changed_by)),
        Some(_) => {
            rows::remove(conn, message.kind, message.type_words())?;
            let entry = Entry::done(&who.actor, Verb::MessagesReset, "Went back to the default of a message");
            audit::record(conn, now, &entry.subject(message.label()))
        }
    }
}

fn meanwhile(current: &Current) -> Error {
    match &current.changed {
        Some((who, _)) => changed_by(who),
        None => Error::Conflict("Someone else went back to the default of this message meanwhile.".into()),
    }
}

fn changed_by(who: &str) -> Error {
    Error::Conflict(format!("{who} changed this message meanwhile."))
}

/// What `wording`, as it was typed, makes of the sample user.
///
/// # Errors
/// `Invalid` as in [`save`].
pub fn preview(desk: &Desk, who: &Who, now: Timestamp, message: Message, typed: &Wording) -> Result<Letter> {
    who.need(Permission::EditPolicies)?;
    let wording = typed.check(&desk.settings, message.kind)?;
    told_of_sample(desk, who, now, message, &wording)
}

/// What the words that are saved make of the sample user: those too that an older version took and this one would not.
pub fn preview_saved(desk: &Desk, who: &Who, now: Timestamp, message: Message) -> Result<Letter> {
    who.need(Permission::EditPolicies)?;
    let saved = desk.db.read(|conn| current(desk, conn, message))?;
    told_of_sample(desk, who, now, message, &saved.wording)
}

fn told_of_sample(desk: &Desk, who: &Who, now: Timestamp, message: Message, wording: &Wording) -> Result<Letter> {
    let policy = desk.db.read(policy::current)?;
    let (facts, secret) = message::sample(message, &policy, desk.settings.zone.today(now), who.name());
    letter::render(&desk.settings, message.kind, &facts, secret.as_ref(), Some(wording))
}

/// What a message that was saved lacks, in words: "{{help_desk}}"; empty if it lacks nothing. It goes out all the same.
pub fn lacks(settings: &Settings, row: &rows::Message) -> String {
    let mut names: Vec<&str> = row.wording.missing(settings, row.kind).into_iter().map(|(_, name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    names.iter().map(|name| format!("{{{{{name}}}}}")).collect::<Vec<_>>().join(", ")
}

/// The messages that lack something, and what.
pub fn lacking(settings: &Settings, conn: &mut AnyConn) -> Result<Vec<(Message, String)>> {
    let written = list(conn)?.into_iter().filter_map(|(message, row)| Some((message, lacks(settings, &row?))));
    Ok(written.filter(|(_, lacks)| !lacks.is_empty()).collect())
}

/// Sends the message as it is saved, told of the sample user, to the operator's own address, through the outbox; the
/// address.
///
/// # Errors
/// `Forbidden`; `Refused` if the operator has no address.
pub fn send_test(desk: &Desk, who: &Who, now: Timestamp, message: Message) -> Result<String> {
    who.need_everywhere(Permission::EditPolicies)?;
    let today = desk.settings.zone.today(now);
    desk.db.write(|conn| {
        let own = account::own(conn, who)?.operator.email.filter(|email| !email.is_empty());
        let Some(to) = own else {
            let sentence = "Your account has no email address. Someone who manages operators can add it.";
            return Err(Error::Refused(sentence.into()));
        };
        let (facts, secret) = message::sample(message, &policy::current(conn)?, today, who.name());
        let give_up_at = now + chrono::Duration::hours(TEST_HOURS);
        let email = mail::NewEmail { secret, ..mail::NewEmail::new(message.kind, &to, facts, give_up_at) };
        mail::post(desk, conn, now, who.name(), &[email])?;
        let entry =
            Entry::done(&who.actor, Verb::MessagesTest, "Sent themselves a test email").subject(message.label());
        audit::record(conn, now, &entry)?;
        Ok(to)
    })
}
