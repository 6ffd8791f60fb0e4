//! `/audit/{id}`: one entry, with all that was written down.

use actix_web::web::Path;
use askama::Template;

use super::{Fact, fact, kind, sight, user_address};
use crate::{
    audit::{self, Line, Search},
    error::Error,
    operators::{Permission, may},
    web::{Answer, Chrome, Permitted, page, segment},
};

#[derive(Template)]
#[template(path = "audit/entry.html")]
struct Page {
    chrome: Chrome,
    line: Line,
    kind: &'static str,
    date: String,
    time: String,
    user_address: Option<String>,
    token_address: Option<String>,
    facts: Vec<Fact>,
    see_tasks: bool,
    older: Option<i64>,
    newer: Option<i64>,
}

/// The page.
pub async fn show(p: Permitted<may::ReadAudit>, number: Path<String>) -> Answer {
    let missing = || Error::not_found("entry", number.as_str());
    let id: i64 = number.parse().map_err(|_| missing())?;
    let sight = sight(&p.who);
    let (found, chrome) = p
        .view(move |desk, _, _| {
            let search = Search { sight, ..Search::default() };
            desk.db.read(|conn| {
                let line = audit::store::entry(conn, &search, id)?;
                let (older, newer) = audit::store::beside(conn, &search, id)?;
                Ok(line.map(|line| (line, older, newer)))
            })
        })
        .await?;
    let (mut line, older, newer) = found.ok_or_else(missing)?;
    let local = p.desk.settings.zone.local(line.at);
    let see_users = p.may(Permission::SeeUsers);
    let is_token = line.verb.starts_with("tokens.") && line.user.is_none() && !line.subject.is_empty();
    page(&Page {
        chrome,
        kind: kind(&line),
        date: local.date().to_string(),
        time: local.format("%H:%M:%S").to_string(),
        user_address: user_address(&line, see_users),
        token_address: (is_token && see_users).then(|| format!("/tokens/{}", segment(&line.subject))),
        facts: std::mem::take(&mut line.detail).into_iter().map(fact).collect(),
        see_tasks: p.may(Permission::SeeTasks),
        older,
        newer,
        line,
    })
}
