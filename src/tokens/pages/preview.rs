//! The preview of an import of tokens: what was passed over, refused and new, a page of each at a time.

use actix_web::http::StatusCode;
use askama::Template;

use crate::{
    operators::may,
    tokens::import::{LineOutcome, previewing::Preview},
    users::pages::preview::{Part, View, part, said_at},
    web::{self, Answer, Chrome, Permitted},
};

/// Rows of a part that the first view shows.
const ROWS_FIRST: usize = 20;

#[derive(Template)]
#[template(path = "tokens/preview.html")]
struct Page {
    chrome: Chrome,
    heading: String,
    lede: String,
    /// True if the data moved since the preview that was to be imported.
    moved: bool,
    /// The columns that are not taken: a sentence, or nothing.
    passed_over: String,
    /// What a line of the file is called.
    line: &'static str,
    refused: Part<LineOutcome>,
    created: Part<LineOutcome>,
    id: String,
    fingerprint: String,
    leave_out: bool,
    /// What the button says; empty if there is nothing to import.
    button: String,
    /// True while refused ones stop all of it.
    stopped: bool,
    leave_out_href: String,
    save_href: String,
}

/// The page.
///
/// # Errors
/// What the shell of the page answers.
pub async fn page(
    p: &Permitted<may::ImportTokens>,
    status: StatusCode,
    preview: Preview,
    view: &View,
    moved: bool,
) -> Answer {
    let ((), chrome) = p.view(|_, _, _| Ok(())).await?;
    let Preview { id, file_name, made_at, leave_out, fingerprint, report } = preview;
    let leave_out = leave_out || view.leave_out.is_some();
    let links = view.links("/tokens/import", &id);
    let (good, refused) = (report.imported(), report.refused());
    let rows = |is_refused: bool| report.lines.iter().filter(move |line| line.refused.is_some() == is_refused).cloned();
    let at = said_at(p.desk.settings.zone, p.now, made_at);
    let (count, what) = (report.lines.len(), report.format.part().to_lowercase());
    let page = Page {
        chrome,
        heading: heading(good, refused),
        lede: format!("{file_name}, {count} {what}{}, checked {at}.", if count == 1 { "" } else { "s" }),
        moved,
        passed_over: report.passed_over_words(),
        line: report.format.part(),
        refused: part("refused", refused, ROWS_FIRST, rows(true), view, &links),
        created: part("new", good, ROWS_FIRST, rows(false), view, &links),
        button: button(good, refused),
        stopped: refused > 0 && !leave_out,
        leave_out,
        leave_out_href: links.with("leave_out", "1"),
        save_href: links.with("save", "refused"),
        id,
        fingerprint,
    };
    web::page_with(status, &page)
}

/// "Preview: 61 new tokens, 2 refused; nothing imported yet".
fn heading(good: usize, refused: usize) -> String {
    let new = format!("{good} new {}", if good == 1 { "token" } else { "tokens" });
    match refused {
        0 => format!("Preview: {new}; nothing imported yet"),
        _ => format!("Preview: {new}, {refused} refused; nothing imported yet"),
    }
}

/// "Import 61 tokens, leave 2 out"; empty if none is left.
fn button(good: usize, refused: usize) -> String {
    let tokens = format!("Import {good} {}", if good == 1 { "token" } else { "tokens" });
    match (good, refused) {
        (0, _) => String::new(),
        (_, 0) => tokens,
        _ => format!("{tokens}, leave {refused} out"),
    }
}
