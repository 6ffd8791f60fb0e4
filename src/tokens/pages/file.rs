//! `/tokens.csv`: the list of tokens as a file.

use std::collections::HashMap;

use actix_web::HttpRequest;

use crate::{
    clock::{Timestamp, Zone},
    db::{self, AnyConn, Span, Total},
    error::Result,
    ids::{ContainerId, UserId},
    operators::{Who, may},
    tokens::{Token, inventory::Search, store},
    users::{self, User},
    web::{
        Answer, Permitted,
        file::{self, List, Row},
    },
};

const COLUMNS: [&str; 9] = [
    "Serial Number", "Authentication Type", "State", "User ID", "Name", "Container", "First used", "Last used", "Added",
];

/// The containers of who asks, and the one that is looked in: outside where it is none of them.
struct Within {
    names: HashMap<ContainerId, String>,
    named: Option<ContainerId>,
    outside: bool,
}

fn within(conn: &mut AnyConn, who: &Who, search: &Search) -> Result<Within> {
    let containers = users::containers(conn, &who.scope)?;
    let named = containers.iter().find(|(_, name)| db::key(name) == db::key(&search.container)).map(|(id, _)| *id);
    let outside = !search.container.is_empty() && named.is_none();
    Ok(Within { names: containers.into_iter().collect(), named, outside })
}

fn total(conn: &mut AnyConn, who: &Who, search: &Search) -> Result<Total> {
    let within = within(conn, who, search)?;
    if within.outside {
        return Ok(Total::default());
    }
    let counts = store::list::counts(conn, &who.scope, search, within.named)?;
    let asked = counts.iter().filter(|(state, _)| search.state.is_none_or(|one| one == *state));
    Ok(asked.fold(Total::default(), |all, (_, count)| all.plus(*count)))
}

fn rows(conn: &mut AnyConn, who: &Who, search: &Search, zone: Zone, span: Span) -> Result<Vec<Row>> {
    let within = within(conn, who, search)?;
    if within.outside {
        return Ok(Vec::new());
    }
    let tokens = store::list::page(conn, &who.scope, search, within.named, span)?;
    let ids: Vec<UserId> = tokens.iter().filter_map(|token| token.user).collect();
    let users: HashMap<UserId, User> = users::by_ids(conn, &ids)?.into_iter().map(|user| (user.id, user)).collect();
    let moment =
        |at: Option<Timestamp>| at.map(|at| zone.local(at).format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default();
    let row = |token: Token| {
        let user = token.user.and_then(|user| users.get(&user));
        let container = user.map(|user| user.container).or(token.container);
        let cells = vec![
            token.serial.clone(),
            token.authentication_type.label().to_owned(),
            token.state.label().to_owned(),
            user.map(|user| user.user_id.clone()).unwrap_or_default(),
            user.map(User::name).unwrap_or_default(),
            container.and_then(|id| within.names.get(&id)).cloned().unwrap_or_default(),
            moment(token.first_used_at),
            moment(token.last_used_at),
            moment(Some(token.created_at)),
        ];
        (token.id.0, cells)
    };
    Ok(tokens.into_iter().map(row).collect())
}

/// Sends it.
pub async fn show(p: Permitted<may::Export<may::SeeUsers>>, request: HttpRequest) -> Answer {
    let search = Search::parse(request.query_string());
    let (counted, filter) = (search.clone(), search.pairs());
    let total = p.call(move |desk, who, _| desk.db.read(|conn| total(conn, who, &counted))).await?;
    let (who, zone) = (p.who.clone(), p.desk.settings.zone);
    let file = List::new(&COLUMNS, move |conn, span| rows(conn, &who, &search, zone, span));
    file::list(&p, "Tokens", total, &filter, file).await
}
