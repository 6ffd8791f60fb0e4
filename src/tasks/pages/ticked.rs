//! `/tasks/ticked/…`: says what will happen to the tasks ticked in the list, and does it on the second POST.

use askama::Template;
use chrono::NaiveDate;

use crate::{
    clock::Timestamp,
    db,
    desk::Desk,
    english::counted,
    error::{Error, Result},
    ids::TaskId,
    mail,
    operators::{Who, may, may::Need},
    policy::{self, STOP_ON, typed_stop},
    tasks::{
        left_out,
        list::{Order, Query, StopWithin, View},
        ticked::{self, Change, TickedTasks},
        ticked_users::users,
    },
    tokens::AuthenticationType,
    web::{
        Answer, Chrome, Confirm, Fields, Flash, Permitted,
        confirm::{CONFIRMED, Outcome},
        page_with, see_other,
    },
};

use super::{
    list,
    people::{LEFT, People, Person, is_reading},
};

/// Fields that go from the list through the page to the button.
const KEPT: [&str; 8] = ["task", "all", "view", "q", "operator", "type", "stop", "back"];

/// Tasks that stand there at once; more are folded until they are asked for.
const OPEN: usize = 10;

/// What can be done with ticked tasks; the date of a new Stop Date is still to be typed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    StopDate,
    Resend,
    Remove,
}

/// A task as the page names it.
struct Line {
    id: TaskId,
    title: String,
    users: usize,
    stop_on: String,
}

#[derive(Template)]
#[template(path = "tasks/ticked.html")]
struct Page {
    chrome: Chrome,
    confirm: Confirm,
    lines: Vec<Line>,
    /// The tasks are few enough to stand open.
    open: bool,
    tasks: String,
    left_out: Vec<String>,
    /// Users of these tasks to whom it is not done.
    left: People,
    /// "1 is disabled, 2 have no email address".
    left_sum: String,
    stop_on: Option<NaiveDate>,
    mistake: String,
    /// Email notification is ticked, and what it says.
    notify: Option<(bool, &'static str)>,
    moved: bool,
}

/// A new Stop Date for users of the ticked tasks.
pub async fn stop_date(p: Permitted<may::InTask<may::ChangeStopDate>>, form: Fields) -> Answer {
    change(p, form, Asked::StopDate).await
}

/// Resends to the Active users of the ticked tasks.
pub async fn resend(p: Permitted<may::InTask<may::Resend>>, form: Fields) -> Answer {
    change(p, form, Asked::Resend).await
}

/// Removes the ticked tasks.
pub async fn remove(p: Permitted<may::InTask<may::Remove>>, form: Fields) -> Answer {
    change(p, form, Asked::Remove).await
}

/// `GET` of such an address: nothing is ticked there, so back to the check boxes.
pub async fn back(_: Permitted<may::SeeTasks>) -> Answer {
    Ok(see_other("/tasks"))
}

async fn change<N: Need>(p: Permitted<N>, form: Fields, asked: Asked) -> Answer {
    let mut changed = false;
    if form.ticked(CONFIRMED) && !is_reading(&form) {
        let fields = form.clone();
        match Outcome::of(p.call(move |desk, who, now| apply(desk, who, now, asked, &fields)).await)? {
            Outcome::Done(flash) => {
                p.flash(&flash);
                return Ok(see_other(&list::address(&form)));
            }
            Outcome::Changed => changed = true,
            // It is said on the page that follows, or there is nothing left to show.
            Outcome::Wrong(_) => {}
        }
    }
    let fields = form.clone();
    match p.view(move |desk, who, now| preview(desk, who, now, asked, &fields)).await {
        Ok((seen, chrome)) => draw(chrome, asked, seen, &form, changed),
        Err(fault) => list::wrong(&p, &form, fault.mistakes()?).await,
    }
}

/// The ticked tasks, or the view that stands for all it shows.
fn ticked_tasks(form: &Fields, who: &Who) -> TickedTasks {
    TickedTasks::from_form(&form.all(list::TASK), form.ticked("all"), || Query {
        view: View::from_code(&form.text("view")),
        q: db::key(&form.text("q")),
        operator: db::key(&form.text("operator")),
        authentication_type: AuthenticationType::from_code(&form.text("type")),
        stop: StopWithin::from_code(&form.text("stop")),
        order: Order::default(),
        me: db::key(who.name()),
    })
}

/// The change with its date, what it does, and what is wrong with the date that was typed.
struct Asking {
    change: Change,
    preview: ticked::Preview,
    shown: String,
    mistake: String,
    /// Another date was typed than the page had spoken of.
    moved: bool,
}

fn preview(desk: &Desk, who: &Who, now: Timestamp, asked: Asked, form: &Fields) -> Result<Asking> {
    let ticked = ticked_tasks(form, who);
    let preview_of = |change| Ok((change, ticked::preview(desk, who, now, &ticked, change)?));
    let mut mistake = String::new();
    let (change, preview) = match asked {
        Asked::Resend => preview_of(Change::Resend)?,
        Asked::Remove => preview_of(Change::Remove)?,
        Asked::StopDate if form.ticked(STOP_ON) => {
            match typed_stop(&form.text(STOP_ON)).and_then(|date| preview_of(Change::StopDate(date))) {
                Err(Error::Invalid(mistakes)) => {
                    mistake = mistakes.to_string();
                    propose(desk, now, preview_of)?
                }
                other => other?,
            }
        }
        Asked::StopDate => propose(desk, now, preview_of)?,
    };
    let other_date = matches!(change, Change::StopDate(date) if form.text("previewed") != date.to_string());
    let moved = form.ticked(CONFIRMED) && other_date;
    Ok(Asking { shown: preview.shown(&desk.keys, change), change, preview, mistake, moved })
}

/// The policy's proposal; today where that is beyond the longest period of all the ticked tasks.
fn propose<T>(desk: &Desk, now: Timestamp, preview_of: impl Fn(Change) -> Result<T>) -> Result<T> {
    let today = desk.settings.zone.today(now);
    let proposed = desk.db.read(policy::current)?.proposed_stop(today);
    match preview_of(Change::StopDate(proposed)) {
        Err(Error::Invalid(_)) => preview_of(Change::StopDate(today)),
        other => other,
    }
}

fn apply(desk: &Desk, who: &Who, now: Timestamp, asked: Asked, form: &Fields) -> Result<Flash> {
    let change = match asked {
        Asked::StopDate => Change::StopDate(typed_stop(&form.text(STOP_ON))?),
        Asked::Resend => Change::Resend,
        Asked::Remove => Change::Remove,
    };
    let (ticked, notify) = (ticked_tasks(form, who), form.ticked("notify"));
    let done = ticked::apply(desk, who, now, &ticked, change, notify, &form.text("shown"))?;
    let (tasks, users) = (tasks(done.parts.len()), users(done.users(change)));
    let waits = mail::promise::or_waits(&desk.settings);
    Ok(match change {
        Change::StopDate(date) => {
            let detail = format!("{}. {}", done.effect(date).label(), if notify { waits } else { String::new() });
            Flash::good(format!("New Stop Date {date} in {tasks}."), detail.trim())
        }
        Change::Resend => Flash::good(format!("Resent to {users} in {tasks}."), waits),
        Change::Remove => Flash::good(
            format!("Removed {tasks}."),
            format!(
                "{users} can no longer enroll. Enrolled users keep their tokens. {}",
                if notify { waits } else { String::new() }
            )
            .trim(),
        ),
    })
}

fn tasks(count: usize) -> String {
    counted(count, "task")
}

fn draw(chrome: Chrome, asked: Asked, seen: Asking, form: &Fields, changed: bool) -> Answer {
    let Asking { change, preview, shown, mistake, moved } = seen;
    let (count, users) = (tasks(preview.parts.len()), users(preview.users(change)));
    let (path, heading, effect, button) = match change {
        Change::StopDate(date) => {
            ("stop-date", format!("New Stop Date for {count}"), format!("{}.", preview.effect(date).label()), "Apply".into())
        }
        Change::Resend => (
            "resend",
            format!("Resend to {users} in {count}"),
            "Each gets a new link and activation code; the old ones stop working. The Stop Date becomes the later of the present one and the one the policy proposes today.".into(),
            format!("Resend to {users}"),
        ),
        Change::Remove => (
            "remove",
            format!("Remove {count}?"),
            format!("{users} lose their ability to enroll. To let them enroll later you have to provision them again."),
            format!("Remove {count}"),
        ),
    };
    let notify = form.ticked(CONFIRMED).then(|| form.ticked("notify"));
    let lines: Vec<Line> = preview
        .parts
        .iter()
        .map(|part| Line {
            id: part.task.id,
            title: part.task.title(),
            users: part.fit(change.action()).len(),
            stop_on: part.task.stop_on().to_string(),
        })
        .collect();
    let unfit = preview.users_left_out(change);
    let left = People::new(LEFT, &unfit, form, |(part, member, why)| Person {
        user_id: member.user_id.clone(),
        name: member.name(),
        task: part.task.id.to_string(),
        status: part.status(member).label(),
        becomes: "",
        stop_on: member.facts.stop_on.to_string(),
        change: why.label().into(),
    });
    let page = Page {
        chrome,
        confirm: Confirm {
            heading,
            action: format!("/tasks/ticked/{path}"),
            kept: Confirm::kept(form, &KEPT, ("shown", shown)),
            changed: changed && !moved,
            danger: asked == Asked::Remove,
            effect,
            button,
            back: list::address(form),
        },
        open: lines.len() <= OPEN,
        lines,
        tasks: count,
        left,
        left_sum: left_out::sum(unfit.iter().map(|(_, _, why)| *why)),
        left_out: preview.left_out.iter().map(|(id, why)| format!("Task {id}: {why}")).collect(),
        stop_on: match change {
            Change::StopDate(date) => Some(date),
            _ => None,
        },
        mistake,
        notify: match asked {
            Asked::Resend => None,
            Asked::Remove => Some((notify.unwrap_or(true), "An email says that their enrollment was canceled.")),
            Asked::StopDate => {
                let says = "An email says the new Stop Date. The link they have keeps working.";
                Some((notify.unwrap_or(false), says))
            }
        },
        moved,
    };
    page_with(page.confirm.status(!page.mistake.is_empty()), &page)
}
