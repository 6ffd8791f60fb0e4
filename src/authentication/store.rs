//! Rows of auth nodes, and of the failures that are counted.

use diesel::prelude::*;

use crate::{
    authentication::{
        Person,
        node::{AuthNode, Count, Kind, Mode, NodeSettings},
    },
    clock::Timestamp,
    db::{self, AnyConn},
    error::Result,
    ids::{AuthNodeId, UserId},
    on,
    schema::{auth_node_networks, auth_nodes, check_throttle, refused_checks, users},
};

pub mod noted;
pub mod radius;
pub mod rejections;
pub mod secrets;

#[derive(Queryable, Selectable)]
#[diesel(table_name = auth_nodes)]
struct NodeRow {
    id: i64,
    name: String,
    created_at: Timestamp,
    disabled_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    kind: String,
    mode: String,
    strips_realm: bool,
    takes_unsigned: bool,
    sends_class: bool,
    sends_filter_id: bool,
    sends_message: bool,
}

/// A row, and where it asks from.
type PlacedRow = (NodeRow, Option<String>);

fn node((row, network): PlacedRow) -> AuthNode {
    AuthNode {
        id: AuthNodeId(row.id),
        name: row.name,
        created_at: row.created_at,
        disabled_at: row.disabled_at,
        last_used_at: row.last_used_at,
        kind: Kind::from_code(&row.kind).unwrap_or(Kind::Api),
        network: network.and_then(|network| network.parse().ok()),
        settings: NodeSettings {
            mode: Mode::from_code(&row.mode).unwrap_or_default(),
            strips_realm: row.strips_realm,
            takes_unsigned: row.takes_unsigned,
            sends_class: row.sends_class,
            sends_filter_id: row.sends_filter_id,
            sends_message: row.sends_message,
        },
    }
}

/// What [`PlacedRow`] is read from.
macro_rules! placed {
    () => {
        auth_nodes::table
            .left_join(auth_node_networks::table)
            .select((NodeRow::as_select(), auth_node_networks::network.nullable()))
    };
}

/// The auth node with this key.
pub fn by_key(conn: &mut AnyConn, key_hash: &[u8]) -> Result<Option<AuthNode>> {
    let row: Option<PlacedRow> = placed!().filter(auth_nodes::key_hash.eq(key_hash)).first(conn).optional()?;
    Ok(row.map(node))
}

/// The auth node of this row.
pub fn by_id(conn: &mut AnyConn, id: AuthNodeId) -> Result<Option<AuthNode>> {
    let row: Option<PlacedRow> = placed!().filter(auth_nodes::id.eq(id.0)).first(conn).optional()?;
    Ok(row.map(node))
}

/// Puts a key instead of the one before, and the auth node in use.
pub fn set_key(conn: &mut AnyConn, id: AuthNodeId, key_hash: &[u8]) -> Result<()> {
    diesel::update(auth_nodes::table.find(id.0))
        .set((
            auth_nodes::key_hash.eq(key_hash),
            auth_nodes::disabled_at.eq(None::<Timestamp>),
            auth_nodes::refused_at.eq(None::<Timestamp>),
        ))
        .execute(conn)?;
    Ok(())
}

/// All auth nodes, by name.
pub fn all(conn: &mut AnyConn) -> Result<Vec<AuthNode>> {
    let rows: Vec<PlacedRow> = placed!().order(auth_nodes::name_key).load(conn)?;
    Ok(rows.into_iter().map(node).collect())
}

/// Adds an auth node.
///
/// # Errors
/// `Database`, also if the name is taken.
pub fn insert(
    conn: &mut AnyConn,
    now: Timestamp,
    name: &str,
    key_hash: &[u8],
    kind: Kind,
    settings: &NodeSettings,
) -> Result<AuthNodeId> {
    let id: i64 = diesel::insert_into(auth_nodes::table)
        .values((
            auth_nodes::name.eq(name),
            auth_nodes::name_key.eq(db::key(name)),
            auth_nodes::key_hash.eq(key_hash),
            auth_nodes::created_at.eq(now),
            auth_nodes::kind.eq(kind.code()),
        ))
        .returning(auth_nodes::id)
        .get_result(conn)?;
    set_settings(conn, AuthNodeId(id), settings)?;
    Ok(AuthNodeId(id))
}

/// Keeps what an operator set.
pub fn set_settings(conn: &mut AnyConn, id: AuthNodeId, settings: &NodeSettings) -> Result<()> {
    diesel::update(auth_nodes::table.find(id.0))
        .set((
            auth_nodes::mode.eq(settings.mode.code()),
            auth_nodes::strips_realm.eq(settings.strips_realm),
            auth_nodes::takes_unsigned.eq(settings.takes_unsigned),
            auth_nodes::sends_class.eq(settings.sends_class),
            auth_nodes::sends_filter_id.eq(settings.sends_filter_id),
            auth_nodes::sends_message.eq(settings.sends_message),
        ))
        .execute(conn)?;
    Ok(())
}

/// True if an auth node has this name.
pub fn is_named(conn: &mut AnyConn, name: &str) -> Result<bool> {
    let row: Option<i64> = auth_nodes::table
        .filter(auth_nodes::name_key.eq(db::key(name)))
        .select(auth_nodes::id)
        .first(conn)
        .optional()?;
    Ok(row.is_some())
}

/// Refuses the key of the auth node `name` from now on; its name as it is written, `None` if there is no such one that
/// is in use.
pub fn disable(conn: &mut AnyConn, now: Timestamp, name: &str) -> Result<Option<String>> {
    let in_use =
        auth_nodes::table.filter(auth_nodes::name_key.eq(db::key(name)).and(auth_nodes::disabled_at.is_null()));
    let found: Option<(i64, String)> = in_use.select((auth_nodes::id, auth_nodes::name)).first(conn).optional()?;
    let Some((id, name)) = found else { return Ok(None) };
    diesel::update(auth_nodes::table.find(id)).set(auth_nodes::disabled_at.eq(now)).execute(conn)?;
    Ok(Some(name))
}

/// Takes the key of the disabled auth node `name` again; its name as it is written, `None` if there is no such one.
pub fn enable(conn: &mut AnyConn, name: &str) -> Result<Option<String>> {
    let disabled =
        auth_nodes::table.filter(auth_nodes::name_key.eq(db::key(name)).and(auth_nodes::disabled_at.is_not_null()));
    Ok(diesel::update(disabled)
        .set((auth_nodes::disabled_at.eq(None::<Timestamp>), auth_nodes::refused_at.eq(None::<Timestamp>)))
        .returning(auth_nodes::name)
        .get_result(conn)
        .optional()?)
}

/// Notes that an auth node has asked.
pub fn note_use(conn: &mut AnyConn, now: Timestamp, node: AuthNodeId) -> Result<()> {
    diesel::update(auth_nodes::table.find(node.0)).set(auth_nodes::last_used_at.eq(now)).execute(conn)?;
    Ok(())
}

/// Notes that a disabled auth node has knocked.
pub fn note_refused(conn: &mut AnyConn, now: Timestamp, node: AuthNodeId) -> Result<()> {
    diesel::update(auth_nodes::table.find(node.0)).set(auth_nodes::refused_at.eq(now)).execute(conn)?;
    Ok(())
}

/// Notes that a disabled auth node has asked for this user, unless that was noted after `unless_since`.
pub fn note_refused_check(
    conn: &mut AnyConn,
    now: Timestamp,
    user: UserId,
    node: AuthNodeId,
    unless_since: Timestamp,
) -> Result<()> {
    let noted: Option<Timestamp> =
        refused_checks::table.find((user.0, node.0)).select(refused_checks::refused_at).first(conn).optional()?;
    if noted.is_some_and(|at| at > unless_since) {
        return Ok(());
    }
    let row = (
        refused_checks::user_id.eq(user.0),
        refused_checks::auth_node_id.eq(node.0),
        refused_checks::refused_at.eq(now),
    );
    on!(conn, |conn| diesel::insert_into(refused_checks::table)
        .values(row)
        .on_conflict((refused_checks::user_id, refused_checks::auth_node_id))
        .do_update()
        .set(refused_checks::refused_at.eq(now))
        .execute(conn))?;
    Ok(())
}

/// The disabled auth node at which `user` last tried to sign in, and when, if that was after `since` and after it was
/// disabled: why somebody who did everything right cannot sign in there. Who asks for others says nothing of this user.
pub fn refused_since(conn: &mut AnyConn, user: UserId, since: Timestamp) -> Result<Option<(String, Timestamp)>> {
    let row: Option<(String, Timestamp)> = refused_checks::table
        .inner_join(auth_nodes::table)
        .filter(refused_checks::user_id.eq(user.0).and(refused_checks::refused_at.gt(since)))
        .filter(auth_nodes::disabled_at.is_not_null())
        .filter(refused_checks::refused_at.nullable().ge(auth_nodes::disabled_at))
        .order(refused_checks::refused_at.desc())
        .select((auth_nodes::name, refused_checks::refused_at))
        .first(conn)
        .optional()?;
    Ok(row)
}

/// The user of this User ID, in any case: no more than a check needs, since it runs at every sign-in of everybody.
pub fn person(conn: &mut AnyConn, user_id: &str) -> Result<Option<Person>> {
    let keys = db::keys(user_id);
    let mut rows: Vec<(String, i64, String, Option<Timestamp>)> = users::table
        .filter(users::user_id_key.eq_any(&keys))
        .select((users::user_id_key, users::id, users::user_id, users::disabled_at))
        .load(conn)?;
    // Of two twins the one who has it letter by letter, as before they were twins.
    rows.sort_by_key(|(known, ..)| keys.iter().position(|key| key == known));
    let row = rows.into_iter().next();
    Ok(row.map(|(_, id, user_id, disabled)| Person { id: Some(UserId(id)), user_id, disabled: disabled.is_some() }))
}

/// The failures counted in `bucket`.
pub fn count(conn: &mut AnyConn, bucket: &str) -> Result<Option<Count>> {
    let row: Option<(i64, Timestamp)> = check_throttle::table
        .find(bucket)
        .select((check_throttle::failures, check_throttle::since))
        .first(conn)
        .optional()?;
    Ok(row.map(|(failures, since)| Count { failures, since }))
}

/// Adds a failure to `bucket`, and forgets every count that began before `window_start`.
pub fn add_failure(conn: &mut AnyConn, now: Timestamp, window_start: Timestamp, bucket: &str) -> Result<()> {
    diesel::delete(check_throttle::table.filter(check_throttle::since.le(window_start))).execute(conn)?;
    let first = (check_throttle::bucket.eq(bucket), check_throttle::failures.eq(1_i64), check_throttle::since.eq(now));
    on!(conn, |conn| diesel::insert_into(check_throttle::table)
        .values(first)
        .on_conflict(check_throttle::bucket)
        .do_update()
        .set(check_throttle::failures.eq(check_throttle::failures + 1))
        .execute(conn))?;
    Ok(())
}
