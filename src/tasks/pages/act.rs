//! `/tasks/{number}/edit/…`: says what will happen to the ticked users, and does it on the second POST.

use actix_web::{http::StatusCode, web::Path};
use askama::Template;

use crate::{
    clock::Timestamp,
    desk::Desk,
    error::{Error, Result},
    ids::TaskId,
    operators::{Who, may, may::Need},
    tasks::{
        edit::{self, Chosen, Picked},
        enrollment::Status,
        members::Member,
        reading,
        resend::{self, RESEND, UNLOCK},
        stop_date::{self, Effect},
    },
    web::{Answer, Chrome, Fault, Fields, Flash, Permitted, page_with, see_other},
};

use super::edit::{address, chosen};

/// Users that a page names before it says "and N more".
const NAMED: usize = 10;

/// What can be done with the ticked users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Remove,
    StopDate,
    Resend,
    Unlock,
}

impl Act {
    fn path(self) -> &'static str {
        match self {
            Act::Remove => "remove",
            Act::StopDate => "stop-date",
            Act::Resend => RESEND,
            Act::Unlock => UNLOCK,
        }
    }
}

/// What the page says and asks.
struct Asked {
    picked: Picked,
    shown: String,
    title: String,
    effect: String,
    button: String,
}

#[derive(Template)]
#[template(path = "tasks/act.html")]
struct Page {
    chrome: Chrome,
    task: TaskId,
    title: String,
    path: &'static str,
    lines: Vec<(Member, &'static str, String)>,
    more: usize,
    effect: String,
    button: String,
    shown: String,
    kept: Vec<(String, String)>,
    removes: bool,
    may_notify: bool,
    notify: bool,
    notice: &'static str,
    changed: bool,
}

/// Removes the ticked users.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Conflict`.
pub async fn remove(p: Permitted<may::InTask<may::Remove>>, number: Path<String>, form: Fields) -> Answer {
    act(p, number, form, Act::Remove).await
}

/// Moves the Stop Date of the ticked users.
///
/// # Errors
/// As [`remove`].
pub async fn stop_date(p: Permitted<may::InTask<may::ChangeStopDate>>, number: Path<String>, form: Fields) -> Answer {
    act(p, number, form, Act::StopDate).await
}

/// Resends to the ticked users.
///
/// # Errors
/// As [`remove`].
pub async fn resend(p: Permitted<may::InTask<may::Resend>>, number: Path<String>, form: Fields) -> Answer {
    act(p, number, form, Act::Resend).await
}

/// Unlocks the ticked users.
///
/// # Errors
/// As [`remove`].
pub async fn unlock(p: Permitted<may::InTask<may::Unlock>>, number: Path<String>, form: Fields) -> Answer {
    act(p, number, form, Act::Unlock).await
}

/// `GET` of such an address: nothing is ticked there, so back to the check boxes.
///
/// # Errors
/// As [`remove`].
pub async fn back(p: Permitted<may::SeeTasks>, number: Path<String>) -> Answer {
    let id = reading::number(&number)?;
    p.call(move |desk, who, now| desk.db.read(|c| reading::find(c, who, now, desk.settings.zone, id))).await?;
    Ok(see_other(&address(id)))
}

async fn act<N: Need>(p: Permitted<N>, number: Path<String>, form: Fields, act: Act) -> Answer {
    let id = reading::number(&number)?;
    let confirmed = form.ticked("confirmed");
    if confirmed {
        let fields = form.clone();
        match p.call(move |desk, who, now| carry_out(desk, who, now, id, act, &fields)).await {
            Ok(words) => {
                p.flash(&Flash::good(words, ""));
                return Ok(see_other(&after(&p, id).await?));
            }
            Err(Fault(Error::Conflict(_))) => {}
            Err(other) => return wrong(&p, id, other),
        }
    }
    let fields = form.clone();
    let asked = p.view(move |desk, who, now| ask(desk, who, now, id, act, &fields)).await;
    let (asked, chrome) = match asked {
        Ok(asked) => asked,
        Err(error) => return wrong(&p, id, error),
    };
    draw(chrome, id, act, asked, &form, confirmed)
}

/// Back to Edit while there is something to edit, else to the task.
async fn after<N: Need>(p: &Permitted<N>, id: TaskId) -> Result<String, Fault> {
    let open = p
        .call(move |desk, who, now| desk.db.read(|c| reading::find(c, who, now, desk.settings.zone, id)))
        .await
        .is_ok_and(|row| row.task.is_open());
    Ok(if open { address(id) } else { format!("/tasks/{id}") })
}

/// A mistake goes back to the check boxes and is said there; anything else stays what it is.
fn wrong<N: Need>(p: &Permitted<N>, id: TaskId, error: Fault) -> Answer {
    let mistakes = error.mistakes()?;
    p.flash(&Flash { kind: "bad".into(), ..Flash::good("Nothing was changed.", mistakes.to_string()) });
    Ok(see_other(&address(id)))
}

fn ask(desk: &Desk, who: &Who, now: Timestamp, id: TaskId, act: Act, form: &Fields) -> Result<Asked> {
    let picked = edit::pick(desk, who, now, id, &chosen(form))?;
    let users = edit::users(picked.members.len());
    let (key, title, effect, button) = match act {
        Act::Remove => (
            edit::REMOVE.to_owned(),
            format!("Remove {users} from task {id}?"),
            "They can no longer enroll with this task. To let them enroll later you have to provision them again."
                .into(),
            format!("Remove {users}"),
        ),
        Act::StopDate => {
            let date = stop_date::new_stop_date(&form.text("stop_on"), &picked.task, &picked.policy, picked.today)?;
            (
                stop_date::moving(date),
                format!("Move the Stop Date of {users} to {date}"),
                format!("{}.", Effect::of(&picked, date).words()),
                "Apply".into(),
            )
        }
        Act::Resend => {
            let active = count(&picked, Status::Active);
            if active == 0 {
                return Err(Error::mistake("user", "None of the ticked users is Active: only those can be resent to."));
            }
            let left = picked.members.len() - active;
            let rest =
                if left == 0 { String::new() } else { format!(" {} not Active and left as they are.", are(left)) };
            (
                RESEND.to_owned(),
                format!("Resend to {}", edit::users(active)),
                format!(
                    "Each gets a new link and activation code; the old ones stop working. The Stop Date becomes the later of the present one and {}.{rest}",
                    picked.policy.proposed_stop(picked.today)
                ),
                format!("Resend to {}", edit::users(active)),
            )
        }
        Act::Unlock => {
            resend::parse_reason(&form.text("reason"))?;
            let locked = count(&picked, Status::Locked);
            if locked == 0 {
                return Err(Error::mistake("user", "None of the ticked users is Locked."));
            }
            let left = picked.members.len() - locked;
            let rest =
                if left == 0 { String::new() } else { format!(" {} not Locked and left as they are.", are(left)) };
            (
                UNLOCK.to_owned(),
                format!("Unlock {}", edit::users(locked)),
                format!(
                    "The failed attempts go back to zero, and each gets a fresh email with a new activation code.{rest}"
                ),
                format!("Unlock {}", edit::users(locked)),
            )
        }
    };
    Ok(Asked { shown: picked.shown(&desk.keys, &key), picked, title, effect, button })
}

fn count(picked: &Picked, status: Status) -> usize {
    picked.members.iter().filter(|member| picked.status(member) == status).count()
}

fn are(count: usize) -> String {
    if count == 1 { "1 is".into() } else { format!("{count} are") }
}

fn carry_out(desk: &Desk, who: &Who, now: Timestamp, id: TaskId, act: Act, form: &Fields) -> Result<String> {
    let (chosen, shown, notify): (Chosen, String, bool) = (chosen(form), form.text("shown"), form.ticked("notify"));
    match act {
        Act::Remove => {
            let count = edit::remove_users(desk, who, now, id, &chosen, notify, &shown)?;
            Ok(format!("Removed {} from task {id}.", edit::users(count)))
        }
        Act::StopDate => {
            let date = form
                .text("stop_on")
                .parse()
                .map_err(|_| Error::mistake("stop_on", "Type the new Stop Date as year-month-day."))?;
            let effect = stop_date::change_stop_date(desk, who, now, id, &chosen, date, notify, &shown)?;
            Ok(format!("New Stop Date {date}: {}.", effect.words()))
        }
        Act::Resend => {
            let count = resend::resend_all(desk, who, now, id, &chosen, &shown)?;
            Ok(format!("Resent to {}.", edit::users(count)))
        }
        Act::Unlock => {
            let count = resend::unlock(desk, who, now, id, &chosen, &form.text("reason"), &shown)?;
            Ok(format!("Unlocked {}. A fresh email is on its way.", edit::users(count)))
        }
    }
}

fn draw(chrome: Chrome, id: TaskId, act: Act, asked: Asked, form: &Fields, changed: bool) -> Answer {
    let Asked { picked, shown, title, effect, button } = asked;
    let lines = picked
        .members
        .iter()
        .take(NAMED)
        .map(|member| (member.clone(), picked.status(member).word(), member.facts.stop_on.to_string()))
        .collect();
    let keep = ["all", "q", "status", "user", "stop_on", "reason"];
    let page = Page {
        chrome,
        task: id,
        title,
        path: act.path(),
        lines,
        more: picked.members.len().saturating_sub(NAMED),
        effect,
        button,
        shown,
        kept: form.pairs().iter().filter(|(name, _)| keep.contains(&name.as_str())).cloned().collect(),
        removes: act == Act::Remove,
        may_notify: matches!(act, Act::Remove | Act::StopDate),
        notify: if form.ticked("confirmed") { form.ticked("notify") } else { act == Act::Remove },
        notice: if act == Act::Remove {
            "An email says that their enrollment was canceled."
        } else {
            "An email says the new Stop Date. The link they have keeps working."
        },
        changed,
    };
    page_with(if changed { StatusCode::CONFLICT } else { StatusCode::OK }, &page)
}
