//! New Stop Date: what it does to the ticked users, and doing it (PRODUCT.md §2, "Edit").

use chrono::{Duration, NaiveDate};

use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    counts,
    db::{self, AnyConn, Lock},
    desk::Desk,
    english::{number, plural},
    error::{Error, Result},
    ids::{TaskId, UserId},
    mail,
    operators::{Permission, Who},
    policy::typed_stop,
    tasks::{
        remove::{NOTICE_DAYS, notice},
        resend::{self, Renewal},
        status::Status,
        store,
        ticked_users::{Preview, TickedUsers, held, preview_held, users},
    },
};

/// Users who get more days, or fewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DaysMoved {
    /// How many users.
    pub users: usize,
    /// The fewest days that one of them gets or loses.
    pub least: i64,
    /// The most.
    pub most: i64,
}

impl DaysMoved {
    fn note(&mut self, days: i64) {
        self.add(DaysMoved { users: 1, least: days, most: days });
    }

    fn add(&mut self, other: DaysMoved) {
        *self = match (self.users, other.users) {
            (_, 0) => *self,
            (0, _) => other,
            (mine, theirs) => {
                DaysMoved { users: mine + theirs, least: self.least.min(other.least), most: self.most.max(other.most) }
            }
        };
    }

    /// "4", or "2 to 6".
    pub fn days(self) -> String {
        if self.least == self.most { self.least.to_string() } else { format!("{} to {}", self.least, self.most) }
    }

    /// "4 more days", "1 more day", "2 to 6 fewer days".
    fn label(self, which: &str) -> String {
        format!("{} {which} {}", self.days(), plural(self.most, "day"))
    }
}

/// What a new Stop Date does to the ticked users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// Expired users who become Active again.
    pub active_again: DaysMoved,
    /// Others who get more days.
    pub later: DaysMoved,
    /// Users who get fewer days.
    pub earlier: DaysMoved,
    /// Users whose Stop Date it is already.
    pub same: usize,
    /// Users who are Locked, and stay so whatever the date.
    pub locked: usize,
}

impl Effect {
    /// Of moving the ticked users to `date`.
    pub fn of(preview: &Preview, date: NaiveDate) -> Self {
        let mut effect = Effect::default();
        for member in &preview.members {
            let days = (date - member.facts.stop_on).num_days();
            let status = preview.status(member);
            effect.locked += usize::from(status == Status::Locked);
            match days {
                0 => effect.same += 1,
                ..0 => effect.earlier.note(-days),
                _ if status == Status::Expired => effect.active_again.note(days),
                _ => effect.later.note(days),
            }
        }
        effect
    }

    /// "3 users become Active again, 12 users get 4 more days".
    pub fn label(self) -> String {
        let users = |count: usize, single: &str, many: &str| match count {
            1 => format!("1 user {single}"),
            _ => format!("{} users {many}", number(count)),
        };
        let parts = [
            (self.active_again.users, users(self.active_again.users, "becomes Active again", "become Active again")),
            (self.later.users, format!("{} {}", users(self.later.users, "gets", "get"), self.later.label("more"))),
            (
                self.earlier.users,
                format!("{} {}", users(self.earlier.users, "gets", "get"), self.earlier.label("fewer")),
            ),
            (self.same, users(self.same, "stays as is", "stay as they are")),
        ];
        let parts: Vec<String> = parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words).collect();
        parts.join(", ")
    }
}

impl std::iter::Sum for Effect {
    fn sum<I: Iterator<Item = Effect>>(effects: I) -> Self {
        effects.fold(Effect::default(), |mut a, b| {
            a.active_again.add(b.active_again);
            a.later.add(b.later);
            a.earlier.add(b.earlier);
            Effect { same: a.same + b.same, locked: a.locked + b.locked, ..a }
        })
    }
}

/// What [`Preview::shown`] is asked for before the Stop Date is moved.
pub fn moving(date: NaiveDate) -> String {
    format!("stop-date {date}")
}

/// Moves the Stop Date of the ticked users; an Expired one whose date is moved on is Active again. No email is sent
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
    ticked: &TickedUsers,
    date: NaiveDate,
    notify: bool,
    shown: &str,
) -> Result<Effect> {
    who.need(Permission::ChangeStopDate)?;
    desk.db.write_alone(|conn| {
        let preview = held(desk, conn, who, now, task, ticked, &moving(date), shown)?;
        move_users(desk, conn, who, now, &preview, date, notify)
    })
}

/// Moves the Stop Date of one user, who is told by email, to the date typed; the date. The user's enrollment must be as the page
/// showed it: still at `version`.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Invalid` for a date that may not be; `Conflict` if the enrollment changed meanwhile.
pub fn move_one(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    task: TaskId,
    user: UserId,
    typed: &str,
    version: &str,
) -> Result<NaiveDate> {
    who.need(Permission::ChangeStopDate)?;
    desk.db.write(|conn| {
        db::hold(conn, Lock::Provision)?;
        store::hold::of_user(conn, task, user)?;
        let enrollment = resend::enrollment(conn, who, task, user)?;
        if enrollment.version.to_string() != version {
            let name = &enrollment.user_id;
            return Err(Error::Conflict(format!("Task {task} of {name} changed since the page was shown.")));
        }
        let preview = preview_held(desk, conn, who, now, task, &TickedUsers::These(vec![enrollment.id]))?;
        let date = typed_stop(typed)?;
        move_users(desk, conn, who, now, &preview, date, true)?;
        Ok(date)
    })
}

/// In the verb's transaction: moves the Stop Date of all of `preview`.
pub(crate) fn move_users(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    preview: &Preview,
    date: NaiveDate,
    notify: bool,
) -> Result<Effect> {
    let task = preview.task.id;
    preview.policy.check_stop(date, preview.task.start_on, preview.today)?;
    let effect = Effect::of(preview, date);
    store::write::set_stop_on(conn, &preview.ids(), date)?;
    mail::move_waiting(conn, &preview.ids(), date, desk.settings.zone.end_of(date))?;
    // In parts, so that the memory in use does not grow with the task.
    for part in preview.members.chunks(db::ROWS_A_STATEMENT) {
        if notify {
            let letters: Vec<mail::NewEmail> = part
                .iter()
                .filter(|member| !member.email.is_empty() && member.facts.stop_on != date)
                .map(|member| {
                    let mut letter = notice(who, now, preview, member, mail::Kind::NewStopDate);
                    letter.facts.previous_stop_on = Some(member.facts.stop_on);
                    letter.facts.stop_on = Some(date);
                    letter
                })
                .collect();
            mail::post(desk, conn, now, who.name(), &letters)?;
        }
        let entries = part.iter().map(|member| {
            Entry::done(&who.actor, Verb::TasksStopDateUser, format!("Moved the Stop Date in task {task}"))
                .task(task)
                .user(member.user, &member.user_id)
                .fact("Stop Date", format!("{} → {date}", member.facts.stop_on))
        });
        audit::record_all(conn, now, entries)?;
    }
    counts::recount(conn, task)?;
    let sentence = format!("Moved the Stop Date of {} to {date}", users(preview.members.len()));
    audit::record(conn, now, &Entry::done(&who.actor, Verb::TasksStopDate, sentence).task(task))?;
    Ok(effect)
}

/// The email to one of many whose Stop Date is moved.
pub(super) fn letter(who: &Who, now: Timestamp, (user, date): &Renewal<'_>) -> mail::NewEmail {
    let give_up_at = now + Duration::days(NOTICE_DAYS);
    let mut letter = resend::email(*user, mail::Kind::NewStopDate, *date, give_up_at);
    letter.facts.previous_stop_on = Some(user.stop_on);
    letter.facts.requester = who.name().to_owned();
    letter
}

/// The audit entry of one of many whose Stop Date is moved.
pub(super) fn entry_of_moved<'a>(who: &'a Who, (user, date): &Renewal<'_>) -> Entry<'a> {
    resend::done_to(&who.actor, *user, Verb::TasksStopDateUser, format!("Moved the Stop Date in task {}", user.task))
        .fact("Stop Date", format!("{} → {date}", user.stop_on))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effect_says_how_many_days_and_for_how_many() {
        let change = |users, least, most| DaysMoved { users, least, most };
        let effect = Effect { later: change(12, 4, 4), active_again: change(3, 9, 12), ..Effect::default() };
        assert_eq!(effect.label(), "3 users become Active again, 12 users get 4 more days");
        let effect = Effect { later: change(1, 1, 1), earlier: change(2, 1, 3), same: 1, ..Effect::default() };
        assert_eq!(effect.label(), "1 user gets 1 more day, 2 users get 1 to 3 fewer days, 1 user stays as is");
        let both: Effect = [effect, Effect { later: change(5, 3, 6), ..Effect::default() }].into_iter().sum();
        assert_eq!(both.later, change(6, 1, 6));
    }
}
