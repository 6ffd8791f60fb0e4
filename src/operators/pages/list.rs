//! `/operators`: who may sign in to the console.

use std::collections::HashMap;

use askama::Template;

use crate::{
    clock,
    ids::OperatorId,
    operators::{
        Operator, may,
        pages::{OPERATORS, detail::in_full, path},
        search::{Column, Order, Search, State},
        store,
    },
    web::{
        self, Answer, Asked, Chrome, Pager, Permitted,
        list::{Choice, Head, chips, prefixed},
    },
};

#[derive(Template)]
#[template(path = "operators/list.html")]
struct Page {
    chrome: Chrome,
    search: Search,
    size: String,
    roles: Vec<Choice>,
    states: Vec<Choice>,
    chips: Vec<(String, String)>,
    name_head: Head,
    sign_in_head: Head,
    rows: Vec<Row>,
    pager: Pager,
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
pub async fn show(p: Permitted<may::ManageOperators>, asked: Asked) -> Answer {
    let search = Search {
        text: asked.text("q"),
        role: asked.text("role"),
        state: State::from_code(&asked.text("state")),
        order: Order::parse(&asked.text("sort")),
    };
    let (wanted, paging) = (search.clone(), asked.paging);
    let (found, chrome) = p
        .view(move |desk, who, _| {
            desk.db.read(|conn| {
                let own = who.operator;
                let operators = store::managing::page(conn, &who.scope, own, &wanted, paging.offset(), paging.size)?;
                let total = store::managing::count(conn, &who.scope, own, &wanted)?;
                let ids: Vec<OperatorId> = operators.iter().map(|one| one.id).collect();
                let containers = store::managing::containers_of_all(conn, &ids)?;
                let roles = store::role::all(conn)?.into_iter().map(|role| role.name).collect();
                Ok(Found { operators, containers, roles, total })
            })
        })
        .await?;

    let links = asked.links(OPERATORS, search.pairs());
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
    web::page(&Page {
        chrome,
        size: asked.size(),
        roles: found
            .roles
            .into_iter()
            .map(|name| Choice::new(name.clone(), name.clone(), name.eq_ignore_ascii_case(&search.role)))
            .collect(),
        states: State::ALL.map(|one| Choice::new(one.code(), one.label(), search.state == Some(one))).into(),
        chips: chips(
            &links,
            [
                ("q", prefixed("UserID or name holds ", &search.text)),
                ("role", prefixed("Role is ", &search.role)),
                ("state", search.state.map_or("", State::label).to_owned()),
            ],
        ),
        name_head: Head::new("UserID", &links, search.order, Column::UserId),
        sign_in_head: Head::new("Last sign-in", &links, search.order, Column::SignIn),
        pager: Pager::new(paging, rows.len(), found.total, &links),
        rows,
        search,
    })
}
