//! Counts over the audit log and over the tokens.

use std::fmt::Write as _;

use diesel::{
    prelude::*,
    sql_types::{BigInt, Text, Timestamp as Moment},
};

use super::{Basis, query, within};
use crate::{
    audit::{ActorKind, Outcome},
    clock::{Timestamp, Zone},
    db::{self, AnyConn},
    error::{Error, Result},
    operators::Who,
    reports::{
        activity::{ActionCount, StockLine},
        filter::Filter,
    },
    tokens::{AuthenticationType, TokenState},
};

#[derive(QueryableByName)]
struct DeedRow {
    #[diesel(sql_type = Text)]
    operator: String,
    #[diesel(sql_type = Text)]
    verb: String,
    #[diesel(sql_type = BigInt)]
    done: i64,
    #[diesel(sql_type = BigInt)]
    refused: i64,
    #[diesel(sql_type = Moment)]
    last_at: Timestamp,
}

#[derive(QueryableByName)]
struct StandRow {
    #[diesel(sql_type = Text)]
    authentication_type: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    tokens: i64,
}

/// What operators did in the period, by operator and verb. Who works in some containers sees what was done there, and
/// what they did themselves.
pub fn deeds(conn: &mut AnyConn, basis: &Basis, who: &Who, zone: Zone, filter: &Filter) -> Result<Vec<ActionCount>> {
    let (kind, done) = (ActorKind::Operator.code(), Outcome::Done.code());
    let mut text = format!(
        "SELECT MAX(a.actor) AS operator, a.verb, COUNT(CASE WHEN a.outcome = '{done}' THEN 1 END) AS done, \
           COUNT(CASE WHEN a.outcome <> '{done}' THEN 1 END) AS refused, MAX(a.at) AS last_at \
         FROM audit_entries a"
    );
    if basis.containers.is_some() {
        text.push_str(" LEFT JOIN users u ON u.id = a.user_id");
    }
    let _ = write!(text, " WHERE a.actor_kind = '{kind}'");
    let mut values: Vec<String> = Vec::new();
    if !filter.operator.is_empty() {
        values.push(db::key(&filter.operator));
        let _ = write!(text, " AND a.actor_key = ${}", values.len());
    }
    if basis.containers.is_some() {
        let inside = within("u.container_id", basis.containers.as_deref());
        values.push(db::key(who.name()));
        let _ = write!(text, " AND (a.actor_key = ${} OR (1 = 1{inside}))", values.len());
    }
    let mut moments: Vec<Timestamp> = Vec::new();
    // The day before the first one ends where the first one begins.
    if let Some(before) = filter.period.from.and_then(|from| from.pred_opt()) {
        moments.push(zone.end_of(before));
        let _ = write!(text, " AND a.at >= ${}", values.len() + moments.len());
    }
    if let Some(to) = filter.period.to {
        moments.push(zone.end_of(to));
        let _ = write!(text, " AND a.at < ${}", values.len() + moments.len());
    }
    text.push_str(" GROUP BY a.actor_key, a.verb ORDER BY a.actor_key, a.verb");
    let mut query = query(text);
    for value in values {
        query = query.bind::<Text, _>(value);
    }
    for moment in moments {
        query = query.bind::<Moment, _>(moment);
    }
    let rows: Vec<DeedRow> = query.load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| ActionCount {
            operator: row.operator,
            verb: row.verb,
            done: row.done,
            refused: row.refused,
            last_at: row.last_at,
        })
        .collect())
}

/// How many tokens of which type are in which state. Tokens without a container are stock of everyone.
pub fn stands(conn: &mut AnyConn, basis: &Basis, filter: &Filter) -> Result<Vec<StockLine>> {
    let mut text = String::from("SELECT k.authentication_type, k.state, COUNT(*) AS tokens FROM tokens k WHERE 1 = 1");
    if basis.containers.is_some() {
        let inside = within("k.container_id", basis.containers.as_deref());
        let stock = if filter.container.is_empty() { "k.container_id IS NULL OR " } else { "" };
        let _ = write!(text, " AND ({stock}(1 = 1{inside}))");
    }
    if let Some(kind) = filter.authentication_type {
        let _ = write!(text, " AND k.authentication_type = '{}'", kind.code());
    }
    if let Some(state) = filter.state {
        let _ = write!(text, " AND k.state = '{}'", state.code());
    }
    text.push_str(" GROUP BY k.authentication_type, k.state");
    let rows: Vec<StandRow> = query(text).load(conn)?;
    let unknown = |row: &StandRow| {
        Error::Internal(format!("a token has the unknown type {:?} or state {:?}", row.authentication_type, row.state))
    };
    rows.into_iter()
        .map(|row| {
            Ok(StockLine {
                authentication_type: AuthenticationType::from_code(&row.authentication_type)
                    .ok_or_else(|| unknown(&row))?,
                state: TokenState::from_code(&row.state).ok_or_else(|| unknown(&row))?,
                tokens: row.tokens,
            })
        })
        .collect()
}
