//! Save settings of an auth node.

use super::{
    new::same_network,
    node::{AuthNode, Kind, NodeSettings},
    store,
};
use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    config::Network,
    db,
    desk::Desk,
    error::{Error, Result},
    ids::AuthNodeId,
    operators::{Permission, Who},
};

/// Changes what an operator sets of an auth node, and where it asks from; the servers know within 5 seconds.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Invalid` if one that asks by RADIUS is to ask from nowhere, or from where another one does.
pub fn edit(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    id: AuthNodeId,
    network: Option<Network>,
    settings: &NodeSettings,
) -> Result<AuthNode> {
    who.need_everywhere(Permission::ManageOperators)?;
    let edited = desk.db.write(|conn| {
        let node = store::by_id(conn, id)?.ok_or_else(|| Error::not_found("auth node", id.to_string()))?;
        if node.kind == Kind::Radius {
            let Some(network) = network else {
                return Err(Error::mistake("network", "Give the address or network that its requests come from."));
            };
            if let Some(other) = store::secrets::at_network(conn, network)?.filter(|other| *other != id)
                && let Some(other) = store::by_id(conn, other)?
            {
                return Err(Error::mistake("network", same_network(&other, network)));
            }
        }
        let mut entry = Entry::done(
            &who.actor,
            Verb::AuthNodesEdit,
            format!("Changed the settings of the auth node {}", node.name),
        )
        .subject(&node.name);
        let label = |network: Option<Network>| network.map_or_else(|| "any".to_owned(), |network| network.label());
        if network != node.network {
            entry = entry.fact("Address", format!("{} → {}", label(node.network), label(network)));
        }
        for ((name, old), (_, new)) in node.settings.facts().into_iter().zip(settings.facts()) {
            if old != new {
                entry = entry.fact(name, format!("{old} → {new}"));
            }
        }
        if entry.detail.is_empty() {
            return Ok(node);
        }
        if network != node.network {
            store::secrets::set_network(conn, id, node.kind, network)?;
        }
        store::set_settings(conn, id, settings)?;
        audit::record(conn, now, &entry)?;
        Ok(node)
    });
    match edited {
        Err(error) if db::is_taken(&error) => {
            Err(Error::mistake("network", "Another auth node asks from there already."))
        }
        other => other,
    }
}
