//! Resend, Unlock and New Stop Date of more users than a request may change, as long work (PRODUCT.md §17): slices make links,
//! codes, emails and audit entries; the last transaction reads the ticked users once more, and if they are as they were shown,
//! makes them true.

use chrono::NaiveDate;

use super::{
    addressee::Addressee,
    links, remove,
    resend::{self, Renewal, email},
    status::RemovedWhy,
    stop_date, store,
    ticked_users::{self, Preview, TickedUsers, since_shown},
};
use crate::{
    audit::{self, Entry, PreparedEntry},
    clock::Timestamp,
    counts,
    db::AnyConn,
    desk::Desk,
    error::{Error, Result},
    ids::{EnrollmentId, TaskId, WorkId},
    mail,
    operators::{Permission, Who},
    policy::Policy,
    ticked::Ticked,
    work::{self, End, Kind, NewPiece, ROWS_A_SLICE, Running},
};

mod asked;
mod change;

use asked::Asked;

pub use change::Change;

/// What came of the button.
#[derive(Debug)]
pub enum Begun {
    /// It was done at once; what is said of it.
    AtOnce(String),
    /// It is long work.
    Work(WorkId),
}

/// Does `change` to few users at once, and to many by long work. Asked for twice while it goes on, it is the same work.
///
/// # Errors
/// As [`resend::resend_all`], [`resend::unlock`] and [`stop_date::change_stop_date`].
pub fn begin(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    task: TaskId,
    ticked: &TickedUsers,
    change: Change,
    shown: &str,
) -> Result<Begun> {
    who.need(change.permission())?;
    let change = match change {
        Change::Unlock(reason) => Change::Unlock(resend::parse_reason(&reason)?),
        other => other,
    };
    if matches!(ticked, Ticked::These(ids) if ids.len() <= desk.settings.rows_at_once) {
        return at_once(desk, who, now, task, ticked, &change, shown).map(Begun::AtOnce);
    }
    let preview =
        desk.db.read(|conn| ticked_users::preview_held(desk, conn, who, now, task, ticked)).map_err(since_shown)?;
    let users = preview.fit(change.action()).len();
    if users <= desk.settings.rows_at_once {
        drop(preview);
        return at_once(desk, who, now, task, ticked, &change, shown).map(Begun::AtOnce);
    }
    change.check(&preview)?;
    if preview.shown(&desk.keys, &change.name()) != shown {
        return Err(moved());
    }
    let (kind, people) = (change.kind(), ticked_users::users(users));
    let asked = Asked { task, users: ticked.into(), change, shown: shown.to_owned() };
    let about = match preview.task.description.as_str() {
        "" => format!("Task {task}"),
        description => format!("Task {task}, {description}"),
    };
    let piece = NewPiece {
        kind,
        title: match kind {
            Kind::Unlock => format!("Unlock {people}"),
            Kind::StopDate => format!("New Stop Date for {people}"),
            Kind::Remove => format!("Remove {people}"),
            _ => format!("Resend to {people}"),
        },
        about,
        asked: serde_json::to_string(&asked).map_err(unreadable)?,
        back: format!("/tasks/{task}/edit"),
        total: users,
    };
    let work = desk.db.write(|conn| work::ask_once(conn, who, now, &piece))?;
    desk.work_waits.notify_one();
    Ok(Begun::Work(work))
}

fn at_once(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    task: TaskId,
    ticked: &TickedUsers,
    change: &Change,
    shown: &str,
) -> Result<String> {
    Ok(match change {
        Change::Resend => {
            let count = resend::resend_all(desk, who, now, task, ticked, shown)?;
            format!("Resent to {}.", ticked_users::users(count))
        }
        Change::Unlock(reason) => {
            let count = resend::unlock(desk, who, now, task, ticked, reason, shown)?;
            let emails = mail::promise::of_many(&desk.settings, "Fresh emails");
            format!("Unlocked {}. {emails}", ticked_users::users(count))
        }
        Change::StopDate(date, notify) => {
            let effect = stop_date::change_stop_date(desk, who, now, task, ticked, *date, *notify, shown)?;
            format!("New Stop Date {date}: {}.", effect.label())
        }
        Change::Remove(notify) => {
            let count = remove::remove_users(desk, who, now, task, ticked, *notify, shown)?;
            format!("Removed {} from task {task}.", ticked_users::users(count))
        }
    })
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::Internal(format!("what long work was asked is unreadable: {error}"))
}

fn moved() -> Error {
    Error::Conflict("Some of these users changed since the page was shown. Nothing was done.".into())
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

/// Links, emails and entries are prepared; nobody has got any of them.
pub struct Prepared {
    asked: Asked,
    /// What they were prepared by: how long codes are, and which Stop Date is proposed.
    policy: Policy,
    today: NaiveDate,
}

/// Prepares links, emails and entries in slices; `None` if the work was lost meanwhile.
///
/// # Errors
/// `Conflict` if something differs from what was shown; else as [`begin`].
pub fn prepare(desk: &Desk, running: &Running<'_>) -> Result<Option<Prepared>> {
    let asked: Asked = serde_json::from_str(&running.piece.asked).map_err(unreadable)?;
    let now = desk.now();
    let (who, preview) = desk.db.read(|conn| {
        let who = running.who(conn)?;
        who.need(asked.change.permission())?;
        let ticked = TickedUsers::from(&asked.users);
        let preview = ticked_users::preview_held(desk, conn, &who, now, asked.task, &ticked).map_err(since_shown)?;
        Ok((who, preview))
    })?;
    if preview.shown(&desk.keys, &asked.change.name()) != asked.shown {
        return Err(moved());
    }
    asked.change.check(&preview)?;
    let kept = stage(desk, running, &who, now, &asked.change, &preview)?;
    Ok(kept.then_some(Prepared { asked, policy: preview.policy, today: preview.today }))
}

/// Those to whom it is done, with their Stop Dates then.
fn renewals<'a>(change: &Change, preview: &'a Preview) -> Vec<Renewal<'a>> {
    let renewal = |member| {
        let user = Addressee::of(&preview.task, member);
        (user, change.stop_after(preview, &user))
    };
    preview.fit(change.action()).into_iter().map(renewal).collect()
}

/// Keeps links, emails and entries in slices; false if the work was lost meanwhile.
fn stage(
    desk: &Desk,
    running: &Running<'_>,
    who: &Who,
    now: Timestamp,
    change: &Change,
    preview: &Preview,
) -> Result<bool> {
    let work = running.piece.id;
    let (mut done, mut nth) = (0, 0);
    for part in renewals(change, preview).chunks(ROWS_A_SLICE) {
        // Drawn, hashed and sealed before the transaction of the slice begins.
        let mut new_links = Vec::with_capacity(part.len());
        let mut emails = Vec::with_capacity(part.len());
        let mut entries = Vec::with_capacity(part.len());
        for renewal in part {
            let (user, stop_on) = renewal;
            let give_up_at = desk.settings.zone.end_of(*stop_on);
            if change.is_fresh() {
                let (link, secret) = links::prepare(desk, work, nth, user.user, &preview.policy);
                let letter = email(*user, mail::Kind::Enrollment, *stop_on, give_up_at);
                let letter = mail::NewEmail { secret: Some(secret), ..letter };
                emails.push(mail::prepare(desk, now, work, nth, &letter)?);
                new_links.push(link);
            } else if change.writes_to(renewal) {
                let letter = change.letter(who, now, renewal);
                emails.push(mail::prepare(desk, now, work, nth, &letter)?);
            }
            entries.push(PreparedEntry::of(now, work, nth, &change.entry(who, renewal)));
            nth += 1;
        }
        done += part.len();
        let kept = running.slice(done, |conn| {
            mail::stage(conn, &emails)?;
            store::prepared::stage(conn, &new_links)?;
            audit::stage(conn, &entries)
        })?;
        if !kept {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Prepared {
    /// Makes true what was prepared, if all is as it was shown.
    ///
    /// # Errors
    /// `Conflict` if something differs; else as [`begin`].
    pub fn finish(&self, desk: &Desk, running: &Running<'_>) -> Result<()> {
        let Asked { task, users, change, shown } = &self.asked;
        let ticked = TickedUsers::from(users);
        running.finish(|conn, who, now| {
            who.need(change.permission())?;
            let preview = ticked_users::held(desk, conn, who, now, *task, &ticked, &change.name(), shown)?;
            if preview.policy != self.policy || preview.today != self.today {
                return Ok(End::Moved);
            }
            change.check(&preview)?;
            let renewals = renewals(change, &preview);
            make_true(desk, conn, who, now, running.piece.id, *task, change, &renewals)?;
            let sentence = change.done(desk, &preview, renewals.len());
            let sees = who.may(Permission::SeeTasks);
            Ok(End::Done(sentence, if sees { format!("/tasks/{task}") } else { "/users".into() }))
        })
    }
}

/// In the last transaction: the prepared rows are those of the task's enrollments.
#[allow(clippy::too_many_arguments, reason = "one step of a verb, split off for reading")]
fn make_true(
    desk: &Desk,
    conn: &mut AnyConn,
    who: &Who,
    now: Timestamp,
    work: WorkId,
    task: TaskId,
    change: &Change,
    renewals: &[Renewal<'_>],
) -> Result<()> {
    let all = |expected: usize, rows: usize| match rows == expected {
        true => Ok(()),
        false => Err(Error::Internal(format!("work {work} wrote {rows} rows for {expected} users"))),
    };
    let stops: Vec<(EnrollmentId, NaiveDate)> =
        renewals.iter().map(|(user, stop_on)| (user.enrollment, *stop_on)).collect();
    let ids: Vec<EnrollmentId> = stops.iter().map(|(enrollment, _)| *enrollment).collect();
    let written = renewals.iter().filter(|renewal| change.writes_to(renewal)).count();
    match change {
        Change::StopDate(date, _) => {
            store::write::set_stop_on(conn, &ids, *date)?;
            mail::move_waiting(conn, &ids, *date, desk.settings.zone.end_of(*date))?;
        }
        Change::Remove(_) => {
            if store::write::end(conn, now, &ids, who.name(), RemovedWhy::Removed, None)? != ids.len() {
                return Err(moved());
            }
            mail::cancel_waiting(conn, &ids)?;
        }
        Change::Resend | Change::Unlock(_) => {
            mail::cancel_waiting(conn, &ids)?;
            store::notes::supersede(conn, now, &ids.iter().map(|id| id.0).collect::<Vec<_>>())?;
            all(ids.len(), store::prepared::open(conn, now, work, task)?)?;
        }
    }
    all(written, mail::post_prepared(conn, now, who.name(), work, task)?)?;
    if change.is_fresh() && store::write::begin_anew(conn, now, &stops)? != stops.len() {
        return Err(moved());
    }
    if let Change::Unlock(_) = change {
        store::write::reset_failures(conn, &ids)?;
    }
    counts::recount(conn, task)?;
    let entry = Entry::done(&who.actor, change.verb(), "").task(task);
    let each = || renewals.iter().map(|renewal| change.entry(who, renewal)).collect::<Vec<_>>();
    all(ids.len(), audit::record_prepared(conn, now, work, &entry, each)?)?;
    match change.entry_of_all(who, &ticked_users::users(ids.len())) {
        Some(entry) => audit::record(conn, now, &entry.task(task)),
        None => Ok(()),
    }
}
