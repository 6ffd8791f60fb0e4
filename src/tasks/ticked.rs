//! Tasks that were ticked in the list: New Stop Date, Resend, Remove. Each does what it does to one task, all in
//! one transaction.

use chrono::NaiveDate;

use crate::{
    clock::Timestamp,
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Result},
    ids::TaskId,
    keys::Keys,
    operators::{Permission, Who},
    policy::check_not_passed,
    tasks::{
        left_out::{EditAction, LeftOut},
        list::Query,
        members::{EnrollmentRow, Filter},
        reading, remove, resend,
        stop_date::{self, Effect},
        store,
        ticked_users::{self, TickedUsers},
    },
    ticked::{self, Ticked},
};

/// Tasks that are changed at once, at most: what one person can look over, and one transaction of seconds.
pub const TASKS_AT_ONCE: usize = 200;

/// Tasks of which is said why nothing can be done to them, before it says how many more there are.
const NAMED: usize = 5;

/// The tasks that were ticked, or the view that stands for all it shows.
pub type TickedTasks = Ticked<TaskId, Query>;

/// What is done to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Their users who have not enrolled get this Stop Date.
    StopDate(NaiveDate),
    /// Their Active users who have not enrolled are sent the email again.
    Resend,
    /// They are removed.
    Remove,
}

impl Change {
    /// What the operator must hold.
    pub fn permission(self) -> Permission {
        match self {
            Change::StopDate(_) => Permission::ChangeStopDate,
            Change::Resend => Permission::Resend,
            Change::Remove => Permission::Remove,
        }
    }

    fn name(self) -> String {
        match self {
            Change::StopDate(date) => stop_date::moving(date),
            Change::Resend => resend::RESEND.into(),
            Change::Remove => remove::REMOVE.into(),
        }
    }

    /// What it does to each of the users of such a task.
    pub fn action(self) -> EditAction {
        match self {
            Change::StopDate(_) => EditAction::StopDate,
            Change::Resend => EditAction::Resend,
            Change::Remove => EditAction::Remove,
        }
    }
}

/// The ticked tasks as they are now.
pub struct Preview {
    /// The tasks with the users whom it concerns; the newest task first.
    pub parts: Vec<ticked_users::Preview>,
    /// Tasks that are left as they are, and why.
    pub left_out: Vec<(TaskId, String)>,
}

impl Preview {
    /// The users to whom `change` is done.
    pub fn users(&self, change: Change) -> usize {
        self.parts.iter().map(|part| part.fit(change.action()).len()).sum()
    }

    /// The users whom `change` leaves out, each with the task and why.
    pub fn users_left_out(&self, change: Change) -> Vec<(&ticked_users::Preview, &EnrollmentRow, LeftOut)> {
        let mut left = Vec::new();
        for part in &self.parts {
            left.extend(part.unfit(change.action()).into_iter().map(|(member, why)| (part, member, why)));
        }
        left
    }

    /// What a new Stop Date does to all of them.
    pub fn effect(&self, date: NaiveDate) -> Effect {
        self.parts.iter().map(|part| Effect::of(part, date)).sum()
    }

    /// The hash of what is shown before `change`: which tasks, who in them, in what status, until when.
    pub fn shown(&self, keys: &Keys, change: Change) -> String {
        ticked::shown(keys, self.parts.iter().map(|part| part.shown(keys, &change.name())))
    }
}

/// Reads the ticked tasks, to show what `change` would do to them.
///
/// # Errors
/// `Forbidden`; `Invalid` if nothing was ticked, too much, or nothing that `change` could change, or for a date that has
/// passed.
pub fn preview(desk: &Desk, who: &Who, now: Timestamp, ticked: &TickedTasks, change: Change) -> Result<Preview> {
    who.need(change.permission())?;
    desk.db.read(|conn| preview_held(desk, conn, who, now, ticked, change))
}

/// Does `change` to the ticked tasks, all or none; how many users it concerned. `notify` tells them by email of a new Stop
/// Date or a canceled enrollment.
///
/// # Errors
/// As [`preview`]; `Conflict` if anything differs from what was `shown`.
pub fn apply(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    ticked: &TickedTasks,
    change: Change,
    notify: bool,
    shown: &str,
) -> Result<Preview> {
    who.need(change.permission())?;
    desk.db.write_alone(|conn| {
        db::hold(conn, Lock::Provision)?;
        let tasks = ids(desk, conn, who, now, ticked)?;
        store::hold::of_tasks(conn, &tasks)?;
        let preview = preview_held(desk, conn, who, now, ticked, change)?;
        if preview.shown(&desk.keys, change) != shown {
            return Err(Error::Conflict("Some of these tasks changed since the page was shown.".into()));
        }
        // The oldest task first: the order in which everybody holds tasks.
        for part in preview.parts.iter().rev() {
            match change {
                Change::StopDate(date) => {
                    stop_date::move_users(desk, conn, who, now, part, date, notify)?;
                }
                Change::Resend => {
                    resend::resend_users(desk, conn, who, now, part)?;
                }
                Change::Remove => remove::remove_whole(desk, conn, who, now, part, notify)?,
            }
        }
        Ok(preview)
    })
}

fn preview_held(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    ticked: &TickedTasks,
    change: Change,
) -> Result<Preview> {
    let today = desk.settings.zone.today(now);
    if let Change::StopDate(date) = change {
        check_not_passed(date, today)?;
    }
    let mut preview = Preview { parts: Vec::new(), left_out: Vec::new() };
    for id in ids(desk, conn, who, now, ticked)? {
        let part = ticked_users::preview_held(desk, conn, who, now, id, &TickedUsers::Matching(Filter::default()))
            .and_then(|part| {
                if let Change::StopDate(date) = change {
                    part.policy.check_stop(date, part.task.start_on, today)?;
                }
                part.need_somebody(change.action())?;
                Ok(part)
            });
        match part {
            Ok(part) => preview.parts.push(part),
            // What is outside of the scope does not exist, and is not spoken of.
            Err(Error::NotFound { .. }) => {}
            Err(Error::Refused(why)) => preview.left_out.push((id, why)),
            Err(Error::Invalid(mistakes)) => preview.left_out.push((id, mistakes.to_string())),
            Err(other) => return Err(other),
        }
    }
    if preview.parts.is_empty() {
        let whys: Vec<String> = preview.left_out.iter().map(|(id, why)| format!("Task {id}: {why}")).collect();
        let why = if whys.is_empty() { "There is no such task.".into() } else { named(&whys) };
        return Err(Error::mistake("task", format!("None of the ticked tasks can be changed. {why}")));
    }
    Ok(preview)
}

/// The first sentences of a list, and how many more there are.
fn named(sentences: &[String]) -> String {
    let first = sentences.iter().take(NAMED).cloned().collect::<Vec<_>>().join(" ");
    match sentences.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} And {more} more."),
    }
}

fn ids(desk: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp, ticked: &TickedTasks) -> Result<Vec<TaskId>> {
    let mut ids = match ticked {
        Ticked::These(ids) => ids.clone(),
        Ticked::Matching(query) => {
            let limit = i64::try_from(TASKS_AT_ONCE + 1).unwrap_or(i64::MAX);
            let listed = reading::list(conn, who, now, desk.settings.zone, query, (0, limit))?;
            listed.rows.iter().map(|row| row.task.id).collect()
        }
    };
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids.dedup();
    match ids.len() {
        0 => Err(Error::mistake("task", "Tick at least one task.")),
        many if many > TASKS_AT_ONCE => {
            Err(Error::mistake("task", format!("Up to {TASKS_AT_ONCE} tasks can be changed at once. Tick fewer.")))
        }
        _ => Ok(ids),
    }
}
