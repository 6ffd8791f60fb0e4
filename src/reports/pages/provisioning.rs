//! `/reports/provisioning`: every task, including completed and removed ones.

use actix_web::HttpRequest;
use askama::Template;

use super::{Choice, Tab, as_of, chips, file_address, links, offered, tabs, today, types};
use crate::{
    english::{counted, number},
    operators::{Permission, may},
    reports::{
        self, Filter, Period, Report, USUAL_DAYS,
        history::{Outcome, Row},
    },
    web::{self, Answer, Asked, Chrome, Pager, Permitted},
};

#[derive(Template)]
#[template(path = "reports/provisioning.html")]
struct Page {
    chrome: Chrome,
    tabs: Vec<Tab>,
    filter: Filter,
    to: String,
    operators: Vec<Choice>,
    containers: Vec<Choice>,
    types: Vec<Choice>,
    outcomes: Vec<Choice>,
    chips: Vec<(String, String)>,
    rows: Vec<Line>,
    /// Whose numbers the last line has: "All 128 tasks in this period".
    all: String,
    /// Count, Completed, Locked, Expired, Removed of all.
    sums: [String; 5],
    tasks: i64,
    file: String,
    file_words: String,
    may_see_tasks: bool,
    pager: Pager,
}

struct Line {
    row: Row,
    outcome: Outcome,
    closed: String,
}

/// Shows it.
pub async fn show(p: Permitted<may::Reports>, request: HttpRequest, page: Asked) -> Answer {
    let zone = p.desk.settings.zone;
    let today = today(zone, p.now);
    let filter = Filter::parse(request.query_string(), Period::last(USUAL_DAYS, today));
    let paging = page.paging;
    let asked = filter.clone();
    let ((listed, (operators, containers)), chrome) = p
        .view(move |desk, who, now| {
            desk.db.read(|conn| {
                let part = (paging.offset(), paging.size);
                Ok((reports::provisioning(desk, conn, who, now, &asked, part)?, offered(conn, who, &asked)?))
            })
        })
        .await?;
    let totals = listed.totals;
    let links = links(Report::Provisioning, &filter, &page);
    let counts = totals.counts;
    let outcome =
        |outcome: Outcome| Choice::new(outcome.code().to_lowercase(), outcome.code(), filter.outcome == Some(outcome));
    let line = |row: Row| Line {
        outcome: row.outcome(today),
        closed: row.closed_on(zone, today).map(|day| day.to_string()).unwrap_or_default(),
        row,
    };
    web::page(&Page {
        chrome,
        tabs: tabs(Report::Provisioning),
        // Nothing starts in the future: an open end is today.
        to: filter.period.to.unwrap_or(today).to_string(),
        operators,
        containers,
        types: types(&filter),
        outcomes: Outcome::ALL.into_iter().map(outcome).collect(),
        chips: chips(&filter, &links),
        pager: Pager::new(paging, listed.rows.len(), totals.tasks, &links),
        rows: listed.rows.into_iter().map(line).collect(),
        all: format!("All {} in this view{}", counted(totals.tasks, "task"), as_of(zone, listed.counted_at)),
        sums: [counts.users, counts.completed, counts.locked, counts.expired, counts.removed].map(number),
        tasks: totals.tasks,
        file: file_address(Report::Provisioning, &filter),
        file_words: counted(totals.tasks, "row"),
        may_see_tasks: p.may(Permission::SeeTasks),
        filter,
    })
}
