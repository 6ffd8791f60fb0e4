//! Whose links have ended with an address that the profile no longer holds.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Timestamp as SqlTimestamp},
};

use crate::{db::AnyConn, error::Result, ids::EnrollmentId, operators::Scope, tasks::address::LinksOf};

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// The enrollments in which a user has yet to enroll, and whose newest link went to an address in the profile that has become
/// another one since: the rule of [`crate::tasks::enrollment::left_at`], for many at once. By number. Driven by
/// `users_email_changed`, or by the user's row.
pub fn ended(conn: &mut AnyConn, scope: &Scope, whose: LinksOf) -> Result<Vec<EnrollmentId>> {
    let within = match scope {
        Scope::All => String::new(),
        Scope::Containers(list) if list.is_empty() => return Ok(Vec::new()),
        Scope::Containers(list) => {
            let list: Vec<String> = list.iter().map(|container| container.0.to_string()).collect();
            format!(" AND u.container_id IN ({})", list.join(", "))
        }
    };
    let which = match whose {
        LinksOf::User(_) => "u.id = $1 AND u.email_changed_at IS NOT NULL",
        LinksOf::ChangedAt(_) => "u.email_changed_at = $1",
    };
    // Correlated subqueries are beyond diesel's builder; both databases read this one.
    let query = diesel::sql_query(format!(
        "SELECT e.id FROM users u JOIN enrollments e ON e.user_id = u.id JOIN tasks t ON t.id = e.task_id \
           JOIN emails m ON m.id = (SELECT MAX(x.id) FROM emails x WHERE x.enrollment_id = e.id \
             AND x.kind IN ('enrollment', 'reminder')) \
         WHERE {which} AND e.removed_at IS NULL AND e.enrolled_at IS NULL AND t.removed_at IS NULL AND NOT m.alternate \
           AND e.emailed_to NOT LIKE 'handed over by %' \
           AND (m.created_at < u.email_changed_at OR m.shown_to_key <> u.email_key){within} ORDER BY e.id"
    ));
    let rows: Vec<Id> = match whose {
        LinksOf::User(user) => query.bind::<BigInt, _>(user.0).load(conn)?,
        LinksOf::ChangedAt(at) => query.bind::<SqlTimestamp, _>(at).load(conn)?,
    };
    Ok(rows.into_iter().map(|row| EnrollmentId(row.id)).collect())
}
