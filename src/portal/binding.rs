//! Binding a token in the portal: an app proves its key, a device is claimed from inventory.

use crate::{
    audit::Verb,
    clock::{self, Timestamp},
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Result},
    mail::Kind,
    portal::{End, Step, View, Visit, fail, letter, note, store, verified},
    tasks::{self, Enrollment, FailureKind},
    tokens::{self, AuthenticationType, Binding, BindingRefusal, Judgment, Making, Seed, Standing, Token, one_time},
};

/// The key of an authenticator app: the same one until it is proven, however often the page is opened.
///
/// # Errors
/// `NotFound` if this enrollment is of another type.
pub fn show_key(desk: &Desk, now: Timestamp, visit: &Visit) -> Result<Step<Seed>> {
    desk.db.read(|conn| {
        let view = match verified(desk, conn, now, visit)? {
            Ok(view) => view,
            Err(step) => return Ok(step),
        };
        let seed = pending_seed(desk, &view.enrollment)?;
        Ok(Step::Done(view, seed))
    })
}

/// How things stand for somebody with a session, for the page of a device.
///
/// # Errors
/// `NotFound` if this enrollment is of another type.
pub fn show_device(desk: &Desk, now: Timestamp, visit: &Visit) -> Result<Step<()>> {
    desk.db.read(|conn| {
        let view = match verified(desk, conn, now, visit)? {
            Ok(view) => view,
            Err(step) => return Ok(step),
        };
        need_type(&view.enrollment, AuthenticationType::HardwareToken)?;
        Ok(Step::Done(view, ()))
    })
}

/// Takes a one-time password that proves the key which was shown: the token is bound, Active, and the user is told.
///
/// # Errors
/// As [`show_key`].
pub fn prove(desk: &Desk, now: Timestamp, visit: &Visit, typed: &str) -> Result<Step<Token>> {
    desk.db.write(|conn| {
        store::hold(conn, &visit.handle)?;
        let view = match verified(desk, conn, now, visit)? {
            Ok(view) => view,
            Err(step) => return Ok(step),
        };
        let seed = pending_seed(desk, &view.enrollment)?;
        if typed.trim().is_empty() {
            return Ok(Step::Empty(view));
        }
        let seconds = clock::unix_seconds(now);
        let proof = match one_time::judge(&seed, &Making::APP, &Standing::default(), seconds, typed) {
            Judgment::Right(proof) => proof,
            _ => {
                let missed = if is_own_code(desk, conn, visit, typed)? {
                    FailureKind::CodeAsPassword
                } else {
                    FailureKind::Password(one_time::off::off_by(&seed, &Making::APP, seconds, typed))
                };
                return fail(desk, conn, now, visit, view, missed);
            }
        };
        let token =
            tokens::enroll_app(desk, conn, now, view.enrollment.user, view.enrollment.container, &seed, &proof)?;
        finish(desk, conn, now, visit, view, token)
    })
}

/// Takes the serial number of a device and a one-time password from it: it leaves inventory and is the user's.
///
/// # Errors
/// As [`show_device`].
pub fn claim_device(desk: &Desk, now: Timestamp, visit: &Visit, serial: &str, typed: &str) -> Result<Step<Token>> {
    desk.db.write(|conn| {
        // First of all: who changes many enrollments holds this lock and then waits for each enrollment.
        db::hold(conn, Lock::Provision)?;
        store::hold(conn, &visit.handle)?;
        let view = match verified(desk, conn, now, visit)? {
            Ok(view) => view,
            Err(step) => return Ok(step),
        };
        need_type(&view.enrollment, AuthenticationType::HardwareToken)?;
        if serial.trim().is_empty() || typed.trim().is_empty() {
            return Ok(Step::Empty(view));
        }
        match tokens::bind_hardware(desk, conn, now, view.enrollment.user, view.enrollment.container, serial, typed)? {
            Binding::Bound(token) => finish(desk, conn, now, visit, view, token),
            Binding::Refused(BindingRefusal::Wrong(_)) if is_own_code(desk, conn, visit, typed)? => {
                fail(desk, conn, now, visit, view, FailureKind::CodeAsPassword)
            }
            Binding::Refused(why) => fail(desk, conn, now, visit, view, missed(why)),
        }
    })
}

/// True if what was typed as a one-time password is the activation code of this link.
fn is_own_code(desk: &Desk, conn: &mut AnyConn, visit: &Visit, typed: &str) -> Result<bool> {
    let link = tasks::by_handle(conn, &visit.handle)?;
    Ok(link.is_some_and(|link| tasks::links::matches(&desk.keys, &visit.handle, typed, &link.code_hash)))
}

fn missed(why: BindingRefusal) -> FailureKind {
    match why {
        BindingRefusal::NoSuchDevice => FailureKind::NoSuchDevice,
        BindingRefusal::Elsewhere => FailureKind::DeviceElsewhere,
        BindingRefusal::OtherType => FailureKind::DeviceOfOtherType,
        BindingRefusal::NotInInventory => FailureKind::DeviceTaken,
        BindingRefusal::Own => FailureKind::DeviceOwn,
        BindingRefusal::Retired => FailureKind::DeviceRetired,
        BindingRefusal::Wrong(off) => FailureKind::DevicePassword(off),
        BindingRefusal::FarAhead => FailureKind::DeviceFarAhead,
        BindingRefusal::NotValid(_) => FailureKind::DeviceNotValid,
    }
}

fn need_type(enrollment: &Enrollment, authentication_type: AuthenticationType) -> Result<()> {
    if enrollment.authentication_type == authentication_type { Ok(()) } else { Err(Error::not_found("page", "")) }
}

/// Where the seed of a key that is shown is sealed for.
pub(super) fn seed_context(enrollment: &Enrollment) -> String {
    format!("enrollments.pending_seed:{}", enrollment.id)
}

fn pending_seed(desk: &Desk, enrollment: &Enrollment) -> Result<Seed> {
    need_type(enrollment, AuthenticationType::AuthenticatorApp)?;
    let sealed = enrollment.pending_seed.as_deref();
    let sealed =
        sealed.ok_or_else(|| Error::Internal(format!("enrollment {} has a session and no key", enrollment.id)))?;
    Ok(desk.keys.open(&seed_context(enrollment), sealed)?.into())
}

/// Notes the token on the enrollment and its task, and tells the user.
fn finish(
    desk: &Desk,
    conn: &mut AnyConn,
    now: Timestamp,
    visit: &Visit,
    mut view: View,
    token: Token,
) -> Result<Step<Token>> {
    let enrollment = &view.enrollment;
    tasks::note_enrolled(conn, now, enrollment.id, token.id)?;
    letter::post(desk, conn, now, enrollment, Kind::Enrolled, Some(&token.serial))?;
    let serial = [("Serial Number", token.serial.clone())];
    note(conn, now, visit, enrollment, Verb::EnrollmentEnroll, "Enrolled a token", &serial)?;
    view.enrollment.facts.enrolled_at = Some(now);
    view.enrollment.token = Some(token.id);
    view.end = Some(End::AlreadyEnrolled);
    Ok(Step::Done(view, token))
}
