//! What the portal tells users by email: that they have enrolled, and that their enrollment is Locked.

use chrono::Duration;

use crate::{
    clock::Timestamp,
    counts,
    db::AnyConn,
    desk::Desk,
    error::Result,
    mail::{self, Kind},
    tasks::{Enrollment, resend},
};

/// How long such an email is tried, in days, if the Stop Date is nearer than that.
const LETTER_DAYS: i64 = 3;

/// Puts an email to the user of `enrollment` into the outbox, if the profile has an address. `serial` is that of the token it
/// is about.
pub(super) fn post(
    desk: &Desk,
    conn: &mut AnyConn,
    now: Timestamp,
    enrollment: &Enrollment,
    kind: Kind,
    serial: Option<&str>,
) -> Result<()> {
    if enrollment.email.is_empty() {
        return Ok(());
    }
    let stop_on = enrollment.facts.stop_on;
    let give_up_at = desk.settings.zone.end_of(stop_on).max(now + Duration::days(LETTER_DAYS));
    let mut email = resend::email(enrollment, kind, stop_on, give_up_at);
    email.facts.serial = serial.map(str::to_owned);
    mail::post(desk, conn, now, &enrollment.operator, &[email])?;
    counts::newest_email(conn, enrollment.task)
}
