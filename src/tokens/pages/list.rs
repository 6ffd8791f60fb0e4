//! `/tokens`: the tokens of all users and the inventory.

use std::collections::HashMap;

use actix_web::HttpRequest;
use askama::Template;

use crate::{
    clock,
    db::{self, AnyConn, Total},
    error::Result,
    ids::{ContainerId, UserId},
    operators::{Permission, Who, may},
    provision,
    tokens::{
        AuthenticationType, Token, TokenState,
        inventory::{Order, Search},
        pages::{State, path},
        store,
    },
    users::{self, User},
    web::{self, Answer, Chrome, Fields, Links, Pager, Paging, Permitted, segment},
};

/// What a choice of the filter shows: value, words, whether it is the chosen one.
type Choice = (String, String, bool);

#[derive(Template)]
#[template(path = "tokens/list.html")]
struct Page {
    chrome: Chrome,
    search: Search,
    size: String,
    kinds: Vec<Choice>,
    containers: Vec<Choice>,
    tabs: Vec<Tab>,
    chips: Vec<(String, String)>,
    serial_head: Head,
    added_head: Head,
    rows: Vec<Row>,
    pager: Pager,
    stock: Stock,
    /// Nothing at all is there, whatever the filter.
    first_run: bool,
    may_import: bool,
}

/// A state, with how many tokens are in it.
struct Tab {
    words: &'static str,
    href: String,
    count: String,
    current: bool,
}

/// The head of a column that sorts.
struct Head {
    href: String,
    order: &'static str,
}

/// A line of the table.
struct Row {
    href: String,
    token: Token,
    state: State,
    user_href: String,
    user: Option<User>,
    container: String,
    used: String,
    added: String,
}

/// The numbers of devices on top, as on the Provision page.
#[derive(Clone, Copy, Default)]
struct Stock {
    available: i64,
    reserved: i64,
}

struct Found {
    tokens: Vec<Token>,
    users: HashMap<UserId, User>,
    containers: Vec<(ContainerId, String)>,
    counts: Vec<(TokenState, Total)>,
    stock: Stock,
    anything: bool,
}

/// GET
pub async fn show(p: Permitted<may::SeeUsers>, request: HttpRequest) -> Answer {
    let fields = Fields::parse(request.query_string());
    let search = Search::parse(request.query_string());
    let paging = Paging::new(fields.text("page").parse().ok(), fields.text("size").parse().ok());
    let asked = search.clone();
    let (found, chrome) = p
        .view(move |desk, who, now| {
            let today = desk.settings.zone.today(now);
            desk.db.read(|conn| {
                let stock = provision::stock(conn, &who.scope, AuthenticationType::HardwareToken, today)?;
                let stock = Stock { available: stock.available().unwrap_or_default(), reserved: stock.reserved };
                find(conn, who, &asked, paging, stock)
            })
        })
        .await?;

    let size = if paging.size == web::paging::SIZES[0] { String::new() } else { paging.size.to_string() };
    let mut pairs = search.pairs();
    pairs.extend([
        ("size", size.clone()),
        ("page", if paging.page == 1 { String::new() } else { paging.page.to_string() }),
    ]);
    let links = Links::new("/tokens", pairs);
    let all = found.counts.iter().fold(Total::default(), |all, (_, count)| all.plus(*count));
    let total = match search.state {
        Some(state) => found.counts.iter().find(|(one, _)| *one == state).map_or(all, |(_, count)| *count),
        None => all,
    };
    let mut tabs =
        vec![Tab { words: "All", href: links.with("state", ""), count: all.short(), current: search.state.is_none() }];
    tabs.extend(found.counts.iter().map(|(state, count)| Tab {
        words: state.label(),
        href: links.with("state", state.code()),
        count: count.short(),
        current: search.state == Some(*state),
    }));
    let head = |up: Order, down: Order| Head {
        href: links.with("sort", if search.order == up { down.code() } else { up.code() }),
        order: match search.order {
            order if order == up => "ascending",
            order if order == down => "descending",
            _ => "",
        },
    };
    let names: HashMap<ContainerId, String> = found.containers.iter().cloned().collect();
    let zone = p.desk.settings.zone;
    let rows: Vec<Row> = found
        .tokens
        .into_iter()
        .map(|token| {
            let user = token.user.and_then(|user| found.users.get(&user)).cloned();
            let container = user.as_ref().map(|user| user.container).or(token.container);
            Row {
                href: path(&token.serial),
                state: State::of(&token, zone, p.now),
                user_href: user.as_ref().map(|user| format!("/users/{}", segment(&user.user_id))).unwrap_or_default(),
                user,
                container: container.and_then(|id| names.get(&id)).cloned().unwrap_or_default(),
                used: token.last_used_at.map(|at| clock::moment(zone, p.now, at)).unwrap_or_default(),
                added: clock::moment(zone, p.now, token.created_at),
                token,
            }
        })
        .collect();
    web::page(&Page {
        chrome,
        size,
        kinds: kinds(&search),
        containers: containers(&search, &found.containers),
        tabs,
        chips: chips(&search, &links),
        serial_head: head(Order::Serial, Order::SerialDown),
        added_head: head(Order::Added, Order::AddedDown),
        pager: Pager::new(paging, rows.len(), total, &links),
        rows,
        stock: found.stock,
        first_run: !found.anything,
        may_import: p.may(Permission::ImportTokens),
        search,
    })
}

fn find(conn: &mut AnyConn, who: &Who, search: &Search, paging: Paging, stock: Stock) -> Result<Found> {
    let containers = users::containers(conn, &who.scope)?;
    let named = containers.iter().find(|(_, name)| db::key(name) == db::key(&search.container)).map(|(id, _)| *id);
    if !search.container.is_empty() && named.is_none() {
        // A container that does not exist for them holds nothing for them.
        let counts = TokenState::ALL.map(|state| (state, Total::default())).to_vec();
        return Ok(Found { tokens: Vec::new(), users: HashMap::new(), containers, counts, stock, anything: true });
    }
    let tokens = store::list::page(conn, &who.scope, search, named, paging.offset(), paging.size)?;
    let counts = store::list::counts(conn, &who.scope, search, named)?;
    let anything = !search.is_open() || counts.iter().any(|(_, count)| count.rows > 0);
    let ids: Vec<UserId> = tokens.iter().filter_map(|token| token.user).collect();
    let users = users::by_ids(conn, &ids)?.into_iter().map(|user| (user.id, user)).collect();
    Ok(Found { tokens, users, containers, counts, stock, anything })
}

fn kinds(search: &Search) -> Vec<Choice> {
    let mut list = vec![(String::new(), "Any type".to_owned(), search.kind.is_none())];
    list.extend(
        AuthenticationType::ALL
            .into_iter()
            .map(|kind| (kind.code().to_owned(), kind.plain().to_owned(), search.kind == Some(kind))),
    );
    list
}

fn containers(search: &Search, names: &[(ContainerId, String)]) -> Vec<Choice> {
    let chosen = |name: &str| db::key(name) == db::key(&search.container);
    let mut list = vec![(String::new(), "Any container".to_owned(), search.container.is_empty())];
    list.extend(names.iter().map(|(_, name)| (name.clone(), name.clone(), chosen(name))));
    list
}

/// The filters in force, each with the address of the list without it; the state has its tabs.
fn chips(search: &Search, links: &Links) -> Vec<(String, String)> {
    let words = |name: &str, value: &str| match name {
        "q" => Some(format!("Serial Number begins with {value}")),
        "user" => Some(format!("User ID begins with {value}")),
        "container" => Some(format!("Container is {value}")),
        "type" => AuthenticationType::from_code(value).map(|kind| kind.plain().to_owned()),
        _ => None,
    };
    let chip = |(name, value): &(&'static str, String)| Some((words(name, value)?, links.with(name, "")));
    search.pairs().iter().filter_map(chip).collect()
}
