//! `/reports/operators`: what operators did from the audit log.

use actix_web::HttpRequest;
use askama::Template;

use super::{Choice, Tab, as_of, chips, file_address, links, names, tabs, today};
use crate::{
    clock::moment,
    english::{counted, number},
    operators::{self, may},
    reports::{self, ActionCount, Filter, Period, Report, USUAL_DAYS_OF_WORK},
    web::{self, Answer, Asked, Chrome, Permitted},
};

/// Operators offered by the filter.
const OFFERED: i64 = 200;

#[derive(Template)]
#[template(path = "reports/operators.html")]
struct Page {
    chrome: Chrome,
    tabs: Vec<Tab>,
    filter: Filter,
    to: String,
    operators: Vec<Choice>,
    chips: Vec<(String, String)>,
    groups: Vec<Group>,
    all: String,
    done: String,
    refused: String,
    file: String,
    file_words: String,
}

/// What one operator did.
struct Group {
    operator: String,
    lines: Vec<Line>,
}

struct Line {
    deed: ActionCount,
    last: String,
}

/// Shows it.
pub async fn show(p: Permitted<may::Reports>, request: HttpRequest) -> Answer {
    let (zone, now) = (p.desk.settings.zone, p.now);
    let today = today(zone, now);
    let filter = Filter::parse(request.query_string(), Period::last(USUAL_DAYS_OF_WORK, today));
    let asked = filter.clone();
    let (((deeds, counted_at), operators), chrome) = p
        .view(move |desk, who, now| {
            desk.db.read(|conn| {
                let offered = names(operators::working_in(conn, &who.scope, OFFERED)?, &asked.operator);
                Ok((reports::deeds(desk, conn, who, now, &asked)?, offered))
            })
        })
        .await?;
    let links = links(Report::Operators, &filter, &Asked::default());
    let (done, refused): (i64, i64) =
        (deeds.iter().map(|deed| deed.done).sum(), deeds.iter().map(|deed| deed.refused).sum());
    let rows = i64::try_from(deeds.len()).unwrap_or(i64::MAX);
    let mut groups: Vec<Group> = Vec::new();
    for deed in deeds {
        if groups.last().is_none_or(|group| group.operator.to_lowercase() != deed.operator.to_lowercase()) {
            groups.push(Group { operator: deed.operator.clone(), lines: Vec::new() });
        }
        if let Some(group) = groups.last_mut() {
            group.lines.push(Line { last: moment(zone, now, deed.last_at), deed });
        }
    }
    web::page(&Page {
        chrome,
        tabs: tabs(Report::Operators),
        to: filter.period.to.unwrap_or(today).to_string(),
        operators,
        chips: chips(&filter, &links),
        all: format!(
            "All {} in this period{}",
            counted(i64::try_from(groups.len()).unwrap_or(0), "operator"),
            as_of(zone, counted_at)
        ),
        groups,
        done: number(done),
        refused: number(refused),
        file: file_address(Report::Operators, &filter),
        file_words: counted(rows, "row"),
        filter,
    })
}
