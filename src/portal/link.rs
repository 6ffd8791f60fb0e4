//! Rules of the portal: what a link is good for, and what an authenticator app is told.

use chrono::{Duration, NaiveDate};

use crate::{
    clock::Timestamp,
    oath,
    tasks::{self, Link, Status, status::RemovedWhy},
    tokens::{Making, Seed},
};

/// How long a browser may go on after a right activation code, in minutes (PRODUCT.md §3).
pub const SESSION_MINUTES: i64 = 15;

/// Sessions of one enrollment at a time: a phone, a desktop and some reloads. Who has the right code may not fill the
/// table with them.
pub const MOST_SESSIONS: i64 = 20;

/// Until when a session lasts that begins `now`.
pub fn session_end(now: Timestamp) -> Timestamp {
    now + Duration::minutes(SESSION_MINUTES)
}

/// True for six to eight digits, as an app or a device shows them (RFC 4226 §5.3): no activation code is made of digits
/// alone.
pub fn looks_like_a_password(code: &str) -> bool {
    let code: Vec<char> = code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    (6..=8).contains(&code.len()) && code.iter().all(char::is_ascii_digit)
}

/// Why a link leads nowhere any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The user has enrolled.
    AlreadyEnrolled,
    /// The user was provisioned anew in another task.
    Replaced,
    /// The user was taken out of the task, or the task was removed.
    Canceled(Timestamp),
    /// The email address it was sent to is no longer the user's.
    AddressLeft(Timestamp),
    /// A newer email was sent.
    Superseded(Timestamp),
    /// Too many failed attempts.
    Locked,
    /// The Stop Date has passed.
    Expired(NaiveDate),
    /// The user is disabled.
    Disabled,
}

impl End {
    /// What operators would call it; only shown once the activation code was verified.
    pub fn status(self) -> &'static str {
        match self {
            End::AlreadyEnrolled => "Enrolled",
            End::Replaced => "Replaced",
            End::Canceled(_) => "Canceled",
            End::AddressLeft(_) => "Address changed",
            End::Superseded(_) => "Newer email sent",
            End::Locked => "Locked",
            End::Expired(_) => "Expired",
            End::Disabled => "User disabled",
        }
    }
}

/// Why `link` leads nowhere; `None` if its user may enroll. The first that holds is what the user can do most about: who
/// has enrolled is done whatever else happened, and a newer link knows better than this one how things stand.
pub fn end(link: &Link, attempts_allowed: i64, today: NaiveDate) -> Option<End> {
    let enrollment = &link.enrollment;
    if enrollment.facts.enrolled_at.is_some() {
        return Some(End::AlreadyEnrolled);
    }
    if enrollment.removed_why == Some(RemovedWhy::Replaced) {
        return Some(End::Replaced);
    }
    if let Some(at) = enrollment.removed_at.or(enrollment.task_removed_at) {
        return Some(End::Canceled(at));
    }
    // Before a newer email: that one lies in another mailbox, and who reads this one may be a stranger.
    if let Some(at) = link.address_left_at {
        return Some(End::AddressLeft(at));
    }
    if let Some(at) = link.superseded_at {
        return Some(End::Superseded(at));
    }
    if enrollment.disabled {
        return Some(End::Disabled);
    }
    match tasks::status(&enrollment.facts, attempts_allowed, today) {
        Status::Locked => Some(End::Locked),
        Status::Expired => Some(End::Expired(enrollment.facts.stop_on)),
        Status::Active | Status::Completed => None,
    }
}

/// The address that hands `seed` to an authenticator app.
pub fn otpauth(issuer: &str, user_id: &str, seed: &Seed) -> String {
    let Making { algorithm, digits, period, .. } = Making::APP;
    oath::totp_uri(issuer, user_id, seed.bytes(), period, digits, algorithm)
}
