//! Provision of more users than a request may change, as long work (PRODUCT.md §17): slices make links, codes and emails; the last
//! transaction makes the plan once more, and if it is what was shown, the task.

use serde::{Deserialize, Serialize};

use super::{
    Begun, Confirmed, Draft, Preview,
    apply::{self, apply_prepared},
    confirm, own, preview_of, store,
};
use crate::{
    clock::Timestamp,
    db::{self, AnyConn, Lock},
    desk::Desk,
    english::counted,
    error::{Error, Result},
    ids::{TaskId, WorkId},
    mail,
    operators::{Permission, Who},
    policy::{self, Policy},
    provision::plan::{Candidate, Plan},
    tasks::{self, PreparedLink, links},
    work::{self, End, Kind, NewPiece, ROWS_A_SLICE, Running},
};

/// Stands for the number of the task, which is not there yet.
const UNNUMBERED: TaskId = TaskId(0);

/// What is to be carried out.
#[derive(Serialize, Deserialize)]
struct Asked {
    /// The handle of the draft.
    draft: String,
    /// The hash of what the page showed.
    shown: String,
}

/// Confirm: few users are provisioned at once, many by long work. Asked for twice, it is the same work.
///
/// # Errors
/// As [`super::find_draft`].
pub fn begin(desk: &Desk, who: &Who, now: Timestamp, id: &str, shown: &str) -> Result<Begun> {
    who.need(Permission::Provision)?;
    let (open, preview) = desk.db.read(|conn| {
        let draft = own(conn, who, id)?;
        let open = draft.work;
        Ok((open, if draft.task.is_none() { preview_of(desk, conn, who, now, draft)? } else { None }))
    })?;
    if let Some(work) = open {
        return Ok(Begun::Work(work));
    }
    let preview = match preview {
        Some(preview) if preview.plan.count() > desk.settings.rows_at_once => preview,
        _ => return Ok(Begun::AtOnce(confirm(desk, who, now, id, shown)?)),
    };
    if preview.shown != shown {
        return Ok(Begun::AtOnce(Confirmed::Moved(Box::new(preview))));
    }
    if preview.refusal.is_some() {
        return Ok(Begun::AtOnce(Confirmed::Refused(Box::new(preview))));
    }
    if preview.plan.handed_over() > 0 {
        let sentence = format!(
            "Users without an email address are provisioned up to {} at a time: choose fewer of them.",
            desk.settings.rows_at_once
        );
        return Ok(Begun::AtOnce(Confirmed::Refused(Box::new(Preview { refusal: Some(sentence), ..preview }))));
    }
    let piece = piece(&preview)?;
    let work = desk.db.write(|conn| {
        let work = work::ask(conn, who, now, &piece)?;
        match store::drafts::begin(conn, id, work)? {
            true => Ok(work),
            false => Err(Error::Conflict("This was begun meanwhile, and is being carried out.".into())),
        }
    })?;
    desk.work_waits.notify_one();
    Ok(Begun::Work(work))
}

fn piece(preview: &Preview) -> Result<NewPiece> {
    let Preview { draft, plan, shown, .. } = preview;
    let asked = Asked { draft: draft.id.clone(), shown: shown.clone() };
    let (kind, description) = (plan.choice.authentication_type.label(), plan.choice.description.as_str());
    Ok(NewPiece {
        kind: Kind::Provision,
        title: format!("Provision {}", counted(plan.count(), "user")),
        about: if description.is_empty() { kind.to_owned() } else { format!("{kind}, {description}") },
        asked: serde_json::to_string(&asked).map_err(unreadable)?,
        back: format!("/provision/{}/confirm", draft.id),
        total: plan.count(),
    })
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::Internal(format!("what long work was asked is unreadable: {error}"))
}

/// Does a piece of it.
///
/// # Errors
/// As [`prepare`] and [`Prepared::finish`].
pub fn apply(desk: &Desk, running: &Running<'_>) -> Result<()> {
    match prepare(desk, running)? {
        Some(prepared) => prepared.finish(desk, running),
        None => Ok(()),
    }
}

/// Links and emails are prepared; nobody has got any of them.
pub struct Prepared {
    asked: Asked,
    /// What they were prepared by: how long codes are, and whether a link carries one.
    policy: Policy,
}

/// Prepares links and emails in slices; `None` if the work was lost meanwhile.
///
/// # Errors
/// `Conflict` if something differs from what was shown; as [`super::find_draft`].
pub fn prepare(desk: &Desk, running: &Running<'_>) -> Result<Option<Prepared>> {
    let asked: Asked = serde_json::from_str(&running.piece.asked).map_err(unreadable)?;
    let now = desk.now();
    let (who, preview, policy) = desk.db.read(|conn| {
        let who = running.who(conn)?;
        let preview = shown_still(desk, conn, &who, now, &asked)?;
        Ok((who, preview, policy::current(conn)?))
    })?;
    let Ok(Preview { plan, .. }) = preview else {
        return Err(Error::Conflict("The users who were chosen changed since the page was shown.".into()));
    };
    let kept = stage(desk, running, &who, now, &plan, &policy)?;
    Ok(kept.then_some(Prepared { asked, policy }))
}

impl Prepared {
    /// Makes the task of what was prepared, if all is as it was shown.
    ///
    /// # Errors
    /// As [`super::confirm`].
    pub fn finish(&self, desk: &Desk, running: &Running<'_>) -> Result<()> {
        let Prepared { asked, policy } = self;
        running.finish(|conn, who, now| {
            db::hold(conn, Lock::Provision)?;
            let preview = match shown_still(desk, conn, who, now, asked)? {
                Ok(preview) => preview,
                Err(Some(task)) => return Ok(made(desk, who, task, running.piece.total)),
                Err(None) => return Ok(End::Moved),
            };
            if let Some(refusal) = preview.refusal {
                return Ok(End::Refused(refusal));
            }
            if policy::current(conn)? != *policy {
                return Ok(End::Moved);
            }
            let task = apply_prepared(conn, who, now, &preview.plan, running.piece.id)?;
            store::drafts::save(conn, &Draft { task: Some(task), ..preview.draft })?;
            Ok(made(desk, who, task, running.piece.total))
        })
    }
}

fn made(desk: &Desk, who: &Who, task: TaskId, users: i64) -> End {
    let sentence = format!(
        "Task {task} was created for {}. {}",
        counted(users, "user"),
        mail::promise::of_many(&desk.settings, "The emails")
    );
    End::Done(sentence, if who.may(Permission::SeeTasks) { format!("/tasks/{task}") } else { "/users".into() })
}

/// The preview, if it is what was shown; else the task that was made of the draft, if there is one.
fn shown_still(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    asked: &Asked,
) -> Result<std::result::Result<Preview, Option<TaskId>>> {
    who.need(Permission::Provision)?;
    let draft = own(conn, who, &asked.draft)?;
    if let Some(task) = draft.task {
        return Ok(Err(Some(task)));
    }
    let preview = preview_of(desk, conn, who, now, draft)?.filter(|preview| preview.shown == asked.shown);
    Ok(preview.ok_or(None))
}

/// Keeps links and emails in slices; false if the work was lost meanwhile.
fn stage(desk: &Desk, running: &Running<'_>, who: &Who, now: Timestamp, plan: &Plan, policy: &Policy) -> Result<bool> {
    let work: WorkId = running.piece.id;
    let give_up_at = desk.settings.zone.end_of(plan.choice.stop_on);
    let getting: Vec<&Candidate> = plan.getting().collect();
    let (mut done, mut nth) = (0, 0);
    for part in getting.chunks(ROWS_A_SLICE) {
        // Drawn, hashed and sealed before the transaction of the slice begins.
        let mut new_links: Vec<PreparedLink> = Vec::with_capacity(part.len());
        let mut emails: Vec<mail::PreparedEmail> = Vec::with_capacity(part.len());
        for user in part {
            let (link, secret) = links::prepare(desk, work, nth, user.user, policy);
            let email = apply::email(who, plan, user, UNNUMBERED, secret, give_up_at);
            emails.push(mail::prepare(desk, now, work, nth, &email)?);
            new_links.push(link);
            nth += 1;
        }
        done += part.len();
        let kept = running.slice(done, |conn| {
            mail::stage(conn, &emails)?;
            tasks::stage_links(conn, &new_links)
        })?;
        if !kept {
            return Ok(false);
        }
    }
    Ok(true)
}
