//! The ticked users of a task: as a page shows them, and held for what is done to them (PRODUCT.md §2, "Edit").

use std::collections::HashSet;

use chrono::NaiveDate;

use crate::{
    clock::Timestamp,
    db::{self, AnyConn, Lock},
    desk::Desk,
    english::counted,
    error::{Error, Result},
    ids::{EnrollmentId, TaskId},
    keys::Keys,
    operators::Who,
    policy::{self, Policy},
    tasks::{
        left_out::{self, EditAction, LeftOut},
        members::{EnrollmentRow, Filter},
        reading,
        status::{Status, status},
        store,
        task::Task,
    },
    ticked::{self, Ticked},
};

/// The users that were ticked, or the filter that stands for all it finds.
pub type TickedUsers = Ticked<EnrollmentId, Filter>;

/// The ticked users of a task as they are now.
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

    /// Why `action` leaves out one of them; `None` if it does not.
    pub fn left_out(&self, action: EditAction, member: &EnrollmentRow) -> Option<LeftOut> {
        left_out::why(action, member, self.policy.attempts_allowed, self.today)
    }

    /// Those to whom `action` is done.
    pub fn fit(&self, action: EditAction) -> Vec<&EnrollmentRow> {
        self.members.iter().filter(|member| self.left_out(action, member).is_none()).collect()
    }

    /// Those whom `action` leaves out, and why; by User ID.
    pub fn unfit(&self, action: EditAction) -> Vec<(&EnrollmentRow, LeftOut)> {
        let why = |member| self.left_out(action, member).map(|why| (member, why));
        let mut unfit: Vec<(&EnrollmentRow, LeftOut)> =
            self.members.iter().chain(&self.enrolled).filter_map(why).collect();
        unfit.sort_by_cached_key(|(member, _)| db::key(&member.user_id));
        unfit
    }

    /// That there is someone left to whom `action` is done.
    ///
    /// # Errors
    /// A mistake in `user` that says why nobody is.
    pub fn need_somebody(&self, action: EditAction) -> Result<()> {
        if self.members.iter().any(|member| self.left_out(action, member).is_none()) {
            return Ok(());
        }
        let reasons = self.unfit(action).into_iter().map(|(_, why)| why);
        Err(Error::mistake("user", left_out::nobody(action, reasons)))
    }

    /// The hash of what is shown before `change`: who, in what status, until when, and whether an email can be sent.
    pub fn shown(&self, keys: &Keys, change: &str) -> String {
        let line = |member: &EnrollmentRow| {
            let (stop_on, disabled, email) = (member.facts.stop_on, member.disabled, !member.email.is_empty());
            let status = self.status(member).label();
            format!("{}\u{1f}{status}\u{1f}{stop_on}\u{1f}{disabled}\u{1f}{email}", member.enrollment)
        };
        let task = [change.to_owned(), self.task.id.to_string()];
        ticked::shown(keys, task.into_iter().chain(self.members.iter().map(line)))
    }

    pub(crate) fn ids(&self) -> Vec<EnrollmentId> {
        self.members.iter().map(|member| member.enrollment).collect()
    }
}

/// Reads the ticked users, to show what would happen to them.
///
/// # Errors
/// `NotFound` out of scope; `Refused` if the task is over; `Invalid` if nobody who can be changed was ticked.
pub fn preview(desk: &Desk, who: &Who, now: Timestamp, task: TaskId, ticked: &TickedUsers) -> Result<Preview> {
    desk.db.read(|conn| preview_held(desk, conn, who, now, task, ticked))
}

pub(crate) fn preview_held(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    id: TaskId,
    ticked: &TickedUsers,
) -> Result<Preview> {
    let zone = desk.settings.zone;
    let task = open_task(desk, conn, who, now, id)?;
    let (policy, today) = (policy::current(conn)?, zone.today(now));
    let attempts = policy.attempts_allowed;
    let (found, gone) = match ticked {
        Ticked::These(ids) => {
            let distinct: HashSet<&EnrollmentId> = ids.iter().collect();
            let found = store::members::ticked(
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
        // Those who enrolled cannot be ticked.
        Ticked::Matching(filter) => {
            let filter = Filter { open: true, ..filter.clone() };
            (store::members::ticked(conn, id, &who.scope, &filter, None, attempts, today)?, 0)
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
pub(super) fn since_shown(error: Error) -> Error {
    match error {
        Error::Refused(sentence) => Error::Conflict(sentence),
        other => other,
    }
}

/// In the verb's transaction: the ticked users, provided that they are as they were shown.
pub(crate) fn held(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    task: TaskId,
    ticked: &TickedUsers,
    change: &str,
    shown: &str,
) -> Result<Preview> {
    db::hold(conn, Lock::Provision)?;
    match ticked {
        Ticked::These(ids) => store::hold::these(conn, ids)?,
        Ticked::Matching(_) => store::hold::of_tasks(conn, &[task])?,
    }
    let preview = preview_held(desk, conn, who, now, task, ticked).map_err(since_shown)?;
    if preview.shown(&desk.keys, change) != shown {
        return Err(Error::Conflict("Some of these users changed since the page was shown. Nothing was done.".into()));
    }
    Ok(preview)
}

/// "1 user", "12 users".
pub(crate) fn users(count: usize) -> String {
    counted(count, "user")
}
