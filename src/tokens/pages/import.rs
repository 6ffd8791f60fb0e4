//! `/tokens/import`: devices from a file of their maker, by a preview that is imported as it was shown.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Payload, Query},
};
use askama::Template;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{
    error::{Error, Mistakes},
    operators::{Scope, may},
    tokens::{
        import::{
            COLUMNS, LineOutcome, Report,
            previewing::{self, ImportRun, State, Typed},
        },
        pages::preview,
    },
    users::{
        self,
        pages::{
            import::{ENDED, WAIT, WAIT_SECONDS, file},
            preview::said_at,
        },
    },
    web::{self, Answer, Chrome, Permitted, Upload},
};

/// Lines that the page shows of what was imported; the saved outcomes have all.
const LINES_SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "tokens/import.html")]
struct Page {
    chrome: Chrome,
    mistakes: Mistakes,
    columns: &'static str,
    container: String,
    containers: Vec<String>,
    /// Devices may be for the whole organization.
    everywhere: bool,
    good_ones: bool,
    /// What was imported.
    outcome: Option<Shown>,
}

/// A report as the page shows it.
struct Shown {
    heading: String,
    part: &'static str,
    lines: Vec<LineOutcome>,
    left_out: usize,
    /// The address of all outcomes as a file.
    saved: String,
}

/// What the query string asks for.
#[derive(Default, Deserialize)]
pub struct Asked {
    /// The handle of a preview.
    #[serde(default)]
    preview: String,
    /// A file to save: refused ones, or all outcomes.
    #[serde(default)]
    save: String,
    /// The rest is the preview's.
    #[serde(flatten)]
    view: users::pages::preview::View,
}

/// GET: the form, or a preview.
pub async fn show(p: Permitted<may::ImportTokens>, asked: Query<Asked>) -> Answer {
    if asked.preview.is_empty() {
        return form(&p, StatusCode::OK, Mistakes::default(), &Typed::default(), None).await;
    }
    let id = asked.preview.clone();
    match p.call(move |desk, who, now| previewing::find(desk, who, now, &id)).await? {
        State::Ended => refused(&p, StatusCode::GONE, ENDED.into()).await,
        State::Open(made) if !asked.save.is_empty() => Ok(file("refused-tokens.csv", made.report.refused_csv())),
        State::Open(made) => preview::page(&p, StatusCode::OK, *made, &asked.view, false).await,
        State::Done(_, outcomes) if !asked.save.is_empty() => Ok(file("import-outcomes.csv", outcomes.to_vec())),
        State::Done(at, _) => imported_before(&p, StatusCode::OK, at).await,
    }
}

/// POST: "Check first" makes a preview of a file, "Import" carries a preview out.
///
/// # Errors
/// What reading the form answers.
pub async fn submit(
    p: Permitted<may::ImportTokens>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, actix_web::Error> {
    // Before the file is read: each takes memory.
    let Some(_turn) = p.desk.importing.take() else {
        let mut answer = refused(&p, StatusCode::SERVICE_UNAVAILABLE, WAIT.into()).await?;
        answer.headers_mut().insert(header::RETRY_AFTER, WAIT_SECONDS.into());
        return Ok(answer);
    };
    let upload = Upload::read(&request, payload).await?;
    let answer = if upload.fields.ticked("preview") { run(&p, &upload).await } else { check(&p, upload).await };
    Ok(answer?)
}

async fn check(p: &Permitted<may::ImportTokens>, upload: Upload) -> Answer {
    let typed = Typed {
        container: upload.fields.text("container"),
        leave_out: upload.fields.ticked("good_ones"),
        key: upload.fields.text("key"),
        password: upload.fields.raw("password").to_owned(),
    };
    let (name, bytes, chosen) = (upload.file_name, Zeroizing::new(upload.file), typed.clone());
    let outcome = p
        .call(move |desk, who, now| {
            if bytes.is_empty() {
                return Err(Error::mistake("file", "Choose a file."));
            }
            previewing::check(desk, who, now, &name, bytes, &chosen)
        })
        .await;
    match outcome {
        Ok(made) => preview::page(p, StatusCode::OK, made, &users::pages::preview::View::default(), false).await,
        Err(fault) => form(p, StatusCode::UNPROCESSABLE_ENTITY, fault.mistakes()?, &typed, None).await,
    }
}

async fn run(p: &Permitted<may::ImportTokens>, upload: &Upload) -> Answer {
    let (id, shown) = (upload.fields.text("preview"), upload.fields.text("shown"));
    let leave_out = upload.fields.ticked("leave_out");
    let handle = id.clone();
    let ran = p.call(move |desk, who, now| previewing::run(desk, who, now, &handle, &shown, leave_out)).await?;
    let view = users::pages::preview::View {
        leave_out: leave_out.then(|| "1".into()),
        ..users::pages::preview::View::default()
    };
    match ran {
        ImportRun::Ended => refused(p, StatusCode::GONE, ENDED.into()).await,
        ImportRun::Moved(made) => preview::page(p, StatusCode::CONFLICT, *made, &view, true).await,
        ImportRun::Refused(made) => preview::page(p, StatusCode::UNPROCESSABLE_ENTITY, *made, &view, false).await,
        ImportRun::Before(at) => imported_before(p, StatusCode::CONFLICT, at).await,
        ImportRun::Done(report) => {
            let shown = Shown::new(report, format!("/tokens/import?preview={id}&save=outcomes"));
            form(p, StatusCode::OK, Mistakes::default(), &Typed::default(), Some(shown)).await
        }
    }
}

async fn imported_before(p: &Permitted<may::ImportTokens>, status: StatusCode, at: crate::clock::Timestamp) -> Answer {
    let at = said_at(p.desk.settings.zone, p.now, at);
    refused(p, status, format!("This file was imported {at} already.")).await
}

/// The form with a sentence at the file.
async fn refused(p: &Permitted<may::ImportTokens>, status: StatusCode, sentence: String) -> Answer {
    let mut mistakes = Mistakes::default();
    mistakes.add("file", sentence);
    form(p, status, mistakes, &Typed::default(), None).await
}

async fn form(
    p: &Permitted<may::ImportTokens>,
    status: StatusCode,
    mistakes: Mistakes,
    typed: &Typed,
    outcome: Option<Shown>,
) -> Answer {
    let (containers, chrome) = p
        .view(|desk, who, _| {
            desk.db.read(|conn| Ok(users::containers(conn, &who.scope)?.into_iter().map(|(_, name)| name).collect()))
        })
        .await?;
    let page = Page {
        chrome,
        mistakes,
        columns: COLUMNS,
        container: typed.container.clone(),
        containers,
        everywhere: p.who.scope == Scope::All,
        good_ones: typed.leave_out,
        outcome,
    };
    web::page_with(status, &page)
}

impl Shown {
    fn new(report: Report, saved: String) -> Self {
        let (imported, refused, part) = (report.imported(), report.refused(), report.format.part());
        let all = report.lines.len();
        // What was refused comes first: it is what someone has to do something about.
        let (mut lines, good): (Vec<LineOutcome>, Vec<LineOutcome>) =
            report.lines.into_iter().partition(|line| line.refused.is_some());
        lines.extend(good);
        lines.truncate(LINES_SHOWN);
        let heading = format!("Imported: {imported} good, {refused} refused");
        Shown { heading, part, left_out: all - lines.len(), lines, saved }
    }
}
