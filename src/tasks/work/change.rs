//! What is done to the ticked users of a task, and what it comes to for each.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    audit::{Entry, Verb},
    clock::Timestamp,
    desk::Desk,
    error::Result,
    mail,
    operators::{Permission, Who},
    tasks::{
        addressee::Addressee,
        left_out::EditAction,
        remove::{self, REMOVE},
        resend::{self, RESEND, Renewal, UNLOCK},
        stop_date::{self, Effect},
        ticked_users::{self, Preview},
    },
    work::Kind,
};

/// What is done to the ticked users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// Each is sent the enrollment email again.
    Resend,
    /// Each who is Locked is unlocked, for this reason, and sent a fresh email.
    Unlock(String),
    /// Each gets this Stop Date, and is told of it by email if that is true.
    StopDate(NaiveDate, bool),
    /// Each is taken out of the task, and told of it by email if that is true.
    Remove(bool),
}

impl Change {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Change::Resend => Kind::Resend,
            Change::Unlock(_) => Kind::Unlock,
            Change::StopDate(..) => Kind::StopDate,
            Change::Remove(_) => Kind::Remove,
        }
    }

    pub(super) fn action(&self) -> EditAction {
        match self {
            Change::Resend => EditAction::Resend,
            Change::Unlock(_) => EditAction::Unlock,
            Change::StopDate(..) => EditAction::StopDate,
            Change::Remove(_) => EditAction::Remove,
        }
    }

    /// What the hash of what was shown was asked for.
    pub(super) fn name(&self) -> String {
        match self {
            Change::Resend => RESEND.into(),
            Change::Unlock(_) => UNLOCK.into(),
            Change::StopDate(date, _) => stop_date::moving(*date),
            Change::Remove(_) => REMOVE.into(),
        }
    }

    pub(super) fn permission(&self) -> Permission {
        match self {
            Change::Resend => Permission::Resend,
            Change::Unlock(_) => Permission::Unlock,
            Change::StopDate(..) => Permission::ChangeStopDate,
            Change::Remove(_) => Permission::Remove,
        }
    }

    /// The Stop Date of a user after it.
    pub(super) fn stop_after(&self, preview: &Preview, user: &Addressee<'_>) -> NaiveDate {
        match self {
            Change::Resend => resend::stop_after_resend(preview, user.stop_on),
            Change::Unlock(_) => resend::stop_after_unlock(preview, user.stop_on),
            Change::StopDate(date, _) => *date,
            Change::Remove(_) => user.stop_on,
        }
    }

    /// The audit entry of a user.
    pub(super) fn entry<'a>(&self, who: &'a Who, renewal: &Renewal<'_>) -> Entry<'a> {
        match self {
            Change::Resend => resend::entry_of_resent(who, renewal),
            Change::Unlock(reason) => resend::entry_of_unlocked(who, reason, renewal),
            Change::StopDate(..) => stop_date::entry_of_moved(who, renewal),
            Change::Remove(_) => remove::entry_of_removed(who, renewal),
        }
    }

    /// True if each user gets a link and a code, and so an email.
    pub(super) fn is_fresh(&self) -> bool {
        matches!(self, Change::Resend | Change::Unlock(_))
    }

    /// True if a user is written to.
    pub(super) fn writes_to(&self, (user, stop_on): &Renewal<'_>) -> bool {
        match self {
            Change::Resend | Change::Unlock(_) => true,
            Change::StopDate(_, notify) => *notify && !user.email.is_empty() && user.stop_on != *stop_on,
            Change::Remove(notify) => *notify && !user.email.is_empty(),
        }
    }

    /// That it may be done to these users on this day.
    pub(super) fn check(&self, preview: &Preview) -> Result<()> {
        match self {
            Change::Resend | Change::Unlock(_) => preview.need_somebody(self.action()),
            Change::StopDate(date, _) => preview.policy.check_stop(*date, preview.task.start_on, preview.today),
            Change::Remove(_) => Ok(()),
        }
    }

    /// What is said once it is done.
    pub(super) fn done(&self, desk: &Desk, preview: &Preview, users: usize) -> String {
        let (people, emails) = (ticked_users::users(users), mail::promise::of_many(&desk.settings, "The emails"));
        match self {
            Change::Resend => format!("Resent to {people}. {emails}"),
            Change::Unlock(_) => format!("Unlocked {people}. {emails}"),
            Change::StopDate(date, _) => format!("New Stop Date {date}: {}.", Effect::of(preview, *date).label()),
            Change::Remove(_) => format!("Removed {people} from task {}.", preview.task.id),
        }
    }

    pub(super) fn verb(&self) -> Verb {
        match self {
            Change::Resend => Verb::TasksResendUser,
            Change::Unlock(_) => Verb::TasksUnlock,
            Change::StopDate(..) => Verb::TasksStopDateUser,
            Change::Remove(_) => Verb::TasksRemoveUser,
        }
    }

    /// The email to one who gets no link.
    pub(super) fn letter(&self, who: &Who, now: Timestamp, renewal: &Renewal<'_>) -> mail::NewEmail {
        match self {
            Change::Remove(_) => remove::letter(who, now, renewal),
            _ => stop_date::letter(who, now, renewal),
        }
    }

    /// The entry about all of them, beside those of each; `None` where each says enough.
    pub(super) fn entry_of_all<'a>(&self, who: &'a Who, people: &str) -> Option<Entry<'a>> {
        let entry = |verb: Verb, sentence: String| Some(Entry::done(&who.actor, verb, sentence));
        match self {
            Change::Resend => entry(Verb::TasksResend, format!("Resent to {people}")),
            Change::Unlock(_) => None,
            Change::StopDate(date, _) => {
                entry(Verb::TasksStopDate, format!("Moved the Stop Date of {people} to {date}"))
            }
            Change::Remove(notify) => {
                let told = if *notify { "sent" } else { "not sent" };
                entry(Verb::TasksRemoveUsers, format!("Removed {people}"))
                    .map(|entry| entry.fact("Email notification", told))
            }
        }
    }
}
