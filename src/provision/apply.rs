//! Carries out a plan: task, enrollments, links, emails and audit entries in the caller's transaction, for one user or
//! for 100,000.

use std::collections::HashMap;

use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    counts,
    db::{AnyConn, ROWS_A_STATEMENT},
    desk::Desk,
    english::counted,
    error::{Error, Result},
    ids::{EnrollmentId, TaskId, UserId, WorkId},
    mail,
    operators::Who,
    policy::Policy,
    provision::{
        plan::{Candidate, Plan},
        store::task::{self as new_rows, NewTask},
    },
    tasks::{self, links, status::RemovedWhy},
};

/// Does what `plan` says; the caller holds `Lock::Provision` and made the plan in this same transaction.
pub(crate) fn apply(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    plan: &Plan,
    policy: &Policy,
) -> Result<TaskId> {
    let getting: Vec<&Candidate> = plan.getting().collect();
    let task = new_rows::insert_task(conn, now, who, &NewTask::of(plan, getting.len()))?;
    let enrollments = new_rows::insert_enrollments(conn, now, task, plan, &getting)?;
    replace(conn, who, now, plan, task)?;
    write_to_all(desk, conn, who, now, plan, policy, task, &getting, &enrollments)?;
    tasks::note_last_emails(conn, task)?;
    record(conn, who, now, plan, task, &getting)?;
    Ok(task)
}

/// Does what `plan` says with the links and emails that `work` has prepared for it; the rest is as with [`apply`].
pub(super) fn apply_prepared(
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    plan: &Plan,
    work: WorkId,
) -> Result<TaskId> {
    let users = plan.count();
    let task = new_rows::insert_task(conn, now, who, &NewTask::of(plan, users))?;
    let all = |rows: usize| match rows == users {
        true => Ok(()),
        false => Err(Error::Internal(format!("work {work} has prepared {rows} rows for {users} users"))),
    };
    all(new_rows::insert_prepared(conn, now, task, plan, work)?)?;
    replace(conn, who, now, plan, task)?;
    all(tasks::open_prepared_links(conn, now, work, task)?)?;
    all(mail::post_prepared(conn, now, who.name(), work, task)?)?;
    tasks::note_last_emails(conn, task)?;
    let ids = plan.getting().map(|user| (user.user, user.user_id.as_str()));
    all(audit::record_for(conn, now, work, &entry_of_user(who, plan, task), ids)?)?;
    record_task(conn, who, now, plan, task, users)?;
    Ok(task)
}

/// Ends the older enrollments: their links stop working, what waits in the outbox is canceled, their tasks are counted.
fn replace(conn: &mut AnyConn, who: &Who, now: Timestamp, plan: &Plan, task: TaskId) -> Result<()> {
    let replaced = plan.replaced();
    if replaced.is_empty() {
        return Ok(());
    }
    let enrollments: Vec<EnrollmentId> = replaced.iter().map(|enrollment| enrollment.enrollment).collect();
    let ended = tasks::end_enrollments(conn, now, &enrollments, who.name(), RemovedWhy::Replaced, Some(task))?;
    if ended != enrollments.len() {
        return Err(Error::Conflict("Some of these users enrolled at this very moment. Look again.".into()));
    }
    mail::cancel_waiting(conn, &enrollments)?;
    let mut older: Vec<TaskId> = replaced.iter().map(|enrollment| enrollment.task).collect();
    older.sort();
    older.dedup();
    for older in older {
        let users = replaced.iter().filter(|enrollment| enrollment.task == older).count();
        let users = counted(users, "user");
        let entry = Entry::done(&who.actor, Verb::TasksReplace, format!("Moved {users} to task {task}"));
        audit::record(conn, now, &entry.task(older))?;
        counts::recount(conn, older)?;
    }
    Ok(())
}

#[allow(clippy::too_many_arguments, reason = "one step of a verb, split off for reading")]
fn write_to_all(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    plan: &Plan,
    policy: &Policy,
    task: TaskId,
    getting: &[&Candidate],
    enrollments: &HashMap<UserId, EnrollmentId>,
) -> Result<()> {
    let give_up_at = desk.settings.zone.end_of(plan.choice.stop_on);
    // In parts, so that the memory in use does not grow with the number of users.
    // Who has no address is handed the link: it is made then.
    let written: Vec<&Candidate> = getting.iter().copied().filter(|user| !user.email.is_empty()).collect();
    for part in written.chunks(ROWS_A_STATEMENT) {
        let enrollment_of = |user: &Candidate| {
            let enrollment = enrollments.get(&user.user).copied();
            enrollment.ok_or_else(|| Error::Internal(format!("user {} got no enrollment in task {task}", user.user)))
        };
        let ids = part.iter().map(|user| enrollment_of(user)).collect::<Result<Vec<EnrollmentId>>>()?;
        let mut links = links::make_first(desk, conn, now, &ids, policy)?;
        let emails = part
            .iter()
            .map(|user| {
                let link = links.take(enrollment_of(user)?)?;
                let enrollment = Some(link.enrollment);
                Ok(mail::NewEmail { enrollment, ..email(who, plan, user, task, link.secret(policy), give_up_at) })
            })
            .collect::<Result<Vec<_>>>()?;
        mail::post(desk, conn, now, who.name(), &emails)?;
    }
    Ok(())
}

/// The email to a user of `plan` who gets an enrollment in `task`.
pub(super) fn email(
    who: &Who,
    plan: &Plan,
    user: &Candidate,
    task: TaskId,
    secret: mail::Secret,
    give_up_at: Timestamp,
) -> mail::NewEmail {
    let facts = mail::Facts {
        first_name: user.first_name.clone(),
        name: user.name(),
        user_id: user.user_id.clone(),
        authentication_type: plan.choice.authentication_type.plain().into(),
        task: Some(task.0),
        stop_on: Some(plan.choice.stop_on),
        requester: who.name().into(),
        ..mail::Facts::default()
    };
    mail::NewEmail {
        user: Some(user.user),
        container: Some(user.container),
        task: Some(task),
        secret: Some(secret),
        ..mail::NewEmail::new(mail::Kind::Enrollment, &user.email, facts, give_up_at)
    }
}

/// One entry for each user, and last the task's own, so that it is the newest of them.
fn record(
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    plan: &Plan,
    task: TaskId,
    getting: &[&Candidate],
) -> Result<()> {
    for part in getting.chunks(ROWS_A_STATEMENT) {
        let entries = part.iter().map(|user| entry_of_user(who, plan, task).user(user.user, &user.user_id));
        audit::record_all(conn, now, entries)?;
    }
    record_task(conn, who, now, plan, task, getting.len())
}

fn entry_of_user<'a>(who: &'a Who, plan: &Plan, task: TaskId) -> Entry<'a> {
    let kind = plan.choice.authentication_type.label();
    Entry::done(&who.actor, Verb::TasksProvisionUser, format!("Provisioned in task {task}: {kind}")).task(task)
}

fn record_task(conn: &mut AnyConn, who: &Who, now: Timestamp, plan: &Plan, task: TaskId, users: usize) -> Result<()> {
    let kind = plan.choice.authentication_type.label();
    let users = counted(users, "user");
    let mut entry = Entry::done(&who.actor, Verb::TasksProvision, format!("Provisioned {users}"))
        .task(task)
        .fact("Authentication Type", kind)
        .fact("Stop Date", plan.choice.stop_on.to_string());
    for (why, count) in plan.skipped() {
        entry = entry.fact("Left out", format!("{count} {}", why.words_for_many()));
    }
    audit::record(conn, now, &entry)
}
