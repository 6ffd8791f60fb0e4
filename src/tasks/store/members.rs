//! The users of one task, as its page and Edit list them.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::{
    dsl::{count_star, sql},
    prelude::*,
    sql_types::Bool,
};

use crate::{
    clock::Timestamp,
    db::{self, AnyConn},
    error::Result,
    ids::{ContainerId, EnrollmentId, TaskId, UserId},
    operators::Scope,
    schema::{emails, enrollments, tokens, users},
    tasks::{
        enrollment::HANDED_OVER,
        members::{EnrollmentRow, Filter, MailState},
        status::{EnrollmentFacts, RemovedWhy, Status},
    },
    text,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = enrollments)]
struct StoredEnrollment {
    id: i64,
    user_id: i64,
    stop_on: NaiveDate,
    failures: i64,
    enrolled_at: Option<Timestamp>,
    used_at: Option<Timestamp>,
    removed_at: Option<Timestamp>,
    removed_why: String,
    emailed_to: String,
    opened_at: Option<Timestamp>,
    code_accepted_at: Option<Timestamp>,
    key_shown_at: Option<Timestamp>,
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
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = emails)]
struct EmailRow {
    state: String,
    last_answer: String,
    next_try_at: Option<Timestamp>,
}

type StoredMember = (StoredEnrollment, UserRow, Option<String>, Option<EmailRow>);

/// Which users: those still in the task (with a removed task, those who were in it to the end), as far as in scope and
/// as filtered; who had not enrolled when the task was removed has none of the statuses. A macro, since the type of the query is a page long.
macro_rules! members {
    ($of_task:expr, $scope:expr, $filter:expr, $attempts:expr, $today:expr) => {{
        let (filter, attempts, today): (&Filter, i64, NaiveDate) = ($filter, $attempts, $today);
        let mut query = enrollments::table
            .inner_join(users::table)
            .left_join(tokens::table)
            .left_join(emails::table)
            .filter($of_task)
            .filter(enrollments::removed_at.is_null().or(enrollments::removed_why.eq(RemovedWhy::TaskRemoved.code())))
            .into_boxed();
        if let Scope::Containers(list) = $scope {
            let list: Vec<i64> = list.iter().map(|container| container.0).collect();
            query = query.filter(users::container_id.eq_any(list));
        }
        if !filter.q.is_empty() {
            let (from, to) = (filter.q.clone(), db::after(&filter.q).unwrap_or_default());
            let user_id = users::user_id_key.ge(from.clone()).and(users::user_id_key.lt(to.clone()));
            let name = text::folded(&filter.q);
            let after_name = db::after(&name).unwrap_or_default();
            let last_name = users::last_name_key.ge(name).and(users::last_name_key.lt(after_name));
            let email = users::email_key.ge(from).and(users::email_key.lt(to));
            query = query.filter(user_id.or(last_name).or(email));
        }
        if filter.open {
            query = query.filter(enrollments::enrolled_at.is_null());
        }
        if filter.enrolled {
            query = query.filter(enrollments::enrolled_at.is_not_null());
        }
        if filter.reachable {
            query = query.filter(users::disabled_at.is_null().and(users::email.ne("")));
        }
        query = match filter.status {
            None => query,
            Some(Status::Completed) => query.filter(enrollments::used_at.is_not_null()),
            Some(Status::Active) => query.filter(
                enrollments::enrolled_at.is_not_null().and(enrollments::used_at.is_null()).or(enrollments::enrolled_at
                    .is_null()
                    .and(enrollments::removed_at.is_null())
                    .and(enrollments::failures.lt(attempts))
                    .and(enrollments::stop_on.ge(today))),
            ),
            Some(Status::Locked) => query.filter(
                enrollments::enrolled_at
                    .is_null()
                    .and(enrollments::removed_at.is_null())
                    .and(enrollments::failures.ge(attempts)),
            ),
            Some(Status::Expired) => query.filter(
                enrollments::enrolled_at
                    .is_null()
                    .and(enrollments::removed_at.is_null())
                    .and(enrollments::failures.lt(attempts))
                    .and(enrollments::stop_on.lt(today)),
            ),
        };
        if let Some(state) = filter.mail {
            query = query.filter(emails::state.eq(state.code()));
        }
        query
    }};
}

/// What is read of each. A macro, for the same reason.
macro_rules! columns {
    () => {
        (
            StoredEnrollment::as_select(),
            UserRow::as_select(),
            tokens::serial.nullable(),
            Option::<EmailRow>::as_select(),
        )
    };
}

/// The users `offset..offset + limit` by User ID, and how many there are in all: a page of a screen. Who wants all of
/// them asks [`ticked`], since a statement here holds the numbers of those on the page.
#[allow(clippy::too_many_arguments, reason = "which, of which, how sorted, how many")]
pub fn page(
    conn: &mut AnyConn,
    task: TaskId,
    scope: &Scope,
    filter: &Filter,
    attempts: i64,
    today: NaiveDate,
    offset: i64,
    limit: i64,
) -> Result<(Vec<EnrollmentRow>, i64)> {
    let total = count(conn, task, scope, filter, attempts, today)?;
    let query = members!(enrollments::task_id.eq(task.0), scope, filter, attempts, today);
    let query =
        if filter.descending { query.order(users::user_id_key.desc()) } else { query.order(users::user_id_key.asc()) };
    // First which ones: only what is sorted by is read of all, and tokens and emails of those on the page alone.
    let ids: Vec<i64> = query.offset(offset).limit(limit).select(enrollments::id).load(conn)?;
    let mut rows: Vec<StoredMember> = enrollments::table
        .inner_join(users::table)
        .left_join(tokens::table)
        .left_join(emails::table)
        .filter(enrollments::id.eq_any(&ids))
        .select(columns!())
        .load(conn)?;
    let positions: HashMap<i64, usize> = ids.iter().enumerate().map(|(position, id)| (*id, position)).collect();
    rows.sort_by_key(|row| positions.get(&row.0.id).copied());
    Ok((rows.into_iter().map(EnrollmentRow::from).collect(), total))
}

/// How many users there are.
pub fn count(
    conn: &mut AnyConn,
    task: TaskId,
    scope: &Scope,
    filter: &Filter,
    attempts: i64,
    today: NaiveDate,
) -> Result<i64> {
    Ok(members!(enrollments::task_id.eq(task.0), scope, filter, attempts, today).select(count_star()).first(conn)?)
}

/// All users that match, of `only` these if they are named, in the order of the User ID: for 100,000 of them one
/// statement that names none.
pub fn ticked(
    conn: &mut AnyConn,
    task: TaskId,
    scope: &Scope,
    filter: &Filter,
    only: Option<&[EnrollmentId]>,
    attempts: i64,
    today: NaiveDate,
) -> Result<Vec<EnrollmentRow>> {
    let mut rows: Vec<StoredMember> = Vec::new();
    match only {
        None => {
            rows = members!(enrollments::task_id.eq(task.0), scope, filter, attempts, today)
                .select(columns!())
                .load(conn)?
        }
        Some(only) => {
            let mut ids: Vec<i64> = only.iter().map(|id| id.0).collect();
            ids.sort_unstable();
            ids.dedup();
            // In words that no index answers: they are found by their numbers, and not among all of the task for each part.
            let of_task = format!("COALESCE(enrollments.task_id, 0) = {task}");
            for part in ids.chunks(db::ROWS_A_STATEMENT) {
                let query = members!(sql::<Bool>(&of_task), scope, filter, attempts, today)
                    .filter(enrollments::id.eq_any(part.to_vec()));
                rows.extend(query.select(columns!()).load::<StoredMember>(conn)?);
            }
        }
    }
    rows.sort_by_cached_key(|row| db::key(&row.1.user_id));
    Ok(rows.into_iter().map(EnrollmentRow::from).collect())
}

impl From<StoredMember> for EnrollmentRow {
    fn from((enrollment, user, serial, email): StoredMember) -> Self {
        EnrollmentRow {
            enrollment: EnrollmentId(enrollment.id),
            user: UserId(enrollment.user_id),
            user_id: user.user_id,
            first_name: user.first_name,
            last_name: user.last_name,
            email: user.email,
            container: ContainerId(user.container_id),
            disabled: user.disabled_at.is_some(),
            facts: EnrollmentFacts {
                stop_on: enrollment.stop_on,
                failures: enrollment.failures,
                enrolled_at: enrollment.enrolled_at,
                used_at: enrollment.used_at,
            },
            removed: enrollment.removed_at.is_some() || !enrollment.removed_why.is_empty(),
            opened: enrollment.opened_at.is_some(),
            code_accepted: enrollment.code_accepted_at.is_some(),
            key_shown: enrollment.key_shown_at.is_some(),
            serial,
            handed_over: Some(enrollment.emailed_to).filter(|to| to.starts_with(HANDED_OVER)),
            mail: email.and_then(|email| MailState::new(&email.state, email.last_answer, email.next_try_at)),
        }
    }
}
