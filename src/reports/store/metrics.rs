//! The numbers for monitors, each counted along an index that holds no more than what is counted.

use chrono::NaiveDate;
use diesel::{prelude::*, sql_types::BigInt};

use super::query;
use crate::{
    db::AnyConn,
    error::Result,
    mail,
    reports::metrics::{EnrollmentCounts, Stock},
    schema::{emails, enrollments, tasks, tokens},
    tokens::TokenState,
};

#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// All but what the mail feature knows. `limit`: failed attempts that lock.
pub fn stock(conn: &mut AnyConn, today: NaiveDate, limit: i64) -> Result<Stock> {
    let emails: Vec<(String, i64)> =
        emails::table.group_by(emails::state).select((emails::state, diesel::dsl::count_star())).load(conn)?;
    let tokens: Vec<(String, i64)> =
        tokens::table.group_by(tokens::state).select((tokens::state, diesel::dsl::count_star())).load(conn)?;
    let open = || tasks::table.filter(tasks::removed_at.is_null().and(tasks::enrolled.lt(tasks::users)));
    let waiting =
        || enrollments::table.filter(enrollments::removed_at.is_null().and(enrollments::enrolled_at.is_null()));
    let late = waiting().filter(enrollments::stop_on.lt(today)).filter(enrollments::failures.lt(limit));
    Ok(Stock {
        emails: all(mail::State::ALL.iter().map(|state| state.code()), &emails),
        tokens: all(TokenState::ALL.iter().map(|state| state.code()), &tokens),
        open_tasks: open().count().get_result(conn)?,
        enrollments: EnrollmentCounts {
            used: enrollments::table.filter(enrollments::used_at.is_not_null()).count().get_result(conn)?,
            // Who has enrolled has a token, and nobody else: there is an index of those.
            enrolled: enrollments::table.filter(enrollments::token_id.is_not_null()).count().get_result(conn)?,
            waiting: waiting().count().get_result(conn)?,
            locked: query(
                "SELECT CAST(COALESCE(SUM(t.locked), 0) AS BIGINT) AS n FROM tasks t \
                 WHERE t.removed_at IS NULL AND t.enrolled < t.users AND t.locked > 0"
                    .into(),
            )
            .get_result::<Sum>(conn)?
            .n,
            expired: late.count().get_result(conn)?,
        },
        last_accepted_at: None,
    })
}

/// One count for each of `words`, also if there is none: a line that comes and goes cannot be watched.
fn all<'a>(words: impl Iterator<Item = &'a str>, counted: &[(String, i64)]) -> Vec<(String, i64)> {
    let count = |word: &str| counted.iter().find(|(other, _)| other == word).map_or(0, |(_, count)| *count);
    words.map(|word| (word.to_owned(), count(word))).collect()
}
