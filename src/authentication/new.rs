//! Add an auth node.

use zeroize::Zeroizing;

use super::{
    node::{self, AuthNode, Kind, Mode, NodeSettings},
    secret, store,
};
use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    config::Network,
    db::{self, AnyConn},
    desk::Desk,
    error::{Error, Mistakes, Result},
    ids::AuthNodeId,
    keys::Purpose,
    operators::{Permission, Who},
};

/// An auth node as it was typed.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// Its name.
    pub name: String,
    /// The word of its kind; empty: API.
    pub kind: String,
    /// Where it asks from.
    pub network: String,
    /// The word of what the password field holds; empty: the one-time password.
    pub mode: String,
    /// A shared secret that the other end has already; empty: Tokendesk makes one.
    pub secret: String,
}

/// An auth node to add.
#[derive(Debug)]
pub struct New {
    name: String,
    kind: Kind,
    network: Option<Network>,
    settings: NodeSettings,
    secret: Option<Zeroizing<String>>,
}

/// One that was added.
pub struct Added {
    /// Its row.
    pub id: AuthNodeId,
    /// Its name.
    pub name: String,
    /// How it asks.
    pub kind: Kind,
    /// Its key or shared secret, which is shown this once.
    pub proof: Zeroizing<String>,
}

impl New {
    /// Reads what was typed.
    ///
    /// # Errors
    /// `Invalid` with all that is wrong.
    pub fn parse(typed: &Typed) -> Result<Self> {
        let mut mistakes = Mistakes::default();
        let name =
            node::name(&typed.name).or_else(|wrong| mistakes.take(Error::Invalid(wrong)).map(|()| String::new()))?;
        let kind = if typed.kind.is_empty() { Some(Kind::Api) } else { Kind::from_code(&typed.kind) };
        if kind.is_none() {
            mistakes.add("kind", "Choose RADIUS or API.");
        }
        let network =
            node::network(&typed.network).or_else(|wrong| mistakes.take(Error::Invalid(wrong)).map(|()| None))?;
        if kind == Some(Kind::Radius) && typed.network.trim().is_empty() {
            mistakes.add("network", "Give the address or network that its requests come from.");
        }
        let mode = if typed.mode.is_empty() { Some(Mode::default()) } else { Mode::from_code(&typed.mode) };
        if mode.is_none() {
            mistakes.add("mode", "Choose what the password field holds.");
        }
        let secret = match kind {
            Some(Kind::Radius) => secret::typed(&typed.secret).or_else(|wrong| mistakes.take(wrong).map(|()| None))?,
            _ => None,
        };
        mistakes.into_result()?;
        let settings = NodeSettings { mode: mode.unwrap_or_default(), ..NodeSettings::default() };
        Ok(New { name, kind: kind.unwrap_or(Kind::Api), network, settings, secret })
    }
}

/// Adds an auth node that asks over HTTP from anywhere; its key, which is shown this once and kept only as a keyed hash.
///
/// # Errors
/// `Forbidden`; `Invalid` if the name will not do, or is taken.
pub fn add_node(desk: &Desk, who: &Who, now: Timestamp, name: &str) -> Result<String> {
    who.need_everywhere(Permission::ManageOperators)?;
    let new = New::parse(&Typed { name: name.to_owned(), ..Typed::default() })?;
    add(desk, who, now, &new).map(|added| added.proof.as_str().to_owned())
}

/// Adds an auth node, with a key that is kept only as a keyed hash, or a shared secret that is kept sealed.
///
/// # Errors
/// `Forbidden`; `Invalid` if the name is taken, or another auth node asks by RADIUS from the same network.
pub fn add(desk: &Desk, who: &Who, now: Timestamp, new: &New) -> Result<Added> {
    who.need_everywhere(Permission::ManageOperators)?;
    // Whoever asks by RADIUS has a key that nobody knows: none is taken from them over HTTP.
    let key = Zeroizing::new(format!("{}{}", node::KEY_PREFIX, desk.random.secret()));
    let secret = new.secret.clone().unwrap_or_else(|| secret::propose(&desk.random));
    let hash = desk.keys.hash(Purpose::AuthNode, key.as_bytes());
    let added = desk.db.write(|conn| {
        refuse_taken(conn, new)?;
        let id = store::insert(conn, now, &new.name, &hash, new.kind, &new.settings)?;
        store::secrets::set_network(conn, id, new.kind, new.network)?;
        if new.kind == Kind::Radius {
            let sealed = desk.keys.seal(&desk.random, &secret::seal_context(id), secret.as_bytes());
            store::secrets::insert(conn, now, id, &sealed)?;
        }
        let mut entry =
            Entry::done(&who.actor, Verb::AuthNodesAdd, format!("Added the auth node {}", new.name)).subject(&new.name);
        entry = entry.fact("Kind", new.kind.label());
        if let Some(network) = new.network {
            entry = entry.fact("Address", network.label());
        }
        audit::record(conn, now, &entry)?;
        Ok(id)
    });
    let id = match added {
        // Somebody was faster; which of the two it is shows now.
        Err(error) if db::is_taken(&error) => {
            desk.db.read(|conn| refuse_taken(conn, new))?;
            return Err(error);
        }
        other => other?,
    };
    let proof = if new.kind == Kind::Radius { secret } else { key };
    Ok(Added { id, name: new.name.clone(), kind: new.kind, proof })
}

fn refuse_taken(conn: &mut AnyConn, new: &New) -> Result<()> {
    let mut mistakes = Mistakes::default();
    if store::is_named(conn, &new.name)? {
        mistakes.add("name", format!("There is an auth node called {} already.", new.name));
    }
    if let Some(network) = new.network.filter(|_| new.kind == Kind::Radius)
        && let Some(other) = store::secrets::at_network(conn, network)?
        && let Some(other) = store::by_id(conn, other)?
    {
        mistakes.add("network", same_network(&other, network));
    }
    mistakes.into_result()
}

pub(super) fn same_network(other: &AuthNode, network: Network) -> String {
    format!("{} asks from {} already. Give each its own address, or a narrower network.", other.name, network.label())
}

/// Those among `nodes` that ask by RADIUS from a network which overlaps with `network`, `own` left out.
pub fn overlapping(nodes: &[AuthNode], own: Option<AuthNodeId>, network: Network) -> Vec<&AuthNode> {
    let overlaps = |node: &&AuthNode| node.network.is_some_and(|other| other.overlaps(&network));
    let radius = nodes.iter().filter(|node| node.kind == Kind::Radius && Some(node.id) != own);
    radius.filter(overlaps).collect()
}
