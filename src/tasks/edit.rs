//! Edit and Remove: users are chosen, and taken out of a task (PRODUCT.md §2).

use std::collections::HashSet;

use chrono::{Duration, NaiveDate};
use data_encoding::HEXLOWER;

use crate::{
    audit::{self, Entry},
    clock::Timestamp,
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Result},
    ids::{EnrollmentId, TaskId},
    keys::{Keys, Purpose},
    mail,
    operators::{Permission, Who},
    policy::{self, Policy},
    tasks::{
        enrollment::{RemovedWhy, Status, status},
        left_out::{self, LeftOut, Verb},
        members::{EnrollmentRow, Filter},
        reading, store,
        task::Task,
    },
};

/// A message that something was canceled or moved is of no use after so many days.
const NOTICE_DAYS: i64 = 7;

/// The users an operator ticked, or a filter that stands for all it finds: 100,000 users need no 100,000 ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// These.
    These(Vec<EnrollmentId>),
    /// All that match.
    Matching(Filter),
}

/// The chosen users of a task as they are now.
pub struct Preview {
    /// The task.
    pub task: Task,
    /// Those who can be changed: in scope, in the task, not enrolled; by User ID.
    pub members: Vec<EnrollmentRow>,
    /// Those who were ticked and have enrolled: nothing is changed for them.
    pub enrolled: Vec<EnrollmentRow>,
    /// How many were ticked and are not in the task, or not any more.
    pub gone: usize,
    /// The policy.
    pub policy: Policy,
    /// Today in the organization's zone.
    pub today: NaiveDate,
}

impl Preview {
    /// The status of one of them.
    pub fn status(&self, member: &EnrollmentRow) -> Status {
        status(&member.facts, self.policy.attempts_allowed, self.today)
    }

    /// Why `verb` leaves out one of them; `None` if it does not.
    pub fn left_out(&self, verb: Verb, member: &EnrollmentRow) -> Option<LeftOut> {
        left_out::why(verb, member, self.policy.attempts_allowed, self.today)
    }

    /// Those to whom `verb` is done.
    pub fn fit(&self, verb: Verb) -> Vec<&EnrollmentRow> {
        self.members.iter().filter(|member| self.left_out(verb, member).is_none()).collect()
    }

    /// Those whom `verb` leaves out, and why; by User ID.
    pub fn unfit(&self, verb: Verb) -> Vec<(&EnrollmentRow, LeftOut)> {
        let why = |member| self.left_out(verb, member).map(|why| (member, why));
        let mut unfit: Vec<(&EnrollmentRow, LeftOut)> =
            self.members.iter().chain(&self.enrolled).filter_map(why).collect();
        unfit.sort_by_cached_key(|(member, _)| db::key(&member.user_id));
        unfit
    }

    /// That there is someone left to whom `verb` is done.
    ///
    /// # Errors
    /// A mistake in `user` that says why nobody is.
    pub fn need_somebody(&self, verb: Verb) -> Result<()> {
        if self.members.iter().any(|member| self.left_out(verb, member).is_none()) {
            return Ok(());
        }
        let reasons = self.unfit(verb).into_iter().map(|(_, why)| why);
        Err(Error::mistake("user", left_out::nobody(verb, reasons)))
    }

    /// The keyed hash of what is shown before `act`: who, in what status, until when, and whether an email can be sent.
    /// What is carried out is exactly what was shown.
    pub fn shown(&self, keys: &Keys, act: &str) -> String {
        let mut text = format!("{act}\u{1e}{}\u{1e}", self.task.id);
        for member in &self.members {
            let (stop_on, disabled, email) = (member.facts.stop_on, member.disabled, !member.email.is_empty());
            let status = self.status(member).label();
            text.push_str(&format!(
                "{}\u{1f}{status}\u{1f}{stop_on}\u{1f}{disabled}\u{1f}{email}\u{1e}",
                member.enrollment
            ));
        }
        HEXLOWER.encode(&keys.hash(Purpose::Preview, text.as_bytes()))
    }

    pub(crate) fn ids(&self) -> Vec<EnrollmentId> {
        self.members.iter().map(|member| member.enrollment).collect()
    }
}

/// Reads the chosen users, to show what would happen to them.
///
/// # Errors
/// `NotFound` out of scope; `Refused` if the task is over; `Invalid` if nobody who can be changed was chosen.
pub fn preview(desk: &Desk, who: &Who, now: Timestamp, task: TaskId, chosen: &Chosen) -> Result<Preview> {
    desk.db.read(|conn| preview_held(desk, conn, who, now, task, chosen))
}

pub(crate) fn preview_held(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    id: TaskId,
    chosen: &Chosen,
) -> Result<Preview> {
    let zone = desk.settings.zone;
    let task = open_task(desk, conn, who, now, id)?;
    let (policy, today) = (policy::current(conn)?, zone.today(now));
    let attempts = policy.attempts_allowed;
    let (found, gone) = match chosen {
        Chosen::These(ids) => {
            let distinct: HashSet<&EnrollmentId> = ids.iter().collect();
            let found = store::members::chosen(
                conn,
                id,
                &who.scope,
                &Filter::default(),
                Some(ids.as_slice()),
                attempts,
                today,
            )?;
            let gone = distinct.len() - found.len();
            (found, gone)
        }
        // Those who enrolled cannot be chosen.
        Chosen::Matching(filter) => {
            let filter = Filter { open: true, ..filter.clone() };
            (store::members::chosen(conn, id, &who.scope, &filter, None, attempts, today)?, 0)
        }
    };
    let (enrolled, members): (Vec<EnrollmentRow>, Vec<EnrollmentRow>) =
        found.into_iter().partition(|member| member.facts.enrolled_at.is_some());
    if members.is_empty() {
        let sentence = match (enrolled.len(), gone) {
            (0, 0) => "Tick at least one user who has not enrolled.".into(),
            (0, _) => "Nobody who was ticked is still in the task. Tick at least one user who has not enrolled.".into(),
            (count, _) => format!(
                "Of those who were ticked, {}. Tick at least one user who has not enrolled.",
                LeftOut::Enrolled.of_many(count)
            ),
        };
        return Err(Error::mistake("user", sentence));
    }
    Ok(Preview { task, members, enrolled, gone, policy, today })
}

fn open_task(desk: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp, id: TaskId) -> Result<Task> {
    let task = reading::find(conn, who, now, desk.settings.zone, id)?.task;
    match task.removed_at {
        Some(_) => Err(Error::Refused(format!("Task {id} was removed by {}.", task.removed_by))),
        None if task.counts.users == 0 => Err(Error::Refused(format!("All users were removed from task {id}."))),
        None if !task.is_open() => Err(Error::Refused(format!("Everyone in task {id} has enrolled."))),
        None => Ok(task),
    }
}

/// Of a task that was open when its page was shown, what no longer allows it came to pass meanwhile.
fn since_shown(error: Error) -> Error {
    match error {
        Error::Refused(sentence) => Error::Conflict(sentence),
        other => other,
    }
}

/// In the verb's transaction: the chosen users, provided that they are as they were shown.
pub(crate) fn held(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    task: TaskId,
    chosen: &Chosen,
    act: &str,
    shown: &str,
) -> Result<Preview> {
    db::hold(conn, Lock::Provision)?;
    match chosen {
        Chosen::These(ids) => store::hold::these(conn, ids)?,
        Chosen::Matching(_) => store::hold::of_tasks(conn, &[task])?,
    }
    let picked = preview_held(desk, conn, who, now, task, chosen).map_err(since_shown)?;
    if picked.shown(&desk.keys, act) != shown {
        return Err(Error::Conflict("Some of these users changed since the page was shown. Nothing was done.".into()));
    }
    Ok(picked)
}

/// What [`Picked::shown`] is asked for before users are removed.
pub const REMOVE: &str = "remove";

/// Takes the chosen users out of the task; it cannot be reversed. With `notify` they get an email. How many.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Conflict` if anything differs from what was `shown`.
pub fn remove_users(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    task: TaskId,
    chosen: &Chosen,
    notify: bool,
    shown: &str,
) -> Result<usize> {
    who.need(Permission::Remove)?;
    desk.db.write(|conn| {
        let picked = held(desk, conn, who, now, task, chosen, REMOVE, shown)?;
        take_out(desk, conn, who, now, &picked, notify, RemovedWhy::Removed)?;
        store::write::recount(conn, task)?;
        let count = picked.members.len();
        let entry = Entry::done(&who.actor, "tasks.remove_users", format!("Removed {}", users(count)))
            .task(task)
            .fact("Email notification", if notify { "sent" } else { "not sent" });
        audit::record(conn, now, &entry)?;
        Ok(count)
    })
}

fn take_out(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    picked: &Preview,
    notify: bool,
    why: RemovedWhy,
) -> Result<()> {
    let ids = picked.ids();
    if store::write::end(conn, now, &ids, who.name(), why, None)? != ids.len() {
        return Err(Error::Conflict("Some of these users enrolled at this very moment. Nothing was done.".into()));
    }
    mail::cancel_waiting(conn, now, &ids)?;
    // In parts, so that the memory in use does not grow with the task.
    for part in picked.members.chunks(db::ROWS_A_STATEMENT) {
        if notify {
            let letters: Vec<mail::NewEmail> = part
                .iter()
                .filter(|member| !member.email.is_empty())
                .map(|member| notice(who, now, picked, member, mail::Kind::Canceled))
                .collect();
            mail::post(desk, conn, now, who.name(), &letters)?;
        }
        let entries: Vec<Entry<'_>> = part
            .iter()
            .map(|member| {
                Entry::done(&who.actor, "tasks.remove_user", format!("Removed from task {}", picked.task.id))
                    .task(picked.task.id)
                    .user(member.user, &member.user_id)
            })
            .collect();
        audit::record_all(conn, now, &entries)?;
    }
    Ok(())
}

/// An email about a change to the chosen users.
pub(crate) fn notice(
    who: &Who,
    now: Timestamp,
    picked: &Preview,
    member: &EnrollmentRow,
    kind: mail::Kind,
) -> mail::NewEmail {
    mail::NewEmail {
        kind,
        to: member.email.clone(),
        alternate: false,
        user: Some(member.user),
        container: Some(member.container),
        task: Some(picked.task.id),
        enrollment: Some(member.enrollment),
        facts: mail::Facts {
            first_name: member.first_name.clone(),
            name: member.name(),
            user_id: member.user_id.clone(),
            authentication_type: picked.task.authentication_type.plain().into(),
            task: Some(picked.task.id.0),
            stop_on: Some(member.facts.stop_on),
            requester: who.name().into(),
            ..mail::Facts::default()
        },
        secret: None,
        give_up_at: now + Duration::days(NOTICE_DAYS),
    }
}

/// Removes the task: who has not enrolled loses the ability to, who has keeps the token. It cannot be reversed. An
/// operator who does not see all users of the task takes out those in scope, and the task stays for the others.
/// `lose` is how many the page said would lose it. How many did.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Conflict` if it is over, or another number would lose it now.
pub fn remove_task(desk: &Desk, who: &Who, now: Timestamp, id: TaskId, notify: bool, lose: usize) -> Result<usize> {
    who.need(Permission::Remove)?;
    desk.db.write(|conn| {
        db::hold(conn, Lock::Provision)?;
        store::hold::of_tasks(conn, &[id])?;
        let picked =
            preview_held(desk, conn, who, now, id, &Chosen::Matching(Filter::default())).map_err(since_shown)?;
        if picked.members.len() != lose {
            let sentence = format!("Now {} would lose it. Nothing was done: look again.", users(picked.members.len()));
            return Err(Error::Conflict(sentence));
        }
        remove_whole(desk, conn, who, now, &picked, notify)?;
        Ok(lose)
    })
}

/// In the verb's transaction: takes out all of `picked`, and the task itself if nobody else is in it.
pub(crate) fn remove_whole(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    picked: &Preview,
    notify: bool,
) -> Result<()> {
    let (id, lose) = (picked.task.id, users(picked.members.len()));
    let whole = store::list::find(conn, id)?.is_some_and(|all| all.counts.users == picked.task.counts.users);
    let why = if whole { RemovedWhy::TaskRemoved } else { RemovedWhy::Removed };
    take_out(desk, conn, who, now, picked, notify, why)?;
    if whole {
        store::write::remove_task(conn, now, id, who.name())?;
        store::write::note_newest_email(conn, id)?;
    } else {
        store::write::recount(conn, id)?;
    }
    let sentence =
        if whole { format!("Removed the task; {lose} can no longer enroll") } else { format!("Removed {lose}") };
    let entry = Entry::done(&who.actor, "tasks.remove", sentence)
        .task(id)
        .fact("Email notification", if notify { "sent" } else { "not sent" });
    audit::record(conn, now, &entry)
}

pub(crate) fn users(count: usize) -> String {
    if count == 1 { "1 user".into() } else { format!("{count} users") }
}
