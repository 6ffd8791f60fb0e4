//! `/tasks/{number}/edit/…`: says what will happen to the ticked users, and does it on the second POST.

use actix_web::web::Path;
use askama::Template;
use chrono::NaiveDate;

use crate::{
    clock::{Timestamp, distance, long_date},
    desk::Desk,
    error::{Mistakes, Result},
    ids::TaskId,
    mail,
    operators::{Who, may, may::Need},
    policy::{STOP_ON, typed_stop},
    tasks::{
        Status,
        left_out::{self, EditAction, LeftOut},
        members::EnrollmentRow,
        reading, remove,
        resend::{RESEND, UNLOCK},
        stop_date::{self, Effect},
        ticked_users::{self, Preview, users},
        work::{self, Begun, Change},
    },
    web::{
        Answer, Chrome, Confirm, Fault, Fields, Flash, Permitted,
        confirm::{CONFIRMED, Outcome},
        page_with, see_other,
    },
};

use super::{
    edit,
    moving::Moving,
    people::{CHOSEN, LEFT, People, Person, is_reading},
};

/// Fields that go from the check boxes through the page to the button.
const KEPT: [&str; 8] = ["all", "q", "status", "sort", "page", "size", "user", STOP_ON];

fn path(action: EditAction) -> &'static str {
    match action {
        EditAction::Remove => "remove",
        EditAction::StopDate => "stop-date",
        EditAction::Resend => RESEND,
        EditAction::Unlock => UNLOCK,
    }
}

/// True if it can tell the users by email, or not.
fn may_notify(action: EditAction) -> bool {
    matches!(action, EditAction::Remove | EditAction::StopDate)
}

/// What the page says and asks.
struct Asked {
    preview: Preview,
    shown: String,
    /// The new Stop Date.
    date: Option<NaiveDate>,
}

#[derive(Template)]
#[template(path = "tasks/edit-confirm.html")]
struct Page {
    chrome: Chrome,
    confirm: Confirm,
    task: TaskId,
    crumb: &'static str,
    moving: Option<Moving>,
    people: People,
    /// "All 6 users".
    all: String,
    /// What goes on after it.
    with: &'static str,
    /// The heading of the last column.
    last: &'static str,
    left: People,
    /// "1 is disabled, 2 have no email address".
    left_sum: String,
    /// Ticked ones that are not in the task any more.
    gone: usize,
    /// Email notification is ticked, and whom it tells of what.
    notify: Option<(bool, String)>,
    asks_reason: bool,
    reason: String,
    mistakes: Mistakes,
}

/// Removes the ticked users.
pub async fn remove(p: Permitted<may::InTask<may::Remove>>, number: Path<String>, form: Fields) -> Answer {
    confirm(p, number, form, EditAction::Remove).await
}

/// Moves the Stop Date of the ticked users.
pub async fn stop_date(p: Permitted<may::InTask<may::ChangeStopDate>>, number: Path<String>, form: Fields) -> Answer {
    confirm(p, number, form, EditAction::StopDate).await
}

/// Resends to the ticked users.
pub async fn resend(p: Permitted<may::InTask<may::Resend>>, number: Path<String>, form: Fields) -> Answer {
    confirm(p, number, form, EditAction::Resend).await
}

/// Unlocks the ticked users.
pub async fn unlock(p: Permitted<may::InTask<may::Unlock>>, number: Path<String>, form: Fields) -> Answer {
    confirm(p, number, form, EditAction::Unlock).await
}

/// `GET` of such an address: nothing is ticked there, so back to the check boxes.
pub async fn back(p: Permitted<may::SeeTasks>, number: Path<String>) -> Answer {
    let id = reading::number(&number)?;
    p.call(move |desk, who, now| desk.db.read(|conn| reading::find(conn, who, now, desk.settings.zone, id))).await?;
    Ok(see_other(&edit::address(id)))
}

async fn confirm<N: Need>(p: Permitted<N>, number: Path<String>, form: Fields, action: EditAction) -> Answer {
    let id = reading::number(&number)?;
    let (mut changed, mut mistakes) = (false, Mistakes::default());
    if form.ticked(CONFIRMED) && !is_reading(&form) {
        let fields = form.clone();
        match Outcome::of(p.call(move |desk, who, now| apply(desk, who, now, id, action, &fields)).await)? {
            Outcome::Done(Begun::Work(work)) => return Ok(see_other(&format!("/work/{work}"))),
            Outcome::Done(Begun::AtOnce(words)) => {
                let emails = action == EditAction::Resend || (may_notify(action) && form.ticked("notify"));
                let detail = if emails { mail::promise::or_waits(&p.desk.settings) } else { String::new() };
                p.flash(&Flash::good(words, detail));
                return Ok(see_other(&after(&p, id).await?));
            }
            Outcome::Changed => changed = true,
            // A missing reason is asked for where it is typed; all else is wrong with what was ticked.
            Outcome::Wrong(wrong) if !wrong.of("reason").is_empty() => mistakes = wrong,
            Outcome::Wrong(wrong) => return edit::wrong(&p, id, &form, wrong).await,
        }
    }
    let fields = form.clone();
    match p.view(move |desk, who, now| ask(desk, who, now, id, action, &fields)).await {
        Ok((asked, chrome)) => {
            let page = draw(chrome, id, action, asked, &form, changed, mistakes);
            page_with(page.confirm.status(!page.mistakes.is_empty()), &page)
        }
        Err(fault) => edit::wrong(&p, id, &form, fault.mistakes()?).await,
    }
}

/// Back to Edit while there is something to edit, else to the task.
async fn after<N: Need>(p: &Permitted<N>, id: TaskId) -> Result<String, Fault> {
    let open = p
        .call(move |desk, who, now| desk.db.read(|conn| reading::find(conn, who, now, desk.settings.zone, id)))
        .await
        .is_ok_and(|row| row.task.is_open());
    Ok(if open { edit::address(id) } else { format!("/tasks/{id}") })
}

fn ask(desk: &Desk, who: &Who, now: Timestamp, id: TaskId, action: EditAction, form: &Fields) -> Result<Asked> {
    let preview = ticked_users::preview(desk, who, now, id, &edit::ticked_users(form))?;
    preview.need_somebody(action)?;
    let (key, date) = match action {
        EditAction::Remove => (remove::REMOVE.to_owned(), None),
        EditAction::StopDate => {
            let date = typed_stop(&form.text(STOP_ON))?;
            preview.policy.check_stop(date, preview.task.start_on, preview.today)?;
            (stop_date::moving(date), Some(date))
        }
        EditAction::Resend => (RESEND.to_owned(), None),
        EditAction::Unlock => (UNLOCK.to_owned(), None),
    };
    Ok(Asked { shown: preview.shown(&desk.keys, &key), preview, date })
}

fn apply(desk: &Desk, who: &Who, now: Timestamp, id: TaskId, action: EditAction, form: &Fields) -> Result<Begun> {
    let (ticked, shown, notify) = (edit::ticked_users(form), form.text("shown"), form.ticked("notify"));
    let change = match action {
        EditAction::Remove => Change::Remove(notify),
        EditAction::StopDate => {
            let date = typed_stop(&form.text(STOP_ON))?;
            Change::StopDate(date, notify)
        }
        EditAction::Resend => Change::Resend,
        EditAction::Unlock => Change::Unlock(form.text("reason")),
    };
    work::begin(desk, who, now, id, &ticked, change, &shown)
}

/// The heading, what it does, and the button.
fn words(id: TaskId, action: EditAction, preview: &Preview, count: usize) -> (String, String, String) {
    let users = users(count);
    match action {
        EditAction::Remove => (
            format!("Remove {users} from task {id}?"),
            "They can no longer enroll with this task. To let them enroll later you have to provision them again."
                .into(),
            format!("Remove {users}"),
        ),
        EditAction::StopDate => (format!("New Stop Date for {users} in task {id}?"), String::new(), "Apply".into()),
        EditAction::Resend => (
            format!("Resend to {users}"),
            format!(
                "Each gets a new link and activation code; the old ones stop working. The Stop Date becomes the later of the present one and {}.",
                preview.policy.proposed_stop(preview.today)
            ),
            format!("Resend to {users}"),
        ),
        EditAction::Unlock => (
            format!("Unlock {users}"),
            "The failed attempts go back to zero, and each gets a fresh email with a new activation code.".into(),
            format!("Unlock {users}"),
        ),
    }
}

/// Whom an email can tell of it.
fn notice(action: EditAction, fit: &[&EnrollmentRow], date: Option<NaiveDate>) -> String {
    let told: Vec<&&EnrollmentRow> =
        fit.iter().filter(|member| date.is_none_or(|date| member.facts.stop_on != date)).collect();
    let unreached = told.iter().filter(|member| member.email.is_empty()).count();
    let goes = match (action, told.len() - unreached) {
        (_, 0) => return "Nobody of them has an email address: no email is sent.".into(),
        (EditAction::Remove, count) => format!("An email tells {} that the enrollment was canceled.", users(count)),
        (_, count) => {
            format!("An email tells {} the new Stop Date. The link they have keeps working.", users(count))
        }
    };
    match unreached {
        0 => goes,
        count => format!("{goes} {}, and none is sent.", LeftOut::NoEmail.of_many(count)),
    }
}

fn draw(
    chrome: Chrome,
    id: TaskId,
    action: EditAction,
    asked: Asked,
    form: &Fields,
    changed: bool,
    mistakes: Mistakes,
) -> Page {
    let Asked { preview, shown, date } = asked;
    let (fit, unfit) = (preview.fit(action), preview.unfit(action));
    let (heading, effect, button) = words(id, action, &preview, fit.len());
    let person = |member: &EnrollmentRow, becomes: &'static str, change: String| Person {
        user_id: member.user_id.clone(),
        name: member.name(),
        task: String::new(),
        status: preview.status(member).label(),
        becomes,
        stop_on: member.facts.stop_on.to_string(),
        change,
    };
    let people = People::new(CHOSEN, &fit, form, |&member| match date {
        Some(date) => {
            let again = date > member.facts.stop_on && preview.status(member) == Status::Expired;
            let becomes = if again { "becomes Active" } else { "" };
            person(member, becomes, super::moving::signed(date, member.facts.stop_on))
        }
        None if matches!(action, EditAction::Resend | EditAction::Unlock) => person(member, "", member.email.clone()),
        None => person(member, "", String::new()),
    });
    Page {
        chrome,
        task: id,
        crumb: match action {
            EditAction::Remove => "Remove",
            EditAction::StopDate => "New Stop Date",
            EditAction::Resend => "Resend",
            EditAction::Unlock => "Unlock",
        },
        moving: date.map(|date| {
            let hint = format!("{}, 23:59, {}", long_date(date), distance(preview.today, date));
            Moving::new(&preview, date, hint, &Effect::of(&preview, date))
        }),
        all: format!("{} {}", if fit.len() == 1 { "The" } else { "All" }, users(fit.len())),
        with: match action {
            EditAction::Remove if fit.len() == 1 => "who is removed",
            EditAction::Remove => "who are removed",
            EditAction::StopDate => "with old and new Stop Date",
            _ if fit.len() == 1 => "who is sent an email",
            _ => "who are sent an email",
        },
        last: match action {
            EditAction::Remove => "",
            EditAction::StopDate => "Change",
            _ => "Email",
        },
        left: People::new(LEFT, &unfit, form, |&(member, why)| person(member, "", why.label().into())),
        left_sum: left_out::sum(unfit.iter().map(|(_, why)| *why)),
        gone: preview.gone,
        notify: may_notify(action).then(|| {
            let ticked = if form.ticked(CONFIRMED) { form.ticked("notify") } else { action == EditAction::Remove };
            (ticked, notice(action, &fit, date))
        }),
        people,
        asks_reason: action == EditAction::Unlock,
        reason: form.text("reason"),
        mistakes,
        confirm: Confirm {
            heading,
            action: format!("{}/{}", edit::address(id), path(action)),
            kept: Confirm::kept(form, &KEPT, ("shown", shown)),
            changed,
            danger: action == EditAction::Remove,
            effect,
            button,
            back: edit::view_of(id, form),
        },
    }
}
