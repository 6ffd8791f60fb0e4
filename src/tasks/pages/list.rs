//! `/tasks`: Provisioning Task Management.

use actix_web::http::StatusCode;
use askama::Template;

use crate::{
    db::{self, Span, Total},
    error::{Error, Mistakes},
    ids::TaskId,
    operators::{Permission, Who, may, may::Need},
    order::Column as _,
    tasks::{
        list::{Column, Order, Query, Row, StopWithin, View},
        reading::{self, Beside, Listed},
        status::urgency,
    },
    ticked,
    tokens::AuthenticationType,
    web::{
        Answer, Asked, Chrome, Fields, Links, Pager, Permitted, file,
        list::{Choice, Head, Tab, chips, prefixed, quoted},
        page_with,
    },
};

/// The check box of a task.
pub(super) const TASK: &str = "task";

/// A head that sorts, and the class of its column.
struct SortHead {
    head: Head,
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
    operators: Vec<Choice>,
    kinds: Vec<Choice>,
    stops: Vec<Choice>,
    chips: Vec<(String, String)>,
    heads: Vec<SortHead>,
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
    file: String,
}

/// The list.
pub async fn show(p: Permitted<may::SeeTasks>, asked: Asked) -> Answer {
    draw(&p, &asked, &Fields::default(), Mistakes::default()).await
}

/// `POST`: the list with the ticks of the form; nothing changes. Cancel comes here.
pub async fn again(p: Permitted<may::SeeTasks>, asked: Asked, form: Fields) -> Answer {
    draw(&p, &asked, &form, Mistakes::default()).await
}

/// What was ticked cannot be done: the list with everything that was ticked, and why.
pub(super) async fn wrong<N: Need>(p: &Permitted<N>, form: &Fields, mistakes: Mistakes) -> Answer {
    draw(p, &Asked::of(Fields::parse(&form.text("back"))), form, mistakes).await
}

/// The address of the list as it was when `form` was sent from it.
pub(super) fn address(form: &Fields) -> String {
    let asked = Fields::parse(&form.text("back"));
    let names = ["view", "q", "operator", "type", "stop", "sort", "page", "size"];
    Links::new("/tasks", names.map(|name| (name, asked.text(name))).to_vec()).here()
}

/// What is looked for, as an address says it.
pub(super) fn query(asked: &Asked, who: &Who) -> Query {
    Query {
        view: View::from_code(&asked.text("view")),
        q: db::key(&asked.text("q")),
        operator: db::key(&asked.text("operator")),
        authentication_type: AuthenticationType::from_code(&asked.text("type")),
        stop: StopWithin::from_code(&asked.text("stop")),
        order: Order::parse(&asked.text("sort")),
        me: db::key(who.name()),
    }
}

/// What narrows the list, as its address says it.
pub(super) fn filter(asked: &Asked, query: &Query) -> Vec<(&'static str, String)> {
    vec![
        ("view", query.view.code().to_owned()),
        ("q", asked.text("q")),
        ("operator", asked.text("operator")),
        ("type", query.authentication_type.map_or(String::new(), |kind| kind.code().to_owned())),
        ("stop", query.stop.map_or(String::new(), |within| within.code().to_owned())),
    ]
}

async fn draw<N: Need>(p: &Permitted<N>, asked: &Asked, form: &Fields, mistakes: Mistakes) -> Answer {
    let (q, operator, paging) = (asked.text("q"), asked.text("operator"), asked.paging);
    let query = query(asked, &p.who);
    let filter = filter(asked, &query);
    let links = asked.links("/tasks", [filter.clone(), vec![("sort", query.order.code())]].concat());
    let all = asked.fields.ticked("all") || form.ticked("all");
    let wanted = query.clone();
    let (listed, chrome) = p
        .view(move |desk, who, now| {
            desk.db.read(|conn| {
                let mut listed = None;
                let read = |span: Span| {
                    let mut found = reading::list(conn, who, now, desk.settings.zone, &wanted, span)?;
                    let rows = std::mem::take(&mut found.rows);
                    listed = Some(found);
                    Ok(rows)
                };
                let (rows, stretch) = paging.read(|row: &Row| row.task.id.0, read)?;
                let listed = listed.ok_or_else(|| Error::Internal("a list was not read".into()))?;
                let beside = reading::beside(desk, conn, who, now, &wanted.me, &listed)?;
                Ok((rows, stretch, listed, beside))
            })
        })
        .await?;
    let (rows, stretch, Listed { total, sorts, .. }, Beside { views, operators }) = listed;
    let today = p.desk.settings.zone.today(p.now);
    let mut elsewhere: Vec<TaskId> = if all { Vec::new() } else { ticked::ids(&form.all(TASK)) };
    let ticked: Vec<TaskId> = elsewhere.clone();
    elsewhere.retain(|id| !rows.iter().any(|row| row.task.id == *id));
    let here = links.clone().and(vec![("page", asked.page())]);
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let open = views.first().map_or(0, |(_, count)| count.rows);
    let page = Page {
        chrome,
        tabs: tabs(&views, query.view),
        view: query.view.code(),
        sort: query.order.code(),
        operators: operators
            .into_iter()
            .map(|name| Choice::new(name.clone(), name.clone(), db::key(&name) == query.operator))
            .collect(),
        kinds: AuthenticationType::ALL
            .map(|kind| Choice::new(kind.code(), kind.label(), query.authentication_type == Some(kind)))
            .into(),
        stops: StopWithin::ALL
            .map(|within| Choice::new(within.code(), within.label(), query.stop == Some(within)))
            .into(),
        chips: chips(
            &links,
            [
                ("q", quoted(&q)),
                ("operator", prefixed("Operator is ", &operator)),
                (
                    "type",
                    query
                        .authentication_type
                        .map_or_else(String::new, |kind| format!("Authentication Type is {}", kind.label())),
                ),
                (
                    "stop",
                    query
                        .stop
                        .map_or_else(String::new, |within| format!("Stop Date {}", within.label().to_lowercase())),
                ),
            ],
        ),
        q,
        heads: heads(&links, query.order, &sorts),
        pager: Pager::of(stretch, total, &links),
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
        file: file::address(p, "/tasks.csv", &links),
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

fn heads(links: &Links, order: Order, sorts: &[Column]) -> Vec<SortHead> {
    let class = |column| if column == Column::Count { "num" } else { "" };
    let head = |&column: &Column| {
        let mut head = Head::new(column.label(), links, order, column);
        if !sorts.contains(&column) {
            head.href.clear();
        }
        SortHead { head, class: class(column) }
    };
    Column::ALL.iter().map(head).collect()
}
