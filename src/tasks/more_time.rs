//! Give more time: an Expired user may enroll again, with a fresh email, in one step (PRODUCT.md §2, "Give more time").

use chrono::NaiveDate;

use crate::{
    audit::Verb,
    clock::Timestamp,
    desk::Desk,
    error::Result,
    ids::{TaskId, UserId},
    operators::Who,
    policy::Policy,
    tasks::{
        enrollment::Enrollment,
        resend::{self, Renewing, Resent},
        status::{Status, status},
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
    let renewing = Renewing {
        verb: Verb::TasksGiveMoreTime,
        refusal,
        stop_after: |_, policy, today| policy.proposed_stop(today),
        sentence: |task, to| format!("Gave more time in task {task}, with a fresh email to {to}"),
    };
    resend::renew(desk, who, now, task, user, alternate, &renewing)
}
