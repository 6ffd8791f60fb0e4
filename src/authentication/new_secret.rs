//! Make a second shared secret, and End the old one now.

use zeroize::Zeroizing;

use super::{
    node::Kind,
    secret::{self, Secret},
    store,
};
use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    desk::Desk,
    error::{Error, Result},
    ids::AuthNodeId,
    operators::{Permission, Who},
};

/// Gives an auth node that asks by RADIUS another shared secret, ours unless one was `typed`; the one before is taken for
/// [`secret::OLD_DAYS`] more, and one that was ending already ends now. Its name and the secret, which is shown this once.
///
/// # Errors
/// `Forbidden`; `NotFound` if there is no such auth node that asks by RADIUS; `Invalid` if the secret will not do.
pub fn new_secret(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    id: AuthNodeId,
    typed: &str,
) -> Result<(String, Zeroizing<String>)> {
    who.need_everywhere(Permission::ManageOperators)?;
    let secret = secret::typed(typed)?.unwrap_or_else(|| secret::propose(&desk.random));
    let name = desk.db.write(|conn| {
        let node = store::by_id(conn, id)?.filter(|node| node.kind == Kind::Radius);
        let node = node.ok_or_else(|| Error::not_found("auth node", id.to_string()))?;
        let ends_at = secret::end_of_old(now);
        store::secrets::make_old(conn, id, ends_at)?;
        let sealed = desk.keys.seal(&desk.random, &secret::seal_context(id), secret.as_bytes());
        store::secrets::insert(conn, now, id, &sealed)?;
        let sentence = format!("Gave the auth node {} a new shared secret", node.name);
        let entry = Entry::done(&who.actor, Verb::AuthNodesNewKey, sentence).subject(&node.name);
        let until = desk.settings.zone.local(ends_at).format("%Y-%m-%d %H:%M").to_string();
        audit::record(conn, now, &entry.fact("The old one ends", until))?;
        Ok(node.name)
    })?;
    Ok((name, secret))
}

/// Ends the old one of two shared secrets. The name of the auth node.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Conflict` if it has ended.
pub fn end_old(desk: &Desk, who: &Who, now: Timestamp, id: AuthNodeId) -> Result<String> {
    who.need_everywhere(Permission::ManageOperators)?;
    desk.db.write(|conn| {
        let node = store::by_id(conn, id)?.ok_or_else(|| Error::not_found("auth node", id.to_string()))?;
        if !store::secrets::end_old(conn, id)? {
            return Err(Error::Conflict(format!("The old shared secret of {} has ended meanwhile.", node.name)));
        }
        let sentence = format!("Ended the old shared secret of the auth node {}", node.name);
        audit::record(conn, now, &Entry::done(&who.actor, Verb::AuthNodesEndOld, sentence).subject(&node.name))?;
        Ok(node.name)
    })
}

/// The shared secrets of an auth node that are taken, the newest first; never what they are.
pub fn secrets(desk: &Desk, who: &Who, now: Timestamp, id: AuthNodeId) -> Result<Vec<Secret>> {
    who.need(Permission::ManageOperators)?;
    desk.db.read(|conn| store::secrets::of(conn, now, id))
}
