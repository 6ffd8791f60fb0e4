//! Checking one-time passwords for auth nodes: VPNs, RADIUS servers, web applications (PRODUCT.md §4).

use std::collections::{BTreeSet, HashSet};

use chrono::Duration;

use crate::{
    audit::{self, ActorKind, Entry, Verb},
    clock::Timestamp,
    desk::Desk,
    error::{Error, Result},
    ids::AuthNodeId,
    keys::Purpose,
    operators::{Permission, Who},
};

mod check;
pub mod edit;
mod lately;
pub mod listener;
pub mod new;
pub mod new_secret;
pub mod node;
mod noted;
pub mod pages;
mod person;
pub mod proxied;
pub mod rejections;
pub mod secret;
pub mod settings;
mod store;
pub mod trouble;

pub use node::{AuthNode, Lately};

pub use person::Person;

pub use new::add_node;

pub use noted::{Standing, note, standing};

pub use check::{Answer, Caller, admit, authenticate, check, note_turned_away};

pub use store::{
    refused_since as refused_node, rejections::left_since as left_the_usual, secrets::ends as ends_of_old,
};

/// Refuses the key of the auth node `name` from now on.
///
/// # Errors
/// `Forbidden`; `NotFound` if there is no such auth node in use.
pub fn disable_node(desk: &Desk, who: &Who, now: Timestamp, name: &str) -> Result<()> {
    who.need_everywhere(Permission::ManageOperators)?;
    desk.db.write(|conn| {
        let name = store::disable(conn, now, name)?.ok_or_else(|| Error::not_found("auth node in use called", name))?;
        let sentence = format!("Disabled the auth node {name}");
        audit::record(conn, now, &Entry::done(&who.actor, Verb::AuthNodesDisable, sentence).subject(&name))
    })
}

/// Takes the key that a disabled auth node had again.
///
/// # Errors
/// `Forbidden`; `NotFound` if there is no such auth node that is disabled.
pub fn enable_node(desk: &Desk, who: &Who, now: Timestamp, name: &str) -> Result<()> {
    who.need_everywhere(Permission::ManageOperators)?;
    desk.db.write(|conn| {
        let name = store::enable(conn, name)?.ok_or_else(|| Error::not_found("disabled auth node called", name))?;
        let sentence = format!("Enabled the auth node {name} with the key it had");
        audit::record(conn, now, &Entry::done(&who.actor, Verb::AuthNodesEnable, sentence).subject(&name))
    })
}

/// Who asked at this auth node of late.
pub fn lately(desk: &Desk, who: &Who, now: Timestamp, node: &AuthNode) -> Result<Lately> {
    who.need(Permission::ManageOperators)?;
    let mut seen = desk.db.read(|conn| audit::newest_of(conn, ActorKind::AuthNode, &node.name, node::LATELY_MOST))?;
    seen.retain(|seen| seen.at > now - Duration::hours(node::LATELY_HOURS));
    let people: HashSet<&str> = seen.iter().map(|seen| seen.subject_key.as_str()).collect();
    let addresses: BTreeSet<&str> = seen.iter().map(|seen| seen.address.as_str()).collect();
    Ok(Lately {
        questions: seen.len(),
        people: people.len(),
        addresses: addresses.into_iter().map(str::to_owned).collect(),
    })
}

/// All auth nodes, by name.
pub fn nodes(desk: &Desk, who: &Who) -> Result<Vec<AuthNode>> {
    who.need(Permission::ManageOperators)?;
    desk.db.read(store::all)
}

/// The auth node of this row.
///
/// # Errors
/// `Forbidden`, or `NotFound`.
pub fn node(desk: &Desk, who: &Who, id: AuthNodeId) -> Result<AuthNode> {
    who.need(Permission::ManageOperators)?;
    desk.db.read(|conn| store::by_id(conn, id))?.ok_or_else(|| Error::not_found("auth node", id.to_string()))
}

/// Gives an auth node a new key, which is shown this once; the old one is refused from now on, and a disabled auth node
/// is in use again. Its name and the key.
///
/// # Errors
/// `Forbidden`, or `NotFound`.
pub fn new_key(desk: &Desk, who: &Who, now: Timestamp, id: AuthNodeId) -> Result<(String, String)> {
    who.need_everywhere(Permission::ManageOperators)?;
    let node = self::node(desk, who, id)?;
    let key = format!("{}{}", node::KEY_PREFIX, desk.random.secret());
    desk.db.write(|conn| {
        store::set_key(conn, id, &desk.keys.hash(Purpose::AuthNode, key.as_bytes()))?;
        let sentence = format!("Gave the auth node {} a new key", node.name);
        audit::record(conn, now, &Entry::done(&who.actor, Verb::AuthNodesNewKey, sentence).subject(&node.name))
    })?;
    Ok((node.name, key))
}
