//! `/work`: the long work that the operator asked for, the newest first.

use askama::Template;

use crate::{
    clock::moment,
    operators::may,
    web::{Answer, Chrome, Permitted, page},
    work::{self, Piece},
};

#[derive(Template)]
#[template(path = "work/list.html")]
struct Page {
    chrome: Chrome,
    rows: Vec<Row>,
    /// The days for which pieces are kept.
    days: i64,
}

struct Row {
    piece: Piece,
    asked: String,
}

/// The list.
pub async fn show(p: Permitted<may::SignedIn>) -> Answer {
    let (pieces, chrome) = p.view(|desk, who, _| desk.db.read(|conn| work::own(conn, who))).await?;
    let (zone, now) = (p.desk.settings.zone, p.now);
    let rows = pieces.into_iter().map(|piece| Row { asked: moment(zone, now, piece.created_at), piece }).collect();
    page(&Page { chrome, rows, days: work::DAYS_KEPT })
}
