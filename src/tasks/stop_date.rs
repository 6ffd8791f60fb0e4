//! New Stop Date: what it does to the chosen users, and doing it (product.md §2, "Edit").

use chrono::NaiveDate;

use crate::{
    audit::{self, Entry},
    clock::Timestamp,
    db::{self, AnyConn},
    desk::Desk,
    error::{Error, Result},
    ids::TaskId,
    mail,
    operators::{Permission, Who},
    policy::Policy,
    tasks::{
        edit::{Chosen, Picked, held, notice, users},
        enrollment::Status,
        store,
        task::Task,
    },
};

/// What a new Stop Date does to the chosen users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// Expired users who become Active again.
    pub active_again: usize,
    /// Users who get more days.
    pub later: usize,
    /// Users who get fewer days.
    pub earlier: usize,
    /// Users whose Stop Date it is already.
    pub same: usize,
}

impl Effect {
    /// Of moving the chosen users to `date`.
    pub fn of(picked: &Picked, date: NaiveDate) -> Self {
        let mut effect = Effect::default();
        for member in &picked.members {
            match member.facts.stop_on.cmp(&date) {
                std::cmp::Ordering::Equal => effect.same += 1,
                std::cmp::Ordering::Greater => effect.earlier += 1,
                std::cmp::Ordering::Less if picked.status(member) == Status::Expired => effect.active_again += 1,
                std::cmp::Ordering::Less => effect.later += 1,
            }
        }
        effect
    }

    /// "3 users become Active again, 12 users get more days".
    pub fn words(self) -> String {
        let one = |count: usize, single: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 user {single}")),
            _ => Some(format!("{count} users {many}")),
        };
        let parts: Vec<String> = [
            one(self.active_again, "becomes Active again", "become Active again"),
            one(self.later, "gets more days", "get more days"),
            one(self.earlier, "gets fewer days", "get fewer days"),
            one(self.same, "stays as is", "stay as they are"),
        ]
        .into_iter()
        .flatten()
        .collect();
        parts.join(", ")
    }
}

impl std::iter::Sum for Effect {
    fn sum<I: Iterator<Item = Effect>>(effects: I) -> Self {
        effects.fold(Effect::default(), |a, b| Effect {
            active_again: a.active_again + b.active_again,
            later: a.later + b.later,
            earlier: a.earlier + b.earlier,
            same: a.same + b.same,
        })
    }
}

/// What [`Picked::shown`] is asked for before the Stop Date is moved.
pub fn moving(date: NaiveDate) -> String {
    format!("stop-date {date}")
}

/// Reads a new Stop Date: not before today, not beyond the longest period from the Start Date.
///
/// # Errors
/// A mistake in `stop_on`.
pub fn new_stop_date(typed: &str, task: &Task, policy: &Policy, today: NaiveDate) -> Result<NaiveDate> {
    let date: NaiveDate =
        typed.parse().map_err(|_| Error::mistake("stop_on", "Type the new Stop Date as year-month-day."))?;
    let latest = policy.latest_stop(task.start_on);
    if date < today {
        return Err(Error::mistake("stop_on", format!("The Stop Date {date} has passed. Choose {today} or later.")));
    }
    if date > latest {
        let sentence =
            format!("The policy allows a Stop Date up to {latest}, counted from the Start Date. Resend goes further.");
        return Err(Error::mistake("stop_on", sentence));
    }
    Ok(date)
}

/// Moves the Stop Date of the chosen users; an Expired one whose date is moved on is Active again. No email is sent
/// unless `notify`.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Invalid` for a date that may not be; `Conflict` if anything differs from what was `shown`.
#[allow(clippy::too_many_arguments, reason = "who, when, which, what to, and what was shown")]
pub fn change_stop_date(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    task: TaskId,
    chosen: &Chosen,
    date: NaiveDate,
    notify: bool,
    shown: &str,
) -> Result<Effect> {
    who.need(Permission::ChangeStopDate)?;
    desk.db.write(|c| {
        let picked = held(desk, c, who, now, task, chosen, &moving(date), shown)?;
        move_users(desk, c, who, now, &picked, date, notify)
    })
}

/// In the verb's transaction: moves the Stop Date of all of `picked`.
pub(crate) fn move_users(
    desk: &Desk,
    c: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    picked: &Picked,
    date: NaiveDate,
    notify: bool,
) -> Result<Effect> {
    let task = picked.task.id;
    let date = new_stop_date(&date.to_string(), &picked.task, &picked.policy, picked.today)?;
    let effect = Effect::of(picked, date);
    store::write::set_stop_on(c, &picked.ids(), date)?;
    mail::move_waiting(c, &picked.ids(), date, desk.settings.zone.end_of(date))?;
    // In parts, so that the memory in use does not grow with the task.
    for part in picked.members.chunks(db::ROWS_A_STATEMENT) {
        if notify {
            let letters: Vec<mail::NewEmail> = part
                .iter()
                .filter(|member| !member.email.is_empty() && member.facts.stop_on != date)
                .map(|member| {
                    let mut letter = notice(who, now, picked, member, mail::Kind::NewStopDate);
                    letter.facts.previous_stop_on = Some(member.facts.stop_on);
                    letter.facts.stop_on = Some(date);
                    letter
                })
                .collect();
            mail::post(desk, c, now, who.name(), &letters)?;
        }
        let entries: Vec<Entry<'_>> = part
            .iter()
            .map(|member| {
                Entry::done(&who.actor, "tasks.stop_date_user", format!("Moved the Stop Date in task {task}"))
                    .task(task)
                    .user(member.user, &member.user_id)
                    .fact("Stop Date", format!("{} → {date}", member.facts.stop_on))
            })
            .collect();
        audit::record_all(c, now, &entries)?;
    }
    store::write::recount(c, task)?;
    let sentence = format!("Moved the Stop Date of {} to {date}", users(picked.members.len()));
    audit::record(c, now, &Entry::done(&who.actor, "tasks.stop_date", sentence).task(task))?;
    Ok(effect)
}
