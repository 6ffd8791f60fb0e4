//! `/tokens/import`: devices from a file of their maker.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Payload};
use askama::Template;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use zeroize::Zeroizing;

use crate::{
    error::{Error, Mistakes, Result},
    operators::{Scope, may},
    tokens::import::{self, COLUMNS, Choices, LineOutcome, Opening, Report},
    users,
    web::{self, Answer, Chrome, Fault, Fields, Permitted, Upload},
};

/// Lines that the page shows; the saved outcomes have all.
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
    outcome: Option<Shown>,
}

/// A report as the page shows it.
struct Shown {
    heading: String,
    carried_out: bool,
    refused: usize,
    part: &'static str,
    lines: Vec<LineOutcome>,
    left_out: usize,
    /// All outcomes as a file, in the address of a link.
    saved: String,
}

/// GET
pub async fn show(p: Permitted<may::ImportTokens>) -> Answer {
    web::page(&build(&p, String::new(), false, Mistakes::default(), None).await?)
}

/// POST: "Check first" and "Import". The file is not kept between the two, since it holds secrets.
///
/// # Errors
/// What reading the form or the import answers.
pub async fn submit(
    p: Permitted<may::ImportTokens>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, actix_web::Error> {
    let upload = Upload::read(&request, payload).await?;
    Ok(carry_out(p, upload).await?)
}

async fn carry_out(p: Permitted<may::ImportTokens>, upload: Upload) -> Answer {
    let container = upload.fields.text("container");
    let good_ones = upload.fields.ticked("good_ones");
    let dry_run = !upload.fields.ticked("import");
    let choices =
        opening(&upload.fields).map(|opening| Choices { opening, container: container.clone(), good_ones, dry_run });
    let bytes = Zeroizing::new(upload.file);
    let outcome = match choices {
        Err(error) => Err(error.into()),
        Ok(_) if bytes.is_empty() => Err(Error::mistake("file", "Choose a file.").into()),
        Ok(choices) => p.call(move |desk, who, now| import::import(desk, who, now, &bytes, &choices)).await,
    };
    let (status, mistakes, outcome) = match outcome {
        Ok(report) => {
            // Asked to import, and nothing was: the form comes back as after any other mistake.
            let refused = !dry_run && !report.carried_out;
            let status = if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
            (status, Mistakes::default(), Some(Shown::new(report)))
        }
        Err(Fault(Error::Invalid(mistakes))) => (StatusCode::UNPROCESSABLE_ENTITY, mistakes, None),
        Err(fault) => return Err(fault),
    };
    web::page_with(status, &build(&p, container, good_ones, mistakes, outcome).await?)
}

/// What opens the file: a key in hexadecimal, or a password, or nothing.
fn opening(fields: &Fields) -> Result<Opening> {
    let key = Zeroizing::new(fields.text("key").split_whitespace().collect::<String>());
    let password = fields.raw("password");
    match (key.is_empty(), password.is_empty()) {
        (true, true) => Ok(Opening::Nothing),
        (true, false) => Ok(Opening::Password(Zeroizing::new(password.to_owned()))),
        (false, true) => match HEXLOWER_PERMISSIVE.decode(key.as_bytes()) {
            Ok(bytes) => Ok(Opening::Key(Zeroizing::new(bytes))),
            Err(_) => Err(Error::mistake("key", "The key is not hexadecimal.")),
        },
        (false, false) => Err(Error::mistake("key", "Enter the key or the password, not both.")),
    }
}

async fn build(
    p: &Permitted<may::ImportTokens>,
    container: String,
    good_ones: bool,
    mistakes: Mistakes,
    outcome: Option<Shown>,
) -> Result<Page, Fault> {
    let (containers, chrome) = p
        .view(|desk, who, _| {
            desk.db.read(|c| Ok(users::containers(c, &who.scope)?.into_iter().map(|(_, name)| name).collect()))
        })
        .await?;
    let everywhere = p.who.scope == Scope::All;
    Ok(Page { chrome, mistakes, columns: COLUMNS, container, containers, everywhere, good_ones, outcome })
}

impl Shown {
    fn new(report: Report) -> Self {
        let (imported, refused) = (report.imported(), report.refused());
        let saved = BASE64.encode(&report.to_csv());
        let all = report.lines.len();
        // What was refused comes first: it is what someone has to do something about.
        let (mut lines, good): (Vec<LineOutcome>, Vec<LineOutcome>) =
            report.lines.into_iter().partition(|line| line.refused.is_some());
        lines.extend(good);
        lines.truncate(LINES_SHOWN);
        let what = if report.carried_out { "Imported" } else { "Nothing has been imported yet" };
        Shown {
            heading: format!("{what}: {imported} good, {refused} refused"),
            carried_out: report.carried_out,
            refused,
            part: report.format.part(),
            left_out: all - lines.len(),
            lines,
            saved,
        }
    }
}
