//! What the portal tells users by email: that they have enrolled, and that their enrollment is Locked.

use chrono::Duration;

use crate::{
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::Result,
    mail::{self, Facts, Kind, NewEmail},
    tasks::{self, resend, store::Place},
};

/// How long such an email is tried, in days, if the Stop Date is nearer than that.
const LETTER_DAYS: i64 = 3;

/// Puts an email to the user of `place` into the outbox, if the profile has an address. `serial` is that of the token it
/// is about.
pub(super) fn tell(
    desk: &Desk,
    conn: &mut AnyConn,
    now: Timestamp,
    place: &Place,
    kind: Kind,
    serial: Option<&str>,
) -> Result<()> {
    if place.email.is_empty() {
        return Ok(());
    }
    let stop_on = place.facts.stop_on;
    let email = NewEmail {
        kind,
        to: place.email.clone(),
        alternate: false,
        user: Some(place.user),
        container: Some(place.container),
        task: Some(place.task),
        enrollment: Some(place.id),
        facts: Facts { serial: serial.map(str::to_owned), ..resend::told(place, stop_on) },
        secret: None,
        give_up_at: desk.settings.zone.end_of(stop_on).max(now + Duration::days(LETTER_DAYS)),
    };
    mail::post(desk, conn, now, &place.operator, &[email])?;
    tasks::store::write::note_newest_email(conn, place.task)
}
