//! The preview of an import of tokens: what was passed over, refused and new, a page of each at a time.

use actix_web::http::StatusCode;
use askama::Template;

use crate::{
    english::counted,
    imports::pages::{Frame, Part, ROWS_FIRST, View, said_at},
    operators::may,
    tokens::{
        import::{LineOutcome, preview::Preview},
        pages::IMPORT,
    },
    web::{self, Answer, Chrome, Permitted},
};

#[derive(Template)]
#[template(path = "tokens/preview.html")]
struct Page {
    chrome: Chrome,
    heading: String,
    lede: String,
    frame: Frame,
    /// The columns that are not taken: a sentence, or nothing.
    passed_over: String,
    /// Where the new ones go, and who is told.
    owners: String,
    /// What a line of the file is called.
    line: &'static str,
    refused: Part<LineOutcome>,
    created: Part<LineOutcome>,
}

/// The page.
pub async fn page(p: &Permitted<may::ImportTokens>, status: StatusCode, preview: Preview, view: View) -> Answer {
    let ((), chrome) = p.view(|_, _, _| Ok(())).await?;
    let (report, file_name) = (&preview.plan.report, &preview.file_name);
    let links = view.links(IMPORT, &preview.id);
    let (good, refused) = (report.imported(), report.refused());
    let rows = |is_refused: bool| report.lines.iter().filter(move |line| line.refused.is_some() == is_refused).cloned();
    let at = said_at(p.desk.settings.zone, p.now, preview.made_at);
    let count = counted(report.lines.len(), &report.format.part().to_lowercase());
    let page = Page {
        chrome,
        heading: heading(good, refused),
        lede: format!("{file_name}, {count}, checked {at}."),
        frame: Frame::new(&preview, &view, &links, IMPORT, ("token", good), ("token", refused)),
        passed_over: report.passed_over_words(),
        owners: report.owners_words(),
        line: report.format.part(),
        refused: view.part("refused", refused, ROWS_FIRST, rows(true), &links),
        created: view.part("new", good, ROWS_FIRST, rows(false), &links),
    };
    web::page_with(status, &page)
}

/// "Preview: 61 new tokens, 2 refused; nothing imported yet".
fn heading(good: usize, refused: usize) -> String {
    let new = counted(good, "new token");
    match refused {
        0 => format!("Preview: {new}; nothing imported yet"),
        _ => format!("Preview: {new}, {refused} refused; nothing imported yet"),
    }
}
