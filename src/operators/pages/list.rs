//! `/operators`: who may sign in to the console.

use std::collections::HashMap;

use actix_web::HttpRequest;
use askama::Template;

use crate::{
    clock,
    ids::OperatorId,
    operators::{
        Operator, may,
        pages::{OPERATORS, detail::in_full, path},
        search::{Order, Search, State},
        store,
    },
    web::{self, Answer, Chrome, Fields, Links, Pager, Paging, Permitted},
};

#[derive(Template)]
#[template(path = "operators/list.html")]
struct Page {
    chrome: Chrome,
    search: Search,
    size: String,
    roles: Vec<(String, bool)>,
    states: Vec<(&'static str, &'static str, bool)>,
    chips: Vec<(String, String)>,
    name_head: Head,
    sign_in_head: Head,
    rows: Vec<Row>,
    pager: Pager,
}

/// The head of a column that sorts.
struct Head {
    href: String,
    order: &'static str,
}

struct Row {
    href: String,
    operator: Operator,
    scope: String,
    suspended: String,
    signed_in: String,
    /// When the first password ended; empty if it did not.
    first_password_ended: String,
}

struct Found {
    operators: Vec<Operator>,
    containers: HashMap<OperatorId, Vec<String>>,
    roles: Vec<String>,
    total: i64,
}

/// GET
pub async fn show(p: Permitted<may::ManageOperators>, request: HttpRequest) -> Answer {
    let fields = Fields::parse(request.query_string());
    let search = Search {
        text: fields.text("q"),
        role: fields.text("role"),
        state: State::from_code(&fields.text("state")),
        order: Order::from_code(&fields.text("sort")),
    };
    let paging = Paging::new(fields.text("page").parse().ok(), fields.text("size").parse().ok());
    let asked = search.clone();
    let (found, chrome) = p
        .view(move |desk, who, _| {
            desk.db.read(|conn| {
                let own = who.operator;
                let operators = store::managing::page(conn, &who.scope, own, &asked, paging.offset(), paging.size)?;
                let total = store::managing::count(conn, &who.scope, own, &asked)?;
                let ids: Vec<OperatorId> = operators.iter().map(|one| one.id).collect();
                let containers = store::managing::containers_of_all(conn, &ids)?;
                let roles = store::role::all(conn)?.into_iter().map(|role| role.name).collect();
                Ok(Found { operators, containers, roles, total })
            })
        })
        .await?;

    let size = if paging.size == web::paging::SIZES[0] { String::new() } else { paging.size.to_string() };
    let mut pairs = search.pairs();
    pairs.push(("size", size.clone()));
    let links = Links::new(OPERATORS, pairs);
    let head = |first: Order, second: Order, words: [&'static str; 2]| Head {
        href: links.with("sort", if search.order == first { second.code() } else { first.code() }),
        order: match search.order {
            order if order == first => words[0],
            order if order == second => words[1],
            _ => "",
        },
    };
    let (zone, now) = (p.desk.settings.zone, p.now);
    let rows: Vec<Row> = found
        .operators
        .into_iter()
        .map(|operator| Row {
            href: path(&operator.user_id),
            scope: match found.containers.get(&operator.id) {
                _ if operator.all_containers => "All containers".into(),
                Some(names) => names.join(", "),
                None => "No container".into(),
            },
            suspended: operator.suspended_at.map(|at| clock::moment(zone, now, at)).unwrap_or_default(),
            signed_in: operator.last_sign_in_at.map(|at| clock::moment(zone, now, at)).unwrap_or_default(),
            first_password_ended: operator
                .first_password_end()
                .filter(|at| now >= *at)
                .map(|at| in_full(zone, at))
                .unwrap_or_default(),
            operator,
        })
        .collect();
    let mut chips = Vec::new();
    if !search.text.is_empty() {
        chips.push((format!("UserID or name holds {}", search.text), links.with("q", "")));
    }
    if !search.role.is_empty() {
        chips.push((format!("Role is {}", search.role), links.with("role", "")));
    }
    if let Some(state) = search.state {
        chips.push((state.label().to_owned(), links.with("state", "")));
    }
    web::page(&Page {
        chrome,
        size,
        roles: found.roles.into_iter().map(|name| (name.clone(), name.eq_ignore_ascii_case(&search.role))).collect(),
        states: State::ALL.map(|one| (one.code(), one.label(), search.state == Some(one))).into(),
        chips,
        name_head: head(Order::UserId, Order::UserIdDown, ["ascending", "descending"]),
        sign_in_head: head(Order::SignIn, Order::SignInDown, ["descending", "ascending"]),
        pager: Pager::new(paging, rows.len(), found.total, &links),
        rows,
        search,
    })
}
