//! Enrollments in tasks that wait for their users.

use std::fmt::Write as _;

use chrono::NaiveDate;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Date, Nullable, Text, Timestamp as Moment},
};

use super::{Basis, Query, query, within};
use crate::{
    clock::Timestamp,
    db::{self, AnyConn},
    english::full_name,
    error::{Error, Result},
    ids::{EnrollmentId, TaskId},
    mail,
    reports::{
        filter::Filter,
        not_enrolled::{Row, Totals},
    },
    tasks::{EnrollmentFacts, Status},
    tokens::AuthenticationType,
};

#[derive(QueryableByName)]
struct EnrollmentRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    user_id: String,
    #[diesel(sql_type = Text)]
    first_name: String,
    #[diesel(sql_type = Text)]
    last_name: String,
    #[diesel(sql_type = Text)]
    container: String,
    #[diesel(sql_type = BigInt)]
    task_id: i64,
    #[diesel(sql_type = Text)]
    operator: String,
    #[diesel(sql_type = Text)]
    authentication_type: String,
    #[diesel(sql_type = Date)]
    stop_on: NaiveDate,
    #[diesel(sql_type = BigInt)]
    failures: i64,
    #[diesel(sql_type = Text)]
    emailed_to: String,
    #[diesel(sql_type = Nullable<Moment>)]
    emailed_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Text>)]
    email_state: Option<String>,
}

#[derive(QueryableByName)]
struct TotalsRow {
    #[diesel(sql_type = BigInt)]
    enrollments: i64,
    #[diesel(sql_type = BigInt)]
    locked: i64,
    #[diesel(sql_type = BigInt)]
    expired: i64,
}

impl TryFrom<EnrollmentRow> for Row {
    type Error = Error;

    fn try_from(row: EnrollmentRow) -> Result<Self> {
        let authentication_type = AuthenticationType::from_code(&row.authentication_type).ok_or_else(|| {
            Error::Internal(format!("enrollment {} has the unknown type {:?}", row.id, row.authentication_type))
        })?;
        Ok(Row {
            id: EnrollmentId(row.id),
            name: full_name(&row.first_name, &row.last_name),
            user_id: row.user_id,
            container: row.container,
            task: TaskId(row.task_id),
            operator: row.operator,
            authentication_type,
            facts: EnrollmentFacts { stop_on: row.stop_on, failures: row.failures, enrolled_at: None, used_at: None },
            emailed_to: row.emailed_to,
            emailed_at: row.emailed_at,
            email: row.email_state.as_deref().and_then(mail::State::from_code),
        })
    }
}

/// Before every Stop Date.
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();

/// The enrollments that wait, `e`, with their users `u` and tasks `t`, as far as the filter goes. The operator's key, if
/// there is one, is the only value.
fn waiting(basis: &Basis, filter: &Filter) -> String {
    let (today, limit) = (basis.today, basis.attempts_allowed);
    let mut text = String::from("e.removed_at IS NULL AND e.enrolled_at IS NULL");
    // A first day is always named: SQLite takes the index in the order of the list only for a condition on its first column.
    let _ = write!(text, " AND e.stop_on >= '{}'", filter.period.from.unwrap_or(FIRST_DAY));
    if let Some(to) = filter.period.to {
        let _ = write!(text, " AND e.stop_on <= '{to}'");
    }
    if let Some(kind) = filter.authentication_type {
        // Not by an index of the type, which has not the order of the list.
        let _ = write!(text, " AND COALESCE(e.authentication_type, '') = '{}'", kind.code());
    }
    match filter.status {
        Some(Status::Active) => {
            let _ = write!(text, " AND e.failures < {limit} AND e.stop_on >= '{today}'");
        }
        Some(Status::Locked) => {
            let _ = write!(text, " AND e.failures >= {limit}");
        }
        Some(Status::Expired) => {
            let _ = write!(text, " AND e.failures < {limit} AND e.stop_on < '{today}'");
        }
        // Nobody who has completed is yet to enroll.
        Some(Status::Completed) => text.push_str(" AND 1 = 0"),
        None => {}
    }
    if !filter.operator.is_empty() {
        text.push_str(" AND t.operator_key = $1");
    }
    text + within("u.container_id", basis.containers.as_deref()).as_str()
}

/// Only the tables that the conditions speak of.
fn tables(basis: &Basis, filter: &Filter) -> String {
    let users = if basis.containers.is_some() { " JOIN users u ON u.id = e.user_id" } else { "" };
    let tasks = if filter.operator.is_empty() { "" } else { " JOIN tasks t ON t.id = e.task_id" };
    format!("enrollments e{users}{tasks}")
}

fn bound(text: String, filter: &Filter) -> Query {
    let query = query(text);
    if filter.operator.is_empty() { query } else { query.bind::<Text, _>(db::key(&filter.operator)) }
}

fn load(conn: &mut AnyConn, conditions: &str, rest: &str, filter: &Filter) -> Result<Vec<Row>> {
    let text = format!(
        "SELECT e.id, u.user_id, u.first_name, u.last_name, c.name AS container, e.task_id, t.operator, \
           e.authentication_type, e.stop_on, e.failures, e.emailed_to, e.emailed_at, m.state AS email_state \
         FROM enrollments e CROSS JOIN users u CROSS JOIN containers c CROSS JOIN tasks t \
           LEFT JOIN emails m ON m.id = e.last_email_id \
         WHERE u.id = e.user_id AND c.id = u.container_id AND t.id = e.task_id AND {conditions} ORDER BY e.stop_on, e.id {rest}"
    );
    let rows: Vec<EnrollmentRow> = bound(text, filter).load(conn)?;
    rows.into_iter().map(Row::try_from).collect()
}

/// The rows of a page, the earliest Stop Date first.
pub fn page(conn: &mut AnyConn, basis: &Basis, filter: &Filter, offset: i64, limit: i64) -> Result<Vec<Row>> {
    load(conn, &waiting(basis, filter), &format!("LIMIT {limit} OFFSET {offset}"), filter)
}

/// The next rows after the one of this Stop Date and id, for files of any length.
pub fn batch(
    conn: &mut AnyConn,
    basis: &Basis,
    filter: &Filter,
    after: Option<(NaiveDate, EnrollmentId)>,
    limit: i64,
) -> Result<Vec<Row>> {
    let mut conditions = waiting(basis, filter);
    if let Some((stop_on, id)) = after {
        let _ = write!(conditions, " AND (e.stop_on, e.id) > ('{stop_on}', {id})");
    }
    load(conn, &conditions, &format!("LIMIT {limit}"), filter)
}

/// The sums over everything the filter finds.
pub fn totals(conn: &mut AnyConn, basis: &Basis, filter: &Filter) -> Result<Totals> {
    let (today, limit) = (basis.today, basis.attempts_allowed);
    let (tables, conditions) = (tables(basis, filter), waiting(basis, filter));
    let row: TotalsRow = bound(
        format!(
            "SELECT COUNT(*) AS enrollments, COUNT(CASE WHEN e.failures >= {limit} THEN 1 END) AS locked, \
               COUNT(CASE WHEN e.failures < {limit} AND e.stop_on < '{today}' THEN 1 END) AS expired \
             FROM {tables} WHERE {conditions}"
        ),
        filter,
    )
    .get_result(conn)?;
    Ok(Totals {
        enrollments: row.enrollments,
        active: row.enrollments - row.locked - row.expired,
        locked: row.locked,
        expired: row.expired,
    })
}
