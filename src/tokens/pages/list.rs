//! `/tokens`: the tokens of all users and the inventory.

use std::collections::HashMap;

use actix_web::HttpRequest;
use askama::Template;

use crate::{
    clock::{self, Timestamp},
    db::{self, AnyConn, Span, Total},
    desk::Desk,
    error::Result,
    ids::{ContainerId, UserId},
    operators::{Permission, Who, may},
    provision,
    tokens::{
        AuthenticationType, Token, TokenState,
        inventory::{Column, Search},
        pages::{State, path},
        store,
    },
    users::{self, User},
    web::{
        self, Answer, Asked, Chrome, Links, Pager, Paging, Permitted, Stretch, file,
        list::{Choice, Head, Tab},
        segment,
    },
};

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
    file: String,
    may_import: bool,
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
    stretch: Stretch,
    users: HashMap<UserId, User>,
    containers: Vec<(ContainerId, String)>,
    counts: Vec<(TokenState, Total)>,
    stock: Stock,
    anything: bool,
}

/// GET
pub async fn show(p: Permitted<may::SeeUsers>, request: HttpRequest, asked: Asked) -> Answer {
    let search = Search::parse(request.query_string());
    let (wanted, paging) = (search.clone(), asked.paging);
    let (found, chrome) = p
        .view(move |desk, who, now| {
            desk.db.read(|conn| {
                let stock = provision::stock_lately(desk, conn, &who.scope, now)?;
                let stock = Stock { available: stock.available().unwrap_or_default(), reserved: stock.reserved };
                find(desk, conn, (who, now), &wanted, paging, stock)
            })
        })
        .await?;

    let links = asked.links("/tokens", search.pairs()).and(vec![("page", asked.page())]);
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
        size: asked.size(),
        kinds: kinds(&search),
        containers: containers(&search, &found.containers),
        tabs,
        chips: chips(&search, &links),
        serial_head: Head::new("Serial Number", &links, search.order, Column::Serial),
        added_head: Head::new("Added", &links, search.order, Column::Added),
        pager: Pager::of(found.stretch, total, &links),
        rows,
        stock: found.stock,
        first_run: !found.anything,
        file: file::address(&p, "/tokens.csv", &links),
        may_import: p.may(Permission::ImportTokens),
        search,
    })
}

fn find(
    desk: &Desk,
    conn: &mut AnyConn,
    (who, now): (&Who, Timestamp),
    search: &Search,
    paging: Paging,
    stock: Stock,
) -> Result<Found> {
    let containers = users::containers(conn, &who.scope)?;
    let named = containers.iter().find(|(_, name)| db::key(name) == db::key(&search.container)).map(|(id, _)| *id);
    if !search.container.is_empty() && named.is_none() {
        // A container that does not exist for them holds nothing for them.
        let counts = TokenState::ALL.map(|state| (state, Total::default())).to_vec();
        return Ok(Found {
            tokens: Vec::new(),
            stretch: Stretch::default(),
            users: HashMap::new(),
            containers,
            counts,
            stock,
            anything: true,
        });
    }
    let read = |span: Span| store::list::page(conn, &who.scope, search, named, span);
    let (tokens, stretch) = paging.read(|token: &Token| token.id.0, read)?;
    let question = format!("tokens {:?} {search:?}", who.scope);
    let most = |counts: &Vec<(TokenState, Total)>| {
        counts.iter().map(|(_, count)| count.rows + i64::from(count.more)).max().unwrap_or(0)
    };
    let (counts, _) =
        desk.kept.or_count(&question, now, most, || store::list::counts(conn, &who.scope, search, named))?;
    let anything = !search.is_open() || counts.iter().any(|(_, count)| count.rows > 0);
    let ids: Vec<UserId> = tokens.iter().filter_map(|token| token.user).collect();
    let users = users::by_ids(conn, &ids)?.into_iter().map(|user| (user.id, user)).collect();
    Ok(Found { tokens, stretch, users, containers, counts, stock, anything })
}

fn kinds(search: &Search) -> Vec<Choice> {
    let choice = |kind: AuthenticationType| Choice::new(kind.code(), kind.plain(), search.kind == Some(kind));
    AuthenticationType::ALL.map(choice).into()
}

fn containers(search: &Search, names: &[(ContainerId, String)]) -> Vec<Choice> {
    let chosen = |name: &str| db::key(name) == db::key(&search.container);
    names.iter().map(|(_, name)| Choice::new(name.clone(), name.clone(), chosen(name))).collect()
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
