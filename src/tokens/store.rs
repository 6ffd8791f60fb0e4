//! Rows of tokens.

use diesel::prelude::*;

use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::{Error, Result},
    ids::{ContainerId, TokenId, UserId},
    insert_rows,
    operators::Scope,
    schema::tokens,
    tokens::{
        one_time::{Making, MovingFactor, Standing, algorithm_of, algorithm_word},
        rejected::Rejected,
        token::{AuthenticationType, Token, TokenState, serial_key},
        validity::Validity,
    },
};

pub mod change;
pub mod list;
pub mod lost;
pub mod rejections;

/// A token with its secret (sealed) and what is remembered of its values.
pub struct StoredToken {
    /// The token.
    pub token: Token,
    /// Its seed, sealed for its serial number.
    pub sealed_seed: Vec<u8>,
    /// What is remembered of its values.
    pub standing: Standing,
}

/// A token that is to be.
pub struct NewToken {
    /// The serial number.
    pub serial: String,
    /// The seed, sealed for the serial number.
    pub sealed_seed: Vec<u8>,
    /// What kind it is.
    pub authentication_type: AuthenticationType,
    /// How it makes its values.
    pub making: Making,
    /// What it is doing.
    pub state: TokenState,
    /// The container.
    pub container: Option<ContainerId>,
    /// Who has it.
    pub user: Option<UserId>,
    /// What is remembered of its values.
    pub standing: Standing,
    /// From when and until when it is good.
    pub validity: Validity,
}

#[derive(Queryable)]
struct Row {
    id: i64,
    serial: String,
    _serial_key: String,
    authentication_type: String,
    moving_factor: String,
    algorithm: String,
    digits: i64,
    period: i64,
    seed: Vec<u8>,
    state: String,
    container_id: Option<i64>,
    user_id: Option<i64>,
    next_counter: i64,
    drift: i64,
    failures: i64,
    resync_counter: Option<i64>,
    created_at: Timestamp,
    bound_at: Option<Timestamp>,
    first_used_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    state_reason: String,
    _rejected: String,
    _rejected_at: Option<Timestamp>,
    _rejected_seconds: Option<i64>,
    valid_from: Option<Timestamp>,
    valid_until: Option<Timestamp>,
}

impl TryFrom<Row> for StoredToken {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let strange = |what: &str, word: &str| Error::Internal(format!("token {}: strange {what} {word}", row.serial));
        let number = |what: &str, value: i64| u32::try_from(value).map_err(|_| strange(what, &value.to_string()));
        let making = Making {
            moving_factor: MovingFactor::from_code(&row.moving_factor)
                .ok_or_else(|| strange("moving factor", &row.moving_factor))?,
            algorithm: algorithm_of(&row.algorithm).ok_or_else(|| strange("algorithm", &row.algorithm))?,
            digits: number("digits", row.digits)?,
            period: number("period", row.period)?,
        };
        let authentication_type = AuthenticationType::from_code(&row.authentication_type)
            .ok_or_else(|| strange("authentication type", &row.authentication_type))?;
        let state = TokenState::from_code(&row.state).ok_or_else(|| strange("state", &row.state))?;
        Ok(StoredToken {
            sealed_seed: row.seed,
            standing: Standing { next_counter: row.next_counter, drift: row.drift, resync_counter: row.resync_counter },
            token: Token {
                id: TokenId(row.id),
                serial: row.serial,
                authentication_type,
                making,
                state,
                state_reason: row.state_reason,
                container: row.container_id.map(ContainerId),
                user: row.user_id.map(UserId),
                failures: row.failures,
                created_at: row.created_at,
                bound_at: row.bound_at,
                first_used_at: row.first_used_at,
                last_used_at: row.last_used_at,
                validity: Validity { from: row.valid_from, until: row.valid_until },
            },
        })
    }
}

#[derive(Insertable)]
#[diesel(table_name = tokens, treat_none_as_default_value = false)]
struct NewRow<'a> {
    serial: &'a str,
    serial_key: String,
    authentication_type: &'static str,
    moving_factor: &'static str,
    algorithm: &'static str,
    digits: i64,
    period: i64,
    seed: &'a [u8],
    state: &'static str,
    container_id: Option<i64>,
    user_id: Option<i64>,
    next_counter: i64,
    drift: i64,
    failures: i64,
    resync_counter: Option<i64>,
    created_at: Timestamp,
    bound_at: Option<Timestamp>,
    state_reason: &'static str,
    valid_from: Option<Timestamp>,
    valid_until: Option<Timestamp>,
}

/// The tokens of a user, the oldest first.
pub fn of_user(conn: &mut AnyConn, user: UserId) -> Result<Vec<Token>> {
    let rows: Vec<Row> = tokens::table.filter(tokens::user_id.eq(user.0)).order(tokens::id).load(conn)?;
    rows.into_iter().map(|row| StoredToken::try_from(row).map(|held| held.token)).collect()
}

/// The token of this row, held until the transaction ends.
pub fn by_id(conn: &mut AnyConn, token: TokenId) -> Result<Option<Token>> {
    let query = tokens::table.find(token.0);
    let row: Option<Row> = match conn {
        AnyConn::Pg(pg) => query.for_update().first(pg).optional()?,
        AnyConn::Sqlite(sqlite) => query.first(sqlite).optional()?,
    };
    row.map(|row| StoredToken::try_from(row).map(|held| held.token)).transpose()
}

/// The token of this serial number, in any case.
pub fn by_serial(conn: &mut AnyConn, serial: &str) -> Result<Option<Token>> {
    let row: Option<Row> = tokens::table.filter(tokens::serial_key.eq(serial_key(serial))).first(conn).optional()?;
    row.map(|row| StoredToken::try_from(row).map(|held| held.token)).transpose()
}

/// How many tokens of this type are in inventory, in `scope` or for the whole organization.
pub fn available(conn: &mut AnyConn, authentication_type: AuthenticationType, scope: &Scope) -> Result<i64> {
    let stock = tokens::table
        .filter(tokens::authentication_type.eq(authentication_type.code()))
        .filter(tokens::state.eq(TokenState::Inventory.code()));
    let count = match scope {
        Scope::All => stock.count().get_result(conn)?,
        Scope::Containers(list) => {
            let ids: Vec<i64> = list.iter().map(|id| id.0).collect();
            stock
                .filter(tokens::container_id.is_null().or(tokens::container_id.eq_any(ids)))
                .count()
                .get_result(conn)?
        }
    };
    Ok(count)
}

/// The tokens of a user with what a check needs. They are held until the transaction ends, so that two checks of one
/// user come one after the other: SQLite has one writer, PostgreSQL locks the rows.
///
/// # Errors
/// `Database`, or `Internal` for a row that makes no sense.
pub fn held_by(conn: &mut AnyConn, user: UserId) -> Result<Vec<StoredToken>> {
    let query = tokens::table.filter(tokens::user_id.eq(user.0)).order(tokens::id);
    let rows: Vec<Row> = match conn {
        AnyConn::Pg(pg) => query.for_update().load(pg)?,
        AnyConn::Sqlite(sqlite) => query.load(sqlite)?,
    };
    rows.into_iter().map(StoredToken::try_from).collect()
}

/// The device with this serial number (as a key), held as [`held_by`] does.
///
/// # Errors
/// As [`held_by`].
pub fn device(conn: &mut AnyConn, serial_key: &str) -> Result<Option<StoredToken>> {
    let query = tokens::table.filter(tokens::serial_key.eq(serial_key));
    let row: Option<Row> = match conn {
        AnyConn::Pg(pg) => query.for_update().first(pg).optional()?,
        AnyConn::Sqlite(sqlite) => query.first(sqlite).optional()?,
    };
    row.map(StoredToken::try_from).transpose()
}

/// Adds tokens.
///
/// # Errors
/// `Database`, also if a serial number is taken.
pub fn insert(conn: &mut AnyConn, now: Timestamp, new: &[NewToken]) -> Result<()> {
    let rows: Vec<NewRow<'_>> = new
        .iter()
        .map(|token| NewRow {
            serial: &token.serial,
            serial_key: serial_key(&token.serial),
            authentication_type: token.authentication_type.code(),
            moving_factor: token.making.moving_factor.code(),
            algorithm: algorithm_word(token.making.algorithm),
            digits: token.making.digits.into(),
            period: token.making.period.into(),
            seed: &token.sealed_seed,
            state: token.state.code(),
            container_id: token.container.map(|id| id.0),
            user_id: token.user.map(|id| id.0),
            next_counter: token.standing.next_counter,
            drift: token.standing.drift,
            failures: 0,
            resync_counter: token.standing.resync_counter,
            created_at: now,
            bound_at: token.user.map(|_| now),
            state_reason: "",
            valid_from: token.validity.from,
            valid_until: token.validity.until,
        })
        .collect();
    insert_rows!(conn, tokens::table, rows)?;
    Ok(())
}

/// Uses up a value; false if it, or a later one, was used up meanwhile, or the token is no longer Active.
pub fn accept(conn: &mut AnyConn, now: Timestamp, token: TokenId, standing: &Standing) -> Result<bool> {
    let still_fresh = tokens::table
        .find(token.0)
        .filter(tokens::state.eq(TokenState::Active.code()))
        .filter(tokens::next_counter.lt(standing.next_counter));
    let changed = diesel::update(still_fresh)
        .set((
            tokens::next_counter.eq(standing.next_counter),
            tokens::drift.eq(standing.drift),
            tokens::resync_counter.eq(standing.resync_counter),
            tokens::failures.eq(0),
            tokens::last_used_at.eq(now),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Notes the first use since enrollment; false if another one was first.
pub fn note_first_use(conn: &mut AnyConn, now: Timestamp, token: TokenId) -> Result<bool> {
    let unused = tokens::table.find(token.0).filter(tokens::first_used_at.is_null());
    Ok(diesel::update(unused).set(tokens::first_used_at.eq(now)).execute(conn)? == 1)
}

/// Sets the wrong ones in a row back to zero.
pub fn forgive(conn: &mut AnyConn, of: impl Iterator<Item = TokenId>) -> Result<()> {
    for token in of {
        diesel::update(tokens::table.find(token.0)).set(tokens::failures.eq(0)).execute(conn)?;
    }
    Ok(())
}

/// Counts a rejected one and notes what was wrong with it; true if it was the last straw and the token is Locked now.
pub fn charge(
    conn: &mut AnyConn,
    now: Timestamp,
    token: TokenId,
    rejected: Rejected,
    seconds: Option<i64>,
    allowed: i64,
) -> Result<bool> {
    let active = || tokens::table.find(token.0).filter(tokens::state.eq(TokenState::Active.code()));
    diesel::update(active())
        .set((
            tokens::failures.eq(tokens::failures + 1),
            tokens::rejected.eq(rejected.code()),
            tokens::rejected_at.eq(now),
            tokens::rejected_seconds.eq(seconds),
        ))
        .execute(conn)?;
    let locked = diesel::update(active().filter(tokens::failures.ge(allowed)))
        .set((
            tokens::state.eq(TokenState::Locked.code()),
            tokens::state_reason.eq(format!("{allowed} wrong one-time passwords in a row")),
        ))
        .execute(conn)?;
    Ok(locked == 1)
}

/// Remembers a value that was seen far ahead.
pub fn await_next(conn: &mut AnyConn, token: TokenId, standing: &Standing) -> Result<()> {
    diesel::update(tokens::table.find(token.0))
        .set(tokens::resync_counter.eq(standing.resync_counter))
        .execute(conn)?;
    Ok(())
}

/// Gives a device to a user who has it in hand; false if it is neither in inventory nor assigned to them.
pub fn take_from_inventory(
    conn: &mut AnyConn,
    now: Timestamp,
    token: TokenId,
    user: UserId,
    container: ContainerId,
    standing: &Standing,
) -> Result<bool> {
    let in_stock = tokens::state.eq(TokenState::Inventory.code());
    let theirs = tokens::state.eq(TokenState::Assigned.code()).and(tokens::user_id.eq(user.0));
    let free = tokens::table.find(token.0).filter(in_stock.nullable().or(theirs));
    let changed = diesel::update(free)
        .set((
            tokens::state.eq(TokenState::Active.code()),
            tokens::user_id.eq(user.0),
            tokens::container_id.eq(container.0),
            tokens::bound_at.eq(now),
            tokens::first_used_at.eq(None::<Timestamp>),
            tokens::last_used_at.eq(None::<Timestamp>),
            tokens::next_counter.eq(standing.next_counter),
            tokens::drift.eq(standing.drift),
            tokens::resync_counter.eq(standing.resync_counter),
            tokens::failures.eq(0),
            tokens::rejected.eq(""),
            tokens::rejected_at.eq(None::<Timestamp>),
            tokens::rejected_seconds.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}
