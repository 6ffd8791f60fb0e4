//! A row of the history as the database answers it.

use chrono::NaiveDate;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Date, Nullable, Text, Timestamp as Moment},
};

use crate::{
    clock::Timestamp,
    error::{Error, Result},
    ids::TaskId,
    reports::history::Row,
    tasks::task,
    tokens::AuthenticationType,
};

/// What is asked of a task, by the names of the columns.
#[derive(QueryableByName)]
pub struct TaskRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    operator: String,
    #[diesel(sql_type = Text)]
    authentication_type: String,
    #[diesel(sql_type = Text)]
    description: String,
    #[diesel(sql_type = Date)]
    start_on: NaiveDate,
    #[diesel(sql_type = Moment)]
    created_at: Timestamp,
    #[diesel(sql_type = Nullable<Moment>)]
    removed_at: Option<Timestamp>,
    #[diesel(sql_type = Text)]
    removed_by: String,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = BigInt)]
    users: i64,
    #[diesel(sql_type = BigInt)]
    enrolled: i64,
    #[diesel(sql_type = BigInt)]
    used: i64,
    #[diesel(sql_type = BigInt)]
    locked: i64,
    #[diesel(sql_type = BigInt)]
    expired: i64,
    #[diesel(sql_type = BigInt)]
    removed: i64,
    #[diesel(sql_type = Date)]
    earliest_stop_on: NaiveDate,
    #[diesel(sql_type = Date)]
    latest_stop_on: NaiveDate,
    #[diesel(sql_type = Text)]
    emailed_to: String,
    #[diesel(sql_type = BigInt)]
    emailed_users: i64,
    #[diesel(sql_type = Nullable<Moment>)]
    last_enrolled_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Moment>)]
    last_removed_at: Option<Timestamp>,
}

impl TryFrom<TaskRow> for Row {
    type Error = Error;

    fn try_from(row: TaskRow) -> Result<Self> {
        let authentication_type = AuthenticationType::from_code(&row.authentication_type).ok_or_else(|| {
            Error::Internal(format!("task {} has the unknown type {:?}", row.id, row.authentication_type))
        })?;
        Ok(Row {
            task: task::Task {
                id: TaskId(row.id),
                operator: row.operator,
                authentication_type,
                description: row.description,
                start_on: row.start_on,
                created_at: row.created_at,
                removed_at: row.removed_at,
                removed_by: row.removed_by,
                counts: task::Counts {
                    users: row.users,
                    enrolled: row.enrolled,
                    used: row.used,
                    locked: row.locked,
                    earliest_stop_on: row.earliest_stop_on,
                    latest_stop_on: row.latest_stop_on,
                },
                emailed_to: row.emailed_to,
                emailed_users: row.emailed_users,
                version: row.version,
            },
            expired: row.expired,
            removed: row.removed,
            last_enrolled_at: row.last_enrolled_at,
            last_removed_at: row.last_removed_at,
        })
    }
}
