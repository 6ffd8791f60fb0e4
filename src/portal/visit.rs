//! One visit of the portal: what it brings, what it may see, and how each step of it ends.

use super::{End, letter, link, store};
use crate::{
    audit::{self, Actor, ActorKind, Entry, Verb},
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::Result,
    keys::Purpose,
    mail::Kind,
    policy,
    tasks::{self, Enrollment, FailureKind, Link},
    tokens::{self, Token, one_time},
};

/// Who knocks: the link they hold, the session they show, where they come from.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The handle in the address.
    pub handle: String,
    /// What the cookie of the enrollment session holds.
    pub session: Option<String>,
    /// The network address.
    pub address: String,
    /// The id of the request.
    pub request: String,
}

/// How things stand with a link.
#[derive(Clone, Debug)]
pub struct View {
    /// The enrollment, its task and its user.
    pub enrollment: Enrollment,
    /// Why it leads nowhere; `None` if the user may enroll.
    pub end: Option<End>,
    /// The visitor has an open session of this link.
    pub verified: bool,
    /// Failed attempts after which the enrollment is Locked.
    pub attempts_allowed: i64,
}

impl View {
    /// Attempts that are left.
    pub fn attempts_left(&self) -> i64 {
        (self.attempts_allowed - self.enrollment.facts.failures).max(0)
    }
}

/// What came of a step in the portal.
#[derive(Debug)]
pub enum Step<T> {
    /// It was taken.
    Done(View, T),
    /// What was typed is wrong, and counted.
    Wrong(View),
    /// Nothing was typed; that is no attempt.
    Empty(View),
    /// The link has ended.
    Ended(View),
    /// The session is over, or was never opened: the activation code is asked for again.
    NoSession,
    /// There is no such link.
    Unknown,
}

pub(super) fn read_visit(
    desk: &Desk,
    conn: &mut AnyConn,
    now: Timestamp,
    visit: &Visit,
) -> Result<Option<(Link, View)>> {
    let Some(link) = tasks::by_handle(conn, &visit.handle)? else { return Ok(None) };
    let attempts_allowed = policy::held(conn)?.attempts_allowed;
    let end = link::end(&link, attempts_allowed, desk.settings.zone.today(now));
    let verified = match &visit.session {
        Some(session) => {
            let hash = desk.keys.hash(Purpose::EnrollmentSession, session.as_bytes());
            store::is_open(conn, now, &hash, link.id)?
        }
        None => false,
    };
    let view = View { enrollment: link.enrollment.clone(), end, verified, attempts_allowed };
    Ok(Some((link, view)))
}

/// Somebody with a session, and a link that has not ended; else the step that says why not.
pub(super) fn verified<T>(
    desk: &Desk,
    conn: &mut AnyConn,
    now: Timestamp,
    visit: &Visit,
) -> Result<std::result::Result<View, Step<T>>> {
    Ok(match read_visit(desk, conn, now, visit)? {
        None => Err(Step::Unknown),
        Some((_, view)) if view.end.is_some() => Err(Step::Ended(view)),
        Some((_, view)) if !view.verified => Err(Step::NoSession),
        Some((_, view)) => Ok(view),
    })
}

/// Somebody with a session in which a token was enrolled.
pub(super) fn enrolled(desk: &Desk, conn: &mut AnyConn, now: Timestamp, visit: &Visit) -> Result<Step<Token>> {
    let Some((_, view)) = read_visit(desk, conn, now, visit)? else { return Ok(Step::Unknown) };
    match (view.end, view.verified, view.enrollment.token) {
        (Some(End::AlreadyEnrolled), true, Some(token)) => {
            let mine = tokens::of_user(conn, view.enrollment.user)?.into_iter().find(|mine| mine.id == token);
            Ok(mine.map_or(Step::NoSession, |token| Step::Done(view, token)))
        }
        (Some(_), ..) => Ok(Step::Ended(view)),
        _ => Ok(Step::NoSession),
    }
}

/// Counts a failed attempt. The enrollment is held, so that nobody else counts at the same time.
pub(super) fn fail<T>(
    desk: &Desk,
    conn: &mut AnyConn,
    now: Timestamp,
    visit: &Visit,
    view: View,
    missed: FailureKind,
) -> Result<Step<T>> {
    let (enrollment, allowed) = (&view.enrollment, view.attempts_allowed);
    let Some(failures) = tasks::note_failure(conn, enrollment.id, allowed)? else {
        return Ok(read_visit(desk, conn, now, visit)?.map_or(Step::Unknown, |(_, view)| Step::Ended(view)));
    };
    tasks::note_missed(conn, now, enrollment.id, missed)?;
    let locked = failures >= allowed;
    let sentence =
        if locked { "Failed an enrollment attempt; the enrollment is Locked" } else { "Failed an enrollment attempt" };
    let actor = actor(visit, &enrollment.user_id);
    let mut entry = Entry::refused(&actor, Verb::EnrollmentAttempt, sentence)
        .user(enrollment.user, &enrollment.user_id)
        .task(enrollment.task)
        .fact("Reason", missed.label())
        .fact("Attempts", format!("{failures} of {allowed}"));
    if let Some(seconds) = missed.seconds() {
        entry = entry.fact("Clock", one_time::off::words(seconds));
    }
    audit::record(conn, now, &entry)?;
    let mut view = view;
    view.enrollment.facts.failures = failures;
    if locked {
        // Once: after this, no attempt is counted until somebody unlocks it.
        letter::post(desk, conn, now, &view.enrollment, Kind::Locked, None)?;
        view.end = Some(End::Locked);
        return Ok(Step::Ended(view));
    }
    Ok(Step::Wrong(view))
}

pub(super) fn actor(visit: &Visit, user_id: &str) -> Actor {
    Actor {
        kind: ActorKind::User,
        name: user_id.into(),
        role: String::new(),
        address: visit.address.clone(),
        request: visit.request.clone(),
    }
}

pub(super) fn note(
    conn: &mut AnyConn,
    now: Timestamp,
    visit: &Visit,
    enrollment: &Enrollment,
    verb: Verb,
    sentence: &str,
    facts: &[(&'static str, String)],
) -> Result<()> {
    let actor = actor(visit, &enrollment.user_id);
    let mut entry =
        Entry::done(&actor, verb, sentence).user(enrollment.user, &enrollment.user_id).task(enrollment.task);
    entry.detail.extend_from_slice(facts);
    audit::record(conn, now, &entry)
}
