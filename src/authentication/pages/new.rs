//! `/auth-nodes/new`: an auth node of one of two kinds is added; its key or shared secret is shown this once.

use actix_web::{HttpRequest, http::StatusCode};
use askama::Template;

use super::once;
use crate::{
    authentication::{
        self,
        new::{New, Typed, overlapping},
        node::{self, Kind, Mode},
        secret::SHORTEST,
    },
    error::Mistakes,
    operators::may,
    web::{self, Answer, Chrome, Fault, Fields, Permitted, presence},
};

#[derive(Template)]
#[template(path = "authentication/new.html")]
struct Page {
    chrome: Chrome,
    typed: Typed,
    mistakes: Mistakes,
    /// Those whose network overlaps with the one that was typed.
    overlaps: Vec<(String, String)>,
    host: String,
    port: u16,
    listens: bool,
}

/// GET; `network` fills the address in, as the list of unknown senders does.
pub async fn show(p: Permitted<may::Everywhere<may::ManageOperators>>, request: HttpRequest) -> Answer {
    let network = Fields::parse(request.query_string()).text("network");
    let typed = Typed { kind: Kind::Radius.code().into(), network, ..Typed::default() };
    web::page(&build(&p, typed, Mistakes::default()).await?)
}

/// POST
pub async fn submit(p: Permitted<may::Everywhere<may::ManageOperators>>, fields: Fields) -> Answer {
    if let Some(question) = presence::asked(&p, &fields).await? {
        return Ok(question);
    }
    let typed = Typed {
        name: fields.text("name"),
        kind: fields.text("kind"),
        network: fields.text("network"),
        mode: fields.text("mode"),
        secret: fields.text("secret"),
    };
    let given = typed.clone();
    let added = p
        .call(move |desk, who, now| {
            let added = authentication::new::add(desk, who, now, &New::parse(&given)?)?;
            Ok((authentication::node(desk, who, added.id)?, added.proof))
        })
        .await;
    match added {
        Ok((node, proof)) => once::hand_over(&p, &node, proof, true).await,
        Err(fault) => {
            let mistakes = fault.mistakes()?;
            // A secret is not sent back.
            let typed = Typed { secret: String::new(), ..typed };
            web::page_with(StatusCode::UNPROCESSABLE_ENTITY, &build(&p, typed, mistakes).await?)
        }
    }
}

async fn build(
    p: &Permitted<may::Everywhere<may::ManageOperators>>,
    typed: Typed,
    mistakes: Mistakes,
) -> Result<Page, Fault> {
    let (nodes, chrome) = p.view(|desk, who, _| authentication::nodes(desk, who)).await?;
    let network = node::network(&typed.network).ok().flatten();
    let overlaps = network.map(|network| overlapping(&nodes, None, network)).unwrap_or_default();
    let label = |node: &&node::AuthNode| Some((node.name.clone(), node.network?.label()));
    let overlaps = overlaps.iter().filter_map(label).collect();
    let (host, port) = once::server(p);
    Ok(Page { chrome, typed, mistakes, overlaps, host, port, listens: p.desk.settings.radius_listen.is_some() })
}
