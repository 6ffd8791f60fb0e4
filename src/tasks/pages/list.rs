//! `/tasks`: Provisioning Task Management.

use actix_web::{http::StatusCode, web::Query as Typed};
use askama::Template;
use serde::Deserialize;

use crate::{
    db::{self, Total},
    error::Mistakes,
    ids::TaskId,
    operators::{Permission, may, may::Need},
    tasks::{
        enrollment::urgency,
        list::{Column, Order, Query, Row, StopWithin, View},
        reading::{self, Listed},
    },
    ticked,
    tokens::AuthenticationType,
    web::{Answer, Chrome, Fields, Links, Pager, Paging, Permitted, page_with},
};

/// The check box of a task.
pub(super) const TASK: &str = "task";

/// The query string: search, filters, sort and page, so that every view can be linked.
#[derive(Deserialize)]
pub struct Address {
    view: Option<String>,
    q: Option<String>,
    operator: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    stop: Option<String>,
    all: Option<String>,
    sort: Option<String>,
    page: Option<String>,
    size: Option<String>,
}

/// A tab above the list.
struct Tab {
    words: &'static str,
    href: String,
    count: String,
    current: bool,
}

/// A head of the table; it sorts if it has an address.
struct Head {
    words: &'static str,
    href: String,
    order: &'static str,
    class: &'static str,
}

/// A row as it is drawn.
struct Line {
    row: Row,
    ticked: bool,
    emailed_to: String,
    stop_hint: String,
    urgency: &'static str,
}

#[derive(Template)]
#[template(path = "tasks/list.html")]
struct Page {
    chrome: Chrome,
    tabs: Vec<Tab>,
    q: String,
    view: &'static str,
    sort: String,
    operators: Vec<(String, bool)>,
    kinds: Vec<(AuthenticationType, bool)>,
    stops: Vec<(StopWithin, bool)>,
    chips: Vec<(String, String)>,
    heads: Vec<Head>,
    rows: Vec<Line>,
    pager: Pager,
    nothing_yet: bool,
    may_provision: bool,
    may_edit: bool,
    may_remove: bool,
    may_move: bool,
    may_resend: bool,
    all: bool,
    all_href: String,
    some_href: String,
    filter: Vec<(&'static str, String)>,
    /// The query of this page, to come back to.
    back: String,
    /// Ticked tasks that are not on this page.
    elsewhere: Vec<TaskId>,
    mistakes: Mistakes,
    sees_policy: bool,
    sees_reports: bool,
}

/// The list.
pub async fn show(p: Permitted<may::SeeTasks>, typed: Typed<Address>) -> Answer {
    draw(&p, typed.into_inner(), &Fields::default(), Mistakes::default()).await
}

/// `POST`: the list with the ticks of the form; nothing changes. Cancel comes here.
pub async fn again(p: Permitted<may::SeeTasks>, typed: Typed<Address>, form: Fields) -> Answer {
    draw(&p, typed.into_inner(), &form, Mistakes::default()).await
}

/// What was ticked cannot be done: the list with everything that was ticked, and why.
pub(super) async fn wrong<N: Need>(p: &Permitted<N>, form: &Fields, mistakes: Mistakes) -> Answer {
    draw(p, Address::of(&Fields::parse(&form.text("back"))), form, mistakes).await
}

impl Address {
    fn of(asked: &Fields) -> Self {
        let text = |name| Some(asked.text(name));
        Address {
            view: text("view"),
            q: text("q"),
            operator: text("operator"),
            kind: text("type"),
            stop: text("stop"),
            all: None,
            sort: text("sort"),
            page: text("page"),
            size: text("size"),
        }
    }
}

/// The address of the list as it was when `form` was sent from it.
pub(super) fn address(form: &Fields) -> String {
    let asked = Fields::parse(&form.text("back"));
    let names = ["view", "q", "operator", "type", "stop", "sort", "page", "size"];
    Links::new("/tasks", names.map(|name| (name, asked.text(name))).to_vec()).here()
}

async fn draw<N: Need>(p: &Permitted<N>, typed: Address, form: &Fields, mistakes: Mistakes) -> Answer {
    let text = |text: Option<String>| text.unwrap_or_default().trim().to_owned();
    let (q, operator, kind) = (text(typed.q), text(typed.operator), text(typed.kind));
    let number = |text: Option<String>| text.and_then(|text| text.trim().parse().ok());
    let paging = Paging::new(number(typed.page), number(typed.size));
    let query = Query {
        view: View::from_code(&text(typed.view)),
        q: db::key(&q),
        operator: db::key(&operator),
        authentication_type: AuthenticationType::from_code(&kind),
        stop: StopWithin::from_code(&text(typed.stop)),
        order: Order::parse(&text(typed.sort)),
        me: db::key(p.who.name()),
    };
    let filter = vec![
        ("view", query.view.code().to_owned()),
        ("q", q.clone()),
        ("operator", operator.clone()),
        ("type", query.authentication_type.map_or(String::new(), |kind| kind.code().to_owned())),
        ("stop", query.stop.map_or(String::new(), |within| within.code().to_owned())),
    ];
    let size = if paging.size == crate::web::paging::SIZES[0] { String::new() } else { paging.size.to_string() };
    let kept = [filter.clone(), vec![("sort", query.order.code()), ("size", size)]].concat();
    let links = Links::new("/tasks", kept);
    let all = typed.all.is_some() || form.ticked("all");
    let asked = query.clone();
    let (listed, chrome) = p
        .view(move |desk, who, now| {
            desk.db.read(|conn| reading::list(conn, who, now, desk.settings.zone, &asked, paging.offset(), paging.size))
        })
        .await?;
    let Listed { rows, total, views, operators, sorts } = listed;
    let today = p.desk.settings.zone.today(p.now);
    let mut elsewhere: Vec<TaskId> = if all { Vec::new() } else { ticked::ids(&form.all(TASK)) };
    let ticked: Vec<TaskId> = elsewhere.clone();
    elsewhere.retain(|id| !rows.iter().any(|row| row.task.id == *id));
    let page = if paging.page > 1 { paging.page.to_string() } else { String::new() };
    let here = links.clone().and(vec![("page", page)]);
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let open = views.first().map_or(0, |(_, count)| count.rows);
    let page = Page {
        chrome,
        tabs: tabs(&views, query.view),
        view: query.view.code(),
        sort: query.order.code(),
        operators: operators
            .into_iter()
            .map(|name| {
                let chosen = db::key(&name) == query.operator;
                (name, chosen)
            })
            .collect(),
        kinds: AuthenticationType::ALL.map(|kind| (kind, query.authentication_type == Some(kind))).to_vec(),
        stops: StopWithin::ALL.map(|within| (within, query.stop == Some(within))).to_vec(),
        chips: chips(&links, &q, &operator, &query),
        q,
        heads: heads(&links, query.order, &sorts),
        pager: Pager::new(paging, rows.len(), total, &links),
        rows: rows
            .into_iter()
            .map(|row| {
                let (stop_hint, urgency) = urgency(today, row.task.stop_on());
                let ticked = ticked.contains(&row.task.id);
                Line { emailed_to: row.task.emailed_to_words(), ticked, stop_hint, urgency, row }
            })
            .collect(),
        nothing_yet: open == 0,
        may_provision: p.may(Permission::Provision),
        may_edit: super::may_edit(&p.who),
        may_remove: p.may(Permission::Remove),
        may_move: p.may(Permission::ChangeStopDate),
        may_resend: p.may(Permission::Resend),
        all,
        all_href: links.with("all", "1"),
        some_href: links.here(),
        filter,
        back: here.query(),
        elsewhere,
        mistakes,
        sees_policy: p.may(Permission::EditPolicies),
        sees_reports: p.may(Permission::Reports),
    };
    page_with(status, &page)
}

fn tabs(views: &[(View, Total)], current: View) -> Vec<Tab> {
    views
        .iter()
        .map(|(view, count)| Tab {
            words: view.label(),
            href: Links::new("/tasks", vec![("view", view.code().to_owned())]).here(),
            count: count.short(),
            current: *view == current,
        })
        .collect()
}

fn heads(links: &Links, order: Order, sorts: &[Column]) -> Vec<Head> {
    Column::ALL
        .into_iter()
        .map(|column| Head {
            words: column.label(),
            href: match sorts.contains(&column) {
                true => links.with("sort", &order.clicked(column).code()),
                false => String::new(),
            },
            order: order.aria(column),
            class: if column == Column::Count { "num" } else { "" },
        })
        .collect()
}

fn chips(links: &Links, q: &str, operator: &str, query: &Query) -> Vec<(String, String)> {
    let mut chips = Vec::new();
    if !q.is_empty() {
        chips.push((format!("“{q}”"), links.with("q", "")));
    }
    if !operator.is_empty() {
        chips.push((format!("Operator is {operator}"), links.with("operator", "")));
    }
    if let Some(kind) = query.authentication_type {
        chips.push((format!("Authentication Type is {}", kind.label()), links.with("type", "")));
    }
    if let Some(within) = query.stop {
        chips.push((format!("Stop Date {}", within.label().to_lowercase()), links.with("stop", "")));
    }
    chips
}
