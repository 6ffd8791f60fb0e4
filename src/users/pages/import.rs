//! `/users/import`: Import Users from a file, by a preview that is imported as it was shown.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Payload, Query},
};
use askama::Template;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{
    db::AnyConn,
    error::{Error, Mistakes, Result},
    operators::{Permission, Scope, Who, may},
    tasks::address::{self, LinksOf},
    users::{
        self, Report,
        import::{COLUMNS, LineOutcome, Outcome},
        pages::preview::{self, said_at},
        previewing::{self, Choices, ImportRun, State},
        user::DEFAULT_CONTAINER,
    },
    web::{self, Answer, Chrome, Permitted, Upload},
};

/// Lines that the page shows of what was imported; the saved outcomes have all.
const LINES_SHOWN: usize = 200;

/// When somebody who was told to wait may try again, in seconds: an import of the most lines takes some ten.
pub const WAIT_SECONDS: u64 = 10;

/// What is said while another file is imported.
pub const WAIT: &str = "Somebody else imports a file right now. Wait a few seconds and send yours again.";

/// What is said of a preview that is over.
pub const ENDED: &str = "This preview has ended: a file is kept for 15 minutes. Choose the file again.";

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

/// What the query string asks for.
#[derive(Default, Deserialize)]
pub struct Asked {
    /// The handle of a preview.
    #[serde(default)]
    preview: String,
    /// A file to save: refused lines, or all outcomes.
    #[serde(default)]
    save: String,
    /// The rest is the preview's.
    #[serde(flatten)]
    view: preview::View,
}

/// GET: the form, or a preview.
pub async fn show(p: Permitted<may::EditUsers>, asked: Query<Asked>) -> Answer {
    if asked.preview.is_empty() {
        return form(&p, StatusCode::OK, Mistakes::default(), &Choices::default(), String::new(), None).await;
    }
    let id = asked.preview.clone();
    match p.call(move |desk, who, now| previewing::find(desk, who, now, &id)).await? {
        State::Ended => ended(&p).await,
        State::Open(preview) if !asked.save.is_empty() => Ok(file("refused-lines.csv", preview::refused_csv(&preview))),
        State::Open(preview) => preview::page(&p, StatusCode::OK, *preview, &asked.view, false).await,
        State::Done(_, outcomes) if !asked.save.is_empty() => Ok(file("import-outcomes.csv", outcomes.to_vec())),
        State::Done(at, _) => {
            let at = said_at(p.desk.settings.zone, p.now, at);
            let mistakes = mistake(format!("This file was imported {at} already."));
            form(&p, StatusCode::OK, mistakes, &Choices::default(), String::new(), None).await
        }
    }
}

/// POST: "Check first" makes a preview of a file, "Import" carries a preview out.
///
/// # Errors
/// What reading the form answers.
pub async fn send(
    p: Permitted<may::EditUsers>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, actix_web::Error> {
    // Before the file is read: each takes memory.
    let Some(_turn) = p.desk.importing.take() else {
        let none = Choices::default();
        let mut answer =
            form(&p, StatusCode::SERVICE_UNAVAILABLE, mistake(WAIT.into()), &none, String::new(), None).await?;
        answer.headers_mut().insert(header::RETRY_AFTER, WAIT_SECONDS.into());
        return Ok(answer);
    };
    let upload = Upload::read(&request, payload).await?;
    let answer = if upload.fields.ticked("preview") { run(&p, &upload).await } else { check(&p, upload).await };
    Ok(answer?)
}

async fn check(p: &Permitted<may::EditUsers>, upload: Upload) -> Answer {
    let choices = Choices { container: upload.fields.text("container"), leave_out: upload.fields.ticked("good_lines") };
    let (name, pasted) = (upload.file_name, upload.fields.raw("text").to_owned());
    let (bytes, is_pasted) =
        if upload.file.is_empty() { (pasted.clone().into_bytes(), true) } else { (upload.file, false) };
    let chosen = choices.clone();
    let outcome = p
        .call(move |desk, who, now| {
            if bytes.is_empty() {
                return Err(Error::mistake("file", "Choose a file, or paste its lines."));
            }
            previewing::check(desk, who, now, if is_pasted { "" } else { &name }, Zeroizing::new(bytes), &chosen)
        })
        .await;
    match outcome {
        Ok(made) => preview::page(p, StatusCode::OK, made, &preview::View::default(), false).await,
        Err(fault) => {
            let mistakes = fault.mistakes()?;
            form(p, StatusCode::UNPROCESSABLE_ENTITY, mistakes, &choices, pasted, None).await
        }
    }
}

async fn run(p: &Permitted<may::EditUsers>, upload: &Upload) -> Answer {
    let (id, shown) = (upload.fields.text("preview"), upload.fields.text("shown"));
    let leave_out = upload.fields.ticked("leave_out");
    let handle = id.clone();
    let ran = p.call(move |desk, who, now| previewing::run(desk, who, now, &handle, &shown, leave_out)).await?;
    let view = preview::View { leave_out: leave_out.then(|| "1".into()), ..preview::View::default() };
    match ran {
        ImportRun::Ended => ended(p).await,
        ImportRun::Moved(preview) => preview::page(p, StatusCode::CONFLICT, *preview, &view, true).await,
        ImportRun::Refused(preview) => preview::page(p, StatusCode::UNPROCESSABLE_ENTITY, *preview, &view, false).await,
        ImportRun::Before(at) => {
            let at = said_at(p.desk.settings.zone, p.now, at);
            let mistakes = mistake(format!("This file was imported {at} already."));
            form(p, StatusCode::CONFLICT, mistakes, &Choices::default(), String::new(), None).await
        }
        ImportRun::Done(report) => {
            let shown = Shown::new(report, format!("/users/import?preview={id}&save=outcomes"));
            form(p, StatusCode::OK, Mistakes::default(), &Choices::default(), String::new(), Some(shown)).await
        }
    }
}

async fn ended(p: &Permitted<may::EditUsers>) -> Answer {
    form(p, StatusCode::GONE, mistake(ENDED.into()), &Choices::default(), String::new(), None).await
}

fn mistake(sentence: String) -> Mistakes {
    let mut mistakes = Mistakes::default();
    mistakes.add("file", sentence);
    mistakes
}

/// A file to save.
pub fn file(name: &str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8; header=present")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(bytes)
}

async fn form(
    p: &Permitted<may::EditUsers>,
    status: StatusCode,
    mistakes: Mistakes,
    choices: &Choices,
    text: String,
    outcome: Option<Shown>,
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
    let container = if choices.container.is_empty() { first_choice(&containers) } else { choices.container.clone() };
    let good_lines = choices.leave_out;
    let page = Page {
        chrome,
        mistakes,
        columns: COLUMNS,
        container,
        containers,
        may_make,
        good_lines,
        text,
        outcome,
        ended: address::words(ended),
        resend,
    };
    web::page_with(status, &page)
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
