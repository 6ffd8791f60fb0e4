//! Rows of shared secrets, and of where auth nodes ask from.

use diesel::prelude::*;

use crate::{
    authentication::secret::Secret,
    clock::Timestamp,
    config::Network,
    db::AnyConn,
    error::Result,
    ids::AuthNodeId,
    schema::{auth_node_networks, auth_node_secrets},
};

use super::super::node::Kind;

type SecretRow = (i64, Timestamp, Option<Timestamp>, Option<Timestamp>);

/// Says where an auth node asks from; `None`: from anywhere.
///
/// # Errors
/// `Database`, also if another one that asks by RADIUS has the same network.
pub fn set_network(conn: &mut AnyConn, node: AuthNodeId, kind: Kind, network: Option<Network>) -> Result<()> {
    diesel::delete(auth_node_networks::table.find(node.0)).execute(conn)?;
    if let Some(network) = network {
        diesel::insert_into(auth_node_networks::table)
            .values((
                auth_node_networks::auth_node_id.eq(node.0),
                auth_node_networks::kind.eq(kind.code()),
                auth_node_networks::network.eq(network.to_string()),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// The auth node that asks by RADIUS from just this network.
pub fn at_network(conn: &mut AnyConn, network: Network) -> Result<Option<AuthNodeId>> {
    let row: Option<i64> = auth_node_networks::table
        .filter(auth_node_networks::kind.eq(Kind::Radius.code()))
        .filter(auth_node_networks::network.eq(network.to_string()))
        .select(auth_node_networks::auth_node_id)
        .first(conn)
        .optional()?;
    Ok(row.map(AuthNodeId))
}

/// Adds a secret.
pub fn insert(conn: &mut AnyConn, now: Timestamp, node: AuthNodeId, sealed: &[u8]) -> Result<()> {
    diesel::insert_into(auth_node_secrets::table)
        .values((
            auth_node_secrets::auth_node_id.eq(node.0),
            auth_node_secrets::sealed.eq(sealed),
            auth_node_secrets::created_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// The secrets of an auth node that are taken at this time, the newest first.
pub fn of(conn: &mut AnyConn, now: Timestamp, node: AuthNodeId) -> Result<Vec<Secret>> {
    let rows: Vec<SecretRow> = auth_node_secrets::table
        .filter(auth_node_secrets::auth_node_id.eq(node.0))
        .order(auth_node_secrets::id.desc())
        .select((
            auth_node_secrets::id,
            auth_node_secrets::created_at,
            auth_node_secrets::ends_at,
            auth_node_secrets::last_used_at,
        ))
        .load(conn)?;
    let secret = |(id, created_at, ends_at, last_used_at)| Secret { id, created_at, ends_at, last_used_at };
    let is_taken = |secret: &Secret| secret.ends_at.is_none_or(|ends| ends > now);
    Ok(rows.into_iter().map(secret).filter(is_taken).collect())
}

/// When the old ones of two secrets end, by auth node.
pub fn ends(conn: &mut AnyConn, now: Timestamp) -> Result<Vec<(AuthNodeId, Timestamp)>> {
    let rows: Vec<(i64, Option<Timestamp>)> = auth_node_secrets::table
        .filter(auth_node_secrets::ends_at.gt(now))
        .select((auth_node_secrets::auth_node_id, auth_node_secrets::ends_at))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(node, ends)| Some((AuthNodeId(node), ends?))).collect())
}

/// All sealed secrets that are taken at this time, the newest of each auth node first: node, row, sealed, end.
#[expect(clippy::type_complexity, reason = "a row as it is read, taken apart where it is opened")]
pub fn all_sealed(conn: &mut AnyConn, now: Timestamp) -> Result<Vec<(AuthNodeId, i64, Vec<u8>, Option<Timestamp>)>> {
    let rows: Vec<(i64, i64, Vec<u8>, Option<Timestamp>)> = auth_node_secrets::table
        .filter(auth_node_secrets::ends_at.is_null().or(auth_node_secrets::ends_at.gt(now)))
        .order((auth_node_secrets::auth_node_id, auth_node_secrets::id.desc()))
        .select((
            auth_node_secrets::auth_node_id,
            auth_node_secrets::id,
            auth_node_secrets::sealed,
            auth_node_secrets::ends_at,
        ))
        .load(conn)?;
    Ok(rows.into_iter().map(|(node, id, sealed, ends_at)| (AuthNodeId(node), id, sealed, ends_at)).collect())
}

/// Lets the present secret of an auth node end at `ends_at`; one that was ending already is gone.
pub fn make_old(conn: &mut AnyConn, node: AuthNodeId, ends_at: Timestamp) -> Result<()> {
    end_old(conn, node)?;
    diesel::update(auth_node_secrets::table.filter(auth_node_secrets::auth_node_id.eq(node.0)))
        .set(auth_node_secrets::ends_at.eq(ends_at))
        .execute(conn)?;
    Ok(())
}

/// Ends the old secret of an auth node; false if it has none.
pub fn end_old(conn: &mut AnyConn, node: AuthNodeId) -> Result<bool> {
    let old = auth_node_secrets::auth_node_id.eq(node.0).and(auth_node_secrets::ends_at.is_not_null());
    Ok(diesel::delete(auth_node_secrets::table.filter(old)).execute(conn)? > 0)
}
