//! A key or a shared secret, drawn as the answer to the form and never again, so that it is in no address, no session and
//! no log.

use askama::Template;
use zeroize::Zeroizing;

use crate::{
    authentication::{AuthNode, node::Kind, secret::OLD_DAYS},
    operators::may::{self, Need},
    web::{self, Answer, Chrome, Permitted},
};

/// The port of RADIUS (RFC 2865 §3), where the setting names none.
const PORT: u16 = 1812;

#[derive(Template)]
#[template(path = "authentication/key.html")]
struct Key {
    chrome: Chrome,
    name: String,
    key: Zeroizing<String>,
    address: String,
    is_new: bool,
    node: AuthNode,
}

#[derive(Template)]
#[template(path = "authentication/secret.html")]
struct Secret {
    chrome: Chrome,
    node: AuthNode,
    secret: Zeroizing<String>,
    /// Where RADIUS is asked for, as the other end has to be told.
    host: String,
    port: u16,
    asks_from: String,
    listens: bool,
    is_new: bool,
}

/// Shows what an auth node proves itself with.
pub(super) async fn hand_over(
    p: &Permitted<may::Everywhere<may::ManageOperators>>,
    node: &AuthNode,
    proof: Zeroizing<String>,
    is_new: bool,
) -> Answer {
    let ((), chrome) = p.view(|_, _, _| Ok(())).await?;
    let settings = &p.desk.settings;
    let node = node.clone();
    if node.kind == Kind::Api {
        let address = format!("{}/api/v1/authenticate", settings.public_url);
        return web::page(&Key { chrome, name: node.name.clone(), key: proof, address, is_new, node });
    }
    let (host, port) = server(p);
    let asks_from = node.network.map(|network| network.label()).unwrap_or_default();
    let listens = settings.radius_listen.is_some();
    web::page(&Secret { chrome, node, secret: proof, host, port, asks_from, listens, is_new })
}

/// Host and port that the other end is told.
pub(super) fn server<N: Need>(p: &Permitted<N>) -> (String, u16) {
    let host = p.desk.settings.host.rsplit_once(':').map_or(p.desk.settings.host.as_str(), |(host, _)| host).to_owned();
    (host, p.desk.settings.radius_listen.map_or(PORT, |address| address.port()))
}
