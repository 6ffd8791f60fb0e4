//! Hand over: link and activation code of one user on a sheet, for who has no mailbox or stands at the desk
//! (PRODUCT.md §11).

use chrono::NaiveDate;
use zeroize::Zeroizing;

use crate::{
    audit::{self, Verb},
    clock::Timestamp,
    counts,
    desk::Desk,
    error::{Error, Result},
    ids::{TaskId, UserId},
    mail,
    operators::{Permission, Who},
    policy,
    tasks::{
        addressee::Addressee,
        enrollment::{Enrollment, HANDED_OVER},
        links, resend, store,
    },
};

/// What is on the sheet: the one time that link and code are known.
pub struct Sheet {
    /// The user and the task.
    pub enrollment: Enrollment,
    /// The end of the link.
    pub handle: Zeroizing<String>,
    /// The activation code.
    pub code: Zeroizing<String>,
    /// The Stop Date now.
    pub stop_on: NaiveDate,
}

/// Makes a sheet: a new link and code, emailed to nobody; the older ones stop working, and what waits in the outbox is
/// canceled. The Stop Date becomes what Resend makes of it.
///
/// # Errors
/// `NotFound`; `Refused` with what to do instead unless the user is Active and not enrolled.
pub fn hand_over(desk: &Desk, who: &Who, now: Timestamp, task: TaskId, user: UserId) -> Result<Sheet> {
    who.need(Permission::HandOver)?;
    let today = desk.settings.zone.today(now);
    desk.db.write(|conn| {
        store::hold::of_user(conn, task, user)?;
        let enrollment = resend::enrollment(conn, who, task, user)?;
        let policy = policy::current(conn)?;
        if let Some(sentence) = resend::refusal(&enrollment, &policy, today) {
            return Err(Error::Refused(sentence));
        }
        let stop_on = resend::stop_after(&enrollment, &policy, today);
        mail::cancel_waiting(conn, &[enrollment.id])?;
        let link = links::make(desk, conn, now, enrollment.id, &policy)?;
        let delivery = format!("{HANDED_OVER}{}", who.name());
        if !store::hand_over::begin(conn, now, enrollment.id, stop_on, &delivery)? {
            return Err(Error::Conflict("This user changed at this very moment. Nothing was done.".into()));
        }
        counts::recount(conn, task)?;
        let sentence = format!("Handed over link and activation code of task {task}");
        let renewal = (Addressee::from(&enrollment), stop_on);
        audit::record(conn, now, &resend::renewed(who, Verb::TasksHandOver, sentence, &renewal))?;
        let (handle, code) = (link.handle.into(), link.code.into());
        Ok(Sheet { enrollment, handle, code, stop_on })
    })
}
