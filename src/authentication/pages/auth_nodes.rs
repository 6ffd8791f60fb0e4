//! `/auth-nodes`: the systems that may have one-time passwords checked, and their keys.

use actix_web::{http::StatusCode, web::Path};
use askama::Template;
use chrono::Duration;
use zeroize::Zeroizing;

use super::once;
use crate::{
    authentication::{
        self, AuthNode, Lately,
        node::{Kind, LATELY_HOURS},
        trouble::{self, State},
    },
    clock,
    english::{counted, number},
    error::{Error, Mistakes},
    ids::AuthNodeId,
    operators::{Scope, may},
    radius::code,
    tally::Stranger,
    web::{self, Answer, Chrome, Fields, Flash, Permitted, presence},
};

pub(super) const AUTH_NODES: &str = "/auth-nodes";

#[derive(Template)]
#[template(path = "authentication/nodes.html")]
struct Page {
    chrome: Chrome,
    rows: Vec<Row>,
    strangers: Vec<StrangerRow>,
    /// RADIUS is answered by this server.
    listens: bool,
    /// Who looks works in all containers, and may change auth nodes.
    may_change: bool,
}

struct Row {
    node: AuthNode,
    address: String,
    asked: String,
    accepted: i64,
    rejected: i64,
    state: StateWords,
}

/// How an auth node stands, in words.
pub(super) struct StateWords {
    /// The color of a status, and its drawing.
    pub tone: &'static str,
    pub icon: &'static str,
    pub words: String,
    pub hint: String,
    /// Trouble comes first in the list, and what is disabled last.
    rank: u8,
}

/// A sender that is no auth node.
struct StrangerRow {
    address: String,
    what: String,
    times: String,
    first: String,
    last: String,
    /// Its packets were whole: it may be meant to be an auth node.
    whole: bool,
}

#[derive(Template)]
#[template(path = "authentication/new-key.html")]
struct Asked {
    chrome: Chrome,
    node: AuthNode,
    mistakes: Mistakes,
}

/// What is asked before an auth node is disabled.
#[derive(Template)]
#[template(path = "authentication/disable.html")]
struct Disable {
    chrome: Chrome,
    node: AuthNode,
    used: String,
    lately: Lately,
}

/// GET
pub async fn show(p: Permitted<may::ManageOperators>) -> Answer {
    let ((nodes, left, ends, standing), chrome) = p
        .view(|desk, who, now| {
            let nodes = authentication::nodes(desk, who)?;
            let (left, ends) = desk.db.read(|conn| {
                let left = authentication::left_the_usual(conn, now - Duration::hours(LATELY_HOURS))?;
                Ok((left, authentication::ends_of_old(conn, now)?))
            })?;
            Ok((nodes, left, ends, authentication::standing(desk, who, now)?))
        })
        .await?;
    let (zone, now) = (p.desk.settings.zone, p.now);
    let moment = |at: Option<clock::Timestamp>| at.map(|at| clock::moment(zone, now, at)).unwrap_or_default();
    let mut rows: Vec<Row> = nodes
        .into_iter()
        .map(|node| {
            let (today, faults) = (standing.today(node.id), standing.faults(node.id));
            let guessing =
                left.iter().find(|left| left.node.as_deref() == Some(node.name.as_str())).map(|left| left.at);
            let end = ends.iter().find(|(other, _)| *other == node.id).map(|(_, ends)| *ends);
            let state = state_words(&node, trouble::state(&node, &today, &faults, now), &moment, guessing, end);
            Row {
                address: node.network.map_or_else(|| "any".to_owned(), |network| network.label()),
                asked: moment(trouble::last_asked(&node, &today, &faults)),
                accepted: today.accepted,
                rejected: today.rejected,
                state,
                node,
            }
        })
        .collect();
    rows.sort_by_key(|row| row.state.rank);
    let strangers = standing.strangers().iter().map(|stranger| stranger_row(stranger, &moment)).collect();
    let listens = p.desk.settings.radius_listen.is_some();
    web::page(&Page { chrome, rows, strangers, listens, may_change: p.who.scope == Scope::All })
}

/// How an auth node stands, in the two lines of the list.
pub(super) fn state_words(
    node: &AuthNode,
    state: State,
    moment: &dyn Fn(Option<clock::Timestamp>) -> String,
    guessing: Option<clock::Timestamp>,
    end_of_old: Option<clock::Timestamp>,
) -> StateWords {
    let words =
        |rank, tone, icon, words: &str, hint: String| StateWords { tone, icon, words: words.into(), hint, rank };
    match state {
        State::Disabled => words(9, "suspended", "player-pause", "Disabled", moment(node.disabled_at)),
        State::Wrong(fault, seen) => {
            let said = trouble::words(fault);
            let hint =
                format!("{} in {} since {}", said.hint, counted(seen.times, "request"), moment(Some(seen.first_at)));
            words(0, "locked", "alert-circle", said.state, hint)
        }
        _ if guessing.is_some() => words(1, "deferred", "alert-triangle", "Rejects more than usual", moment(guessing)),
        _ if end_of_old.is_some() => {
            words(2, "deferred", "clock", "Two secrets", format!("The old one ends {}", moment(end_of_old)))
        }
        State::Silent => words(3, "expired", "clock", "Has never asked", "In use as soon as it does".into()),
        State::InUse => words(4, "completed", "circle-check", "In use", String::new()),
    }
}

fn stranger_row(stranger: &Stranger, moment: &dyn Fn(Option<clock::Timestamp>) -> String) -> StrangerRow {
    let what = match stranger.code {
        Some(code::ACCESS_REQUEST) => "Access-Request, whole".to_owned(),
        Some(code::STATUS_SERVER) => "Status-Server, whole".to_owned(),
        Some(other) => format!("RADIUS packet of code {other}"),
        None => format!("{}, no RADIUS packet", counted(stranger.bytes, "byte")),
    };
    StrangerRow {
        address: stranger.address.to_string(),
        what,
        times: number(stranger.seen.times),
        first: moment(Some(stranger.seen.first_at)),
        last: moment(Some(stranger.seen.last_at)),
        whole: matches!(stranger.code, Some(code::ACCESS_REQUEST | code::STATUS_SERVER)),
    }
}

/// GET: who asks there.
pub async fn ask_disable(p: Permitted<may::Everywhere<may::ManageOperators>>, node: Path<String>) -> Answer {
    let id = id(&node)?;
    let ((node, lately), chrome) = p
        .view(move |desk, who, now| {
            let node = authentication::node(desk, who, id)?;
            let lately = authentication::lately(desk, who, now, &node)?;
            Ok((node, lately))
        })
        .await?;
    if node.disabled_at.is_some() {
        return Ok(web::see_other(AUTH_NODES));
    }
    let used = node.last_used_at.map(|at| clock::moment(p.desk.settings.zone, p.now, at)).unwrap_or_default();
    web::page(&Disable { chrome, node, used, lately })
}

/// POST: its key is refused from now on.
pub async fn disable(p: Permitted<may::Everywhere<may::ManageOperators>>, node: Path<String>) -> Answer {
    let id = id(&node)?;
    let name = p
        .call(move |desk, who, now| {
            let node = authentication::node(desk, who, id)?;
            if node.disabled_at.is_none() {
                authentication::disable_node(desk, who, now, &node.name)?;
            }
            Ok(node.name)
        })
        .await?;
    p.flash(&Flash::good(
        format!("Disabled {name}."),
        "Nothing is taken from it. Enable takes the same key or secret again.",
    ));
    Ok(web::see_other(AUTH_NODES))
}

/// POST: takes its key again.
pub async fn enable(p: Permitted<may::Everywhere<may::ManageOperators>>, node: Path<String>) -> Answer {
    let id = id(&node)?;
    let name = p
        .call(move |desk, who, now| {
            let node = authentication::node(desk, who, id)?;
            if node.disabled_at.is_some() {
                authentication::enable_node(desk, who, now, &node.name)?;
            }
            Ok(node.name)
        })
        .await?;
    p.flash(&Flash::good(format!("Enabled {name}."), "It asks with the key or secret it had."));
    Ok(web::see_other(AUTH_NODES))
}

/// GET: what a new key would do.
pub async fn ask_key(p: Permitted<may::Everywhere<may::ManageOperators>>, node: Path<String>) -> Answer {
    if let Some(question) = presence::before(&p) {
        return Ok(question);
    }
    let id = id(&node)?;
    let (node, chrome) = p.view(move |desk, who, _| authentication::node(desk, who, id)).await?;
    web::page(&Asked { chrome, node, mistakes: Mistakes::default() })
}

/// POST: gives it a new key or shared secret, and shows it this once.
pub async fn new_key(
    p: Permitted<may::Everywhere<may::ManageOperators>>,
    node: Path<String>,
    fields: Fields,
) -> Answer {
    if let Some(question) = presence::asked(&p, &fields).await? {
        return Ok(question);
    }
    let (id, typed) = (id(&node)?, fields.text("secret"));
    let made = p
        .call(move |desk, who, now| {
            let node = authentication::node(desk, who, id)?;
            let proof = match node.kind {
                Kind::Api => Zeroizing::new(authentication::new_key(desk, who, now, id)?.1),
                Kind::Radius => authentication::new_secret::new_secret(desk, who, now, id, &typed)?.1,
            };
            Ok((node, proof))
        })
        .await;
    match made {
        Ok((node, proof)) => once::hand_over(&p, &node, proof, false).await,
        Err(fault) => {
            let mistakes = fault.mistakes()?;
            let (node, chrome) = p.view(move |desk, who, _| authentication::node(desk, who, id)).await?;
            web::page_with(StatusCode::UNPROCESSABLE_ENTITY, &Asked { chrome, node, mistakes })
        }
    }
}

/// POST: the old one of two shared secrets is refused from now on.
pub async fn end_old(p: Permitted<may::Everywhere<may::ManageOperators>>, node: Path<String>) -> Answer {
    let id = id(&node)?;
    let name = p.call(move |desk, who, now| authentication::new_secret::end_old(desk, who, now, id)).await?;
    p.flash(&Flash::good(
        format!("Ended the old shared secret of {name}."),
        "Within 5 seconds only the new one is taken.",
    ));
    Ok(web::see_other(&format!("{AUTH_NODES}/{id}")))
}

pub(super) fn id(segment: &str) -> Result<AuthNodeId, Error> {
    segment.parse().map(AuthNodeId).map_err(|_| Error::not_found("auth node", segment))
}
