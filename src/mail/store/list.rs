//! Reads of the outbox: pages of rows, one email, counts, how the mail server does.

use diesel::{
    dsl::{count_star, sql},
    prelude::*,
    sql_types::{BigInt, Bool, Text},
};

use super::{Row, columns};
use crate::{
    clock::Timestamp,
    db::{
        self, AnyConn, Span, Total,
        total::{CAP, are_few},
    },
    error::{Error, Result},
    ids::{ContainerId, EmailId},
    mail::{
        Filter, Health, TRIES_THAT_TELL, View,
        email::{ATTENTION_DAYS, Email, State, Try},
    },
    schema::{email_tries, emails},
};

type Query<'a> = emails::BoxedQuery<'a, <AnyConn as Connection>::Backend>;

/// Refused or sent back, and no newer email went to the same enrollment. The states stand in the text, and not as values beside it,
/// since the partial index is used only so.
const WANTS_ATTENTION: &str = "emails.state IN ('Deferred', 'Failed', 'Bounced') AND NOT EXISTS (SELECT 1 FROM emails newer \
    WHERE newer.enrollment_id = emails.enrollment_id AND newer.id > emails.id)";

/// The same, of those that are not tried again.
const HAS_FAILED: &str = "emails.state IN ('Failed', 'Bounced') AND NOT EXISTS (SELECT 1 FROM emails newer \
    WHERE newer.enrollment_id = emails.enrollment_id AND newer.id > emails.id)";

/// `walks`: no index of containers is offered beside that of the order.
fn filtered<'a>(
    now: Timestamp,
    containers: Option<&'a [ContainerId]>,
    filter: &'a Filter,
    view: View,
    walks: bool,
) -> Query<'a> {
    let mut query = emails::table.into_boxed();
    let named = filter.only.is_some();
    if let Some(containers) = containers {
        let ids: Vec<i64> = containers.iter().map(|id| id.0).collect();
        query = match named || walks {
            true => query.filter(db::unindexed::<BigInt>("emails.container_id").eq_any(ids)),
            false => query.filter(emails::container_id.eq_any(ids)),
        };
    }
    match view {
        View::All => {}
        View::Attention => query = query.filter(sql::<Bool>(WANTS_ATTENTION)).filter(recent(now)),
        View::State(state) if named => query = query.filter(db::unindexed::<Text>("emails.state").eq(state.code())),
        View::State(state) => query = query.filter(emails::state.eq(state.code())),
    }
    if let Some(only) = &filter.only {
        query = query.filter(emails::id.eq_any(only.iter().map(|id| id.0).collect::<Vec<_>>()));
    }
    if let Some(kind) = filter.kind {
        query = match named || walks || (filter.many && !filter.text.is_empty()) {
            true => query.filter(db::unindexed::<Text>("emails.kind").eq(kind.code())),
            false => query.filter(emails::kind.eq(kind.code())),
        };
    }
    let Some(Sought { from, to, task }) = Sought::of(filter) else { return query };
    if named || filter.many {
        let column = db::unindexed::<Text>;
        let address = column("emails.shown_to_key").ge(from.clone()).and(column("emails.shown_to_key").lt(to.clone()));
        let user = column("emails.user_key").ge(from).and(column("emails.user_key").lt(to));
        return match task {
            Some(task) => query.filter(address.or(user).or(db::unindexed::<BigInt>("emails.task_id").eq(task))),
            None => query.filter(address.or(user)),
        };
    }
    let address = emails::shown_to_key.ge(from.clone()).and(emails::shown_to_key.lt(to.clone()));
    let user = emails::user_key.ge(from).and(emails::user_key.lt(to));
    match task {
        Some(task) => query.filter(address.or(user).or(emails::task_id.assume_not_null().eq(task))),
        None => query.filter(address.or(user)),
    }
}

/// What a text is looked for as: the beginning of an address or of a User ID, or the number of a task.
struct Sought {
    from: String,
    to: String,
    task: Option<i64>,
}

impl Sought {
    fn of(filter: &Filter) -> Option<Self> {
        let from = db::key(filter.text.trim_end_matches('*'));
        let to = db::after(&from)?;
        Some(Sought { task: from.parse().ok(), from, to })
    }
}

/// The filter with the emails that its text or its kind finds, each way by its index, if they are no more than are counted.
pub fn sought(conn: &mut AnyConn, filter: &Filter) -> Result<Filter> {
    let mut found: Vec<i64> = Vec::new();
    if let Some(Sought { from, to, task }) = Sought::of(filter) {
        let address = emails::shown_to_key.ge(from.clone()).and(emails::shown_to_key.lt(to.clone()));
        let user = emails::user_key.ge(from).and(emails::user_key.lt(to));
        let by_address = emails::table.filter(address).select(emails::id).limit(CAP + 1).load::<i64>(conn)?;
        let by_user = emails::table.filter(user).select(emails::id).limit(CAP + 1).load::<i64>(conn)?;
        let by_task = emails::table.filter(emails::task_id.eq(task.unwrap_or(-1))).select(emails::id).limit(CAP + 1);
        for ids in [by_address, by_user, by_task.load::<i64>(conn)?] {
            if !are_few(&ids) {
                return Ok(Filter { many: true, ..filter.clone() });
            }
            found.extend(ids);
        }
    } else if let Some(kind) = filter.kind {
        found = emails::table.filter(emails::kind.eq(kind.code())).select(emails::id).limit(CAP + 1).load(conn)?;
        if !are_few(&found) {
            return Ok(Filter { many: true, ..filter.clone() });
        }
    } else {
        return Ok(filter.clone());
    }
    found.sort_unstable();
    found.dedup();
    Ok(Filter { only: Some(found.into_iter().map(EmailId).collect()), ..filter.clone() })
}

#[diesel::dsl::auto_type]
fn recent(now: Timestamp) -> _ {
    let since: Timestamp = now - chrono::Duration::days(ATTENTION_DAYS);
    emails::last_answer_at.assume_not_null().ge(since)
}

/// The rows of a span of `view`, the newest first.
pub fn rows(
    conn: &mut AnyConn,
    now: Timestamp,
    containers: Option<&[ContainerId]>,
    filter: &Filter,
    view: View,
    span: Span,
) -> Result<Vec<Email>> {
    // Few are sorted by their numbers; of many the list is walked.
    let mut ids: Vec<i64> =
        filtered(now, containers, filter, view, false).select(emails::id).limit(CAP + 1).load(conn)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let few = are_few(&ids);
    let query = if few {
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let query = emails::table.filter(emails::id.eq_any(span.of_newest(ids))).into_boxed();
        query.order(emails::id.desc())
    } else {
        let mut query = filtered(now, containers, filter, view, true).offset(span.offset()).limit(span.limit);
        if let Some(beyond) = span.beyond("emails", &[], true, "1 = 1") {
            query = query.filter(sql::<Bool>(&beyond));
        }
        if span.backwards() { query.order(emails::id.asc()) } else { query.order(emails::id.desc()) }
    };
    let rows: Vec<Row> = query.select(columns!()).load(conn)?;
    let rows = if few { rows } else { span.in_order(rows) };
    rows.into_iter().map(Email::try_from).collect()
}

/// How many rows `view` has.
pub fn count(
    conn: &mut AnyConn,
    now: Timestamp,
    containers: Option<&[ContainerId]>,
    filter: &Filter,
    view: View,
) -> Result<Total> {
    crate::total!(conn, filtered(now, containers, filter, view, false).select(emails::id))
}

/// How many rows of `view` are in each state that any is in.
pub fn counts_by_state(
    conn: &mut AnyConn,
    now: Timestamp,
    containers: Option<&[ContainerId]>,
    filter: &Filter,
    view: View,
) -> Result<Vec<(State, i64)>> {
    let mut counts = State::ALL.map(|state| (state, 0)).to_vec();
    for part in parts(filter) {
        for (state, count) in &mut counts {
            let one = filtered(now, containers, &part, view, false).filter(emails::state.eq(state.code()));
            *count += one.select(count_star()).first::<i64>(conn)?;
        }
    }
    counts.retain(|(_, count)| *count > 0);
    Ok(counts)
}

/// The emails of a view that are in these states, the oldest first: by number, 100,000 of them are no burden.
pub fn ids_in_states(
    conn: &mut AnyConn,
    now: Timestamp,
    containers: Option<&[ContainerId]>,
    filter: &Filter,
    view: View,
    states: &[State],
) -> Result<Vec<EmailId>> {
    let words: Vec<&str> = states.iter().map(|state| state.code()).collect();
    let mut ids: Vec<i64> = Vec::new();
    for part in parts(filter) {
        let found =
            filtered(now, containers, &part, view, false).filter(emails::state.eq_any(&words)).order(emails::id);
        ids.extend(found.select(emails::id).load::<i64>(conn)?);
    }
    Ok(ids.into_iter().map(EmailId).collect())
}

/// The same for as many of the named emails as a statement takes, each email once and by number.
fn parts(filter: &Filter) -> Vec<Filter> {
    let Some(only) = &filter.only else { return vec![filter.clone()] };
    let mut only = only.clone();
    only.sort_unstable();
    only.dedup();
    let part = |ids: &[EmailId]| Filter { only: Some(ids.to_vec()), ..filter.clone() };
    only.chunks(super::IDS_A_STATEMENT).map(part).collect()
}

/// How many emails failed or came back and still matter, for the number beside the navigation.
pub fn failures(conn: &mut AnyConn, now: Timestamp, containers: Option<&[ContainerId]>) -> Result<Total> {
    count_failed(conn, now, containers, HAS_FAILED)
}

/// How many failed or came back, whether or not something was sent to the user since.
pub fn ever_failed(conn: &mut AnyConn, now: Timestamp, containers: Option<&[ContainerId]>) -> Result<Total> {
    count_failed(conn, now, containers, "emails.state IN ('Failed', 'Bounced')")
}

fn count_failed(
    conn: &mut AnyConn,
    now: Timestamp,
    containers: Option<&[ContainerId]>,
    condition: &str,
) -> Result<Total> {
    let mut query: Query<'_> = emails::table.into_boxed().filter(sql::<Bool>(condition)).filter(recent(now));
    if let Some(containers) = containers {
        let ids: Vec<i64> = containers.iter().map(|id| id.0).collect();
        query = query.filter(emails::container_id.eq_any(ids));
    }
    crate::total!(conn, query.select(emails::id))
}

/// One email.
///
/// # Errors
/// `NotFound` if there is none, or none in these containers.
pub fn find(conn: &mut AnyConn, containers: Option<&[ContainerId]>, id: EmailId) -> Result<Email> {
    let row: Option<Row> = emails::table.find(id.0).select(columns!()).first(conn).optional()?;
    let email = row.map(Email::try_from).transpose()?;
    let inside = |email: &Email| {
        containers.is_none_or(|list| email.container.is_some_and(|container| list.contains(&container)))
    };
    email.filter(inside).ok_or_else(|| Error::not_found("email", id.to_string()))
}

/// The emails of these ids, in no order: what became of the newest one of each user in a list.
pub fn of(conn: &mut AnyConn, ids: &[EmailId]) -> Result<Vec<Email>> {
    let mut list = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(super::IDS_A_STATEMENT) {
        let ids: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let rows: Vec<Row> = emails::table.filter(emails::id.eq_any(ids)).select(columns!()).load(conn)?;
        for row in rows {
            list.push(Email::try_from(row)?);
        }
    }
    Ok(list)
}

/// The tries of an email, the newest first.
pub fn tries(conn: &mut AnyConn, id: EmailId) -> Result<Vec<Try>> {
    let rows: Vec<(Timestamp, String, String)> = email_tries::table
        .filter(email_tries::email_id.eq(id.0))
        .order(email_tries::id.desc())
        .select((email_tries::at, email_tries::outcome, email_tries::answer))
        .load(conn)?;
    rows.into_iter()
        .map(|(at, outcome, answer)| {
            let outcome = State::from_code(&outcome)
                .ok_or_else(|| Error::Internal(format!("a try has the unknown outcome {outcome}")))?;
            Ok(Try { at, outcome, answer })
        })
        .collect()
}

/// How many emails wait for their first try since before `due`, though nothing keeps them.
pub fn overdue(conn: &mut AnyConn, due: Timestamp, containers: Option<&[ContainerId]>) -> Result<Total> {
    let mut query: Query<'_> =
        emails::table.into_boxed().filter(emails::next_try_at.le(due)).filter(emails::state.eq(State::Queued.code()));
    if let Some(containers) = containers {
        let ids: Vec<i64> = containers.iter().map(|id| id.0).collect();
        query = query.filter(emails::container_id.eq_any(ids));
    }
    crate::total!(conn, query.select(emails::id))
}

/// How the mail server does.
pub fn health(conn: &mut AnyConn) -> Result<Health> {
    let accepted: Option<Timestamp> = email_tries::table
        .filter(email_tries::outcome.eq(State::Sent.code()))
        .order(email_tries::id.desc())
        .select(email_tries::at)
        .first(conn)
        .optional()?;
    let last: Option<(Timestamp, String, String)> = email_tries::table
        .order(email_tries::id.desc())
        .select((email_tries::at, email_tries::outcome, email_tries::answer))
        .first(conn)
        .optional()?;
    let outcomes: Vec<String> = email_tries::table
        .order(email_tries::id.desc())
        .limit(TRIES_THAT_TELL)
        .select(email_tries::outcome)
        .load(conn)?;
    let enough = accepted.is_none() || i64::try_from(outcomes.len()).is_ok_and(|tries| tries == TRIES_THAT_TELL);
    Ok(Health {
        takes_nothing: enough && !outcomes.is_empty() && outcomes.iter().all(|outcome| outcome != State::Sent.code()),
        last_accepted_at: accepted,
        last_try: last
            .and_then(|(at, outcome, answer)| State::from_code(&outcome).map(|outcome| Try { at, outcome, answer })),
    })
}
