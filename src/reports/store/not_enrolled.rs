//! Enrollments in tasks that wait for their users.

use std::fmt::Write as _;

use chrono::NaiveDate;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Date, Nullable, Text, Timestamp as Moment},
};

use super::{Basis, of_operator, within};
use crate::{
    clock::Timestamp,
    db::AnyConn,
    english::full_name,
    error::{Error, Result},
    ids::{ContainerId, EnrollmentId, TaskId},
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

/// The Stop Dates `column` that the filter asks for.
fn stops(column: &str, filter: &Filter) -> String {
    // A first day is always named: SQLite takes the index in the order of the list only for a condition on its first column.
    let mut text = format!("{column} >= '{}'", filter.period.from.unwrap_or(FIRST_DAY));
    if let Some(to) = filter.period.to {
        let _ = write!(text, " AND {column} <= '{to}'");
    }
    text
}

/// The enrollments `e` that wait, in tasks `t`, as far as the filter goes. The operator's key, if there is one, is the only
/// value.
fn waiting(basis: &Basis, filter: &Filter) -> String {
    let (today, limit) = (basis.today, basis.attempts_allowed);
    let mut text = format!("e.removed_at IS NULL AND e.enrolled_at IS NULL AND {}", stops("e.stop_on", filter));
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
    text
}

/// The parts `c` of open tasks in which somebody in the scope has yet to enroll, as their index has it.
fn open_parts(containers: &[ContainerId]) -> String {
    format!("NOT c.removed AND c.enrolled < c.users{}", within("c.container_id", Some(containers)))
}

/// The rows of enrollments `e` that wait in the scope. If they are `few`, they are sought by what is open there; else those of
/// all are walked.
fn load(
    conn: &mut AnyConn,
    (basis, filter, few): (&Basis, &Filter, bool),
    further: &str,
    rest: &str,
) -> Result<Vec<Row>> {
    let waiting = waiting(basis, filter) + &within("u.container_id", basis.containers.as_deref());
    let (sought, of_these) = match &basis.containers {
        Some(containers) if few => (
            format!(
                "(SELECT DISTINCT c.task_id FROM task_containers c WHERE {} AND {}) o CROSS JOIN ",
                open_parts(containers),
                stops("c.latest_stop_on", filter)
            ),
            " AND e.task_id = o.task_id",
        ),
        _ => (String::new(), ""),
    };
    let text = format!(
        "SELECT e.id, u.user_id, u.first_name, u.last_name, c.name AS container, e.task_id, t.operator, \
           e.authentication_type, e.stop_on, e.failures, e.emailed_to, e.emailed_at, m.state AS email_state \
         FROM {sought}enrollments e CROSS JOIN users u CROSS JOIN containers c CROSS JOIN tasks t \
           LEFT JOIN emails m ON m.id = e.last_email_id \
         WHERE u.id = e.user_id AND c.id = u.container_id AND t.id = e.task_id AND {waiting}{of_these}{further} \
         ORDER BY e.stop_on, e.id {rest}"
    );
    let rows: Vec<EnrollmentRow> = of_operator(text, filter).load(conn)?;
    rows.into_iter().map(Row::try_from).collect()
}

/// The rows of a page, the earliest Stop Date first; `few`: no more match than are counted one by one.
pub fn page(
    conn: &mut AnyConn,
    basis: &Basis,
    filter: &Filter,
    few: bool,
    (offset, limit): (i64, i64),
) -> Result<Vec<Row>> {
    load(conn, (basis, filter, few), "", &format!("LIMIT {limit} OFFSET {offset}"))
}

/// The next rows after the one of this Stop Date and id, for files of any length.
pub fn batch(
    conn: &mut AnyConn,
    basis: &Basis,
    filter: &Filter,
    after: Option<(NaiveDate, EnrollmentId)>,
    limit: i64,
) -> Result<Vec<Row>> {
    let further = after.map_or(String::new(), |(stop_on, id)| {
        format!(" AND e.stop_on >= '{stop_on}' AND (e.stop_on > '{stop_on}' OR e.id > {id})")
    });
    load(conn, (basis, filter, false), &further, &format!("LIMIT {limit}"))
}

/// Those who wait, summed: of everything from the index of who waits, of a scope from that of what is open in each container.
pub fn totals(conn: &mut AnyConn, basis: &Basis, filter: &Filter) -> Result<Totals> {
    let (today, limit) = (basis.today, basis.attempts_allowed);
    let each = format!(
        "COUNT(*) AS enrollments, COUNT(CASE WHEN e.failures >= {limit} THEN 1 END) AS locked, \
           COUNT(CASE WHEN e.failures < {limit} AND e.stop_on < '{today}' THEN 1 END) AS expired"
    );
    let conditions = waiting(basis, filter);
    let text = match &basis.containers {
        None => {
            let tasks = if filter.operator.is_empty() { "" } else { " JOIN tasks t ON t.id = e.task_id" };
            format!("SELECT {each} FROM enrollments e{tasks} WHERE {conditions}")
        }
        Some(containers) => {
            let parts = format!("{} AND {}", open_parts(containers), stops("c.latest_stop_on", filter));
            let tasks = if filter.operator.is_empty() && filter.authentication_type.is_none() {
                ""
            } else {
                " JOIN tasks t ON t.id = c.task_id"
            };
            let (whole, numbers) = (whole(filter), numbers(basis, filter));
            let sum = |name: &str| format!("CAST(COALESCE(SUM(x.{name}), 0) AS BIGINT) AS {name}");
            // A part in which everybody has the same Stop Date says it all; in the others each enrollment is looked at.
            format!(
                "SELECT {}, {}, {} FROM (\
                   SELECT {numbers} FROM task_containers c{tasks} \
                   WHERE {parts} AND c.earliest_stop_on = c.latest_stop_on{whole} \
                   UNION ALL SELECT {each} FROM task_containers c CROSS JOIN enrollments e CROSS JOIN users u CROSS JOIN tasks t \
                   WHERE {parts} AND c.earliest_stop_on < c.latest_stop_on AND e.task_id = c.task_id AND t.id = c.task_id \
                     AND u.id = e.user_id AND u.container_id = c.container_id AND {conditions}) x",
                sum("enrollments"),
                sum("locked"),
                sum("expired")
            )
        }
    };
    let row: TotalsRow = of_operator(text, filter).get_result(conn)?;
    Ok(Totals {
        enrollments: row.enrollments,
        active: row.enrollments - row.locked - row.expired,
        locked: row.locked,
        expired: row.expired,
    })
}

/// What is asked of the task `t` of a part, and of a status that no part has.
fn whole(filter: &Filter) -> String {
    let mut text = String::new();
    if let Some(kind) = filter.authentication_type {
        let _ = write!(text, " AND t.authentication_type = '{}'", kind.code());
    }
    if !filter.operator.is_empty() {
        text.push_str(" AND t.operator_key = $1");
    }
    if filter.status == Some(Status::Completed) {
        text.push_str(" AND 1 = 0");
    }
    text
}

/// How many wait in a part `c` in which everybody has the same Stop Date, by the status that is asked for.
fn numbers(basis: &Basis, filter: &Filter) -> String {
    let past = format!("c.latest_stop_on < '{}'", basis.today);
    let (others, locked) = ("c.users - c.enrolled - c.locked", "c.locked");
    let expired = format!("CASE WHEN {past} THEN {others} ELSE 0 END");
    let (all, locked, expired) = match filter.status {
        None | Some(Status::Completed) => ("c.users - c.enrolled".to_owned(), locked, expired),
        Some(Status::Active) => (format!("CASE WHEN {past} THEN 0 ELSE {others} END"), "0", "0".to_owned()),
        Some(Status::Locked) => (locked.to_owned(), locked, "0".to_owned()),
        Some(Status::Expired) => (expired.clone(), "0", expired),
    };
    format!("{all} AS enrollments, {locked} AS locked, {expired} AS expired")
}
