//! Checking a one-time password for an auth node: who may ask, how often, and what the answer is.

use super::{
    Person,
    node::{self, NodeSettings},
    store,
};
use crate::{
    audit::{self, Actor, ActorKind, Entry, Verb},
    clock::Timestamp,
    db::{self, AnyConn},
    desk::Desk,
    error::{Error, Result},
    ids::{AuthNodeId, EnrollmentId, TokenId, UserId},
    keys::Purpose,
    tasks,
    tokens::{self, Verdict, temporary},
};
use chrono::Duration;

/// The most letters of a User ID that the audit log and the counts of failures keep of what was typed.
const KEPT_LETTERS: usize = 100;

/// How far the note of an auth node's last use may lag behind, in seconds: a row that every check wrote to would make
/// all checks wait for each other.
const USE_NOTED_SECONDS: i64 = 60;

/// Why an answer to a challenge is rejected whatever it holds.
const NO_CHALLENGE: &str = "The challenge it answers was answered before, ran out, or was another user's";

/// Why a temporary code that was the user's is rejected.
const ENDED_CODE: &str = "The temporary code has ended";

/// What became of a one-time password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was accepted.
    Accepted {
        /// The token it came from; `None`: it was a temporary code.
        token: Option<TokenId>,
        /// The enrollment that became Completed by it.
        completed: Option<EnrollmentId>,
    },
    /// It was not; the reason is in the audit log.
    Rejected,
    /// It was not: the one accepted last came again, which is no guess.
    Repeated,
}

/// An auth node that has shown its key, or signed with its shared secret.
#[derive(Clone, Debug)]
pub struct Caller {
    pub(super) node: AuthNodeId,
    pub(super) actor: Actor,
    pub(super) last_used_at: Option<Timestamp>,
    pub(super) settings: NodeSettings,
}

/// Notes whose sign-in met a disabled auth node, if `key` is that of one: once a minute for each user, and whatever else
/// is refused at that moment. One-time passwords are not looked at.
pub fn note_turned_away(desk: &Desk, now: Timestamp, key: Option<&str>, user_id: &str) -> Result<()> {
    let Some(key) = key.filter(|key| key.starts_with(node::KEY_PREFIX)) else { return Ok(()) };
    let hash = desk.keys.hash(Purpose::AuthNode, key.as_bytes());
    let (node, person) = desk.db.read(|conn| match store::by_key(conn, &hash)? {
        Some(node) if node.disabled_at.is_some() => Ok((Some(node), store::person(conn, user_id)?)),
        _ => Ok((None, None)),
    })?;
    let Some((node, user)) = node.zip(person.and_then(|person| person.id)) else { return Ok(()) };
    let unless_since = now - Duration::seconds(USE_NOTED_SECONDS);
    // What was noted before it was disabled anew no longer counts.
    let unless_since = node.disabled_at.map_or(unless_since, |disabled| unless_since.max(disabled));
    desk.db.write(|conn| store::note_refused_check(conn, now, user, node.id, unless_since))
}

/// As [`note_turned_away`], of an auth node that has signed with its shared secret.
pub(super) fn note_signed_turned_away(desk: &Desk, now: Timestamp, node: AuthNodeId, names: &[String]) -> Result<()> {
    let (person, _) = desk.db.read(|conn| meant(conn, names))?;
    desk.db.write(|conn| {
        store::note_refused(conn, now, node)?;
        let Some(user) = person.id else { return Ok(()) };
        store::note_refused_check(conn, now, user, node, now - Duration::seconds(USE_NOTED_SECONDS))
    })
}

/// The auth node that `key` belongs to.
///
/// # Errors
/// `SignedOut` if there is none, or it is disabled; `TooMany` if that happened too often from this address.
pub fn admit(desk: &Desk, now: Timestamp, key: Option<&str>, address: &str, request: &str) -> Result<Caller> {
    let hash = key.filter(|key| key.starts_with(node::KEY_PREFIX));
    let hash = hash.map(|key| desk.keys.hash(Purpose::AuthNode, key.as_bytes()));
    let found = match hash {
        Some(hash) => desk.db.read(|conn| store::by_key(conn, &hash))?,
        None => None,
    };
    let who = |kind, name: &str| {
        let (address, request) = (address.to_owned(), request.to_owned());
        Actor { kind, name: name.to_owned(), role: String::new(), address, request }
    };
    let refused = found.as_ref().map(|node| node.id);
    let (actor, sentence) = match found {
        Some(node) if node.disabled_at.is_none() && node.asks_from(address) => {
            let actor = who(ActorKind::AuthNode, &node.name);
            let (last_used_at, settings) = (node.last_used_at, node.settings);
            return Ok(Caller { node: node.id, actor, last_used_at, settings });
        }
        Some(node) if node.disabled_at.is_none() => {
            (who(ActorKind::AuthNode, &node.name), "Refused an auth node at an address that is not its own")
        }
        Some(node) => (who(ActorKind::AuthNode, &node.name), "Refused a disabled auth node"),
        None => (who(ActorKind::Unknown, "unknown"), "Refused a key that no auth node has"),
    };
    let bucket = format!("key {address}");
    refuse_beyond(desk, now, &bucket, node::MOST_UNKNOWN_KEYS)?;
    desk.db.write(|conn| {
        store::add_failure(conn, now, node::window_start(now), &bucket)?;
        if let Some(node) = refused {
            store::note_refused(conn, now, node)?;
        }
        audit::record(conn, now, &Entry::refused(&actor, Verb::AuthenticationCheck, sentence))
    })?;
    Err(Error::SignedOut)
}

/// What an auth node asks.
pub(super) struct Question<'a> {
    /// The names that may be meant, the likeliest first; failures are counted by the last.
    pub names: &'a [String],
    /// The one-time password.
    pub typed: &'a str,
}

/// Checks a one-time password for an auth node: true if it is accepted. Why it is not stands in the audit log alone, and
/// an unknown User ID goes the same way as a wrong one-time password.
///
/// # Errors
/// `TooMany` if too many of this user were rejected at this auth node of late, or far more than usual of all users.
pub fn authenticate(desk: &Desk, caller: &Caller, now: Timestamp, user_id: &str, typed: &str) -> Result<bool> {
    let question = Question { names: &[user_id.to_owned()], typed };
    ask(desk, caller, now, &question, |_| Ok(true), |_, _, accepted| Ok(accepted))
}

/// As [`authenticate`]; in the same transaction `may_ask` says first whether the question may be asked at all, and `answer`
/// last what is made of it. Both may run more than once.
///
/// # Errors
/// As [`authenticate`], and what `may_ask` and `answer` answer; nothing has happened then.
pub(super) fn ask<T>(
    desk: &Desk,
    caller: &Caller,
    now: Timestamp,
    question: &Question,
    mut may_ask: impl FnMut(&mut AnyConn) -> Result<bool>,
    mut answer: impl FnMut(&mut AnyConn, &Person, bool) -> Result<T>,
) -> Result<T> {
    let counted = question.names.last().map(String::as_str).unwrap_or_default();
    let bucket = format!("check {} {}", caller.node, kept(&db::key(counted)));
    refuse_beyond(desk, now, &bucket, node::MOST_REJECTED)?;
    let standing = desk.db.read(|conn| store::rejections::standing(conn, now, caller.node))?;
    if let Some(seconds) = standing.wait(now) {
        return Err(Error::TooMany(seconds));
    }
    let (answer, accepted, cut_off) = desk.db.write(|conn| {
        let (person, cut_off) = meant(conn, question.names)?;
        let outcome = if may_ask(conn)? {
            check(desk, conn, now, &caller.actor, &person, question.typed)?
        } else {
            record_rejected(conn, now, &caller.actor, &person, NO_CHALLENGE)?;
            Answer::Rejected
        };
        if outcome == Answer::Rejected {
            store::add_failure(conn, now, node::window_start(now), &bucket)?;
            store::rejections::add(conn, now, caller.node)?;
        }
        if caller.last_used_at.is_none_or(|last| now - last >= Duration::seconds(USE_NOTED_SECONDS)) {
            store::note_use(conn, now, caller.node)?;
        }
        let accepted = matches!(outcome, Answer::Accepted { .. });
        Ok((answer(conn, &person, accepted)?, accepted, cut_off))
    })?;
    desk.tally.count(caller.node, |counts| {
        *(if accepted { &mut counts.accepted } else { &mut counts.rejected }) += 1;
        counts.cut_off += i64::from(cut_off);
        counts.answered_at = Some(now);
    });
    Ok(answer)
}

/// The user whom the first of `names` that is a User ID names, and whether that was not the first one.
fn meant(conn: &mut AnyConn, names: &[String]) -> Result<(Person, bool)> {
    for (at, name) in names.iter().enumerate() {
        if let Some(person) = store::person(conn, name)? {
            return Ok((person, at > 0));
        }
    }
    let typed = names.first().map(String::as_str).unwrap_or_default();
    Ok((Person { id: None, user_id: kept(typed.trim()), disabled: false }, false))
}

/// Checks what `person` typed in the caller's transaction, writes down what came of it, and notes the first one accepted
/// since enrollment, which turns Active into Completed.
///
/// # Errors
/// `Internal` if a seed does not open.
pub fn check(
    desk: &Desk,
    conn: &mut AnyConn,
    now: Timestamp,
    actor: &Actor,
    person: &Person,
    typed: &str,
) -> Result<Answer> {
    // In the portal a temporary code proves nothing.
    let owner = person.id.filter(|_| !person.disabled && actor.kind != ActorKind::User);
    if let Some(user) = owner {
        match temporary::take(desk, conn, now, user, typed)? {
            temporary::Outcome::Accepted => {
                let entry = Entry::done(actor, Verb::AuthenticationCheck, "Accepted a temporary code");
                audit::record(conn, now, &about(entry, person))?;
                return Ok(Answer::Accepted { token: None, completed: None });
            }
            temporary::Outcome::Ended => {
                record_rejected(conn, now, actor, person, ENDED_CODE)?;
                return Ok(Answer::Rejected);
            }
            temporary::Outcome::Other => {}
        }
    }
    // Row 0 is nobody's: whoever cannot be accepted costs the same look for tokens.
    let verdict = tokens::check(desk, conn, now, person.id.filter(|_| !person.disabled).unwrap_or(UserId(0)), typed)?;
    let (answer, entry) = match verdict {
        Verdict::Accepted { token, serial, first } => {
            let completed = if first { tasks::note_used(conn, now, token)? } else { None };
            let mut entry = Entry::done(actor, Verb::AuthenticationCheck, "Accepted a one-time password");
            if let Some((_, task)) = completed {
                entry.sentence = "Accepted the first one-time password; the enrollment is Completed".into();
                entry = entry.task(task);
            }
            let completed = completed.map(|(enrollment, _)| enrollment);
            (Answer::Accepted { token: Some(token), completed }, entry.fact("Serial Number", serial))
        }
        Verdict::Rejected(reason) => {
            let answer = if reason == tokens::Reason::Repeated { Answer::Repeated } else { Answer::Rejected };
            if let Some(user) = owner.filter(|_| answer == Answer::Rejected) {
                temporary::charge(conn, now, user)?;
            }
            let reason = match person {
                Person { id: None, .. } => "There is no such user".into(),
                Person { disabled: true, .. } => "The user is disabled".into(),
                _ => reason.label(),
            };
            record_rejected(conn, now, actor, person, &reason)?;
            return Ok(answer);
        }
    };
    audit::record(conn, now, &about(entry, person))?;
    Ok(answer)
}

/// Writes down that nothing was accepted, and why.
fn record_rejected(conn: &mut AnyConn, now: Timestamp, actor: &Actor, person: &Person, reason: &str) -> Result<()> {
    let entry = Entry::refused(actor, Verb::AuthenticationCheck, "Rejected a one-time password");
    audit::record(conn, now, &about(entry.fact("Reason", reason), person))
}

fn about<'a>(entry: Entry<'a>, person: &Person) -> Entry<'a> {
    match person.id {
        Some(id) => entry.user(id, &person.user_id),
        None => entry.subject(&person.user_id),
    }
}

/// Refuses if `most` failures were counted in `bucket` of late. Looked up apart from the transaction, so that who has to
/// wait does not keep others waiting.
fn refuse_beyond(desk: &Desk, now: Timestamp, bucket: &str, most: i64) -> Result<()> {
    let count = desk.db.read(|conn| store::count(conn, bucket))?;
    match count.and_then(|count| node::wait(count, most, now)) {
        Some(seconds) => Err(Error::TooMany(seconds)),
        None => Ok(()),
    }
}

pub(super) fn kept(typed: &str) -> String {
    typed.chars().take(KEPT_LETTERS).collect()
}
