//! Several tasks at once, ticked in the list: New Stop Date, Resend, Remove. Each does what it does to one task, all in
//! one transaction.

use chrono::NaiveDate;
use data_encoding::HEXLOWER;

use crate::{
    clock::Timestamp,
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Result},
    ids::TaskId,
    keys::{Keys, Purpose},
    operators::{Permission, Who},
    tasks::{
        edit::{self, Chosen, Picked},
        left_out::{LeftOut, Verb},
        list::Query,
        members::{Filter, Member},
        reading, resend,
        stop_date::{self, Effect},
        store,
    },
};

/// Tasks that are changed at once, at most: what one person can look over, and one transaction of seconds.
pub const TASKS_AT_ONCE: usize = 200;

/// Tasks of which is said why nothing can be done to them, before it says how many more there are.
const NAMED: usize = 5;

/// The tasks an operator ticked, or a view that stands for all it shows.
#[derive(Clone, Debug)]
pub enum Ticked {
    /// These.
    These(Vec<TaskId>),
    /// All that the list shows for this.
    Matching(Query),
}

/// What is done to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Their users who have not enrolled get this Stop Date.
    StopDate(NaiveDate),
    /// Their Active users who have not enrolled are sent the email again.
    Resend,
    /// They are removed.
    Remove,
}

impl Act {
    /// What the operator must hold.
    pub fn permission(self) -> Permission {
        match self {
            Act::StopDate(_) => Permission::ChangeStopDate,
            Act::Resend => Permission::Resend,
            Act::Remove => Permission::Remove,
        }
    }

    fn name(self) -> String {
        match self {
            Act::StopDate(date) => stop_date::moving(date),
            Act::Resend => resend::RESEND.into(),
            Act::Remove => edit::REMOVE.into(),
        }
    }

    /// What it does to each of the users of such a task.
    pub fn verb(self) -> Verb {
        match self {
            Act::StopDate(_) => Verb::StopDate,
            Act::Resend => Verb::Resend,
            Act::Remove => Verb::Remove,
        }
    }
}

/// The ticked tasks as they are now.
pub struct Several {
    /// The tasks with the users whom it concerns; the newest task first.
    pub parts: Vec<Picked>,
    /// Tasks that are left as they are, and why.
    pub left_out: Vec<(TaskId, String)>,
}

impl Several {
    /// The users to whom `act` is done.
    pub fn users(&self, act: Act) -> usize {
        self.parts.iter().map(|picked| picked.fit(act.verb()).len()).sum()
    }

    /// The users whom `act` leaves out, each with the task and why.
    pub fn users_left_out(&self, act: Act) -> Vec<(&Picked, &Member, LeftOut)> {
        let mut left = Vec::new();
        for picked in &self.parts {
            left.extend(picked.unfit(act.verb()).into_iter().map(|(member, why)| (picked, member, why)));
        }
        left
    }

    /// What a new Stop Date does to all of them.
    pub fn effect(&self, date: NaiveDate) -> Effect {
        self.parts.iter().map(|picked| Effect::of(picked, date)).sum()
    }

    /// The keyed hash of what is shown before `act`: which tasks, who in them, in what status, until when.
    pub fn shown(&self, keys: &Keys, act: Act) -> String {
        let parts: Vec<String> = self.parts.iter().map(|picked| picked.shown(keys, &act.name())).collect();
        HEXLOWER.encode(&keys.hash(Purpose::Preview, parts.join(" ").as_bytes()))
    }
}

/// Reads the ticked tasks, to show what `act` would do to them.
///
/// # Errors
/// `Forbidden`; `Invalid` if nothing was ticked, too much, or nothing that `act` could change, or for a date that has
/// passed.
pub fn look(desk: &Desk, who: &Who, now: Timestamp, ticked: &Ticked, act: Act) -> Result<Several> {
    who.need(act.permission())?;
    desk.db.read(|conn| looked(desk, conn, who, now, ticked, act))
}

/// Does `act` to the ticked tasks, all or none; how many users it concerned. `notify` tells them by email of a new Stop
/// Date or a canceled enrollment.
///
/// # Errors
/// As [`look`]; `Conflict` if anything differs from what was `shown`.
pub fn carry_out(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    ticked: &Ticked,
    act: Act,
    notify: bool,
    shown: &str,
) -> Result<Several> {
    who.need(act.permission())?;
    desk.db.write(|conn| {
        db::hold(conn, Lock::Provision)?;
        let tasks = ids(desk, conn, who, now, ticked)?;
        store::hold::of_tasks(conn, &tasks)?;
        let several = looked(desk, conn, who, now, ticked, act)?;
        if several.shown(&desk.keys, act) != shown {
            return Err(Error::Conflict("Some of these tasks changed since the page was shown.".into()));
        }
        // The oldest task first: the order in which everybody holds tasks.
        for picked in several.parts.iter().rev() {
            match act {
                Act::StopDate(date) => {
                    stop_date::move_users(desk, conn, who, now, picked, date, notify)?;
                }
                Act::Resend => {
                    resend::resend_users(desk, conn, who, now, picked)?;
                }
                Act::Remove => edit::remove_whole(desk, conn, who, now, picked, notify)?,
            }
        }
        Ok(several)
    })
}

fn looked(desk: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp, ticked: &Ticked, act: Act) -> Result<Several> {
    let today = desk.settings.zone.today(now);
    if let Act::StopDate(date) = act
        && date < today
    {
        return Err(Error::mistake("stop_on", format!("The Stop Date {date} has passed. Choose {today} or later.")));
    }
    let mut several = Several { parts: Vec::new(), left_out: Vec::new() };
    for id in ids(desk, conn, who, now, ticked)? {
        let picked = edit::picked(desk, conn, who, now, id, &Chosen::Matching(Filter::default())).and_then(|picked| {
            if let Act::StopDate(date) = act {
                stop_date::new_stop_date(&date.to_string(), &picked.task, &picked.policy, today)?;
            }
            picked.need_somebody(act.verb())?;
            Ok(picked)
        });
        match picked {
            Ok(picked) => several.parts.push(picked),
            // What is outside of the scope does not exist, and is not spoken of.
            Err(Error::NotFound { .. }) => {}
            Err(Error::Refused(why)) => several.left_out.push((id, why)),
            Err(Error::Invalid(mistakes)) => several.left_out.push((id, mistakes.to_string())),
            Err(other) => return Err(other),
        }
    }
    if several.parts.is_empty() {
        let whys: Vec<String> = several.left_out.iter().map(|(id, why)| format!("Task {id}: {why}")).collect();
        let why = if whys.is_empty() { "There is no such task.".into() } else { named(&whys) };
        return Err(Error::mistake("task", format!("None of the ticked tasks can be changed. {why}")));
    }
    Ok(several)
}

/// The first sentences of a list, and how many more there are.
fn named(sentences: &[String]) -> String {
    let first = sentences.iter().take(NAMED).cloned().collect::<Vec<_>>().join(" ");
    match sentences.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} And {more} more."),
    }
}

fn ids(desk: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp, ticked: &Ticked) -> Result<Vec<TaskId>> {
    let mut ids = match ticked {
        Ticked::These(ids) => ids.clone(),
        Ticked::Matching(query) => {
            let limit = i64::try_from(TASKS_AT_ONCE + 1).unwrap_or(i64::MAX);
            let listed = reading::list(conn, who, now, desk.settings.zone, query, 0, limit)?;
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
