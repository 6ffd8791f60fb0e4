//! `/users/import`: Import Users from a file, with a dry run first.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Payload};
use askama::Template;

use crate::{
    db::AnyConn,
    error::{Error, Mistakes, Result},
    operators::{Permission, Scope, Who, may},
    tasks::address::{self, Whose},
    users::{
        self, Import, Report,
        import::{COLUMNS, LineOutcome, Outcome},
        user::DEFAULT_CONTAINER,
    },
    web::{self, Answer, Chrome, Permitted, Upload},
};

/// What is carried from the dry run to the import within the page, in bytes; a larger file is chosen again.
const CARRIED_BYTES: usize = 200 * 1024;

/// What the button sends that imports the good lines of a file with refused ones.
const GOOD_LINES: &str = "good";

/// Lines that the page shows; the saved outcomes have all.
const LINES_SHOWN: usize = 200;

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
    /// The text that was checked or pasted.
    text: String,
    outcome: Option<Shown>,
    /// What is said of links that have ended with older addresses; empty if none did.
    ended: String,
    /// Where those can be sent to the new addresses; empty for who may not.
    resend: String,
}

/// A report as the page shows it.
struct Shown {
    report: Report,
    /// What can be gone on with: a dry run whose text is at hand.
    carried: bool,
    /// Lines that would be imported.
    good: usize,
    lines: Vec<Line>,
    left_out: usize,
    /// All outcomes as a file, in the address of a link.
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

/// GET
pub async fn show(p: Permitted<may::EditUsers>) -> Answer {
    let ((containers, may_make), chrome) = p.view(|desk, who, _| desk.db.read(|c| places(c, who))).await?;
    web::page(&Page {
        chrome,
        mistakes: Mistakes::default(),
        columns: COLUMNS,
        container: first_choice(&containers),
        containers,
        may_make,
        good_lines: false,
        text: String::new(),
        outcome: None,
        ended: String::new(),
        resend: String::new(),
    })
}

/// POST: "Check first" and "Import".
///
/// # Errors
/// What reading the form or the import answers.
pub async fn send(
    p: Permitted<may::EditUsers>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, actix_web::Error> {
    let upload = Upload::read(&request, payload).await?;
    Ok(carry_out(p, upload).await?)
}

async fn carry_out(p: Permitted<may::EditUsers>, upload: Upload) -> Answer {
    let fields = &upload.fields;
    let how = Import {
        container: fields.text("container"),
        dry_run: !fields.ticked("import"),
        good_lines: fields.ticked("good_lines") || fields.raw("import") == GOOD_LINES,
    };
    let bytes = if upload.file.is_empty() { fields.raw("text").as_bytes().to_vec() } else { upload.file.clone() };
    let (container, good_lines, dry_run) = (how.container.clone(), how.good_lines, how.dry_run);
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) if bytes.len() <= CARRIED_BYTES => text.to_owned(),
        _ => String::new(),
    };
    let nothing = bytes.is_empty();
    let outcome = p
        .call(move |desk, who, now| {
            if nothing {
                return Err(Error::mistake("file", "Choose a file, or paste its lines."));
            }
            users::import(desk, who, now, &bytes, &how)
        })
        .await;
    let (status, mistakes, outcome) = match outcome {
        Ok(report) => {
            // Asked to import, and nothing was: the form comes back as after any other mistake.
            let refused = !dry_run && !report.carried_out;
            let status = if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
            let carried = !report.carried_out && !text.is_empty();
            (status, Mistakes::default(), Some(Shown::new(report, carried)))
        }
        Err(fault) => (StatusCode::UNPROCESSABLE_ENTITY, fault.mistakes()?, None),
    };
    let done = outcome.as_ref().is_some_and(|shown| shown.report.carried_out);
    let (((containers, may_make), ended), chrome) = p
        .view(move |desk, who, now| {
            desk.db.read(|c| {
                let ended = if done { address::count(c, who, Whose::ChangedAt(now))? } else { 0 };
                Ok((places(c, who)?, ended))
            })
        })
        .await?;
    let resend = if ended > 0 && p.may(Permission::Resend) { address::page_at(p.now) } else { String::new() };
    web::page_with(
        status,
        &Page {
            chrome,
            mistakes,
            columns: COLUMNS,
            container,
            containers,
            may_make,
            good_lines,
            text: if done { String::new() } else { text },
            outcome,
            ended: address::words(ended),
            resend,
        },
    )
}

fn places(conn: &mut AnyConn, who: &Who) -> Result<(Vec<String>, bool)> {
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
    fn new(report: Report, carried: bool) -> Self {
        // What was refused comes first: it is what someone has to do something about.
        let refused = |line: &&LineOutcome| matches!(line.outcome, Outcome::Refused(_));
        let first = report.lines.iter().filter(refused);
        let then = report.lines.iter().filter(|line| !refused(line));
        let lines: Vec<Line> = first.chain(then).take(LINES_SHOWN).map(Line::new).collect();
        let saved = data_encoding::BASE64.encode(&report.to_csv());
        let good = report.lines.len() - report.count("refused") - report.count("passed over");
        Shown { left_out: report.lines.len() - lines.len(), lines, carried, good, saved, report }
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
