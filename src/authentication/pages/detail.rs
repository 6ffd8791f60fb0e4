//! `/auth-nodes/{node}`: what is wrong with it, what is set, its secrets, today.

use actix_web::{http::StatusCode, web::Path};
use askama::Template;

use super::auth_nodes::{AUTH_NODES, StateWords, id, state_words};
use crate::{
    authentication::{
        self, AuthNode,
        new::overlapping,
        node::{self, Kind, Mode, NodeSettings},
        secret::Secret,
        trouble::{self, State},
    },
    clock::{self, Timestamp},
    english::counted,
    error::Mistakes,
    ids::AuthNodeId,
    operators::{Scope, may},
    tally::{Counts, Fault, Seen},
    web::{self, Answer, Chrome, Fields, Flash, Permitted},
};

#[derive(Template)]
#[template(path = "authentication/node.html")]
struct Page {
    chrome: Chrome,
    node: AuthNode,
    address: String,
    asked: String,
    state: StateWords,
    verdict: String,
    because: String,
    remedy: &'static str,
    /// It sends no Message-Authenticator: it may do without, with the risk.
    may_do_without: bool,
    checks: Vec<Check>,
    settings: NodeSettings,
    network: String,
    mistakes: Mistakes,
    overlaps: Vec<(AuthNodeId, String, String)>,
    secrets: Vec<SecretRow>,
    today: Counts,
    may_change: bool,
}

/// A line of what was checked.
struct Check {
    icon: &'static str,
    tone: &'static str,
    words: String,
    detail: String,
    cause: bool,
}

struct SecretRow {
    old: bool,
    since: String,
    ends: String,
    seen: String,
}

/// What the page shows, as it was read.
struct Facts {
    node: AuthNode,
    nodes: Vec<AuthNode>,
    secrets: Vec<(Secret, Option<Timestamp>)>,
    today: Counts,
    faults: Vec<(Fault, Seen)>,
}

/// What was typed, where it was refused.
type Refused = (NodeSettings, String, Mistakes);

/// GET
pub async fn show(p: Permitted<may::ManageOperators>, node: Path<String>) -> Answer {
    web::page(&build(&p, id(&node)?, None).await?)
}

/// POST: saves what is set.
pub async fn submit(p: Permitted<may::Everywhere<may::ManageOperators>>, node: Path<String>, fields: Fields) -> Answer {
    let id = id(&node)?;
    let is = |name: &str| !fields.text(name).is_empty();
    let settings = NodeSettings {
        mode: Mode::from_code(&fields.text("mode")).unwrap_or_default(),
        strips_realm: is("strips_realm"),
        takes_unsigned: is("takes_unsigned"),
        sends_class: is("sends_class"),
        sends_filter_id: is("sends_filter_id"),
        sends_message: is("sends_message"),
    };
    let typed = fields.text("network");
    let saved = match node::network(&typed) {
        Ok(network) => {
            p.call(move |desk, who, now| authentication::edit::edit(desk, who, now, id, network, &settings)).await
        }
        Err(mistakes) => Err(crate::error::Error::Invalid(mistakes).into()),
    };
    match saved {
        Ok(node) => {
            p.flash(&Flash::good(format!("Saved the settings of {}.", node.name), "They hold within 5 seconds."));
            Ok(web::see_other(&format!("{AUTH_NODES}/{id}")))
        }
        Err(fault) => {
            let refused = (settings, typed, fault.mistakes()?);
            web::page_with(StatusCode::UNPROCESSABLE_ENTITY, &build(&p, id, Some(refused)).await?)
        }
    }
}

async fn build<N: may::Need>(p: &Permitted<N>, id: AuthNodeId, refused: Option<Refused>) -> Result<Page, web::Fault> {
    let (facts, chrome) = p
        .view(move |desk, who, now| {
            let standing = authentication::standing(desk, who, now)?;
            let seen = |secret: Secret| {
                let seen = secret.last_used_at.max(standing.secret_seen(secret.id));
                (secret, seen)
            };
            let secrets = authentication::new_secret::secrets(desk, who, now, id)?;
            Ok(Facts {
                node: authentication::node(desk, who, id)?,
                nodes: authentication::nodes(desk, who)?,
                secrets: secrets.into_iter().map(seen).collect(),
                today: standing.today(id),
                faults: standing.faults(id),
            })
        })
        .await?;
    let (zone, now) = (p.desk.settings.zone, p.now);
    let moment = |at: Option<Timestamp>| at.map(|at| clock::moment(zone, now, at)).unwrap_or_default();
    let Facts { node, nodes, secrets, today, faults } = facts;
    let state = trouble::state(&node, &today, &faults, now);
    let end_of_old = secrets.iter().find_map(|(secret, _)| secret.ends_at);
    let address = node.network.map_or_else(|| "any address".to_owned(), |network| network.label());
    let overlaps = match (node.kind, node.network) {
        (Kind::Radius, Some(network)) => overlapping(&nodes, Some(node.id), network),
        _ => Vec::new(),
    };
    let overlaps: Vec<(AuthNodeId, String, String)> = overlaps
        .into_iter()
        .filter_map(|other| {
            let (theirs, own) = (other.network?, node.network?);
            let narrower = if theirs.bits() > own.bits() { &other.name } else { &node.name };
            Some((other.id, other.name.clone(), format!("{}; where both fit, {narrower} wins", theirs.label())))
        })
        .collect();
    let (verdict, because) = verdict(&node, state, &today, &moment);
    let (remedy, may_do_without) = match state {
        State::Wrong(fault, _) => (trouble::words(fault).remedy, fault == Fault::NoMessageAuthenticator),
        _ => ("", false),
    };
    let checks = if node.kind == Kind::Radius { checks(&node, state, &today, &overlaps) } else { Vec::new() };
    let (settings, network, mistakes) = refused.unwrap_or_else(|| {
        (node.settings, node.network.map(|network| network.label()).unwrap_or_default(), Mistakes::default())
    });
    Ok(Page {
        chrome,
        asked: moment(trouble::last_asked(&node, &today, &faults)),
        state: state_words(&node, state, &moment, None, end_of_old),
        secrets: secrets
            .into_iter()
            .map(|(secret, seen)| SecretRow {
                old: secret.ends_at.is_some(),
                since: moment(Some(secret.created_at)),
                ends: moment(secret.ends_at),
                seen: moment(seen),
            })
            .collect(),
        may_change: p.who.scope == Scope::All,
        node,
        address,
        verdict,
        because,
        remedy,
        may_do_without,
        checks,
        settings,
        network,
        mistakes,
        overlaps,
        today,
    })
}

/// The sentence at the top, and what it means.
fn verdict(
    node: &AuthNode,
    state: State,
    today: &Counts,
    moment: &dyn Fn(Option<Timestamp>) -> String,
) -> (String, String) {
    let answered = moment(node.last_used_at.max(today.answered_at));
    match state {
        State::Disabled => ("It is disabled".into(), "Nobody signs in through it. Enable takes the same key or secret again.".into()),
        State::Wrong(fault, seen) => {
            let words = trouble::words(fault);
            let since = format!("{} since {}. {}", counted(seen.times, "request"), moment(Some(seen.first_at)), words.effect);
            (words.verdict.into(), since)
        }
        State::Silent => (
            "It has never asked".into(),
            "Put server, port and shared secret into its settings, and sign in there once. If it asks from another address, that one stands under Unknown senders.".into(),
        ),
        State::InUse if answered.is_empty() => ("It has never asked".into(), "Put its key into its settings.".into()),
        State::InUse => ("It works".into(), format!("A one-time password was last checked for it {}.", answered.to_lowercase())),
    }
}

/// What a request meets, in its order; without Message-Authenticator the secret cannot be judged.
fn checks(node: &AuthNode, state: State, today: &Counts, overlaps: &[(AuthNodeId, String, String)]) -> Vec<Check> {
    let fault = match state {
        State::Wrong(fault, _) => Some(fault),
        _ => None,
    };
    let asked = state != State::Silent && fault != Some(Fault::NotWhole);
    let check = |bad: bool, known: bool, wrong: &str, right: &str, detail: String| {
        let (icon, tone) = match (bad, known) {
            (true, _) => ("alert-circle", "locked"),
            (false, true) => ("circle-check", "done"),
            (false, false) => ("clock", "muted"),
        };
        Check { icon, tone, words: if bad { wrong.into() } else { right.into() }, detail, cause: bad }
    };
    let signed = fault != Some(Fault::NoMessageAuthenticator);
    let known = asked && signed && fault != Some(Fault::OtherSecret);
    let overlap = match overlaps {
        [] => "no other network overlaps".to_owned(),
        list => {
            format!("overlaps with {}", list.iter().map(|(_, name, _)| name.as_str()).collect::<Vec<_>>().join(", "))
        }
    };
    let method = matches!(fault, Some(Fault::Chap | Fault::MsChap | Fault::Eap | Fault::NoPassword));
    let cut_off = if today.cut_off > 0 {
        format!("a domain or realm was cut off {} today", counted(today.cut_off, "time"))
    } else {
        String::new()
    };
    vec![
        check(fault == Some(Fault::NotWhole), asked, "Its packets are not whole", "Its address is known", overlap),
        if node.settings.takes_unsigned {
            check(false, false, "", "Message-Authenticator is not asked for", "CVE-2024-3596 is open".into())
        } else {
            check(
                !signed,
                asked && fault != Some(Fault::OtherCode),
                "No Message-Authenticator",
                "It sends Message-Authenticator",
                String::new(),
            )
        },
        check(
            fault == Some(Fault::OtherSecret),
            known,
            "It asks with another secret",
            if signed { "Its shared secret" } else { "Its secret cannot be told" },
            if signed { String::new() } else { "Only Message-Authenticator shows it".into() },
        ),
        check(method, known && !method, "It does not ask with PAP", "It asks with PAP", String::new()),
        check(false, known && !method, "", "Names are User IDs", cut_off),
    ]
}
