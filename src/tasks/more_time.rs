//! Give more time: an Expired user may enroll again, with a fresh email, in one step (PRODUCT.md §2, "Give more time").

use chrono::NaiveDate;

use crate::{
    audit::{self, Entry},
    clock::Timestamp,
    counts,
    desk::Desk,
    error::{Error, Result},
    ids::{TaskId, UserId},
    mail,
    operators::{Permission, Who},
    policy::{self, Policy},
    tasks::{
        enrollment::{Status, status},
        resend::{self, Resent},
        store,
        store::Enrollment,
    },
};

/// Why this enrollment is not given more time, and what to do instead; `None` if it can be.
pub fn refusal(enrollment: &Enrollment, policy: &Policy, today: NaiveDate) -> Option<String> {
    let over = enrollment.removed_at.is_some() || enrollment.task_removed_at.is_some() || enrollment.disabled;
    if !over && status(&enrollment.facts, policy.attempts_allowed, today) == Status::Expired {
        return None;
    }
    let name = &enrollment.user_id;
    resend::refusal(enrollment, policy, today).or_else(|| {
        Some(format!("{name} may still enroll, until {}. Resend the email instead.", enrollment.facts.stop_on))
    })
}

/// The Stop Date becomes what the policy proposes today, counted anew from today however long ago the task was made, and
/// the enrollment email goes out again with a new activation code; the old one stops working. `alternate` is used for
/// this one message and kept nowhere.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Refused` with what to do instead unless the user is Expired; `Invalid` if there is no
/// address to write to.
pub fn give_more_time(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    task: TaskId,
    user: UserId,
    alternate: Option<&str>,
) -> Result<Resent> {
    who.need(Permission::Resend)?;
    let today = desk.settings.zone.today(now);
    desk.db.write(|conn| {
        // Held before it is looked at, as for a Resend.
        store::hold::of_user(conn, task, user)?;
        let enrollment = resend::enrollment(conn, who, task, user)?;
        let policy = policy::current(conn)?;
        if let Some(sentence) = refusal(&enrollment, &policy, today) {
            return Err(Error::Refused(sentence));
        }
        resend::need_address(&enrollment, alternate)?;
        let stop_on = policy.proposed_stop(today);
        resend::write_anew(desk, conn, who, now, &policy, &[(&enrollment, stop_on)], alternate)?;
        counts::recount(conn, task)?;
        let shown_to = alternate.map_or_else(|| enrollment.email.clone(), mail::masked);
        let kind = if alternate.is_some() { " (alternate address)" } else { "" };
        let sentence = format!("Gave more time in task {task}, with a fresh email to {shown_to}{kind}");
        let entry = Entry::done(&who.actor, "tasks.give_more_time", sentence)
            .task(task)
            .user(enrollment.user, &enrollment.user_id)
            .fact("Stop Date", format!("{} → {stop_on}", enrollment.facts.stop_on));
        audit::record(conn, now, &entry)?;
        Ok(Resent { shown_to, stop_on })
    })
}
