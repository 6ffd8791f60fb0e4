//! `/users`: Assignment. Search, and tick users to provision.

use std::collections::HashMap;

use actix_web::HttpRequest;
use askama::Template;
use chrono::NaiveDate;

use crate::{
    db::{AnyConn, Span, Total},
    english::counted,
    error::Result,
    ids::UserId,
    operators::{Permission, Who, may},
    policy,
    tasks::{enrollments, status},
    tokens::AuthenticationType,
    users::{
        self, Order, Search, User,
        search::{AuthMethod, Column, State},
    },
    web::{
        self, Answer, Asked, Chrome, Links, Pager, Paging, Permitted, Stretch, file,
        list::{Choice, Head},
        segment,
    },
};

#[derive(Template)]
#[template(path = "users/list.html")]
struct Page {
    chrome: Chrome,
    search: Search,
    sort: String,
    size: String,
    containers: Vec<Choice>,
    methods: Vec<Choice>,
    states: Vec<Choice>,
    more: bool,
    chips: Vec<(String, String)>,
    heads: Vec<Head>,
    rows: Vec<Row>,
    pager: Pager,
    what: String,
    /// What may have been meant where nobody was found: words and address.
    meant: Vec<(String, String)>,
    all: bool,
    all_href: String,
    some_href: String,
    query: String,
    first_run: bool,
    file: String,
    sees_tasks: bool,
    may_edit: bool,
    may_provision: bool,
}

/// A line of the table.
pub(super) struct Row {
    href: String,
    pub(super) user: User,
    pub(super) name: String,
    pub(super) tokens: String,
    /// The newest outstanding task, as words: number, status.
    pub(super) task: Option<(i64, &'static str)>,
}

struct Found {
    rows: Vec<Row>,
    stretch: Stretch,
    meant: Vec<String>,
    total: Total,
    containers: Vec<String>,
    anyone: bool,
}

/// GET
pub async fn show(p: Permitted<may::SeeUsers>, request: HttpRequest, asked: Asked) -> Answer {
    let search = Search::parse(request.query_string());
    let (order, paging) = (Order::parse(&asked.text("sort")), asked.paging);
    let wanted = search.clone();
    let (found, chrome) = p
        .view(move |desk, who, now| {
            let today = desk.settings.zone.today(now);
            desk.db.read(|conn| find(conn, who, today, &wanted, order, paging))
        })
        .await?;

    let links = Links::new("/users", search.pairs()).and(vec![
        ("sort", order.code()),
        ("size", asked.size()),
        ("page", asked.page()),
    ]);
    let head = |label, column| Head::new(label, &links, order, column);
    let may_provision = p.may(Permission::Provision);
    web::page(&Page {
        chrome,
        sort: order.code(),
        size: asked.size(),
        containers: containers(&search, &found.containers),
        methods: methods(&search),
        states: states(&search),
        more: !(search.user_id.is_empty() && search.last_name.is_empty() && search.email.is_empty()),
        chips: chips(&search, &links),
        heads: vec![
            head("User ID", Column::UserId),
            head("Name", Column::LastName),
            head("Email", Column::Email),
            head("Container", Column::Container),
        ],
        pager: Pager::of(found.stretch, found.total, &links),
        rows: found.rows,
        meant: found
            .meant
            .into_iter()
            .map(|words| {
                let href = links.with("q", &words);
                (words, href)
            })
            .collect(),
        what: what(&search),
        all: may_provision && asked.fields.ticked("all"),
        all_href: links.with("all", "1"),
        some_href: links.here(),
        query: search.to_query(),
        first_run: !found.anyone,
        file: file::address(&p, "/users.csv", &links),
        sees_tasks: p.may(Permission::SeeTasks),
        may_edit: p.may(Permission::EditUsers),
        may_provision,
        search,
    })
}

/// What the users of a list match: the text alone if nothing else was asked for.
fn what(search: &Search) -> String {
    let text_alone = Search { q: search.q.clone(), ..Search::default() };
    if search.q.is_empty() || *search != text_alone { "this search".into() } else { format!("“{}”", search.q) }
}

fn find(
    conn: &mut AnyConn,
    who: &Who,
    today: NaiveDate,
    search: &Search,
    order: Order,
    paging: Paging,
) -> Result<Found> {
    let mut total = Total::default();
    let read = |span: Span| {
        let (rows, all) = users::search(conn, &who.scope, search, order, span)?;
        total = all;
        Ok(rows)
    };
    let (list, stretch) = paging.read(|user: &User| user.id.0, read)?;
    let meant =
        if total.rows == 0 && !search.q.is_empty() { users::meant(conn, &who.scope, search)? } else { Vec::new() };
    let everyone = Search { state: State::Any, ..Search::default() };
    let anyone = total.rows > 0 || users::search(conn, &who.scope, &everyone, Order::default(), (0, 1))?.1.rows > 0;
    let containers = users::containers(conn, &who.scope)?.into_iter().map(|(_, name)| name).collect();
    let rows = rows(conn, today, list)?;
    Ok(Found { rows, stretch, meant, total, containers, anyone })
}

/// What the list says of these users.
pub(super) fn rows(conn: &mut AnyConn, today: NaiveDate, list: Vec<User>) -> Result<Vec<Row>> {
    let ids: Vec<UserId> = list.iter().map(|user| user.id).collect();
    let mut tokens: HashMap<UserId, Vec<String>> = HashMap::new();
    for (user, kind, count) in users::active_tokens(conn, &ids)? {
        tokens.entry(user).or_default().push(token_words(&kind, count));
    }
    let attempts = policy::current(conn)?.attempts_allowed;
    let mut newest: HashMap<UserId, (i64, &'static str)> = HashMap::new();
    for enrollment in enrollments::outstanding_of_all(conn, &ids)? {
        newest
            .entry(enrollment.user)
            .or_insert((enrollment.task.0, status(&enrollment.facts, attempts, today).label()));
    }
    let row = |user: User| Row {
        href: format!("/users/{}", segment(&user.user_id)),
        name: user.name(),
        tokens: tokens.remove(&user.id).unwrap_or_default().join(", "),
        task: newest.remove(&user.id),
        user,
    };
    Ok(list.into_iter().map(row).collect())
}

/// "1 authenticator app", "2 hardware tokens".
pub fn token_words(kind: &str, count: i64) -> String {
    let plain = AuthenticationType::from_code(kind).map_or(kind, |known| known.plain()).to_lowercase();
    counted(count, &plain)
}

fn containers(search: &Search, names: &[String]) -> Vec<Choice> {
    let chosen = |name: &str| crate::db::key(name) == crate::db::key(&search.container);
    names.iter().map(|name| Choice::new(name.clone(), name.clone(), chosen(name))).collect()
}

fn methods(search: &Search) -> Vec<Choice> {
    let mut list = vec![Choice::new("none", "No tokens", search.auth_method == AuthMethod::None)];
    let choice =
        |kind: AuthenticationType| Choice::new(kind.code(), kind.plain(), search.auth_method.code() == kind.code());
    list.extend(AuthenticationType::ALL.map(choice));
    list
}

fn states(search: &Search) -> Vec<Choice> {
    [(State::Enabled, "Enabled accounts"), (State::Disabled, "Disabled accounts"), (State::Any, "All accounts")]
        .into_iter()
        .map(|(state, words)| Choice::new(state.code(), words, search.state == state))
        .collect()
}

/// The filters in force, each with the address of the list without it.
fn chips(search: &Search, links: &Links) -> Vec<(String, String)> {
    let words = |name: &str, value: &str| match name {
        "q" => format!("“{value}”"),
        "user_id" => format!("User ID is {value}"),
        "last_name" => format!("Last Name is {value}"),
        "email" => format!("Email is {value}"),
        "container" => format!("Container is {value}"),
        "auth_method" if value == "none" => "No tokens".into(),
        "auth_method" => {
            format!("Auth Method is {}", AuthenticationType::from_code(value).map_or(value, |known| known.plain()))
        }
        _ if value == "any" => "All accounts".into(),
        _ => "Disabled accounts".into(),
    };
    search.pairs().iter().map(|(name, value)| (words(name, value), links.with(name, ""))).collect()
}
