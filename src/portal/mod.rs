//! The portal: where users enroll (PRODUCT.md §3). A link and its activation code open a session; in it the user proves
//! an authenticator app or claims a device, and may try it at once.

use chrono::Duration;

use crate::{
    audit::Verb,
    authentication::{self, Answer, Person},
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::{Error, Result},
    ids::EnrollmentId,
    keys::Purpose,
    tasks::{self, Enrollment, FailureKind, Link, links},
    tokens::{self, AuthenticationType, Token},
};

mod binding;
mod letter;
pub mod link;
pub mod pages;
mod store;
mod visit;

pub use binding::{claim_device, prove, show_device, show_key};
pub use link::End;

pub use visit::{Step, View, Visit};
use visit::{actor, enrolled, fail, note, read_visit, verified};

/// How things stand with a link; `None` if there is none of this handle. Notes that it was opened, which a mail scanner
/// can cause as well, and spends nothing.
pub fn open(desk: &Desk, now: Timestamp, visit: &Visit) -> Result<Option<View>> {
    let Some((_, view)) = desk.db.read(|conn| read_visit(desk, conn, now, visit))? else { return Ok(None) };
    if has_news(&view) {
        desk.db.write(|conn| note_opened(conn, now, &view))?;
    }
    Ok(Some(view))
}

/// True if it is not noted yet that this link was opened. Once after each email: a reminder brings a link of its own.
fn has_news(view: &View) -> bool {
    let enrollment = &view.enrollment;
    let unnoted = |at: Option<Timestamp>| at.is_none() || at < enrollment.emailed_at;
    match view.end {
        Some(End::Superseded(_) | End::AddressLeft(_)) => unnoted(enrollment.older_link_at),
        Some(End::Replaced) => enrollment.older_link_at.is_none_or(|at| Some(at) < enrollment.removed_at),
        None | Some(End::Locked | End::Expired(_) | End::Disabled) => unnoted(enrollment.opened_at),
        Some(End::AlreadyEnrolled | End::Canceled(_)) => false,
    }
}

/// Notes that the link was opened: who sends a code has it open, even if the page itself came from elsewhere (a browser's
/// memory, a page opened before the newest email).
fn note_opened(conn: &mut AnyConn, now: Timestamp, view: &View) -> Result<()> {
    match view.end {
        _ if !has_news(view) => Ok(()),
        Some(End::Superseded(_) | End::AddressLeft(_) | End::Replaced) => {
            tasks::note_older_link(conn, now, view.enrollment.id)
        }
        _ => tasks::note_opened(conn, now, view.enrollment.id),
    }
}

/// Takes an activation code, in any case, spaces and dashes left out. A right one opens a session, whose key goes into
/// the cookie; for an authenticator app the key that will be shown is made now, so that no GET has to.
///
/// # Errors
/// `TooMany` if too many sessions of this enrollment are open.
pub fn accept_code(desk: &Desk, now: Timestamp, visit: &Visit, code: &str) -> Result<Step<String>> {
    desk.db.write(|conn| {
        store::hold(conn, &visit.handle)?;
        let Some((link, view)) = read_visit(desk, conn, now, visit)? else { return Ok(Step::Unknown) };
        note_opened(conn, now, &view)?;
        if view.end.is_some() {
            return Ok(Step::Ended(view));
        }
        if code.trim().is_empty() {
            return Ok(Step::Empty(view));
        }
        if !links::matches(&desk.keys, &visit.handle, code, &link.code_hash) {
            let missed = wrong_code(desk, conn, &link, code)?;
            return fail(desk, conn, now, visit, view, missed);
        }
        let enrollment = &view.enrollment;
        if store::open_sessions(conn, now, enrollment.id)? >= link::MOST_SESSIONS {
            return Err(Error::TooMany(Duration::minutes(link::SESSION_MINUTES).num_seconds().unsigned_abs()));
        }
        let session = desk.random.secret();
        let hash = desk.keys.hash(Purpose::EnrollmentSession, session.as_bytes());
        store::open_session(conn, now, &hash, enrollment.id, link.id, link::session_end(now))?;
        tasks::note_code_accepted(conn, now, enrollment.id)?;
        tasks::forgive_code(conn, enrollment.id)?;
        if enrollment.authentication_type == AuthenticationType::AuthenticatorApp && enrollment.pending_seed.is_none() {
            let seed = tokens::new_seed(desk);
            let sealed = desk.keys.seal(&desk.random, &binding::seed_context(enrollment), seed.bytes());
            tasks::note_pending_seed(conn, now, enrollment.id, &sealed)?;
        }
        note(conn, now, visit, enrollment, Verb::EnrollmentAcceptCode, "Accepted the activation code", &[])?;
        Ok(Step::Done(View { verified: true, ..view }, session))
    })
}

/// What somebody typed whose activation code is wrong.
fn wrong_code(desk: &Desk, conn: &mut AnyConn, link: &Link, code: &str) -> Result<FailureKind> {
    let older = tasks::older_links(conn, link.enrollment.id, link.id)?;
    if older.iter().any(|(handle, hash)| links::matches(&desk.keys, handle, code, hash)) {
        return Ok(FailureKind::OlderCode);
    }
    Ok(if link::looks_like_a_password(code) { FailureKind::DigitsAsCode } else { FailureKind::Code })
}

/// True if somebody has typed the activation code of this enrollment, and may still go on with it.
pub fn is_under_way(conn: &mut AnyConn, now: Timestamp, enrollment: EnrollmentId) -> Result<bool> {
    Ok(store::open_sessions(conn, now, enrollment)? > 0)
}

/// The token that was enrolled in this session.
pub fn show_done(desk: &Desk, now: Timestamp, visit: &Visit) -> Result<Step<Token>> {
    desk.db.read(|conn| enrolled(desk, conn, now, visit))
}

/// Checks a second one-time password exactly as for an auth node; the first accepted one makes the enrollment Completed.
/// A wrong one counts against the token, not against the enrollment, which is done.
pub fn try_now(desk: &Desk, now: Timestamp, visit: &Visit, typed: &str) -> Result<Step<Token>> {
    desk.db.write(|conn| {
        let (view, token) = match enrolled(desk, conn, now, visit)? {
            Step::Done(view, token) => (view, token),
            other => return Ok(other),
        };
        if typed.trim().is_empty() {
            return Ok(Step::Empty(view));
        }
        let Enrollment { user, ref user_id, disabled, .. } = view.enrollment;
        let person = Person { id: Some(user), user_id: user_id.clone(), disabled };
        match authentication::check(desk, conn, now, &actor(visit, user_id), &person, typed)? {
            Answer::Accepted { .. } => Ok(Step::Done(view, token)),
            Answer::Rejected | Answer::Repeated => Ok(Step::Wrong(view)),
        }
    })
}
