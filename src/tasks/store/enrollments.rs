//! An enrollment with its task and its user, as the portal and the verbs read it.

use crate::tasks::enrollment::{Enrollment, Link, left_at};
use chrono::NaiveDate;
use diesel::prelude::*;

use crate::{
    clock::Timestamp,
    db::{AnyConn, ROWS_A_STATEMENT},
    error::{Error, Result},
    ids::{ContainerId, EmailId, EnrollmentId, LinkId, TaskId, TokenId, UserId},
    mail,
    schema::{enrollment_links, enrollments, tasks, users},
    tasks::status::{EnrollmentFacts, RemovedWhy},
    tokens::AuthenticationType,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = enrollments)]
struct EnrollmentRow {
    id: i64,
    task_id: i64,
    user_id: i64,
    authentication_type: String,
    stop_on: NaiveDate,
    failures: i64,
    removed_at: Option<Timestamp>,
    removed_why: String,
    replaced_by: Option<i64>,
    emailed_to: String,
    emailed_at: Option<Timestamp>,
    last_email_id: Option<i64>,
    opened_at: Option<Timestamp>,
    code_accepted_at: Option<Timestamp>,
    key_shown_at: Option<Timestamp>,
    enrolled_at: Option<Timestamp>,
    used_at: Option<Timestamp>,
    pending_seed: Option<Vec<u8>>,
    token_id: Option<i64>,
    version: i64,
    older_link_at: Option<Timestamp>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = tasks)]
struct TaskRow {
    operator: String,
    start_on: NaiveDate,
    removed_at: Option<Timestamp>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct UserRow {
    user_id: String,
    first_name: String,
    last_name: String,
    email: String,
    container_id: i64,
    disabled_at: Option<Timestamp>,
    email_changed_at: Option<Timestamp>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = enrollment_links)]
struct LinkRow {
    id: i64,
    handle: String,
    code_hash: Vec<u8>,
    created_at: Timestamp,
    superseded_at: Option<Timestamp>,
}

type Rows = (EnrollmentRow, TaskRow, UserRow);

/// Reads the word of an authentication type back.
pub(crate) fn type_of(word: &str) -> Result<AuthenticationType> {
    AuthenticationType::from_code(word)
        .ok_or_else(|| Error::Internal(format!("the database holds the unknown authentication type {word:?}")))
}

impl TryFrom<Rows> for Enrollment {
    type Error = Error;

    fn try_from((enrollment, task, user): Rows) -> Result<Self> {
        Ok(Enrollment {
            id: EnrollmentId(enrollment.id),
            task: TaskId(enrollment.task_id),
            operator: task.operator,
            start_on: task.start_on,
            task_removed_at: task.removed_at,
            authentication_type: type_of(&enrollment.authentication_type)?,
            user: UserId(enrollment.user_id),
            user_id: user.user_id,
            first_name: user.first_name,
            last_name: user.last_name,
            email: user.email,
            email_changed_at: user.email_changed_at,
            container: ContainerId(user.container_id),
            disabled: user.disabled_at.is_some(),
            facts: EnrollmentFacts {
                stop_on: enrollment.stop_on,
                failures: enrollment.failures,
                enrolled_at: enrollment.enrolled_at,
                used_at: enrollment.used_at,
            },
            removed_at: enrollment.removed_at,
            removed_why: RemovedWhy::from_code(&enrollment.removed_why),
            replaced_by: enrollment.replaced_by.map(TaskId),
            emailed_to: enrollment.emailed_to,
            emailed_at: enrollment.emailed_at,
            last_email: enrollment.last_email_id.map(EmailId),
            opened_at: enrollment.opened_at,
            code_accepted_at: enrollment.code_accepted_at,
            key_shown_at: enrollment.key_shown_at,
            older_link_at: enrollment.older_link_at,
            pending_seed: enrollment.pending_seed,
            token: enrollment.token_id.map(TokenId),
            version: enrollment.version,
        })
    }
}

/// The enrollment `id`, removed or not.
///
/// # Errors
/// `Database` only; `None` if there is no such enrollment.
pub fn enrollment(conn: &mut AnyConn, id: EnrollmentId) -> Result<Option<Enrollment>> {
    let rows: Option<Rows> = enrollments::table
        .inner_join(tasks::table)
        .inner_join(users::table)
        .filter(enrollments::id.eq(id.0))
        .select((EnrollmentRow::as_select(), TaskRow::as_select(), UserRow::as_select()))
        .first(conn)
        .optional()?;
    rows.map(Enrollment::try_from).transpose()
}

/// The enrollments of these ids, by id, removed or not.
pub fn of(conn: &mut AnyConn, ids: &[EnrollmentId]) -> Result<Vec<Enrollment>> {
    let mut ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    ids.sort_unstable();
    let mut enrollments = Vec::with_capacity(ids.len());
    for part in ids.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<Rows> = enrollments::table
            .inner_join(tasks::table)
            .inner_join(users::table)
            .filter(enrollments::id.eq_any(part))
            .order(enrollments::id)
            .select((EnrollmentRow::as_select(), TaskRow::as_select(), UserRow::as_select()))
            .load(conn)?;
        for row in rows {
            enrollments.push(Enrollment::try_from(row)?);
        }
    }
    Ok(enrollments)
}

/// The enrollment of a user in a task, removed or not.
///
/// # Errors
/// `Database` only; `None` if the user never was in it.
pub fn enrollment_of(conn: &mut AnyConn, task: TaskId, user: UserId) -> Result<Option<Enrollment>> {
    let rows: Option<Rows> = enrollments::table
        .inner_join(tasks::table)
        .inner_join(users::table)
        .filter(enrollments::task_id.eq(task.0).and(enrollments::user_id.eq(user.0)))
        .select((EnrollmentRow::as_select(), TaskRow::as_select(), UserRow::as_select()))
        .first(conn)
        .optional()?;
    rows.map(Enrollment::try_from).transpose()
}

/// The outstanding enrollments of one user, newest task first.
pub fn outstanding_of(conn: &mut AnyConn, user: UserId) -> Result<Vec<Enrollment>> {
    outstanding_of_all(conn, &[user])
}

/// The outstanding enrollments of these users, newest task first: in an open task, and not removed. One who has enrolled and
/// not used the token yet is still Active, and so outstanding, until the token is used.
pub fn outstanding_of_all(conn: &mut AnyConn, users: &[UserId]) -> Result<Vec<Enrollment>> {
    let ids: Vec<i64> = users.iter().map(|user| user.0).collect();
    let rows: Vec<Rows> = enrollments::table
        .inner_join(tasks::table)
        .inner_join(users::table)
        .filter(enrollments::user_id.eq_any(ids))
        .filter(enrollments::removed_at.is_null().and(tasks::removed_at.is_null()))
        .filter(enrollments::used_at.is_null())
        .order(enrollments::task_id.desc())
        .select((EnrollmentRow::as_select(), TaskRow::as_select(), UserRow::as_select()))
        .load(conn)?;
    rows.into_iter().map(Enrollment::try_from).collect()
}

/// The newest enrollments of one user, the newest task first, removed or not.
pub fn newest_of(conn: &mut AnyConn, user: UserId, limit: i64) -> Result<Vec<Enrollment>> {
    let rows: Vec<Rows> = enrollments::table
        .inner_join(tasks::table)
        .inner_join(users::table)
        .filter(enrollments::user_id.eq(user.0))
        .order(enrollments::task_id.desc())
        .limit(limit)
        .select((EnrollmentRow::as_select(), TaskRow::as_select(), UserRow::as_select()))
        .load(conn)?;
    rows.into_iter().map(Enrollment::try_from).collect()
}

/// The link with this handle, superseded or not.
/// `None` if no link ever had it.
pub fn by_handle(conn: &mut AnyConn, handle: &str) -> Result<Option<Link>> {
    let row: Option<(LinkRow, Rows)> = enrollment_links::table
        .inner_join(enrollments::table.inner_join(tasks::table).inner_join(users::table))
        .filter(enrollment_links::handle.eq(handle))
        .select((LinkRow::as_select(), (EnrollmentRow::as_select(), TaskRow::as_select(), UserRow::as_select())))
        .first(conn)
        .optional()?;
    let Some((link, rows)) = row else { return Ok(None) };
    let enrollment = Enrollment::try_from(rows)?;
    let sent = match enrollment.email_changed_at {
        // What was handed over went to no address.
        Some(_) if !enrollment.is_handed_over() => mail::link_sent_at(conn, enrollment.id, link.created_at)?,
        _ => None,
    };
    Ok(Some(Link {
        id: LinkId(link.id),
        handle: link.handle,
        code_hash: link.code_hash,
        created_at: link.created_at,
        superseded_at: link.superseded_at,
        address_left_at: sent.and_then(|sent| left_at(&enrollment, &sent)),
        enrollment,
    }))
}
