//! Reminders before the Stop Date, sent by the server itself (Self-Enrollment Policy, "reminder days").

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, Timelike};

use crate::{
    audit::{self, Actor, Verb},
    clock::{Timestamp, Zone},
    counts,
    db::AnyConn,
    desk::Desk,
    error::Result,
    ids::{EnrollmentId, TaskId},
    mail,
    policy::{self, Policy},
    tasks::{
        enrollment::Enrollment,
        links, resend,
        status::{Status, status},
        store::{self, reminders::Due},
    },
};

/// The hour from which reminders go out, in the organization's time zone: before people sit down to work.
const FROM_HOUR: u32 = 8;

/// Enrollments looked at in one transaction: short enough that the portal does not wait for it.
const BATCH: i64 = 500;

/// Sends the reminders that are due; how many that were. Cheap if none is, and many servers may call it at once.
///
/// A reminder carries a new link and activation code, since of the code that was sent only a hash is kept; the older
/// ones stop working, as with Resend, and the Stop Date stays. Nobody is reminded on a day on which they got an email
/// for this enrollment anyway, and nobody while they are enrolling. A reminder whose day passed, between two rounds or
/// while the server was down, is caught up on once as long as the Stop Date is ahead, unless the user got another email
/// for the enrollment since; of several that were missed only one goes out. On weekends that the policy skips nobody is
/// reminded: see [`Policy::reminders`].
///
/// # Errors
/// What was sent before the error stays sent.
pub fn send_reminders(desk: &Desk, now: Timestamp) -> Result<usize> {
    let local = desk.settings.zone.local(now);
    if local.hour() < FROM_HOUR {
        return Ok(0);
    }
    let today = local.date();
    let policy = desk.db.read(policy::current)?;
    if policy.rests_on(today) {
        return Ok(0);
    }
    let mut sent = 0;
    for due in due(&policy, desk.settings.zone, today) {
        while desk.db.read(|conn| store::reminders::any_due(conn, now, &due))? {
            let (looked_at, reminded) = desk.db.write_alone(|conn| remind_some(desk, conn, now, today, &due))?;
            sent += reminded;
            if looked_at == 0 {
                // Another server has the rest in its hands.
                break;
            }
        }
    }
    Ok(sent)
}

/// Who is due a reminder today, by Stop Date: today's reminders, and those of days that passed.
fn due(policy: &Policy, zone: Zone, today: NaiveDate) -> Vec<Due> {
    // A Friday may stand for a Sunday.
    let furthest = policy.reminder_days.iter().max().map_or(0, |days| days.unsigned_abs() + 2);
    let stops = (1..=furthest).filter_map(|days| today.checked_add_days(Days::new(days)));
    let begins = |day: NaiveDate| zone.end_of(day.pred_opt().unwrap_or(day));
    let mut list = Vec::new();
    for stop_on in stops {
        let reminders = policy.reminders(stop_on);
        // The last one whose day has come stands for those before it too.
        if let Some(last) = reminders.iter().map(|one| one.on).filter(|on| *on <= today).max() {
            list.push(Due {
                stop_on,
                not_since: last,
                emailed_from: DateTime::UNIX_EPOCH.naive_utc(),
                emailed_before: begins(last),
            });
        }
        for (on, monday) in reminders.iter().filter_map(|one| Some((one.on, one.or_on?))) {
            if monday <= today {
                list.push(Due { stop_on, not_since: on, emailed_from: begins(on), emailed_before: begins(monday) });
            }
        }
    }
    list
}

/// Reminds up to [`BATCH`] users; how many enrollments were looked at, and how many users were reminded.
fn remind_some(desk: &Desk, conn: &mut AnyConn, now: Timestamp, today: NaiveDate, due: &Due) -> Result<(usize, usize)> {
    // Claiming marks all of them as done for today: those who get no reminder too, so that they are not looked at again.
    let claimed = store::reminders::claim(conn, now, today, due, BATCH)?;
    // Held: whoever changes the policy counts the locked users of all tasks, in an order of its own.
    let policy = policy::held(conn)?;
    let enrollments = store::enrollments::of(conn, &claimed)?;
    let enrollments: Vec<&Enrollment> =
        enrollments.iter().filter(|enrollment| is_to_be_reminded(desk, enrollment, &policy, today)).collect();
    if enrollments.is_empty() {
        return Ok((claimed.len(), 0));
    }
    let ids: Vec<EnrollmentId> = enrollments.iter().map(|enrollment| enrollment.id).collect();
    let mut links = links::make_all(desk, conn, now, &ids, &policy)?;
    mail::cancel_waiting(conn, &ids)?;
    let emails = enrollments
        .iter()
        .map(|enrollment| Ok(letter(desk, enrollment, links.take(enrollment.id)?, &policy)))
        .collect::<Result<Vec<_>>>()?;
    let system = Actor::system();
    mail::post(desk, conn, now, &system.name, &emails)?;
    store::reminders::note_emails(conn, now, &ids)?;
    let tasks: BTreeSet<TaskId> = enrollments.iter().map(|enrollment| enrollment.task).collect();
    for task in tasks {
        counts::newest_email(conn, task)?;
    }
    let entries = enrollments.iter().map(|enrollment| {
        resend::done_to(&system, *enrollment, Verb::TasksRemind, format!("Reminded of the Stop Date {}", due.stop_on))
    });
    audit::record_all(conn, now, entries)?;
    Ok((claimed.len(), enrollments.len()))
}

fn is_to_be_reminded(desk: &Desk, enrollment: &Enrollment, policy: &Policy, today: NaiveDate) -> bool {
    let may_enroll = enrollment.facts.enrolled_at.is_none()
        && enrollment.removed_at.is_none()
        && enrollment.task_removed_at.is_none()
        && status(&enrollment.facts, policy.attempts_allowed, today) == Status::Active;
    let emailed_today = enrollment.emailed_at.is_some_and(|at| desk.settings.zone.today(at) == today);
    // A reminder has a link of its own, which would end the one on paper.
    may_enroll
        && !enrollment.is_handed_over()
        && !enrollment.disabled
        && !enrollment.email.trim().is_empty()
        && !emailed_today
}

fn letter(desk: &Desk, enrollment: &Enrollment, link: links::NewLink, policy: &Policy) -> mail::NewEmail {
    let stop_on = enrollment.facts.stop_on;
    let email = resend::email(enrollment, mail::Kind::Reminder, stop_on, desk.settings.zone.end_of(stop_on));
    mail::NewEmail { secret: Some(link.secret(policy)), ..email }
}
