//! Rows of operators and roles.

use diesel::prelude::*;

use crate::{
    access::{permission::Permissions, role::BuiltIn},
    clock::Timestamp,
    db::{self, AnyConn},
    error::Result,
    ids::{ContainerId, OperatorId, RoleId},
    insert_all,
    operators::operator::{NewOperator, Operator},
    schema::{containers, operator_containers, operators, roles},
};

pub mod holders;
pub mod managing;
pub mod role;
pub mod sessions;

/// What every request asks of the operator behind it.
pub struct Working {
    /// The UserID.
    pub user_id: String,
    /// The name of the role.
    pub role: String,
    /// What the role holds.
    pub permissions: Permissions,
    /// True if the scope is everything.
    pub all_containers: bool,
    /// True if the password was given by someone else.
    pub must_change_password: bool,
}

/// The operator's role as it is now; `None` if suspended or gone.
pub fn at_work(conn: &mut AnyConn, id: OperatorId) -> Result<Option<Working>> {
    let row: Option<(String, bool, bool, String, bool, String)> = operators::table
        .inner_join(roles::table)
        .filter(operators::id.eq(id.0).and(operators::suspended_at.is_null()))
        .select((
            operators::user_id,
            operators::all_containers,
            operators::must_change_password,
            roles::name,
            roles::built_in,
            roles::permissions,
        ))
        .first(conn)
        .optional()?;
    Ok(row.map(|(user_id, all_containers, must_change_password, role, built_in, names)| {
        let permissions = permissions(&role, built_in, &names);
        Working { user_id, role, permissions, all_containers, must_change_password }
    }))
}

/// The built-in roles are what this version says they are; the others what their row says.
fn permissions(role: &str, built_in: bool, names: &str) -> Permissions {
    let known = if built_in { BuiltIn::named(role) } else { None };
    known.map_or_else(|| Permissions::parse(names), BuiltIn::permissions)
}

/// True if there is no operator at all, so that nobody can sign in.
pub fn none_yet(conn: &mut AnyConn) -> Result<bool> {
    let first: Option<i64> = operators::table.select(operators::id).first(conn).optional()?;
    Ok(first.is_none())
}

/// The containers of an operator whose scope is not everything.
pub fn containers_of(conn: &mut AnyConn, id: OperatorId) -> Result<Vec<ContainerId>> {
    let ids: Vec<i64> = operator_containers::table
        .filter(operator_containers::operator_id.eq(id.0))
        .order(operator_containers::container_id)
        .select(operator_containers::container_id)
        .load(conn)?;
    Ok(ids.into_iter().map(ContainerId).collect())
}

/// The columns of [`Operator`].
type Columns = (
    (i64, String, String, Option<String>, bool, bool, i64),
    (Option<Timestamp>, Option<Timestamp>, Option<Vec<u8>>, Timestamp, Option<Timestamp>),
);

#[derive(Queryable)]
struct Row {
    columns: Columns,
    role: (String, bool, String),
}

impl From<Row> for Operator {
    fn from(row: Row) -> Self {
        let ((id, user_id, name, email, all_containers, must_change, version), dates) = row.columns;
        let (suspended_at, last_sign_in_at, factor, created_at, first_password_at) = dates;
        let (role, built_in, names) = row.role;
        Operator {
            id: OperatorId(id),
            user_id,
            name,
            email,
            permissions: permissions(&role, built_in, &names),
            role,
            all_containers,
            must_change_password: must_change,
            first_password_at,
            suspended_at,
            last_sign_in_at,
            has_second_factor: factor.is_some(),
            created_at,
            version,
        }
    }
}

/// The query behind [`list`] and [`find`], removed ones included; a macro, since diesel's type of it has no name worth writing.
macro_rules! whole {
    () => {
        operators::table.inner_join(roles::table).select((
            (
                (
                    operators::id,
                    operators::user_id,
                    operators::name,
                    operators::email,
                    operators::all_containers,
                    operators::must_change_password,
                    operators::version,
                ),
                (
                    operators::suspended_at,
                    operators::last_sign_in_at,
                    operators::second_factor,
                    operators::created_at,
                    operators::first_password_at,
                ),
            ),
            (roles::name, roles::built_in, roles::permissions),
        ))
    };
}
pub(crate) use whole;

/// All operators but removed ones, by UserID.
pub fn list(conn: &mut AnyConn) -> Result<Vec<Operator>> {
    let rows: Vec<Row> = whole!().filter(operators::removed_at.is_null()).order(operators::user_id_key).load(conn)?;
    Ok(rows.into_iter().map(Operator::from).collect())
}

/// The operator of this UserID, compared without case; `None` also for a removed one.
pub fn find(conn: &mut AnyConn, user_id: &str) -> Result<Option<Operator>> {
    let this = operators::user_id_key.eq(db::key(user_id)).and(operators::removed_at.is_null());
    let row: Option<Row> = whole!().filter(this).first(conn).optional()?;
    Ok(row.map(Operator::from))
}

/// The operator of this row.
pub fn find_by_id(conn: &mut AnyConn, id: OperatorId) -> Result<Option<Operator>> {
    let row: Option<Row> = whole!().filter(operators::id.eq(id.0)).first(conn).optional()?;
    Ok(row.map(Operator::from))
}

/// How many of these containers there are.
pub fn count_containers(conn: &mut AnyConn, ids: &[ContainerId]) -> Result<i64> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    Ok(containers::table.filter(containers::id.eq_any(ids)).count().get_result(conn)?)
}

/// The names of these containers.
pub fn container_names(conn: &mut AnyConn, ids: &[ContainerId]) -> Result<Vec<String>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let named = containers::table.filter(containers::id.eq_any(ids)).order(containers::name_key);
    Ok(named.select(containers::name).load(conn)?)
}

/// Unsuspended operators whose role is the built-in `Operator`.
pub fn count_full(conn: &mut AnyConn) -> Result<i64> {
    let full = operators::suspended_at.is_null().and(roles::name_key.eq(db::key(BuiltIn::Operator.name())));
    Ok(operators::table.inner_join(roles::table).filter(full).count().get_result(conn)?)
}

/// Stores a new operator.
///
/// # Errors
/// `Database`; [`db::is_taken`] tells if the UserID is.
pub fn insert(conn: &mut AnyConn, now: Timestamp, new: &NewOperator, role: RoleId, hash: &str) -> Result<OperatorId> {
    let email = Some(new.email.as_str()).filter(|email| !email.is_empty());
    let id: i64 = diesel::insert_into(operators::table)
        .values((
            operators::user_id.eq(&new.user_id),
            operators::user_id_key.eq(db::key(&new.user_id)),
            operators::name.eq(&new.name),
            operators::email.eq(email),
            operators::role_id.eq(role.0),
            operators::all_containers.eq(new.containers.is_none()),
            operators::password_hash.eq(hash),
            operators::must_change_password.eq(new.must_change_password),
            operators::first_password_at.eq(Some(now).filter(|_| new.must_change_password)),
            operators::created_at.eq(now),
        ))
        .returning(operators::id)
        .get_result(conn)?;
    set_containers(conn, OperatorId(id), new.containers.as_deref())?;
    Ok(OperatorId(id))
}

/// Suspends the operator, or lets them work again (`None`).
pub fn set_suspended(conn: &mut AnyConn, id: OperatorId, at: Option<Timestamp>) -> Result<()> {
    diesel::update(operators::table.find(id.0)).set(operators::suspended_at.eq(at)).execute(conn)?;
    Ok(())
}

/// Puts an operator's containers instead of those before; `None`: everywhere, which needs none.
pub fn set_containers(conn: &mut AnyConn, id: OperatorId, containers: Option<&[ContainerId]>) -> Result<()> {
    let before = operator_containers::table.filter(operator_containers::operator_id.eq(id.0));
    diesel::delete(before).execute(conn)?;
    let held = |container: &ContainerId| {
        (operator_containers::operator_id.eq(id.0), operator_containers::container_id.eq(container.0))
    };
    let rows: Vec<_> = containers.unwrap_or_default().iter().map(held).collect();
    insert_all!(conn, operator_containers::table, rows)?;
    Ok(())
}

/// Gives the operator another password; `given_at` is when someone else did, `None` if they chose it themselves.
pub fn set_password(conn: &mut AnyConn, id: OperatorId, hash: &str, given_at: Option<Timestamp>) -> Result<()> {
    diesel::update(operators::table.find(id.0))
        .set((
            operators::password_hash.eq(hash),
            operators::must_change_password.eq(given_at.is_some()),
            operators::first_password_at.eq(given_at),
        ))
        .execute(conn)?;
    Ok(())
}

/// Takes the second factor away, proven or not.
pub fn forget_second_factor(conn: &mut AnyConn, id: OperatorId) -> Result<()> {
    diesel::update(operators::table.find(id.0))
        .set((
            operators::second_factor.eq(None::<Vec<u8>>),
            operators::second_factor_pending.eq(None::<Vec<u8>>),
            operators::second_factor_last_step.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(())
}
