//! `/auth-nodes`: the systems that may have one-time passwords checked, and their keys.

use actix_web::{http::StatusCode, web::Path};
use askama::Template;
use chrono::Duration;

use crate::{
    authentication::{self, AuthNode, Lately, node::LATELY_HOURS},
    clock,
    error::{Error, Mistakes},
    ids::AuthNodeId,
    operators::{
        Scope,
        may::{self, Need},
    },
    web::{self, Answer, Chrome, Fault, Fields, Flash, Permitted, presence},
};

const AUTH_NODES: &str = "/auth-nodes";

#[derive(Template)]
#[template(path = "authentication/nodes.html")]
struct Page {
    chrome: Chrome,
    rows: Vec<Row>,
    /// The name, as it was typed.
    typed: String,
    mistakes: Mistakes,
    /// Who looks works in all containers, and may change auth nodes.
    may_change: bool,
}

struct Row {
    node: AuthNode,
    added: String,
    disabled: String,
    used: String,
    /// When it rejected more than usual of late; empty if it did not.
    guessing: String,
}

/// A key, drawn as the answer to the form and never again, so that it is in no address, no session and no log.
#[derive(Template)]
#[template(path = "authentication/key.html")]
struct Key {
    chrome: Chrome,
    name: String,
    key: String,
    address: String,
    is_new: bool,
}

#[derive(Template)]
#[template(path = "authentication/new-key.html")]
struct Asked {
    chrome: Chrome,
    node: AuthNode,
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
    web::page(&build(&p, String::new(), Mistakes::default()).await?)
}

/// POST: adds one, and shows its key this once.
pub async fn submit(p: Permitted<may::Everywhere<may::ManageOperators>>, fields: Fields) -> Answer {
    if let Some(question) = presence::asked(&p, &fields).await? {
        return Ok(question);
    }
    let name = fields.text("name");
    let typed = name.clone();
    match p.call(move |desk, who, now| authentication::add_node(desk, who, now, &typed)).await {
        Ok(key) => hand_over(&p, name, key, true).await,
        Err(fault) => {
            let mistakes = fault.mistakes()?;
            web::page_with(StatusCode::UNPROCESSABLE_ENTITY, &build(&p, name, mistakes).await?)
        }
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
    p.flash(&Flash::good(format!("Disabled {name}."), "Its key is refused. Enable takes the same key again."));
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
    p.flash(&Flash::good(format!("Enabled {name}."), "It asks with the key it had."));
    Ok(web::see_other(AUTH_NODES))
}

/// GET: what a new key would do.
pub async fn ask_key(p: Permitted<may::Everywhere<may::ManageOperators>>, node: Path<String>) -> Answer {
    if let Some(question) = presence::before(&p) {
        return Ok(question);
    }
    let id = id(&node)?;
    let (node, chrome) = p.view(move |desk, who, _| authentication::node(desk, who, id)).await?;
    web::page(&Asked { chrome, node })
}

/// POST: gives it a new key, and shows it this once.
pub async fn new_key(
    p: Permitted<may::Everywhere<may::ManageOperators>>,
    node: Path<String>,
    fields: Fields,
) -> Answer {
    if let Some(question) = presence::asked(&p, &fields).await? {
        return Ok(question);
    }
    let id = id(&node)?;
    let (name, key) = p.call(move |desk, who, now| authentication::new_key(desk, who, now, id)).await?;
    hand_over(&p, name, key, false).await
}

async fn hand_over(
    p: &Permitted<may::Everywhere<may::ManageOperators>>,
    name: String,
    key: String,
    is_new: bool,
) -> Answer {
    let ((), chrome) = p.view(|_, _, _| Ok(())).await?;
    let address = format!("{}/api/v1/authenticate", p.desk.settings.public_url);
    web::page(&Key { chrome, name, key, address, is_new })
}

fn id(segment: &str) -> Result<AuthNodeId, Error> {
    segment.parse().map(AuthNodeId).map_err(|_| Error::not_found("auth node", segment))
}

async fn build<N: Need>(p: &Permitted<N>, name: String, mistakes: Mistakes) -> Result<Page, Fault> {
    let ((nodes, left), chrome) = p
        .view(|desk, who, now| {
            let left =
                desk.db.read(|conn| authentication::left_the_usual(conn, now - Duration::hours(LATELY_HOURS)))?;
            Ok((authentication::nodes(desk, who)?, left))
        })
        .await?;
    let (zone, now) = (p.desk.settings.zone, p.now);
    let moment = |at: Option<clock::Timestamp>| at.map(|at| clock::moment(zone, now, at)).unwrap_or_default();
    let rows = nodes
        .into_iter()
        .map(|node| Row {
            added: moment(Some(node.created_at)),
            disabled: moment(node.disabled_at),
            used: moment(node.last_used_at),
            guessing: moment(
                left.iter().find(|left| left.node.as_deref() == Some(node.name.as_str())).map(|left| left.at),
            ),
            node,
        })
        .collect();
    Ok(Page { chrome, rows, typed: name, mistakes, may_change: p.who.scope == Scope::All })
}
