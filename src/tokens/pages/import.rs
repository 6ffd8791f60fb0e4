//! `/tokens/import`: tokens from a file, to inventory or to their owners, by a preview that is imported as it was shown.

use super::IMPORT;
use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Payload, Query},
};
use askama::Template;

use crate::{
    error::Mistakes,
    imports::pages::{self, Asked, LINES_SHOWN, Screen, View},
    operators::{Scope, may},
    tokens::{
        import::{
            COLUMNS, LineOutcome, Plan, Report,
            preview::{ImportForm, Preview},
        },
        pages::preview,
    },
    users,
    web::{self, Answer, Chrome, Permitted, Upload},
};

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
    tell_owners: bool,
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
    /// What became of those with owners; empty if there was none.
    owners: String,
    /// The address of all outcomes as a file.
    saved: String,
}

/// GET: the form, or a preview.
pub async fn show(p: Permitted<may::ImportTokens>, asked: Query<Asked>) -> Answer {
    pages::show::<ImportTokens>(&p, asked.into_inner()).await
}

/// POST: "Check first", or "Import".
pub async fn submit(
    p: Permitted<may::ImportTokens>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, actix_web::Error> {
    pages::submit::<ImportTokens>(&p, request, payload).await
}

struct ImportTokens;

impl Screen for ImportTokens {
    type May = may::ImportTokens;
    type Plan = Plan;
    type Form = ImportForm;
    const ADDRESS: &'static str = IMPORT;
    const REFUSED: &'static str = "refused-tokens.csv";
    const NO_FILE: &'static str = "Choose a file.";

    fn sent(upload: Upload) -> (ImportForm, String, Vec<u8>) {
        let fields = &upload.fields;
        let typed = ImportForm {
            container: fields.text("container"),
            tell_owners: fields.ticked("tell_owners"),
            leave_out: fields.ticked("good_ones"),
            key: fields.text("key"),
            password: fields.raw("password").to_owned(),
        };
        (typed, upload.file_name, upload.file)
    }

    fn choices(typed: &ImportForm) -> ImportForm {
        typed.clone()
    }

    fn refused_csv(made: &Preview) -> Vec<u8> {
        made.plan.report.refused_csv()
    }

    async fn preview(p: &Permitted<may::ImportTokens>, status: StatusCode, made: Preview, view: View) -> Answer {
        preview::page(p, status, made, view).await
    }

    async fn form(
        p: &Permitted<may::ImportTokens>,
        status: StatusCode,
        mistakes: Mistakes,
        typed: ImportForm,
        outcome: Option<(Report, String)>,
    ) -> Answer {
        let (containers, chrome) = p
            .view(|desk, who, _| {
                desk.db
                    .read(|conn| Ok(users::containers(conn, &who.scope)?.into_iter().map(|(_, name)| name).collect()))
            })
            .await?;
        let page = Page {
            chrome,
            mistakes,
            columns: COLUMNS,
            container: typed.container.clone(),
            containers,
            everywhere: p.who.scope == Scope::All,
            tell_owners: typed.tell_owners,
            good_ones: typed.leave_out,
            outcome: outcome.map(|(report, saved)| Shown::new(report, saved)),
        };
        web::page_with(status, &page)
    }
}

impl Shown {
    fn new(report: Report, saved: String) -> Self {
        let (imported, refused, part) = (report.imported(), report.refused(), report.format.part());
        let all = report.lines.len();
        let owners = if report.owned() > 0 { report.owners_words() } else { String::new() };
        // What was refused comes first: it is what someone has to do something about.
        let (mut lines, good): (Vec<LineOutcome>, Vec<LineOutcome>) =
            report.lines.into_iter().partition(|line| line.refused.is_some());
        lines.extend(good);
        lines.truncate(LINES_SHOWN);
        let heading = format!("Imported: {imported} good, {refused} refused");
        Shown { heading, part, left_out: all - lines.len(), lines, owners, saved }
    }
}
