//! `/tasks/{number}/edit`: users of the task with check boxes, and what can be done with the ticked ones.

use actix_web::web::{Path, Query as Typed};
use askama::Template;
use serde::Deserialize;

use crate::{
    clock::distance,
    db,
    error::Error,
    ids::{EnrollmentId, TaskId},
    operators::{Permission, may},
    policy,
    tasks::{
        Status,
        edit::Chosen,
        list::Row,
        members::Filter,
        pages::detail::{self, Line},
        reading, store,
    },
    web::{Answer, Chrome, Fields, Links, Pager, Paging, Permitted, page},
};

/// The query string: search, filter, page, and "all that match".
#[derive(Deserialize)]
pub struct Address {
    q: Option<String>,
    status: Option<String>,
    all: Option<String>,
    page: Option<String>,
    size: Option<String>,
}

#[derive(Template)]
#[template(path = "tasks/edit.html")]
struct Page {
    chrome: Chrome,
    row: Row,
    q: String,
    status: Option<Status>,
    statuses: [Status; 4],
    all: bool,
    matching: i64,
    all_href: String,
    some_href: String,
    chips: Vec<(String, String)>,
    rows: Vec<Line>,
    pager: Pager,
    stop_on: String,
    stop_words: String,
    latest: String,
    may_move: bool,
    may_remove: bool,
    may_resend: bool,
    may_unlock: bool,
}

/// The page.
///
/// # Errors
/// `NotFound`; `Refused` if the task is over; `Forbidden` for who may do nothing here.
pub async fn show(p: Permitted<may::EditTask>, number: Path<String>, typed: Typed<Address>) -> Answer {
    let id = reading::number(&number)?;
    let typed = typed.into_inner();
    let text = |text: Option<String>| text.unwrap_or_default().trim().to_owned();
    let q = text(typed.q);
    let number = |text: Option<String>| text.and_then(|text| text.trim().parse().ok());
    let paging = Paging::new(number(typed.page), number(typed.size));
    let filter = Filter { q: db::key(&q), status: Status::from_word(&text(typed.status)), ..Filter::default() };
    let all = typed.all.is_some();
    let asked = filter.clone();
    let ((row, members, total, matching, policy), chrome) = p
        .view(move |desk, who, now| {
            let zone = desk.settings.zone;
            desk.db.read(|c| {
                let row = reading::find(c, who, now, zone, id)?;
                let policy = policy::current(c)?;
                let (attempts, today) = (policy.attempts_allowed, zone.today(now));
                let list = |c: &mut _, filter: &Filter, offset, limit| {
                    store::members::page(c, id, &who.scope, filter, attempts, today, offset, limit)
                };
                let (members, total) = list(c, &asked, paging.offset(), paging.size)?;
                let (_, matching) = list(c, &Filter { open: true, ..asked.clone() }, 0, 0)?;
                Ok((row, members, total, matching, policy))
            })
        })
        .await?;
    if !row.task.is_open() {
        let sentence = format!("Task {id} is over: it was removed, or everyone in it has enrolled.");
        return Err(Error::Refused(sentence).into());
    }
    let (zone, now) = (p.desk.settings.zone, p.now);
    let today = zone.today(now);
    let links = Links::new(
        format!("/tasks/{id}/edit"),
        vec![
            ("q", q.clone()),
            ("status", filter.status.map_or(String::new(), |status| status.word().to_lowercase())),
            ("size", if paging.size == crate::web::paging::SIZES[0] { String::new() } else { paging.size.to_string() }),
        ],
    );
    let rows: Vec<Line> =
        members.into_iter().map(|member| detail::line(member, policy.attempts_allowed, now, zone, false)).collect();
    let mut chips = Vec::new();
    if !q.is_empty() {
        chips.push((format!("“{q}”"), links.with("q", "")));
    }
    if let Some(status) = filter.status {
        chips.push((format!("Status is {}", status.word()), links.with("status", "")));
    }
    let stop_on = row.task.stop_on().max(today);
    page(&Page {
        chrome,
        q,
        status: filter.status,
        statuses: Status::ALL,
        all: all && matching > 0,
        matching,
        all_href: links.with("all", "1"),
        some_href: links.here(),
        chips,
        pager: Pager::new(paging, rows.len(), total, &links),
        rows,
        stop_on: stop_on.to_string(),
        stop_words: format!("{}, {}", stop_on.format("%a"), distance(today, stop_on)),
        latest: policy.latest_stop(row.task.start_on).to_string(),
        may_move: p.may(Permission::ChangeStopDate),
        may_remove: p.may(Permission::Remove),
        may_resend: p.may(Permission::Resend),
        may_unlock: p.may(Permission::Unlock),
        row,
    })
}

/// The ticked users of the form, or the filter that stands for all that match.
pub(super) fn chosen(form: &Fields) -> Chosen {
    if form.ticked("all") {
        let filter = Filter {
            q: db::key(&form.text("q")),
            status: Status::from_word(&form.text("status")),
            ..Filter::default()
        };
        return Chosen::Matching(filter);
    }
    Chosen::These(form.all("user").iter().filter_map(|id| id.parse().ok()).map(EnrollmentId).collect())
}

/// Where Edit of a task is.
pub(super) fn address(id: TaskId) -> String {
    format!("/tasks/{id}/edit")
}
