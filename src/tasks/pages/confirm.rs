//! `/provision/{draft}/confirm`: what will happen, and Confirm.

use actix_web::{
    http::StatusCode,
    web::{Path, Query as Typed},
};
use askama::Template;

use crate::{
    clock::distance,
    operators::{Permission, may},
    tasks::{
        drafts::{self, Confirmed, Preview},
        plan::{Candidate, Check},
        provision::Choice,
    },
    web::{Answer, Chrome, Fields, Flash, Pager, Permitted, page_with, see_other},
};

use super::provision::{Step, Which, carried_out, cut, steps, users};

#[derive(Template)]
#[template(path = "tasks/confirm.html")]
struct Page {
    chrome: Chrome,
    id: String,
    title: String,
    steps: Vec<Step>,
    choice: Choice,
    start_on: String,
    stop_hint: String,
    count: usize,
    button: String,
    skipped: Vec<String>,
    replaced: usize,
    rows: Vec<(Candidate, Check)>,
    pager: Pager,
    shown: String,
    refusal: Option<String>,
    moved: bool,
}

fn draw(
    p: &Permitted<may::Provision>,
    chrome: Chrome,
    id: String,
    which: &Which,
    preview: Preview,
    moved: bool,
) -> Answer {
    let Preview { plan, shown, refusal, .. } = preview;
    let count = plan.count();
    let today = p.desk.settings.zone.today(p.now);
    let skipped = plan.skipped().into_iter().map(|(why, count)| format!("{count} {}", why.words_for_many())).collect();
    let replaced = plan.replaced().len();
    let (rows, pager) = cut(plan.lines, which.paging(), format!("/provision/{id}/confirm"));
    let page = Page {
        chrome,
        title: format!("Provision {}", users(count)),
        steps: steps(&id, 2),
        id,
        start_on: plan.start_on.to_string(),
        stop_hint: distance(today, plan.choice.stop_on),
        choice: plan.choice,
        count,
        button: if count == 1 { "Confirm and send 1 email".into() } else { format!("Confirm and send {count} emails") },
        skipped,
        replaced,
        rows,
        pager,
        shown,
        refusal,
        moved,
    };
    page_with(if moved { StatusCode::CONFLICT } else { StatusCode::OK }, &page)
}

/// `GET`: what will happen.
///
/// # Errors
/// `NotFound` if there is no such draft, or it is someone else's.
pub async fn show(p: Permitted<may::Provision>, id: Path<String>, which: Typed<Which>) -> Answer {
    let id = id.into_inner();
    let asked = id.clone();
    let (preview, chrome) = p.view(move |desk, who, now| drafts::preview(desk, who, now, &asked)).await?;
    let Some(preview) = preview else { return Ok(see_other(&format!("/provision/{id}/type"))) };
    if let Some(answer) = carried_out(&preview.draft) {
        return Ok(answer);
    }
    draw(&p, chrome, id, &which, preview, false)
}

/// `POST`: carries out just what was shown.
///
/// # Errors
/// As [`show`].
pub async fn submit(p: Permitted<may::Provision>, id: Path<String>, which: Typed<Which>, form: Fields) -> Answer {
    let id = id.into_inner();
    let (asked, shown) = (id.clone(), form.text("shown"));
    let (confirmed, chrome) = p.view(move |desk, who, now| drafts::confirm(desk, who, now, &asked, &shown)).await?;
    let task = match confirmed {
        Confirmed::Moved(preview) => return draw(&p, chrome, id, &which, *preview, true),
        Confirmed::Task(task) => task,
    };
    let sees = p.may(Permission::SeeTasks);
    p.flash(&Flash::good(format!("Task {task} was created."), "The emails are on their way."));
    Ok(see_other(&if sees { format!("/tasks/{task}") } else { "/users".to_owned() }))
}
