//! The rows of the world, with the numbers it gives them. No column is left to a default, so that SQLite takes many rows in
//! one statement.

use chrono::NaiveDate;
use diesel::Insertable;

use crate::{
    clock::Timestamp,
    schema::{email_reports, email_tries, emails, enrollment_links, enrollments, task_containers, tasks, tokens},
};

/// Declares rows that are written as they are.
macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident in $table:ident { $($field:ident: $kind:ty,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Insertable)]
        #[diesel(table_name = $table, treat_none_as_default_value = false)]
        pub struct $name { $(pub $field: $kind,)+ }
    )+};
}

rows! {
    /// A task.
    TaskRow in tasks {
        id: i64,
        operator_id: Option<i64>,
        operator: String,
        operator_key: String,
        authentication_type: &'static str,
        description: String,
        start_on: NaiveDate,
        created_at: Timestamp,
        removed_at: Option<Timestamp>,
        removed_by: String,
        users: i64,
        enrolled: i64,
        used: i64,
        locked: i64,
        earliest_stop_on: NaiveDate,
        latest_stop_on: NaiveDate,
        emailed_to: String,
        emailed_to_key: String,
        emailed_users: i64,
        last_email_id: Option<i64>,
        version: i64,
    }

    /// What of a task lies in a container.
    PartRow in task_containers {
        task_id: i64,
        container_id: i64,
        removed: bool,
        users: i64,
        enrolled: i64,
        used: i64,
        locked: i64,
        earliest_stop_on: NaiveDate,
        latest_stop_on: NaiveDate,
        emailed_users: i64,
        last_email_id: Option<i64>,
        start_on: NaiveDate,
    }

    /// A user in a task.
    EnrollmentRow in enrollments {
        id: i64,
        task_id: i64,
        user_id: i64,
        authentication_type: &'static str,
        stop_on: NaiveDate,
        failures: i64,
        removed_at: Option<Timestamp>,
        removed_by: String,
        removed_why: &'static str,
        emailed_to: String,
        emailed_at: Option<Timestamp>,
        last_email_id: Option<i64>,
        reminded_on: Option<NaiveDate>,
        opened_at: Option<Timestamp>,
        code_accepted_at: Option<Timestamp>,
        key_shown_at: Option<Timestamp>,
        enrolled_at: Option<Timestamp>,
        used_at: Option<Timestamp>,
        token_id: Option<i64>,
        version: i64,
        missed: &'static str,
        missed_at: Option<Timestamp>,
    }

    /// A link in an email.
    LinkRow in enrollment_links {
        id: i64,
        enrollment_id: i64,
        handle: String,
        code_hash: Vec<u8>,
        created_at: Timestamp,
        superseded_at: Option<Timestamp>,
    }

    /// An email.
    EmailRow in emails {
        id: i64,
        message_id: String,
        kind: &'static str,
        shown_to: String,
        shown_to_key: String,
        alternate: bool,
        user_id: i64,
        user_key: String,
        container_id: i64,
        task_id: i64,
        enrollment_id: i64,
        facts: String,
        sealed: Option<Vec<u8>>,
        state: &'static str,
        tries: i64,
        created_at: Timestamp,
        next_try_at: Option<Timestamp>,
        give_up_at: Timestamp,
        sent_at: Option<Timestamp>,
        last_answer: &'static str,
        last_answer_at: Option<Timestamp>,
        sender: String,
        bounced_at: Option<Timestamp>,
        bounce_status: &'static str,
    }

    /// A try of an email.
    TryRow in email_tries {
        email_id: i64,
        at: Timestamp,
        outcome: &'static str,
        answer: &'static str,
    }

    /// A delivery report on an email.
    ReportRow in email_reports {
        email_id: i64,
        at: Timestamp,
        action: &'static str,
        status: &'static str,
        diagnostic: &'static str,
        digest: String,
    }

    /// A token that is somebody's.
    TokenRow in tokens {
        id: i64,
        serial: String,
        serial_key: String,
        authentication_type: &'static str,
        moving_factor: &'static str,
        algorithm: &'static str,
        digits: i64,
        period: i64,
        seed: Vec<u8>,
        state: &'static str,
        container_id: i64,
        user_id: i64,
        next_counter: i64,
        drift: i64,
        failures: i64,
        created_at: Timestamp,
        bound_at: Timestamp,
        first_used_at: Option<Timestamp>,
        last_used_at: Option<Timestamp>,
        state_reason: String,
        rejected: &'static str,
        rejected_at: Option<Timestamp>,
    }
}
