//! The auth nodes that ask by RADIUS, as they are held in memory: a packet costs no look into the database before it is
//! known who sent it.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use zeroize::Zeroizing;

use crate::{
    authentication::{
        node::{AuthNode, Kind},
        secret, store,
    },
    clock::Timestamp,
    config::Network,
    desk::Desk,
    error::Result,
    ids::AuthNodeId,
};

/// A shared secret that is held.
pub struct HeldSecret {
    /// The row.
    pub id: i64,
    /// What it is.
    pub bytes: Zeroizing<Vec<u8>>,
    /// When it ends.
    ends_at: Option<Timestamp>,
}

/// An auth node that is held.
pub struct HeldNode {
    /// The auth node.
    pub node: AuthNode,
    network: Network,
    secrets: Vec<HeldSecret>,
}

impl HeldNode {
    /// The secrets that are taken now, the newest first.
    pub fn secrets(&self, now: Timestamp) -> impl Iterator<Item = &HeldSecret> {
        self.secrets.iter().filter(move |secret| secret.ends_at.is_none_or(|ends| ends > now))
    }
}

/// All of them, the narrowest network first.
#[derive(Default)]
pub struct Held(Vec<Arc<HeldNode>>);

impl Held {
    /// Reads them.
    ///
    /// # Errors
    /// `Internal` if a secret does not open.
    pub fn read(desk: &Desk, now: Timestamp) -> Result<Self> {
        let (nodes, sealed) = desk.db.read(|conn| Ok((store::all(conn)?, store::secrets::all_sealed(conn, now)?)))?;
        let mut secrets: BTreeMap<AuthNodeId, Vec<HeldSecret>> = BTreeMap::new();
        for (node, id, sealed, ends_at) in sealed {
            let bytes = desk.keys.open(&secret::seal_context(node), &sealed)?;
            secrets.entry(node).or_default().push(HeldSecret { id, bytes, ends_at });
        }
        let mut held: Vec<Arc<HeldNode>> = nodes
            .into_iter()
            .filter(|node| node.kind == Kind::Radius)
            .filter_map(|node| {
                let secrets = secrets.remove(&node.id).unwrap_or_default();
                Some(Arc::new(HeldNode { network: node.network?, node, secrets }))
            })
            .collect();
        held.sort_by_key(|held| std::cmp::Reverse(held.network.bits()));
        Ok(Held(held))
    }

    /// Whose address this is; of two the one with the narrower network.
    pub fn at(&self, ip: IpAddr) -> Option<Arc<HeldNode>> {
        self.0.iter().find(|held| held.network.holds(ip)).cloned()
    }
}
