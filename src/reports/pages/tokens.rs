//! `/reports/tokens`: tokens by type and state.

use actix_web::HttpRequest;
use askama::Template;

use super::{Choice, Tab, as_of, chips, file_address, links, names, tabs};
use crate::{
    english::counted,
    operators::may,
    reports::{self, Filter, Period, Report, StockLine},
    tokens::{AuthenticationType, TokenState},
    users,
    web::{self, Answer, Asked, Chrome, Permitted},
};

#[derive(Template)]
#[template(path = "reports/tokens.html")]
struct Page {
    chrome: Chrome,
    tabs: Vec<Tab>,
    containers: Vec<Choice>,
    chips: Vec<(String, String)>,
    states: [TokenState; 7],
    lines: Vec<Line>,
    /// Of each state, and last of all.
    sums: Vec<i64>,
    /// When they were counted, if that was not just now: ", as of 14:32".
    as_of: String,
    file: String,
    file_words: String,
}

struct Line {
    kind: AuthenticationType,
    /// Of each state, and last of all.
    counts: Vec<i64>,
}

/// Shows it.
pub async fn show(p: Permitted<may::Reports>, request: HttpRequest) -> Answer {
    let zone = p.desk.settings.zone;
    let filter = Filter::parse(request.query_string(), Period::default());
    let asked = filter.clone();
    let (((stands, counted_at), containers), chrome) = p
        .view(move |desk, who, now| {
            desk.db.read(|conn| {
                let list = users::containers(conn, &who.scope)?.into_iter().map(|(_, name)| name).collect();
                Ok((reports::tokens(desk, conn, who, now, &asked)?, names(list, &asked.container)))
            })
        })
        .await?;
    let lines: Vec<Line> = AuthenticationType::ALL.into_iter().map(|kind| line(kind, &stands)).collect();
    let sums = (0..=TokenState::ALL.len()).map(|at| lines.iter().map(|line| line.counts[at]).sum()).collect();
    let links = links(Report::Tokens, &filter, &Asked::default());
    web::page(&Page {
        chrome,
        tabs: tabs(Report::Tokens),
        containers,
        chips: chips(&filter, &links),
        states: TokenState::ALL,
        lines,
        sums,
        as_of: as_of(zone, counted_at),
        file: file_address(Report::Tokens, &filter),
        file_words: counted(i64::try_from(stands.len()).unwrap_or(i64::MAX), "row"),
    })
}

fn line(kind: AuthenticationType, stands: &[StockLine]) -> Line {
    let of = |state: TokenState| {
        let same = |stand: &&StockLine| stand.authentication_type == kind && stand.state == state;
        stands.iter().find(same).map_or(0, |stand| stand.tokens)
    };
    let mut counts: Vec<i64> = TokenState::ALL.into_iter().map(of).collect();
    counts.push(counts.iter().sum());
    Line { kind, counts }
}
