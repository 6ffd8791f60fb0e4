//! Users on the way to an enrollment in a task, with what decides whether they get one.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::{
    dsl::{exists, not, sql},
    prelude::*,
    sql_types::{Bool, Text},
};

use crate::{
    clock::Timestamp,
    db::{AnyConn, ROWS_A_STATEMENT},
    error::Result,
    ids::{ContainerId, EnrollmentId, TaskId, UserId},
    operators::Scope,
    provision::plan::{Candidate, OpenEnrollment, Stock},
    schema::{enrollments, tokens as token_rows, users},
    tokens::{self, AuthenticationType, token::TokenState},
};

/// The states in which a token is its user's; one that was lost or broken counts no more, and one that was assigned by
/// hand has yet to be enrolled, which takes an enrollment in a task.
const HELD: [TokenState; 3] = [TokenState::Active, TokenState::Suspended, TokenState::Locked];

type Row = (i64, (String, String), String, String, String, i64, Option<Timestamp>);

/// These users as far as they are in `scope`, in the order of the User ID; without `authentication_type` nothing is
/// said of tokens and enrollments.
pub fn candidates(
    conn: &mut AnyConn,
    scope: &Scope,
    ids: &[UserId],
    authentication_type: Option<AuthenticationType>,
    limit: i64,
    today: NaiveDate,
) -> Result<Vec<Candidate>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let mut found: Vec<(String, Candidate)> = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<Row> = users::table
            .filter(users::id.eq_any(chunk))
            .select((
                users::id,
                (users::user_id, users::user_id_key),
                users::first_name,
                users::last_name,
                users::email,
                users::container_id,
                users::disabled_at,
            ))
            .load(conn)?;
        let holders = authentication_type.map(|kind| holders(conn, chunk, kind)).transpose()?.unwrap_or_default();
        let mut enrollments = authentication_type
            .map(|kind| open_enrollments(conn, chunk, kind, limit, today))
            .transpose()?
            .unwrap_or_default();
        for (id, (user_id, key), first_name, last_name, email, container, disabled_at) in rows {
            let container = ContainerId(container);
            if !scope.holds(container) {
                continue;
            }
            let candidate = Candidate {
                user: UserId(id),
                user_id,
                first_name,
                last_name,
                email,
                container,
                disabled: disabled_at.is_some(),
                has_token: holders.contains(&id),
                enrollments: enrollments.remove(&id).unwrap_or_default(),
            };
            found.push((key, candidate));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.dedup_by(|a, b| a.1.user == b.1.user);
    Ok(found.into_iter().map(|(_, candidate)| candidate).collect())
}

/// Which of these users have a token of the type.
fn holders(conn: &mut AnyConn, ids: &[i64], kind: AuthenticationType) -> Result<HashSet<i64>> {
    let holders: Vec<Option<i64>> = token_rows::table
        .filter(token_rows::user_id.eq_any(ids))
        .filter(token_rows::authentication_type.eq(kind.code()))
        // In words that no index answers: tokens are found by their users, and not among all that are held.
        .filter(sql::<Text>("COALESCE(tokens.state, '')").eq_any(HELD.map(TokenState::code)))
        .select(token_rows::user_id)
        .load(conn)?;
    Ok(holders.into_iter().flatten().collect())
}

/// The enrollments of these users in open tasks of the type, newest task first.
fn open_enrollments(
    conn: &mut AnyConn,
    ids: &[i64],
    kind: AuthenticationType,
    limit: i64,
    today: NaiveDate,
) -> Result<HashMap<i64, Vec<OpenEnrollment>>> {
    let rows: Vec<(i64, i64, i64, i64, NaiveDate)> = enrollments::table
        .filter(enrollments::user_id.eq_any(ids))
        .filter(enrollments::authentication_type.eq(kind.code()))
        // The enrollments of a removed task are removed with it, so the task need not be asked.
        .filter(enrollments::removed_at.is_null().and(enrollments::enrolled_at.is_null()))
        .order(enrollments::task_id.desc())
        .select((
            enrollments::user_id,
            enrollments::id,
            enrollments::task_id,
            enrollments::failures,
            enrollments::stop_on,
        ))
        .load(conn)?;
    let mut enrollments: HashMap<i64, Vec<OpenEnrollment>> = HashMap::new();
    for (user, enrollment, task, failures, stop_on) in rows {
        enrollments.entry(user).or_default().push(OpenEnrollment {
            enrollment: EnrollmentId(enrollment),
            task: TaskId(task),
            reserves: failures >= limit || stop_on >= today,
        });
    }
    Ok(enrollments)
}

/// Inventory and reservations of a type within `scope`: Reserved counts the users of open tasks of that type who are
/// Active or Locked and not enrolled (PRODUCT.md §2).
///
/// Devices without a container are for everyone, so that two scopes could promise the same one: no scope is told of
/// more than the whole organization has left.
pub fn stock(
    conn: &mut AnyConn,
    scope: &Scope,
    kind: AuthenticationType,
    limit: i64,
    today: NaiveDate,
) -> Result<Stock> {
    let reserved = reserved(conn, scope, kind, limit, today)?;
    if !kind.needs_inventory() {
        return Ok(Stock { inventory: None, reserved });
    }
    let mut inventory = tokens::available(conn, kind, scope)?;
    if *scope != Scope::All {
        let left = tokens::available(conn, kind, &Scope::All)? - self::reserved(conn, &Scope::All, kind, limit, today)?;
        inventory = inventory.min(left + reserved);
    }
    Ok(Stock { inventory: Some(inventory), reserved })
}

fn reserved(conn: &mut AnyConn, scope: &Scope, kind: AuthenticationType, limit: i64, today: NaiveDate) -> Result<i64> {
    // In the words of the index of these, which SQLite takes only so.
    let in_index =
        if kind.needs_inventory() { "enrollments.authentication_type <> 'authenticator-app'" } else { "1 = 1" };
    let outstanding = enrollments::table
        .inner_join(users::table)
        .filter(sql::<Bool>(in_index))
        .filter(enrollments::authentication_type.eq(kind.code()))
        .filter(enrollments::removed_at.is_null().and(enrollments::enrolled_at.is_null()))
        .filter(enrollments::stop_on.ge(today).or(enrollments::failures.ge(limit)))
        // Who was given a device by hand needs none from inventory.
        .filter(not(exists(
            token_rows::table
                .filter(token_rows::user_id.eq(enrollments::user_id.nullable()))
                .filter(token_rows::authentication_type.eq(kind.code()))
                .filter(token_rows::state.eq(TokenState::Assigned.code())),
        )))
        .count();
    Ok(match scope {
        Scope::All => outstanding.get_result(conn)?,
        Scope::Containers(list) => {
            let list: Vec<i64> = list.iter().map(|container| container.0).collect();
            outstanding.filter(users::container_id.eq_any(list)).get_result(conn)?
        }
    })
}
