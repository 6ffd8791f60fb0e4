//! `/reports/not-enrolled`: users who have yet to enroll.

use actix_web::HttpRequest;
use askama::Template;

use super::{Choice, Tab, as_of, chips, file_address, links, offered, tabs, today, types};
use crate::{
    clock::moment,
    english::{counted, number},
    operators::{Permission, may},
    reports::{self, Filter, Period, Report, not_enrolled::Row},
    tasks::{Status, status},
    web::{self, Answer, Asked, Chrome, Pager, Permitted, segment},
};

#[derive(Template)]
#[template(path = "reports/not-enrolled.html")]
struct Page {
    chrome: Chrome,
    tabs: Vec<Tab>,
    filter: Filter,
    operators: Vec<Choice>,
    containers: Vec<Choice>,
    types: Vec<Choice>,
    statuses: Vec<Choice>,
    chips: Vec<(String, String)>,
    rows: Vec<Line>,
    all: String,
    /// How many are Active, Locked, Expired, in words.
    sums: Vec<(Status, String)>,
    enrollments: i64,
    file: String,
    file_words: String,
    may_see_tasks: bool,
    may_see_users: bool,
    pager: Pager,
}

struct Line {
    status: Status,
    hint: String,
    distance: String,
    urgency: &'static str,
    /// The last email's state; empty if there is none.
    email: &'static str,
    emailed_at: String,
    user_href: String,
    row: Row,
}

/// Shows it.
pub async fn show(p: Permitted<may::Reports>, request: HttpRequest, page: Asked) -> Answer {
    let (zone, now) = (p.desk.settings.zone, p.now);
    let today = today(zone, now);
    let filter = Filter::parse(request.query_string(), Period::default());
    let paging = page.paging;
    let asked = filter.clone();
    let ((listed, (operators, containers)), chrome) = p
        .view(move |desk, who, now| {
            desk.db.read(|conn| {
                let part = (paging.offset(), paging.size);
                Ok((reports::not_enrolled(desk, conn, who, now, &asked, part)?, offered(conn, who, &asked)?))
            })
        })
        .await?;
    let (totals, attempts) = (listed.totals, listed.attempts_allowed);
    let links = links(Report::NotEnrolled, &filter, &page);
    let statuses = [Status::Active, Status::Locked, Status::Expired];
    let choice = |status: Status| Choice::new(status.code(), status.label(), filter.status == Some(status));
    let line = |row: Row| {
        let (distance, urgency) = status::urgency(today, row.facts.stop_on);
        Line {
            status: row.status(attempts, today),
            hint: match row.status(attempts, today) {
                // The Stop Date stands beside it.
                Status::Expired => String::new(),
                _ => status::hint(&row.facts, attempts, now, zone),
            },
            distance,
            urgency,
            email: row.email.map_or("", |state| state.label()),
            emailed_at: row.emailed_at.map(|at| moment(zone, now, at)).unwrap_or_default(),
            user_href: format!("/users/{}/authentication-methods", segment(&row.user_id)),
            row,
        }
    };
    web::page(&Page {
        chrome,
        tabs: tabs(Report::NotEnrolled),
        operators,
        containers,
        types: types(&filter),
        statuses: statuses.into_iter().map(choice).collect(),
        chips: chips(&filter, &links),
        pager: Pager::new(paging, listed.rows.len(), totals.enrollments, &links),
        rows: listed.rows.into_iter().map(line).collect(),
        all: format!(
            "All {} in this view{}",
            counted(totals.enrollments, "enrollment"),
            as_of(zone, listed.counted_at)
        ),
        sums: statuses.into_iter().zip([totals.active, totals.locked, totals.expired].map(number)).collect(),
        enrollments: totals.enrollments,
        file: file_address(Report::NotEnrolled, &filter),
        file_words: counted(totals.enrollments, "row"),
        may_see_tasks: p.may(Permission::SeeTasks),
        may_see_users: p.may(Permission::SeeUsers),
        filter,
    })
}
