//! `/provision/{draft}/confirm`: what will happen, and Confirm.

use actix_web::{http::StatusCode, web::Path};
use askama::Template;

use crate::{
    clock::distance,
    english::{counted, plural},
    mail,
    operators::{Permission, may},
    provision::{
        self, Begun, Confirmed, Preview,
        choice::Choice,
        plan::{Candidate, Check, Skip},
    },
    web::{Answer, Asked, Chrome, Fields, Flash, Pager, Permitted, page_with, see_other},
};

use super::users::{Step, carried_out, cut, steps};

/// What the buttons that include those who are left out send.
const INCLUDES: [(&str, Skip); 3] =
    [("with-token", Skip::HasToken), ("with-task", Skip::HasPlace), ("hand-over", Skip::NoEmail)];

#[derive(Template)]
#[template(path = "provision/confirm.html")]
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
    /// Buttons that include those who are left out: what they send, what they say.
    includes: Vec<(&'static str, String)>,
    replaced: usize,
    rows: Vec<(Candidate, Check)>,
    pager: Pager,
    shown: String,
    refusal: Option<String>,
    moved: bool,
    /// Confirm was pressed, and a rule does not allow it.
    refused: bool,
}

/// Why the page is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    Asked,
    Moved,
    Refused,
}

fn draw(
    p: &Permitted<may::Provision>,
    chrome: Chrome,
    id: String,
    which: &Asked,
    preview: Preview,
    why: Why,
) -> Answer {
    let Preview { plan, shown, refusal, .. } = preview;
    let count = plan.count();
    let emails = count - plan.handed_over();
    let today = p.desk.settings.zone.today(p.now);
    let left_out = plan.skipped();
    let skipped = left_out.iter().map(|(why, count)| format!("{count} {}", why.words_for_many())).collect();
    let includes = left_out
        .into_iter()
        .filter_map(|(why, count)| {
            let may = why != Skip::NoEmail || p.may(Permission::HandOver);
            let (word, _) = INCLUDES.iter().find(|(_, included)| *included == why && may)?;
            Some((*word, why.include_words(count)?))
        })
        .collect();
    let replaced = plan.replaced().len();
    let (rows, pager) = cut(plan.lines, which, format!("/provision/{id}/confirm"));
    let page = Page {
        chrome,
        title: format!("Provision {}", counted(count, "user")),
        steps: steps(&id, 2),
        id,
        start_on: plan.start_on.to_string(),
        stop_hint: distance(today, plan.choice.stop_on),
        choice: plan.choice,
        count,
        button: match emails {
            0 => "Confirm".into(),
            _ => format!(
                "Confirm and {} {emails} {}",
                if p.desk.settings.mail_leaves() { "send" } else { "queue" },
                plural(emails, "email")
            ),
        },
        skipped,
        includes,
        replaced,
        rows,
        pager,
        shown,
        refusal,
        moved: why == Why::Moved,
        refused: why == Why::Refused,
    };
    let status = match why {
        Why::Asked => StatusCode::OK,
        Why::Moved => StatusCode::CONFLICT,
        Why::Refused => StatusCode::UNPROCESSABLE_ENTITY,
    };
    page_with(status, &page)
}

/// `GET`: what will happen.
pub async fn show(p: Permitted<may::Provision>, id: Path<String>, which: Asked) -> Answer {
    let id = id.into_inner();
    let asked = id.clone();
    let (preview, chrome) = p.view(move |desk, who, now| provision::preview(desk, who, now, &asked)).await?;
    let Some(preview) = preview else { return Ok(see_other(&format!("/provision/{id}/type"))) };
    if let Some(answer) = carried_out(&preview.draft) {
        return Ok(answer);
    }
    draw(&p, chrome, id, &which, preview, Why::Asked)
}

/// `POST`: carries out just what was shown; or includes those who were left out for a reason, and shows what would
/// happen then.
pub async fn submit(p: Permitted<may::Provision>, id: Path<String>, which: Asked, form: Fields) -> Answer {
    let id = id.into_inner();
    let include = form.text("include");
    if let Some((_, why)) = INCLUDES.into_iter().find(|(word, _)| *word == include) {
        let back = format!("/provision/{id}/confirm");
        p.call(move |desk, who, _| provision::include(desk, who, &id, why)).await?;
        return Ok(see_other(&back));
    }
    let (asked, shown) = (id.clone(), form.text("shown"));
    let (begun, chrome) = p.view(move |desk, who, now| provision::work::begin(desk, who, now, &asked, &shown)).await?;
    let confirmed = match begun {
        Begun::Work(work) => return Ok(see_other(&format!("/work/{work}"))),
        Begun::AtOnce(confirmed) => confirmed,
    };
    let task = match confirmed {
        Confirmed::Moved(preview) => return draw(&p, chrome, id, &which, *preview, Why::Moved),
        Confirmed::Refused(preview) => return draw(&p, chrome, id, &which, *preview, Why::Refused),
        Confirmed::Task(task) => task,
    };
    let sees = p.may(Permission::SeeTasks);
    let detail = mail::promise::of_many(&p.desk.settings, "The emails");
    p.flash(&Flash::good(format!("Task {task} was created."), detail));
    Ok(see_other(&if sees { format!("/tasks/{task}") } else { "/users".to_owned() }))
}
