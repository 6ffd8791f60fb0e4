//! Rows of console sessions. The cookie holds a random key; the table holds its keyed hash, so that a copy of the
//! database signs nobody in.

use std::collections::{BTreeSet, HashMap};

use chrono::Duration;
use diesel::prelude::*;

use crate::{
    access::Scope,
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::{Error, Result},
    ids::{ContainerId, OperatorId},
    keys::Purpose,
    schema::{operator_containers, operators, sessions},
};

/// The state of a session: a name and JSON each, as actix-session keeps it.
pub type State = HashMap<String, String>;

/// The name under which the state holds the signed-in operator's row id.
pub const OPERATOR: &str = "operator";

/// The name under which it holds the row id of someone whose one-time password is still to come. Not signed in, but
/// ended with the operator's sessions all the same.
pub const PENDING: &str = "pending_operator";

/// The name under which it holds a random name of its own, by which pages speak of the session: the key would sign in
/// whoever reads it.
pub const MARK: &str = "mark";

/// How often the time of the last request is written down, in seconds: once a minute is exact enough for an idle
/// limit counted in minutes, and spares a write on every request.
const SEEN_EVERY_SECONDS: i64 = 60;

/// Sessions of one operator at a time (ASVS 5.0, 7.1.2): a person has a handful, and a program that signs in for each
/// thing it does some dozens; the oldest ends when one more begins. As many may be half signed in.
pub const MOST: usize = 50;

/// The scopes of the operators whose sessions were last seen after `since`, each once.
pub fn scopes(conn: &mut AnyConn, since: Timestamp) -> Result<Vec<Scope>> {
    let at_work = sessions::table.filter(sessions::seen_at.ge(since)).select(sessions::operator_id);
    let rows: Vec<(i64, bool)> = operators::table
        .filter(operators::id.nullable().eq_any(at_work))
        .select((operators::id, operators::all_containers))
        .load(conn)?;
    let limited: Vec<i64> = rows.iter().filter(|(_, all)| !all).map(|(id, _)| *id).collect();
    let mut theirs: HashMap<i64, BTreeSet<i64>> = limited.iter().map(|id| (*id, BTreeSet::new())).collect();
    let pairs: Vec<(i64, i64)> =
        operator_containers::table.filter(operator_containers::operator_id.eq_any(&limited)).load(conn)?;
    for (operator, container) in pairs {
        theirs.entry(operator).or_default().insert(container);
    }
    let sets: BTreeSet<BTreeSet<i64>> = theirs.into_values().collect();
    let everywhere = rows.iter().any(|(_, all)| *all).then_some(Scope::All);
    let some = sets.into_iter().map(|ids| Scope::Containers(ids.into_iter().map(ContainerId).collect()));
    Ok(everywhere.into_iter().chain(some).collect())
}

fn hash(desk: &Desk, key: &str) -> Vec<u8> {
    desk.keys.hash(Purpose::OperatorSession, key.as_bytes())
}

fn operator(state: &State) -> Option<i64> {
    state.get(OPERATOR).or_else(|| state.get(PENDING))?.parse().ok()
}

/// A text of the state; empty if there is none.
fn text(state: &State, name: &str) -> String {
    state.get(name).and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// The state of the session with this key, unless the idle or the absolute limit has passed (PRODUCT.md §5), and what
/// `beside` reads for it on the same connection.
pub fn load<T>(
    desk: &Desk,
    key: &str,
    now: Timestamp,
    beside: impl FnOnce(&mut AnyConn, &State) -> Result<T>,
) -> Result<Option<(State, T)>> {
    let hash = hash(desk, key);
    let found = desk.db.read(|conn| {
        let row: Option<(String, Timestamp, Timestamp)> = sessions::table
            .find(&hash)
            .select((sessions::state, sessions::created_at, sessions::seen_at))
            .first(conn)
            .optional()?;
        let Some((state, created_at, seen_at)) = row else { return Ok(None) };
        if is_over(desk, created_at, seen_at, now) {
            return Ok(Some((None, seen_at)));
        }
        let Ok(state) = serde_json::from_str(&state) else { return Ok(None) };
        let beside = beside(conn, &state)?;
        Ok(Some((Some((state, beside)), seen_at)))
    })?;
    let Some((loaded, seen_at)) = found else { return Ok(None) };
    if loaded.is_none() {
        // It is over with or without its row, which is swept out later.
        if_it_goes(desk.db.write_if_free(|conn| Ok(diesel::delete(sessions::table.find(&hash)).execute(conn)?)))?;
    } else if now >= seen_at + Duration::seconds(SEEN_EVERY_SECONDS) {
        // Who reads waits for nobody who writes: the next request writes it down.
        if_it_goes(desk.db.write_if_free(|conn| {
            Ok(diesel::update(sessions::table.find(&hash)).set(sessions::seen_at.eq(now)).execute(conn)?)
        }))?;
    }
    Ok(loaded)
}

/// Lets go of what cannot be written at this moment.
fn if_it_goes(outcome: Result<Option<usize>>) -> Result<()> {
    match outcome {
        Ok(_) | Err(Error::Busy | Error::DiskFull) => Ok(()),
        Err(error) => Err(error),
    }
}

/// True once the idle or the absolute limit has passed.
fn is_over(desk: &Desk, created_at: Timestamp, seen_at: Timestamp, now: Timestamp) -> bool {
    let idle = Duration::minutes(i64::from(desk.settings.session_idle_minutes));
    let longest = Duration::hours(i64::from(desk.settings.session_hours));
    now >= seen_at + idle || now >= created_at + longest
}

/// Stores a new session and returns its key.
pub fn insert(desk: &Desk, state: &State, now: Timestamp) -> Result<String> {
    let key = desk.random.secret();
    let mut state = state.clone();
    state.entry(MARK.into()).or_insert_with(|| format!("\"{}\"", desk.random.handle()));
    desk.db.write(|conn| {
        diesel::insert_into(sessions::table)
            .values((
                sessions::key_hash.eq(hash(desk, &key)),
                sessions::operator_id.eq(operator(&state)),
                sessions::state.eq(serde_json::to_string(&state).unwrap_or_default()),
                sessions::created_at.eq(now),
                sessions::seen_at.eq(now),
                sessions::address.eq(text(&state, "address")),
                sessions::agent.eq(text(&state, "agent")),
            ))
            .execute(conn)?;
        keep_newest(conn, &state)
    })?;
    Ok(key)
}

/// Ends the oldest sessions of the operator of `state` beyond [`MOST`]: of those signed in, or of those half signed in,
/// whichever `state` is, so that who knows the password alone ends nobody's work.
fn keep_newest(conn: &mut AnyConn, state: &State) -> Result<()> {
    let Some(operator) = operator(state) else { return Ok(()) };
    let rows: Vec<(Vec<u8>, String)> = sessions::table
        .filter(sessions::operator_id.eq(operator))
        .order(sessions::created_at.desc())
        .select((sessions::key_hash, sessions::state))
        .load(conn)?;
    let signed_in = state.contains_key(OPERATOR);
    let same =
        |text: &str| serde_json::from_str::<State>(text).is_ok_and(|state| state.contains_key(OPERATOR) == signed_in);
    let beyond: Vec<Vec<u8>> =
        rows.into_iter().filter(|(_, state)| same(state)).map(|(key_hash, _)| key_hash).skip(MOST).collect();
    if !beyond.is_empty() {
        diesel::delete(sessions::table.filter(sessions::key_hash.eq_any(beyond))).execute(conn)?;
    }
    Ok(())
}

/// Changes a session that is still there. Never an upsert: a request under way must not revive a revoked session.
pub fn update(desk: &Desk, key: &str, state: &State) -> Result<()> {
    desk.db.write(|conn| {
        diesel::update(sessions::table.find(hash(desk, key)))
            .set((
                sessions::operator_id.eq(operator(state)),
                sessions::state.eq(serde_json::to_string(state).unwrap_or_default()),
            ))
            .execute(conn)?;
        Ok(())
    })
}

/// Ends a session.
pub fn delete(desk: &Desk, key: &str) -> Result<()> {
    desk.db.write(|conn| {
        diesel::delete(sessions::table.find(hash(desk, key))).execute(conn)?;
        Ok(())
    })
}

/// Ends every session of an operator, everywhere.
pub fn delete_all_of(conn: &mut AnyConn, operator: OperatorId) -> Result<()> {
    diesel::delete(sessions::table.filter(sessions::operator_id.eq(operator.0))).execute(conn)?;
    Ok(())
}

/// A session somebody is signed in to.
#[derive(Clone, Debug)]
pub struct Open {
    /// Its name on pages.
    pub mark: String,
    /// When they signed in.
    pub since: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
    /// The address they signed in from.
    pub address: String,
    /// What the browser called itself.
    pub agent: String,
}

/// The sessions an operator is signed in to, last used first; half signed in is not signed in.
pub fn open_of(desk: &Desk, conn: &mut AnyConn, operator: OperatorId, now: Timestamp) -> Result<Vec<Open>> {
    let rows: Vec<(String, Timestamp, Timestamp, String, String)> = sessions::table
        .filter(sessions::operator_id.eq(operator.0))
        .order((sessions::seen_at.desc(), sessions::created_at.desc()))
        .select((sessions::state, sessions::created_at, sessions::seen_at, sessions::address, sessions::agent))
        .load(conn)?;
    let open = |(state, since, seen_at, address, agent): (String, Timestamp, Timestamp, String, String)| {
        let state: State = serde_json::from_str(&state).ok()?;
        let signed_in = state.contains_key(OPERATOR) && !is_over(desk, since, seen_at, now);
        signed_in.then(|| Open { mark: text(&state, MARK), since, seen_at, address, agent })
    };
    Ok(rows.into_iter().filter_map(open).collect())
}

/// Ends the sessions of an operator whose mark is among those that `ends` says; how many there were.
pub fn end(conn: &mut AnyConn, operator: OperatorId, ends: impl Fn(&str) -> bool) -> Result<usize> {
    let rows: Vec<(Vec<u8>, String)> = sessions::table
        .filter(sessions::operator_id.eq(operator.0))
        .select((sessions::key_hash, sessions::state))
        .load(conn)?;
    let mark = |state: &str| serde_json::from_str(state).map(|state| text(&state, MARK)).unwrap_or_default();
    let ended: Vec<Vec<u8>> =
        rows.into_iter().filter(|(_, state)| ends(&mark(state))).map(|(key_hash, _)| key_hash).collect();
    Ok(diesel::delete(sessions::table.filter(sessions::key_hash.eq_any(ended))).execute(conn)?)
}

/// Deletes sessions whose idle limit has passed; one that is still loaded would be refused anyway.
pub fn sweep(desk: &Desk, now: Timestamp) -> Result<usize> {
    let idle = Duration::minutes(i64::from(desk.settings.session_idle_minutes));
    desk.db.write(|conn| Ok(diesel::delete(sessions::table.filter(sessions::seen_at.lt(now - idle))).execute(conn)?))
}
