//! Rows of operators as those who manage them see and change them.

use std::collections::HashMap;

use diesel::{
    dsl::{exists, not},
    prelude::*,
    sql_types::Bool,
};

use super::{Row, whole};
use crate::{
    access::who::Scope,
    clock::Timestamp,
    db::{self, AnyConn},
    error::Result,
    ids::{OperatorId, RoleId},
    operators::{
        operator::{Details, Operator},
        search::{Column, Search, State},
    },
    schema::{containers, operator_containers, operators, roles},
};

type Backend = <AnyConn as diesel::Connection>::Backend;
type Table = diesel::dsl::InnerJoinQuerySource<operators::table, roles::table>;
type Condition = Box<dyn BoxableExpression<Table, Backend, SqlType = Bool>>;

/// Those who exist for an operator of this scope: whose own scope lies inside of it; and the operator `own`.
pub fn within(scope: &Scope, own: Option<OperatorId>) -> Condition {
    let there: Condition = Box::new(operators::removed_at.is_null());
    let Scope::Containers(list) = scope else { return there };
    let ids: Vec<i64> = list.iter().map(|container| container.0).collect();
    let outside = operator_containers::table
        .filter(operator_containers::operator_id.eq(operators::id))
        .filter(operator_containers::container_id.ne_all(ids));
    let inside = operators::all_containers.eq(false).and(not(exists(outside)));
    Box::new(there.and(inside.or(operators::id.eq(own.map_or(0, |own| own.0)))))
}

/// The UserIDs that a filter offers, at most `most`: of those who work anywhere in the scope. Removed ones too, since what
/// they did stays.
pub fn working_in(conn: &mut AnyConn, scope: &Scope, most: i64) -> Result<Vec<String>> {
    let mut named = operators::table.order(operators::user_id_key).select(operators::user_id).limit(most).into_boxed();
    if let Scope::Containers(list) = scope {
        let ids: Vec<i64> = list.iter().map(|container| container.0).collect();
        let there = operator_containers::table
            .filter(operator_containers::operator_id.eq(operators::id))
            .filter(operator_containers::container_id.eq_any(ids));
        named = named.filter(operators::all_containers.eq(true).or(exists(there)));
    }
    Ok(named.load(conn)?)
}

/// What was typed and chosen, but for the state.
fn asked(search: &Search) -> Condition {
    let mut condition: Condition = Box::new(operators::id.gt(0));
    if !search.text.is_empty() {
        // Names have no folded copy: operators are few, and their pages are read by fewer.
        let anywhere = format!("%{}%", db::like(&search.text));
        let named = diesel::dsl::sql::<Bool>("LOWER(operators.name) LIKE ")
            .bind::<diesel::sql_types::Text, _>(anywhere.clone())
            .sql(" ESCAPE '\\'");
        condition = Box::new(condition.and(operators::user_id_key.like(anywhere).escape('\\').or(named)));
    }
    if !search.role.is_empty() {
        condition = Box::new(condition.and(roles::name_key.eq(db::key(&search.role))));
    }
    condition
}

fn in_state(state: Option<State>) -> Condition {
    match state {
        None => Box::new(operators::id.gt(0)),
        Some(State::CanSignIn) => Box::new(operators::suspended_at.is_null()),
        Some(State::Suspended) => Box::new(operators::suspended_at.is_not_null()),
    }
}

/// A page of the operators that exist for this scope.
pub fn page(
    conn: &mut AnyConn,
    scope: &Scope,
    own: Option<OperatorId>,
    search: &Search,
    offset: i64,
    limit: i64,
) -> Result<Vec<Operator>> {
    let found = whole!().filter(within(scope, own)).filter(asked(search)).filter(in_state(search.state));
    let found = found.offset(offset).limit(limit);
    let rows: Vec<Row> = match (search.order.column, search.order.descending) {
        (Column::UserId, false) => found.order(operators::user_id_key.asc()).load(conn)?,
        (Column::UserId, true) => found.order(operators::user_id_key.desc()).load(conn)?,
        // Who never signed in stands where the oldest sign-in does, on both databases.
        (Column::SignIn, false) => {
            found.order((never(), operators::last_sign_in_at.desc(), operators::id)).load(conn)?
        }
        (Column::SignIn, true) => {
            found.order((never().desc(), operators::last_sign_in_at.asc(), operators::id)).load(conn)?
        }
    };
    Ok(rows.into_iter().map(Operator::from).collect())
}

fn never() -> diesel::expression::SqlLiteral<diesel::sql_types::Integer> {
    diesel::dsl::sql("CASE WHEN operators.last_sign_in_at IS NULL THEN 1 ELSE 0 END")
}

/// How many there are.
pub fn count(conn: &mut AnyConn, scope: &Scope, own: Option<OperatorId>, search: &Search) -> Result<i64> {
    let found = operators::table
        .inner_join(roles::table)
        .filter(within(scope, own))
        .filter(asked(search))
        .filter(in_state(search.state));
    Ok(found.count().get_result(conn)?)
}

/// The names of the containers of these operators, by name.
pub fn containers_of_all(conn: &mut AnyConn, ids: &[OperatorId]) -> Result<HashMap<OperatorId, Vec<String>>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<(i64, String)> = operator_containers::table
        .inner_join(containers::table)
        .filter(operator_containers::operator_id.eq_any(ids))
        .order(containers::name_key)
        .select((operator_containers::operator_id, containers::name))
        .load(conn)?;
    let mut by_operator: HashMap<OperatorId, Vec<String>> = HashMap::new();
    for (operator, name) in rows {
        by_operator.entry(OperatorId(operator)).or_default().push(name);
    }
    Ok(by_operator)
}

/// Changes what others may change about an operator, if it is still at `version`; false if it is not.
pub fn update(conn: &mut AnyConn, id: OperatorId, version: i64, details: &Details, role: RoleId) -> Result<bool> {
    let email = Some(details.email.as_str()).filter(|email| !email.is_empty());
    let rows = diesel::update(operators::table.find(id.0).filter(operators::version.eq(version)))
        .set((
            operators::name.eq(&details.name),
            operators::email.eq(email),
            operators::role_id.eq(role.0),
            operators::all_containers.eq(details.containers.is_none()),
            operators::version.eq(version + 1),
        ))
        .execute(conn)?;
    if rows == 1 {
        super::set_containers(conn, id, details.containers.as_deref())?;
    }
    Ok(rows == 1)
}

/// Removes an operator: the row stays for the tasks that point at it, without anything that signs in or writes to them.
pub fn remove(conn: &mut AnyConn, id: OperatorId, now: Timestamp) -> Result<()> {
    super::forget_second_factor(conn, id)?;
    super::set_containers(conn, id, None)?;
    diesel::update(operators::table.find(id.0))
        .set((
            operators::removed_at.eq(now),
            operators::suspended_at.eq(now),
            operators::password_hash.eq(""),
            operators::email.eq(None::<String>),
            operators::all_containers.eq(false),
            operators::version.eq(operators::version + 1),
        ))
        .execute(conn)?;
    Ok(())
}
