//! What the screens of an import share, whatever its file holds: the ways from the form to the preview and from the preview
//! to the outcomes, and the frame around what a preview shows.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::Payload,
};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{ImportRun, Plan, Preview, State, preview};
use crate::{
    clock::{Timestamp, Zone, moment},
    english::counted,
    error::{Error, Mistakes},
    operators::may::Need,
    web::{self, Answer, Links, Pager, Paging, Permitted, Upload},
};

/// Lines that the page shows of what was imported; the saved outcomes have all.
pub const LINES_SHOWN: usize = 200;

/// Rows of a part that is looked at alone.
const ROWS_A_PAGE: i64 = 100;

/// Rows of a part that the first view shows.
pub const ROWS_FIRST: usize = 20;

/// When somebody who was told to wait may try again, in seconds: an import of the most lines takes some ten.
const WAIT_SECONDS: u64 = 10;

/// What is said while another file is imported.
const WAIT: &str = "Somebody else imports a file right now. Wait a few seconds and send yours again.";

/// What is said of a preview that is over.
const ENDED: &str = "This preview has ended: a file is kept for 15 minutes. Choose the file again.";

/// The screens of one kind of file.
#[allow(async_fn_in_trait, reason = "a handler stays on the thread that it began on")]
pub trait Screen: 'static {
    /// Who sees them.
    type May: Need;
    /// What would become of a file.
    type Plan: Plan;
    /// What was typed beside the file.
    type Form: Default;
    /// Their address.
    const ADDRESS: &'static str;
    /// What the file of refused lines is called.
    const REFUSED: &'static str;
    /// What is said where there is no file.
    const NO_FILE: &'static str;

    /// What was sent: what was typed, the name of the file, the file.
    fn sent(upload: Upload) -> (Self::Form, String, Vec<u8>);

    /// What was chosen beside the file.
    fn choices(form: &Self::Form) -> <Self::Plan as Plan>::Choices;

    /// The form, with what was imported.
    async fn form(
        p: &Permitted<Self::May>,
        status: StatusCode,
        mistakes: Mistakes,
        form: Self::Form,
        outcome: Option<(<Self::Plan as Plan>::Report, String)>,
    ) -> Answer;

    /// The preview.
    async fn preview(p: &Permitted<Self::May>, status: StatusCode, preview: Preview<Self::Plan>, view: View) -> Answer;

    /// The refused lines as a file, to mend them in.
    fn refused_csv(preview: &Preview<Self::Plan>) -> Vec<u8>;
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
    #[serde(flatten)]
    view: View,
}

/// How a preview is looked at.
#[derive(Default, Deserialize)]
pub struct View {
    /// A part alone: "passed", "refused", "updated" or "new".
    pub part: Option<String>,
    page: Option<String>,
    /// Set when refused lines are to be left out.
    leave_out: Option<String>,
    /// True if the data moved since the preview that was to be imported.
    #[serde(skip)]
    moved: bool,
}

/// What stands around the parts of a preview.
pub struct Frame {
    /// The address of the import.
    pub address: &'static str,
    /// What a refused part of the file is called: "line", "token".
    pub part: &'static str,
    /// How many are refused.
    pub refused: usize,
    /// True if the data moved since the preview that was to be imported.
    pub moved: bool,
    /// The handle of the file.
    pub id: String,
    /// What has to be the same when it is carried out.
    pub fingerprint: String,
    /// True if refused ones are left out.
    pub leave_out: bool,
    /// What the button says; empty if there is nothing to import.
    pub button: String,
    /// True while refused ones stop all of it.
    pub stopped: bool,
    /// The address of the preview with refused ones left out.
    pub leave_out_href: String,
    /// The address of the refused ones as a file.
    pub save_href: String,
}

/// A part of a preview.
pub struct Part<T> {
    /// True if it is drawn.
    pub drawn: bool,
    /// Rows in all.
    pub total: usize,
    /// Those that are shown.
    pub rows: Vec<T>,
    /// The address of all of it, where the rows are not all.
    pub all: String,
    /// The ways to its other pages, where it is looked at alone.
    pub pager: Option<Pager>,
}

/// GET: the form, or a preview, or a file to save.
pub async fn show<S: Screen>(p: &Permitted<S::May>, asked: Asked) -> Answer {
    if asked.preview.is_empty() {
        return S::form(p, StatusCode::OK, Mistakes::default(), S::Form::default(), None).await;
    }
    let id = asked.preview;
    match p.call(move |desk, who, now| preview::find::<S::Plan>(desk, who, now, &id)).await? {
        State::Ended => mistake::<S>(p, StatusCode::GONE, ENDED.into()).await,
        State::Open(made) if !asked.save.is_empty() => Ok(web::csv(S::REFUSED).body(S::refused_csv(&made))),
        State::Open(made) => S::preview(p, StatusCode::OK, *made, asked.view).await,
        State::Done(_, outcomes) if !asked.save.is_empty() => {
            Ok(web::csv("import-outcomes.csv").body(outcomes.to_vec()))
        }
        State::Done(at, _) => imported_before::<S>(p, StatusCode::OK, at).await,
    }
}

/// POST: "Check first" makes a preview of a file, "Import" carries a preview out.
pub async fn submit<S: Screen>(
    p: &Permitted<S::May>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, actix_web::Error> {
    // Before the file is read: each takes memory.
    let Some(_turn) = p.desk.importing.take() else {
        let mut answer = mistake::<S>(p, StatusCode::SERVICE_UNAVAILABLE, WAIT.into()).await?;
        answer.headers_mut().insert(header::RETRY_AFTER, WAIT_SECONDS.into());
        return Ok(answer);
    };
    let upload = Upload::read(&request, payload).await?;
    let answer = if upload.fields.ticked("preview") { run::<S>(p, &upload).await } else { check::<S>(p, upload).await };
    Ok(answer?)
}

async fn check<S: Screen>(p: &Permitted<S::May>, upload: Upload) -> Answer {
    let (form, name, bytes) = S::sent(upload);
    let choices = S::choices(&form);
    let bytes = Zeroizing::new(bytes);
    let outcome = p
        .call(move |desk, who, now| {
            if bytes.is_empty() {
                return Err(Error::mistake("file", S::NO_FILE));
            }
            preview::check::<S::Plan>(desk, who, now, &name, bytes, &choices)
        })
        .await;
    match outcome {
        Ok(made) => S::preview(p, StatusCode::OK, made, View::default()).await,
        Err(fault) => S::form(p, StatusCode::UNPROCESSABLE_ENTITY, fault.mistakes()?, form, None).await,
    }
}

async fn run<S: Screen>(p: &Permitted<S::May>, upload: &Upload) -> Answer {
    let (id, shown) = (upload.fields.text("preview"), upload.fields.text("shown"));
    let leave_out = upload.fields.ticked("leave_out");
    let handle = id.clone();
    let ran = p.call(move |desk, who, now| preview::run::<S::Plan>(desk, who, now, &handle, &shown, leave_out)).await?;
    let view = |moved| View { leave_out: leave_out.then(|| "1".into()), moved, ..View::default() };
    match ran {
        ImportRun::Ended => mistake::<S>(p, StatusCode::GONE, ENDED.into()).await,
        ImportRun::Moved(made) => S::preview(p, StatusCode::CONFLICT, *made, view(true)).await,
        ImportRun::Refused(made) => S::preview(p, StatusCode::UNPROCESSABLE_ENTITY, *made, view(false)).await,
        ImportRun::Before(at) => imported_before::<S>(p, StatusCode::CONFLICT, at).await,
        ImportRun::Done(report) => {
            let saved = format!("{}?preview={id}&save=outcomes", S::ADDRESS);
            S::form(p, StatusCode::OK, Mistakes::default(), S::Form::default(), Some((report, saved))).await
        }
    }
}

async fn imported_before<S: Screen>(p: &Permitted<S::May>, status: StatusCode, at: Timestamp) -> Answer {
    let at = said_at(p.desk.settings.zone, p.now, at);
    mistake::<S>(p, status, format!("This file was imported {at} already.")).await
}

/// The form with a sentence at the file.
async fn mistake<S: Screen>(p: &Permitted<S::May>, status: StatusCode, sentence: String) -> Answer {
    let mut mistakes = Mistakes::default();
    mistakes.add("file", sentence);
    S::form(p, status, mistakes, S::Form::default(), None).await
}

/// "today at 14:32", within a sentence.
pub fn said_at(zone: Zone, now: Timestamp, at: Timestamp) -> String {
    moment(zone, now, at).replace("Today, ", "today at ").replace("Yesterday, ", "yesterday at ")
}

impl View {
    /// The addresses of other views of the preview `id`.
    pub fn links(&self, address: &str, id: &str) -> Links {
        let kept = |value: &Option<String>| value.clone().unwrap_or_default();
        let pairs = vec![("preview", id.to_owned()), ("leave_out", kept(&self.leave_out)), ("part", kept(&self.part))];
        Links::new(address, pairs)
    }

    /// The first rows of a part, or, where it is looked at alone, a page of them.
    pub fn part<T>(
        &self,
        name: &str,
        total: usize,
        first: usize,
        rows: impl Iterator<Item = T>,
        links: &Links,
    ) -> Part<T> {
        let all = if total > first { links.with("part", name) } else { String::new() };
        match self.part.as_deref() {
            None => Part { drawn: total > 0, total, rows: rows.take(first).collect(), all, pager: None },
            Some(alone) if alone == name => {
                let number = self.page.as_deref().and_then(|page| page.parse().ok());
                let paging = Paging { size: ROWS_A_PAGE, ..Paging::new(number, None) };
                let skipped = usize::try_from(paging.offset()).unwrap_or(usize::MAX);
                let rows: Vec<T> = rows.skip(skipped).take(usize::try_from(ROWS_A_PAGE).unwrap_or(0)).collect();
                let mut pager = Pager::new(paging, rows.len(), i64::try_from(total).unwrap_or(i64::MAX), links);
                pager.sizes.clear();
                Part { drawn: true, total, rows, all: String::new(), pager: Some(pager) }
            }
            Some(_) => Part { drawn: false, total, rows: Vec::new(), all, pager: None },
        }
    }
}

impl Frame {
    /// Around a preview of which `good` parts can be imported, each an `item` ("user"), and others are refused.
    pub fn new<P: Plan>(
        preview: &Preview<P>,
        view: &View,
        links: &Links,
        address: &'static str,
        (item, good): (&str, usize),
        (part, refused): (&'static str, usize),
    ) -> Self {
        let leave_out = preview.leave_out || view.leave_out.is_some();
        Frame {
            address,
            part,
            refused,
            moved: view.moved,
            id: preview.id.clone(),
            fingerprint: preview.fingerprint.clone(),
            leave_out,
            button: button(item, good, refused),
            stopped: refused > 0 && !leave_out,
            leave_out_href: links.with("leave_out", "1"),
            save_href: links.with("save", "refused"),
        }
    }
}

/// "Import 64 users, leave 2 out"; empty if none is left.
fn button(item: &str, good: usize, refused: usize) -> String {
    let import = format!("Import {}", counted(good, item));
    match (good, refused) {
        (0, _) => String::new(),
        (_, 0) => import,
        _ => format!("{import}, leave {refused} out"),
    }
}
