//! The audit log: who, in what role, when, from where, did what, on whom, with what outcome.
//!
//! An entry is written in the transaction of the change it tells of. Entries are never changed or removed.

use crate::{
    clock::Timestamp,
    db::{self, AnyConn},
    error::Result,
    ids::{TaskId, UserId},
};

pub mod pages;
pub mod search;
pub mod sign;
mod store;

pub use search::{Area, Line, Search, Visible};
pub use sign::Sign;
pub use store::{find, newest_of, of_subject, of_user, refused_as};

/// Who did it, as the log remembers them for ever (names, not row ids that may go).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// What kind of actor.
    pub kind: ActorKind,
    /// The UserID of an operator, the User ID of a user, the name of an auth node; "system", "command line".
    pub name: String,
    /// The operator's role at that time; empty for others.
    pub role: String,
    /// The network address; empty for the system.
    pub address: String,
    /// The id of the request, as in the log; empty outside of one.
    pub request: String,
}

/// The kinds of actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// Someone signed in to the console.
    Operator,
    /// A user in the portal.
    User,
    /// An auth node that checks one-time passwords.
    AuthNode,
    /// The server itself: workers, clocks.
    System,
    /// Someone at the server's command line.
    CommandLine,
    /// Someone who did not prove who they are.
    Unknown,
}

impl ActorKind {
    /// The word in the database.
    pub fn code(self) -> &'static str {
        match self {
            ActorKind::Operator => "operator",
            ActorKind::User => "user",
            ActorKind::AuthNode => "auth node",
            ActorKind::System => "system",
            ActorKind::CommandLine => "command line",
            ActorKind::Unknown => "unknown",
        }
    }
}

impl Actor {
    /// The server itself.
    pub fn system() -> Self {
        Actor {
            kind: ActorKind::System,
            name: "system".into(),
            role: String::new(),
            address: String::new(),
            request: String::new(),
        }
    }

    /// Someone at the server's command line.
    pub fn command_line() -> Self {
        Actor { kind: ActorKind::CommandLine, name: "command line".into(), ..Actor::system() }
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused: no permission, wrong password, wrong one-time password.
    Refused,
}

impl Outcome {
    /// The word in the database.
    pub fn code(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Refused => "refused",
        }
    }
}

/// One line of the log, before it is written.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// What, as a short stable name: `tasks.provision`, `operators.sign_in`.
    pub verb: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// The task it concerns.
    pub task: Option<TaskId>,
    /// The user it concerns.
    pub user: Option<UserId>,
    /// The name of what it concerns: a User ID, a serial number, an operator.
    pub subject: String,
    /// What happened, as a sentence without its subject: "Created a task for 4 users".
    pub sentence: String,
    /// Old and new values, as pairs of a name and text; never a secret.
    pub detail: Vec<(&'static str, String)>,
}

impl<'a> Entry<'a> {
    /// A thing done; refine it with the other methods.
    pub fn done(actor: &'a Actor, verb: &'static str, sentence: impl Into<String>) -> Self {
        Entry {
            actor,
            verb,
            outcome: Outcome::Done,
            task: None,
            user: None,
            subject: String::new(),
            sentence: sentence.into(),
            detail: Vec::new(),
        }
    }

    /// A thing refused.
    pub fn refused(actor: &'a Actor, verb: &'static str, sentence: impl Into<String>) -> Self {
        Entry { outcome: Outcome::Refused, ..Entry::done(actor, verb, sentence) }
    }

    /// It concerns this task.
    #[must_use]
    pub fn task(mut self, task: TaskId) -> Self {
        self.task = Some(task);
        self
    }

    /// It concerns this user.
    #[must_use]
    pub fn user(mut self, user: UserId, user_id: &str) -> Self {
        self.user = Some(user);
        self.subject = user_id.to_owned();
        self
    }

    /// It concerns the thing of this name.
    #[must_use]
    pub fn subject(mut self, name: impl Into<String>) -> Self {
        self.subject = name.into();
        self
    }

    /// A fact beside the sentence, such as ("Stop Date", "2026-11-27 → 2026-12-13").
    #[must_use]
    pub fn fact(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.detail.push((name, text.into()));
        self
    }
}

/// Writes `entry` in the transaction of the change it tells of.
///
/// # Errors
/// `Database` if it cannot be written; the change must then not happen either.
pub fn record(conn: &mut AnyConn, now: Timestamp, entry: &Entry<'_>) -> Result<()> {
    store::insert(conn, now, std::slice::from_ref(entry))?;
    logged(now, entry);
    Ok(())
}

/// Writes many entries at once, as [`record`] writes one, for a verb that concerns many users.
pub fn record_all<'a>(conn: &mut AnyConn, now: Timestamp, entries: impl IntoIterator<Item = Entry<'a>>) -> Result<()> {
    let entries: Vec<Entry<'a>> = entries.into_iter().collect();
    store::insert(conn, now, &entries)?;
    entries.iter().for_each(|entry| logged(now, entry));
    Ok(())
}

/// The target of entries in the log of the process, which leaves the machine by other ways than the database
/// (the setting `log_audit`).
pub const LOG: &str = "tokendesk::audit_log";

/// Writes the entry to the log of the process once it is committed.
fn logged(now: Timestamp, entry: &Entry<'_>) {
    if !tracing::enabled!(target: LOG, tracing::Level::INFO) {
        return;
    }
    let Entry { actor, verb, outcome, subject, sentence, detail, .. } = entry.clone();
    let actor = actor.clone();
    let detail: serde_json::Map<String, serde_json::Value> =
        detail.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect();
    let detail = serde_json::Value::Object(detail);
    db::once_committed(move || {
        tracing::info!(
            target: LOG,
            at = %now.and_utc().to_rfc3339(),
            actor_kind = actor.kind.code(),
            actor = actor.name,
            role = actor.role,
            from = actor.address,
            request = actor.request,
            verb,
            outcome = outcome.code(),
            subject,
            detail = %detail,
            "{sentence}"
        );
    });
}
