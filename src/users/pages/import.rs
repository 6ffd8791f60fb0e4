//! `/users/import`: Import Users from a file, by a preview that is imported as it was shown.

use super::IMPORT;
use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Payload, Query},
};
use askama::Template;

use crate::{
    db::AnyConn,
    error::{Mistakes, Result},
    imports::pages::{self, Asked, LINES_SHOWN, Screen, View},
    operators::{Permission, Scope, Who, may},
    tasks::address::{self, LinksOf},
    users::{
        self, Report,
        import::{
            COLUMNS, LineOutcome, Outcome,
            plan::Plan,
            preview::{Choices, Preview},
        },
        pages::preview,
        user::DEFAULT_CONTAINER,
    },
    web::{self, Answer, Chrome, Permitted, Upload},
};

#[derive(Template)]
#[template(path = "users/import.html")]
struct Page {
    chrome: Chrome,
    mistakes: Mistakes,
    columns: &'static str,
    container: String,
    containers: Vec<String>,
    may_make: bool,
    good_lines: bool,
    /// The text that was pasted.
    text: String,
    /// What was imported.
    outcome: Option<Shown>,
    /// What is said of links that have ended with older addresses; empty if none did.
    ended: String,
    /// Where those can be sent to the new addresses; empty for who may not.
    resend: String,
}

/// A report as the page shows it.
struct Shown {
    report: Report,
    lines: Vec<Line>,
    left_out: usize,
    /// The address of all outcomes as a file.
    saved: String,
}

struct Line {
    number: usize,
    user_id: String,
    word: &'static str,
    /// The color of a status.
    kind: &'static str,
    icon: &'static str,
    detail: String,
}

/// What was typed: what is chosen beside the file, and lines instead of one.
#[derive(Default)]
pub struct Form {
    choices: Choices,
    text: String,
}

/// GET: the form, or a preview.
pub async fn show(p: Permitted<may::EditUsers>, asked: Query<Asked>) -> Answer {
    pages::show::<ImportUsers>(&p, asked.into_inner()).await
}

/// POST: "Check first", or "Import".
pub async fn submit(
    p: Permitted<may::EditUsers>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, actix_web::Error> {
    pages::submit::<ImportUsers>(&p, request, payload).await
}

struct ImportUsers;

impl Screen for ImportUsers {
    type May = may::EditUsers;
    type Plan = Plan;
    type Form = Form;
    const ADDRESS: &'static str = IMPORT;
    const REFUSED: &'static str = "refused-lines.csv";
    const NO_FILE: &'static str = "Choose a file, or paste its lines.";

    fn sent(upload: Upload) -> (Form, String, Vec<u8>) {
        let fields = &upload.fields;
        let choices = Choices { container: fields.text("container"), leave_out: fields.ticked("good_lines") };
        let form = Form { choices, text: fields.raw("text").to_owned() };
        match upload.file.is_empty() {
            true => {
                let lines = form.text.clone().into_bytes();
                (form, String::new(), lines)
            }
            false => (form, upload.file_name, upload.file),
        }
    }

    fn choices(form: &Form) -> Choices {
        form.choices.clone()
    }

    fn refused_csv(made: &Preview) -> Vec<u8> {
        preview::refused_csv(made)
    }

    async fn preview(p: &Permitted<may::EditUsers>, status: StatusCode, made: Preview, view: View) -> Answer {
        preview::page(p, status, made, view).await
    }

    async fn form(
        p: &Permitted<may::EditUsers>,
        status: StatusCode,
        mistakes: Mistakes,
        form: Form,
        outcome: Option<(Report, String)>,
    ) -> Answer {
        let done = outcome.is_some();
        let (((containers, may_make), ended), chrome) = p
            .view(move |desk, who, now| {
                desk.db.read(|conn| {
                    let ended = if done { address::count(conn, who, LinksOf::ChangedAt(now))? } else { 0 };
                    Ok((container_names(conn, who)?, ended))
                })
            })
            .await?;
        let resend = if ended > 0 && p.may(Permission::Resend) { address::page_at(p.now) } else { String::new() };
        let container =
            if form.choices.container.is_empty() { first_choice(&containers) } else { form.choices.container.clone() };
        let Form { choices, text } = form;
        let page = Page {
            chrome,
            mistakes,
            columns: COLUMNS,
            container,
            containers,
            may_make,
            good_lines: choices.leave_out,
            text,
            outcome: outcome.map(|(report, saved)| Shown::new(report, saved)),
            ended: address::words(ended),
            resend,
        };
        web::page_with(status, &page)
    }
}

fn container_names(conn: &mut AnyConn, who: &Who) -> Result<(Vec<String>, bool)> {
    let may_make = who.scope == Scope::All;
    let mut names: Vec<String> = users::containers(conn, &who.scope)?.into_iter().map(|(_, name)| name).collect();
    if may_make && !names.iter().any(|name| name == DEFAULT_CONTAINER) {
        names.insert(0, DEFAULT_CONTAINER.into());
    }
    Ok((names, may_make))
}

fn first_choice(containers: &[String]) -> String {
    let default = containers.iter().find(|name| *name == DEFAULT_CONTAINER).or(containers.first());
    default.cloned().unwrap_or_default()
}

impl Shown {
    fn new(report: Report, saved: String) -> Self {
        // What was refused comes first: it is what someone has to do something about.
        let refused = |line: &&LineOutcome| matches!(line.outcome, Outcome::Refused(_));
        let first = report.lines.iter().filter(refused);
        let then = report.lines.iter().filter(|line| !refused(line));
        let lines: Vec<Line> = first.chain(then).take(LINES_SHOWN).map(Line::new).collect();
        Shown { left_out: report.lines.len() - lines.len(), lines, saved, report }
    }
}

impl Line {
    fn new(line: &LineOutcome) -> Self {
        let (word, kind, icon) = match line.outcome {
            Outcome::Created => ("Created", "completed", "circle-check"),
            Outcome::Updated(_) => ("Updated", "completed", "circle-check"),
            Outcome::Unchanged => ("Unchanged", "expired", "circle-minus"),
            Outcome::PassedOver(_) => ("Passed over", "expired", "circle-minus"),
            Outcome::Refused(_) => ("Refused", "locked", "circle-x"),
        };
        let (number, user_id) = (line.number, line.user_id.clone());
        Line { number, user_id, word, kind, icon, detail: line.outcome.detail() }
    }
}
