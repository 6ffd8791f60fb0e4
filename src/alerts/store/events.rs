//! What happened: found in the tables of other features by indexes of their own, each thing written down once.
//!
//! A round looks at what happened since the last one and a little before it, since a transaction that began earlier may
//! have ended later; the unique index keeps out what is known. Whole sets are moved by one statement: 100,000
//! enrollments that expire in the same night are one INSERT and one sum. It is SQL as text, since an INSERT from a SELECT
//! that leaves out what is there already is beyond diesel's builder on both databases at once. Only numbers, dates and
//! words of our own are put into the text.

use std::fmt::Write as _;

use chrono::{Duration, NaiveDate};
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{BigInt, Date, Nullable, Text, Timestamp as Time},
};

use crate::{
    alerts::alert::Event,
    authentication::rejections::BUCKET_MINUTES,
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    ids::ContainerId,
    mail,
    schema::{alert_events, alert_rules},
};

/// What every statement of a round goes by.
#[derive(Clone, Copy)]
pub struct Basis {
    /// The time of the round.
    pub now: Timestamp,
    /// The organization's date.
    pub today: NaiveDate,
    /// Failed attempts that lock (Self-Enrollment Policy).
    pub attempts_allowed: i64,
}

const INTO: &str = "INSERT INTO alert_events (event, about, subject_id, occurred_at, user_id, found_at)";

/// Up to when the last round looked.
pub fn collected_to(conn: &mut AnyConn) -> Result<Timestamp> {
    Ok(alert_rules::table.find(super::RULES).select(alert_rules::collected_to).first(conn)?)
}

/// Notes up to when this round looked.
pub fn set_collected_to(conn: &mut AnyConn, to: Timestamp) -> Result<()> {
    diesel::update(alert_rules::table.find(super::RULES)).set(alert_rules::collected_to.eq(to)).execute(conn)?;
    Ok(())
}

/// The number of the newest event; 0 if there is none.
pub fn newest(conn: &mut AnyConn) -> Result<i64> {
    Ok(alert_events::table.order(alert_events::id.desc()).select(alert_events::id).first(conn).optional()?.unwrap_or(0))
}

/// Writes down who became Expired when `stop_on` was over, at `ended_at`. Index `enrollments_not_enrolled`.
pub fn collect_expired(conn: &mut AnyConn, basis: &Basis, stop_on: NaiveDate, ended_at: Timestamp) -> Result<()> {
    let limit = basis.attempts_allowed;
    sql_query(format!(
        "{INTO} SELECT 'expired', 'enrollment', e.id, $1, e.user_id, $2 FROM enrollments e \
         WHERE e.removed_at IS NULL AND e.enrolled_at IS NULL AND e.stop_on = '{stop_on}' AND e.failures < {limit} \
         ORDER BY e.id ON CONFLICT DO NOTHING"
    ))
    .bind::<Time, _>(ended_at)
    .bind::<Time, _>(basis.now)
    .execute(conn)?;
    Ok(())
}

/// Writes down which enrollments and tokens became Locked since `from`, which is when their last attempt failed.
/// Indexes `enrollments_missed` and `tokens_locked`.
pub fn collect_lock_outs(conn: &mut AnyConn, basis: &Basis, from: Timestamp) -> Result<()> {
    let limit = basis.attempts_allowed;
    let enrollments = format!(
        "{INTO} SELECT 'lock-out', 'enrollment', e.id, e.missed_at, e.user_id, $1 FROM enrollments e \
         WHERE e.missed_at IS NOT NULL AND e.missed_at >= $2 AND e.removed_at IS NULL AND e.enrolled_at IS NULL \
         AND e.failures >= {limit} ORDER BY e.missed_at ON CONFLICT DO NOTHING"
    );
    let tokens = format!(
        "{INTO} SELECT 'lock-out', 'token', k.id, k.rejected_at, k.user_id, $1 FROM tokens k \
         WHERE k.state = 'Locked' AND k.rejected_at >= $2 AND k.user_id IS NOT NULL \
         ORDER BY k.rejected_at ON CONFLICT DO NOTHING"
    );
    for statement in [enrollments, tokens] {
        sql_query(statement).bind::<Time, _>(basis.now).bind::<Time, _>(from).execute(conn)?;
    }
    Ok(())
}

/// Writes down which emails failed since `from`; alerts themselves left out, so that one that fails alerts nobody.
/// Index `emails_failed`.
pub fn collect_failed_mail(conn: &mut AnyConn, basis: &Basis, from: Timestamp) -> Result<()> {
    let own = mail::Kind::Alert.code();
    sql_query(format!(
        "{INTO} SELECT 'failed-mail', 'email', m.id, m.last_answer_at, m.user_id, $1 FROM emails m \
         WHERE m.state IN ('Failed', 'Bounced') AND m.last_answer_at >= $2 AND m.kind <> '{own}' \
         ORDER BY m.last_answer_at ON CONFLICT DO NOTHING"
    ))
    .bind::<Time, _>(basis.now)
    .bind::<Time, _>(from)
    .execute(conn)?;
    Ok(())
}

/// Writes down which auth nodes, or all of them together, rejected more than usual since `from`. Few rows are as young.
/// Index `check_rejections_since`.
pub fn collect_rejections(conn: &mut AnyConn, basis: &Basis, from: Timestamp) -> Result<()> {
    for (about, subject, at) in [("auth-node", "r.node_id", "r.left_at"), ("auth-nodes", "0", "r.all_left_at")] {
        sql_query(format!(
            "{INTO} SELECT 'rejections', '{about}', {subject}, {at}, CAST(NULL AS BIGINT), $1 FROM check_rejections r \
             WHERE r.since >= $2 AND {at} >= $3 ORDER BY {at} ON CONFLICT DO NOTHING"
        ))
        .bind::<Time, _>(basis.now)
        .bind::<Time, _>(from - Duration::minutes(BUCKET_MINUTES))
        .bind::<Time, _>(from)
        .execute(conn)?;
    }
    Ok(())
}

/// Events of one kind that a recipient is to be told of: those after `after` up to `to` that happened since `since`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The kind.
    pub event: Event,
    /// The last one they were told.
    pub after: i64,
    /// The last one there is.
    pub to: i64,
    /// When their role began to be told.
    pub since: Timestamp,
}

/// Events with what they are about. What an email went to has a container of its own; one to a user who has been moved
/// to another container since is for those who work everywhere, as one without a user is.
const FROM: &str = "alert_events v LEFT JOIN users u ON u.id = v.user_id \
    LEFT JOIN emails m ON v.about = 'email' AND m.id = v.subject_id";

const CONTAINER: &str = "CASE WHEN m.id IS NULL OR m.container_id = u.container_id THEN u.container_id END";

fn within(span: &Span) -> String {
    let Span { event, after, to, .. } = span;
    format!("v.event = '{}' AND v.id > {after} AND v.id <= {to} AND v.occurred_at >= $1", event.code())
}

#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = Nullable<BigInt>)]
    container: Option<i64>,
    #[diesel(sql_type = BigInt)]
    events: i64,
}

/// How many events of a span there are in each container; `None`: for those who work everywhere.
pub fn count(conn: &mut AnyConn, span: &Span) -> Result<Vec<(Option<ContainerId>, i64)>> {
    let sums: Vec<Sum> = sql_query(format!(
        "SELECT {CONTAINER} AS container, COUNT(*) AS events FROM {FROM} WHERE {} GROUP BY {CONTAINER}",
        within(span)
    ))
    .bind::<Time, _>(span.since)
    .load(conn)?;
    Ok(sums.into_iter().map(|sum| (sum.container.map(ContainerId), sum.events)).collect())
}

/// An event as an email tells it.
#[derive(Clone, Debug, QueryableByName)]
pub struct Found {
    /// The User ID; `None` for an email to nobody (a test).
    #[diesel(sql_type = Nullable<Text>)]
    pub user_id: Option<String>,
    /// First and last name.
    #[diesel(sql_type = Nullable<Text>)]
    pub name: Option<String>,
    /// The task.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub task: Option<i64>,
    /// The word of the authentication type.
    #[diesel(sql_type = Nullable<Text>)]
    pub authentication_type: Option<String>,
    /// The Stop Date as it is now.
    #[diesel(sql_type = Nullable<Date>)]
    pub stop_on: Option<NaiveDate>,
    /// The serial number of a locked token.
    #[diesel(sql_type = Nullable<Text>)]
    pub serial: Option<String>,
    /// A failed email.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub email: Option<i64>,
    /// Its address as the outbox shows it.
    #[diesel(sql_type = Nullable<Text>)]
    pub shown_to: Option<String>,
    /// The word of its kind.
    #[diesel(sql_type = Nullable<Text>)]
    pub kind: Option<String>,
    /// The mail server's answer.
    #[diesel(sql_type = Nullable<Text>)]
    pub answer: Option<String>,
    /// The name of an auth node; `None` also for all of them together.
    #[diesel(sql_type = Nullable<Text>)]
    pub node: Option<String>,
    /// When it happened.
    #[diesel(sql_type = Time)]
    pub occurred_at: Timestamp,
    /// What became of it since, in words; empty if it stands.
    #[diesel(sql_type = Text)]
    pub since: String,
}

/// The first `limit` events of a span in these containers (`None`: all).
pub fn list(
    conn: &mut AnyConn,
    basis: &Basis,
    span: &Span,
    containers: Option<&[ContainerId]>,
    limit: i64,
) -> Result<Vec<Found>> {
    let mut conditions = within(span);
    if let Some(containers) = containers {
        let ids: Vec<String> = containers.iter().map(ToString::to_string).collect();
        let _ = write!(conditions, " AND {CONTAINER} IN ({})", ids.join(", "));
    }
    let (today, attempts) = (basis.today, basis.attempts_allowed);
    let found = sql_query(format!(
        "SELECT u.user_id, TRIM(u.first_name || ' ' || u.last_name) AS name, COALESCE(e.task_id, m.task_id) AS task, \
           COALESCE(e.authentication_type, k.authentication_type) AS authentication_type, e.stop_on, k.serial, \
           m.id AS email, m.shown_to, m.kind, m.last_answer AS answer, n.name AS node, v.occurred_at, \
           CASE WHEN e.removed_at IS NOT NULL THEN 'removed since' \
             WHEN e.enrolled_at IS NOT NULL THEN 'enrolled since' \
             WHEN v.event = 'expired' AND e.stop_on >= '{today}' THEN 'got a later Stop Date since' \
             WHEN v.event = 'lock-out' AND e.failures < {attempts} THEN 'unlocked since' \
             WHEN k.state <> 'Locked' THEN 'no longer Locked' \
             WHEN m.state NOT IN ('Failed', 'Bounced') THEN 'sent again since' \
             WHEN EXISTS (SELECT 1 FROM emails l WHERE l.enrollment_id = m.enrollment_id AND l.id > m.id) \
               THEN 'a newer email was sent since' \
             ELSE '' END AS since \
         FROM {FROM} LEFT JOIN enrollments e ON v.about = 'enrollment' AND e.id = v.subject_id \
           LEFT JOIN tokens k ON v.about = 'token' AND k.id = v.subject_id \
           LEFT JOIN auth_nodes n ON v.about = 'auth-node' AND n.id = v.subject_id \
         WHERE {conditions} ORDER BY v.id LIMIT {limit}"
    ))
    .bind::<Time, _>(span.since)
    .load(conn)?;
    Ok(found)
}

/// Forgets what was found before `before`.
pub fn forget(conn: &mut AnyConn, before: Timestamp) -> Result<()> {
    diesel::delete(alert_events::table.filter(alert_events::found_at.lt(before))).execute(conn)?;
    Ok(())
}
