//! Remove: ticked users are taken out of a task, or all of them with the task (PRODUCT.md §2, "Edit").

use chrono::Duration;

use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    counts,
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Result},
    ids::TaskId,
    mail,
    operators::{Permission, Who},
    tasks::{
        members::{EnrollmentRow, Filter},
        resend::{self, Renewal},
        status::RemovedWhy,
        store,
        ticked_users::{Preview, TickedUsers, held, preview_held, since_shown, users},
    },
};

/// A message that something was canceled or moved is of no use after so many days.
pub(super) const NOTICE_DAYS: i64 = 7;

/// What [`Preview::shown`] is asked for before users are removed.
pub const REMOVE: &str = "remove";

/// Takes the ticked users out of the task; it cannot be reversed. With `notify` they get an email. How many.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Conflict` if anything differs from what was `shown`.
pub fn remove_users(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    task: TaskId,
    ticked: &TickedUsers,
    notify: bool,
    shown: &str,
) -> Result<usize> {
    who.need(Permission::Remove)?;
    desk.db.write_alone(|conn| {
        let preview = held(desk, conn, who, now, task, ticked, REMOVE, shown)?;
        take_out(desk, conn, who, now, &preview, notify, RemovedWhy::Removed)?;
        counts::recount(conn, task)?;
        let count = preview.members.len();
        let entry = Entry::done(&who.actor, Verb::TasksRemoveUsers, format!("Removed {}", users(count)))
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
    preview: &Preview,
    notify: bool,
    why: RemovedWhy,
) -> Result<()> {
    let ids = preview.ids();
    if store::write::end(conn, now, &ids, who.name(), why, None)? != ids.len() {
        return Err(Error::Conflict("Some of these users enrolled at this very moment. Nothing was done.".into()));
    }
    mail::cancel_waiting(conn, &ids)?;
    // In parts, so that the memory in use does not grow with the task.
    for part in preview.members.chunks(db::ROWS_A_STATEMENT) {
        if notify {
            let letters: Vec<mail::NewEmail> = part
                .iter()
                .filter(|member| !member.email.is_empty())
                .map(|member| notice(who, now, preview, member, mail::Kind::Canceled))
                .collect();
            mail::post(desk, conn, now, who.name(), &letters)?;
        }
        let entries = part.iter().map(|member| {
            Entry::done(&who.actor, Verb::TasksRemoveUser, format!("Removed from task {}", preview.task.id))
                .task(preview.task.id)
                .user(member.user, &member.user_id)
        });
        audit::record_all(conn, now, entries)?;
    }
    Ok(())
}

/// The email to one of many who are removed.
pub(super) fn letter(who: &Who, now: Timestamp, (user, _): &Renewal<'_>) -> mail::NewEmail {
    let give_up_at = now + Duration::days(NOTICE_DAYS);
    let mut letter = resend::email(*user, mail::Kind::Canceled, user.stop_on, give_up_at);
    letter.facts.requester = who.name().to_owned();
    letter
}

/// The audit entry of one of many who are removed.
pub(super) fn entry_of_removed<'a>(who: &'a Who, (user, _): &Renewal<'_>) -> Entry<'a> {
    resend::done_to(&who.actor, *user, Verb::TasksRemoveUser, format!("Removed from task {}", user.task))
}

/// An email about a change to the ticked users.
pub(crate) fn notice(
    who: &Who,
    now: Timestamp,
    preview: &Preview,
    member: &EnrollmentRow,
    kind: mail::Kind,
) -> mail::NewEmail {
    let facts = mail::Facts {
        first_name: member.first_name.clone(),
        name: member.name(),
        user_id: member.user_id.clone(),
        authentication_type: preview.task.authentication_type.plain().into(),
        task: Some(preview.task.id.0),
        stop_on: Some(member.facts.stop_on),
        requester: who.name().into(),
        ..mail::Facts::default()
    };
    mail::NewEmail {
        user: Some(member.user),
        container: Some(member.container),
        task: Some(preview.task.id),
        enrollment: Some(member.enrollment),
        ..mail::NewEmail::new(kind, &member.email, facts, now + Duration::days(NOTICE_DAYS))
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
    desk.db.write_alone(|conn| {
        db::hold(conn, Lock::Provision)?;
        store::hold::of_tasks(conn, &[id])?;
        let preview =
            preview_held(desk, conn, who, now, id, &TickedUsers::Matching(Filter::default())).map_err(since_shown)?;
        if preview.members.len() != lose {
            let sentence = format!("Now {} would lose it. Nothing was done: look again.", users(preview.members.len()));
            return Err(Error::Conflict(sentence));
        }
        remove_whole(desk, conn, who, now, &preview, notify)?;
        Ok(lose)
    })
}

/// In the verb's transaction: takes out all of `preview`, and the task itself if nobody else is in it.
pub(crate) fn remove_whole(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    preview: &Preview,
    notify: bool,
) -> Result<()> {
    let (id, lose) = (preview.task.id, users(preview.members.len()));
    let whole = store::list::find(conn, id)?.is_some_and(|all| all.counts.users == preview.task.counts.users);
    let why = if whole { RemovedWhy::TaskRemoved } else { RemovedWhy::Removed };
    take_out(desk, conn, who, now, preview, notify, why)?;
    if whole {
        store::write::remove_task(conn, now, id, who.name())?;
    }
    counts::recount(conn, id)?;
    let sentence =
        if whole { format!("Removed the task; {lose} can no longer enroll") } else { format!("Removed {lose}") };
    let entry = Entry::done(&who.actor, Verb::TasksRemove, sentence)
        .task(id)
        .fact("Email notification", if notify { "sent" } else { "not sent" });
    audit::record(conn, now, &entry)
}
