//! Resend and Unlock: a fresh link and activation code for one user, or for each of the ticked ones (PRODUCT.md §2).

use chrono::NaiveDate;

use crate::{
    audit::{self, Actor, Entry, Verb},
    clock::Timestamp,
    counts,
    db::{AnyConn, ROWS_A_STATEMENT},
    desk::Desk,
    english::full_name,
    error::{Error, Result},
    ids::{EnrollmentId, TaskId, UserId},
    mail,
    operators::{Permission, Who},
    policy::{self, Policy},
    tasks::{
        addressee::Addressee,
        enrollment::Enrollment,
        left_out::EditAction,
        links,
        status::{Status, status},
        store,
        ticked_users::{self, Preview, TickedUsers},
    },
};

/// The longest reason, in characters.
pub const REASON_LETTERS: usize = 200;

/// Users who are read, written to and noted at a time: the memory in use does not grow with the task.
const USERS_AT_A_TIME: usize = ROWS_A_STATEMENT;

/// What [`Preview::shown`] is asked for before emails are resent.
pub const RESEND: &str = "resend";

/// What [`Preview::shown`] is asked for before users are unlocked.
pub const UNLOCK: &str = "unlock";

/// What came of a Resend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resent {
    /// Where it went, masked if the address was typed for this one message.
    pub shown_to: String,
    /// The Stop Date now.
    pub stop_on: NaiveDate,
}

/// Why an enrollment email cannot be sent for this enrollment, and what to do instead; `None` if it can.
pub fn refusal(enrollment: &Enrollment, policy: &Policy, today: NaiveDate) -> Option<String> {
    let (name, task) = (&enrollment.user_id, enrollment.task);
    if enrollment.task_removed_at.is_some() {
        return Some(format!("Task {task} was removed. Provision {name} anew."));
    }
    if enrollment.removed_at.is_some() {
        return Some(format!("{name} was removed from task {task}. Provision them anew."));
    }
    if enrollment.disabled {
        return Some(format!("{name} is disabled. Enable the user first."));
    }
    match status(&enrollment.facts, policy.attempts_allowed, today) {
        Status::Completed => Some(format!("{name} has completed this. For another token, provision them anew.")),
        Status::Active if enrollment.facts.enrolled_at.is_some() => {
            Some(format!("{name} has enrolled. For another token, provision them anew."))
        }
        Status::Locked => Some(format!("{name} is Locked. Unlock them: that sends a fresh email.")),
        Status::Expired => Some(format!(
            "The Stop Date of {name} has passed. Move the Stop Date with Give more time: that sends a fresh email."
        )),
        Status::Active => None,
    }
}

/// The Stop Date after a Resend: the later of the present one and the one the policy proposes today.
pub fn stop_after(enrollment: &Enrollment, policy: &Policy, today: NaiveDate) -> NaiveDate {
    enrollment.facts.stop_on.max(policy.proposed_stop(today))
}

/// The enrollment of a user in a task, within the scope of `who`.
///
/// # Errors
/// `NotFound` if there is none.
pub fn enrollment(conn: &mut AnyConn, who: &Who, task: TaskId, user: UserId) -> Result<Enrollment> {
    store::enrollments::enrollment_of(conn, task, user)?
        .filter(|enrollment| who.scope.holds(enrollment.container))
        .ok_or_else(|| Error::not_found("task", task.to_string()))
}

/// Sends the enrollment email again, with a new activation code; the old one stops working. `alternate` is used for
/// this one message and kept nowhere.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Refused` with what to do instead unless the user is Active and not enrolled; `Invalid`
/// for an address that is none.
pub fn resend(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    task: TaskId,
    user: UserId,
    alternate: Option<&str>,
) -> Result<Resent> {
    let renewing = Renewing {
        verb: Verb::TasksResend,
        refusal,
        stop_after,
        sentence: |task, to| format!("Resent task {task} to {to}"),
    };
    renew(desk, who, now, task, user, alternate, &renewing)
}

/// What one user is written to anew for.
pub(super) struct Renewing {
    pub(super) verb: Verb,
    pub(super) refusal: fn(&Enrollment, &Policy, NaiveDate) -> Option<String>,
    pub(super) stop_after: fn(&Enrollment, &Policy, NaiveDate) -> NaiveDate,
    /// What the audit log says, with the task and the address.
    pub(super) sentence: fn(TaskId, &str) -> String,
}

/// The frame of two verbs, each for one user: unless it is refused, a new link and code go out, with the Stop Date after it.
pub(super) fn renew(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    task: TaskId,
    user: UserId,
    alternate: Option<&str>,
    renewing: &Renewing,
) -> Result<Resent> {
    who.need(Permission::Resend)?;
    let today = desk.settings.zone.today(now);
    desk.db.write(|conn| {
        // Held before it is looked at: two at once would leave two codes that work, and who enrolls at this moment must
        // not be written to any more.
        store::hold::of_user(conn, task, user)?;
        let enrollment = enrollment(conn, who, task, user)?;
        let policy = policy::current(conn)?;
        if let Some(sentence) = (renewing.refusal)(&enrollment, &policy, today) {
            return Err(Error::Refused(sentence));
        }
        if alternate.is_none() && enrollment.email.is_empty() {
            return Err(Error::mistake("email", "The profile has no email address: type one for this message."));
        }
        let stop_on = (renewing.stop_after)(&enrollment, &policy, today);
        let renewal = (Addressee::from(&enrollment), stop_on);
        write_anew(desk, conn, who, now, &policy, &[renewal], alternate)?;
        counts::recount(conn, task)?;
        let shown_to = alternate.map_or_else(|| enrollment.email.clone(), mail::masked);
        let kind = if alternate.is_some() { " (alternate address)" } else { "" };
        let sentence = (renewing.sentence)(task, &format!("{shown_to}{kind}"));
        audit::record(conn, now, &renewed(who, renewing.verb, sentence, &renewal))?;
        Ok(Resent { shown_to, stop_on })
    })
}

/// The audit entry of a user who was written to anew.
pub(super) fn renewed<'a>(who: &'a Who, verb: Verb, sentence: String, renewal: &Renewal<'_>) -> Entry<'a> {
    let (user, stop_on) = renewal;
    done_to(&who.actor, *user, verb, sentence).fact("Stop Date", format!("{} → {stop_on}", user.stop_on))
}

/// A thing done to the user of an enrollment.
pub(super) fn done_to<'a, 'u>(
    actor: &'a Actor,
    user: impl Into<Addressee<'u>>,
    verb: Verb,
    sentence: String,
) -> Entry<'a> {
    let user = user.into();
    Entry::done(actor, verb, sentence).task(user.task).user(user.user, user.user_id)
}

/// Resends to each of the ticked users who is Active, not enrolled, enabled and has an address; how many. The others are
/// left as they are.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Conflict` if anything differs from what was `shown`; `Invalid` if nobody can be resent to.
pub fn resend_all(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    task: TaskId,
    ticked: &TickedUsers,
    shown: &str,
) -> Result<usize> {
    who.need(Permission::Resend)?;
    desk.db.write_alone(|conn| {
        let preview = ticked_users::held(desk, conn, who, now, task, ticked, RESEND, shown)?;
        resend_users(desk, conn, who, now, &preview)
    })
}

/// In the verb's transaction: resends to each of `preview` who can be resent to; how many.
pub(crate) fn resend_users(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    preview: &Preview,
) -> Result<usize> {
    let task = preview.task.id;
    let done = in_parts(conn, preview, EditAction::Resend, |conn, users| {
        let fresh: Vec<Renewal<'_>> =
            users.iter().map(|user| (*user, stop_after_resend(preview, user.stop_on))).collect();
        write_anew(desk, conn, who, now, &preview.policy, &fresh, None)?;
        audit::record_all(conn, now, fresh.iter().map(|renewal| entry_of_resent(who, renewal)))
    })?;
    let sentence = format!("Resent to {}", ticked_users::users(done));
    audit::record(conn, now, &Entry::done(&who.actor, Verb::TasksResend, sentence).task(task))?;
    Ok(done)
}

/// The Stop Date of one of `preview` who is resent to, after it was `stop_on`.
pub(super) fn stop_after_resend(preview: &Preview, stop_on: NaiveDate) -> NaiveDate {
    stop_on.max(preview.policy.proposed_stop(preview.today))
}

/// The Stop Date of one of `preview` who is unlocked: one that has passed becomes the one that is proposed today.
pub(super) fn stop_after_unlock(preview: &Preview, stop_on: NaiveDate) -> NaiveDate {
    if stop_on < preview.today { preview.policy.proposed_stop(preview.today) } else { stop_on }
}

/// The audit entry of one of many who are resent to.
pub(super) fn entry_of_resent<'a>(who: &'a Who, renewal: &Renewal<'_>) -> Entry<'a> {
    let (user, _) = renewal;
    renewed(who, Verb::TasksResendUser, format!("Resent task {} to {}", user.task, user.email), renewal)
}

/// The audit entry of one who is unlocked.
pub(super) fn entry_of_unlocked<'a>(who: &'a Who, reason: &str, (user, _): &Renewal<'_>) -> Entry<'a> {
    done_to(&who.actor, *user, Verb::TasksUnlock, format!("Unlocked in task {}", user.task))
        .fact("Reason", reason)
        .fact("Failed attempts", format!("{} → 0", user.failures))
}

/// Sets the failed attempts of the ticked Locked users back to zero and sends each a fresh email; how many. A Stop
/// Date that has passed becomes the one the policy proposes today: a fresh email must be of use.
///
/// # Errors
/// As [`resend_all`]; `Invalid` without a reason.
#[allow(clippy::too_many_arguments, reason = "who, when, which, why, and what was shown")]
pub fn unlock(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    task: TaskId,
    ticked: &TickedUsers,
    reason: &str,
    shown: &str,
) -> Result<usize> {
    who.need(Permission::Unlock)?;
    let reason = parse_reason(reason)?;
    desk.db.write_alone(|conn| {
        let preview = ticked_users::held(desk, conn, who, now, task, ticked, UNLOCK, shown)?;
        in_parts(conn, &preview, EditAction::Unlock, |conn, users| {
            let fresh: Vec<Renewal<'_>> =
                users.iter().map(|user| (*user, stop_after_unlock(&preview, user.stop_on))).collect();
            write_anew(desk, conn, who, now, &preview.policy, &fresh, None)?;
            store::write::reset_failures(conn, &ids(&fresh))?;
            audit::record_all(conn, now, fresh.iter().map(|renewal| entry_of_unlocked(who, &reason, renewal)))
        })
    })
}

/// Reads a reason.
///
/// # Errors
/// A mistake in `reason` if it is missing or too long.
pub fn parse_reason(typed: &str) -> Result<String> {
    let reason = typed.trim();
    match reason.chars().count() {
        0 => Err(Error::mistake("reason", "Enter a reason. It is written to the audit log.")),
        1..=REASON_LETTERS => Ok(reason.to_owned()),
        _ => Err(Error::mistake("reason", format!("The reason may have up to {REASON_LETTERS} characters."))),
    }
}

/// The frame of two verbs: does `f` for those of `preview` whom `action` does not leave out, some users at a time; how many
/// they are. They are held, so that who was counted is who is written to.
fn in_parts(
    conn: &mut AnyConn,
    preview: &Preview,
    action: EditAction,
    mut f: impl FnMut(&mut AnyConn, &[Addressee<'_>]) -> Result<()>,
) -> Result<usize> {
    preview.need_somebody(action)?;
    let fit = preview.fit(action);
    for part in fit.chunks(USERS_AT_A_TIME) {
        let users: Vec<Addressee<'_>> = part.iter().map(|member| Addressee::of(&preview.task, member)).collect();
        f(conn, &users)?;
    }
    counts::recount(conn, preview.task.id)?;
    Ok(fit.len())
}

/// What the email tells, with the Stop Date as it will be.
pub fn email_facts<'a>(user: impl Into<Addressee<'a>>, stop_on: NaiveDate) -> mail::Facts {
    let user = user.into();
    mail::Facts {
        first_name: user.first_name.to_owned(),
        name: full_name(user.first_name, user.last_name),
        user_id: user.user_id.to_owned(),
        authentication_type: user.authentication_type.plain().into(),
        task: Some(user.task.0),
        stop_on: Some(stop_on),
        requester: user.operator.to_owned(),
        ..mail::Facts::default()
    }
}

/// An email to the user of an enrollment at the address in their profile, with the Stop Date as it will be; it carries no
/// secret.
pub fn email<'a>(
    user: impl Into<Addressee<'a>>,
    kind: mail::Kind,
    stop_on: NaiveDate,
    give_up_at: Timestamp,
) -> mail::NewEmail {
    let user = user.into();
    mail::NewEmail {
        user: Some(user.user),
        container: Some(user.container),
        task: Some(user.task),
        enrollment: Some(user.enrollment),
        ..mail::NewEmail::new(kind, user.email, email_facts(user, stop_on), give_up_at)
    }
}

/// A user who is written to again, and the Stop Date then.
pub(super) type Renewal<'a> = (Addressee<'a>, NaiveDate);

fn ids(fresh: &[Renewal<'_>]) -> Vec<EnrollmentId> {
    fresh.iter().map(|(user, _)| user.enrollment).collect()
}

/// For each a new link and a new email, and what was noted of the old ones is gone. The statements are as many for one
/// user as for [`USERS_AT_A_TIME`].
///
/// # Errors
/// `Conflict` if one of them enrolled, or was taken out, at this very moment.
pub(super) fn write_anew(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    policy: &Policy,
    fresh: &[Renewal<'_>],
    alternate: Option<&str>,
) -> Result<()> {
    if fresh.is_empty() {
        return Ok(());
    }
    let ids = ids(fresh);
    mail::cancel_waiting(conn, &ids)?;
    let mut links = links::make_all(desk, conn, now, &ids, policy)?;
    let letters = fresh
        .iter()
        .map(|(user, stop_on)| {
            let link = links.take(user.enrollment)?;
            Ok(mail::NewEmail {
                to: alternate.unwrap_or(user.email).to_owned(),
                alternate: alternate.is_some(),
                secret: Some(link.secret(policy)),
                ..email(*user, mail::Kind::Enrollment, *stop_on, desk.settings.zone.end_of(*stop_on))
            })
        })
        .collect::<Result<Vec<_>>>()?;
    mail::post(desk, conn, now, who.name(), &letters)?;
    let stops: Vec<(EnrollmentId, NaiveDate)> =
        fresh.iter().map(|(user, stop_on)| (user.enrollment, *stop_on)).collect();
    if store::write::begin_anew(conn, now, &stops)? != stops.len() {
        return Err(Error::Conflict("Some of these users changed at this very moment. Nothing was done.".into()));
    }
    Ok(())
}
