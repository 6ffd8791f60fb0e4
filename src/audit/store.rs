//! Rows of the audit log.

use diesel::{
    dsl::{exists, not, sql},
    prelude::*,
    sql_types::{BigInt, Bool, Nullable, Text},
};

use crate::{
    audit::{
        ActorKind, Entry, Outcome, Verb,
        search::{Line, Search, Visible},
    },
    clock::Timestamp,
    db::{
        self, AnyConn, Span, Total,
        total::{CAP, are_few},
    },
    error::Result,
    ids::{TaskId, UserId},
    insert_rows,
    schema::{audit_entries, enrollments, users},
};

mod prepared;

pub use prepared::{PreparedEntry, insert_for, insert_prepared, stage};

/// An entry as it is kept.
#[derive(Insertable)]
#[diesel(table_name = audit_entries, treat_none_as_default_value = false)]
pub struct NewRow {
    at: Timestamp,
    actor_kind: &'static str,
    actor: String,
    actor_key: String,
    role: String,
    address: String,
    request: String,
    verb: &'static str,
    outcome: &'static str,
    task_id: Option<i64>,
    user_id: Option<i64>,
    subject: String,
    subject_key: String,
    sentence: String,
    detail: String,
}

impl NewRow {
    /// What is kept of `entry`, made `at` this moment.
    pub fn of(at: Timestamp, entry: &Entry<'_>) -> Self {
        NewRow {
            at,
            actor_kind: entry.actor.kind.code(),
            actor: entry.actor.name.clone(),
            actor_key: db::key(&entry.actor.name),
            role: entry.actor.role.clone(),
            address: entry.actor.address.clone(),
            request: entry.actor.request.clone(),
            verb: entry.verb.code(),
            outcome: entry.outcome.code(),
            task_id: entry.task.map(|id| id.0),
            user_id: entry.user.map(|id| id.0),
            subject: entry.subject.clone(),
            subject_key: db::key(&entry.subject),
            sentence: entry.sentence.clone(),
            detail: serde_json::to_string(&entry.detail).unwrap_or_default(),
        }
    }
}

/// Appends `entries`.
pub fn insert(conn: &mut AnyConn, now: Timestamp, entries: &[Entry<'_>]) -> Result<()> {
    let rows: Vec<NewRow> = entries.iter().map(|entry| NewRow::of(now, entry)).collect();
    append(conn, &rows)
}

/// Appends entries of many moments.
pub fn append(conn: &mut AnyConn, rows: &[NewRow]) -> Result<()> {
    insert_rows!(conn, audit_entries::table, rows)?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
struct Row {
    id: i64,
    at: Timestamp,
    actor_kind: String,
    actor: String,
    role: String,
    address: String,
    request: String,
    verb: String,
    outcome: String,
    task_id: Option<i64>,
    user_id: Option<i64>,
    subject: String,
    sentence: String,
    detail: String,
}

impl From<Row> for Line {
    fn from(row: Row) -> Self {
        Line {
            id: row.id,
            at: row.at,
            actor_kind: row.actor_kind,
            actor: row.actor,
            role: row.role,
            address: row.address,
            request: row.request,
            verb: row.verb,
            refused: row.outcome == Outcome::Refused.code(),
            task: row.task_id.map(TaskId),
            user: row.user_id.map(UserId),
            subject: row.subject,
            sentence: row.sentence,
            detail: serde_json::from_str(&row.detail).unwrap_or_default(),
        }
    }
}

/// A query whose conditions are put together while it runs.
type Query<'a> = audit_entries::BoxedQuery<'a, <AnyConn as diesel::Connection>::Backend>;

/// How entries are looked for that the text or the area of a search finds.
enum Seek {
    /// Neither is asked for, or nothing but one entry is looked at.
    Plain,
    /// By their numbers: they are no more than are counted.
    Few(Vec<i64>),
    /// Along the list, past those that do not match.
    Many,
}

/// The entries that a search's text finds, each way by its index, or that its area does.
fn seek(conn: &mut AnyConn, search: &Search) -> Result<Seek> {
    use audit_entries::dsl;
    let mut seek = Seek::Plain;
    if let Some((from, to)) = named(search) {
        let task = dsl::task_id.eq(from.parse::<i64>().unwrap_or(-1));
        let actor = dsl::actor_key.ge(from.clone()).and(dsl::actor_key.lt(to.clone()));
        let subject = dsl::subject_key.ge(from).and(dsl::subject_key.lt(to));
        let ids = || dsl::audit_entries.select(dsl::id).limit(CAP + 1);
        let found: [Vec<i64>; 3] =
            [ids().filter(task).load(conn)?, ids().filter(actor).load(conn)?, ids().filter(subject).load(conn)?];
        if found.iter().all(|ids| are_few(ids)) {
            return Ok(Seek::Few(found.concat()));
        }
        seek = Seek::Many;
    }
    if let Some((from, to)) = verbs(search) {
        let of_area = dsl::verb.ge(from).and(dsl::verb.lt(to));
        let found: Vec<i64> = dsl::audit_entries.filter(of_area).select(dsl::id).limit(CAP + 1).load(conn)?;
        seek = if are_few(&found) { Seek::Few(found) } else { Seek::Many };
    }
    Ok(seek)
}

/// What a search's text is looked for as: the beginning of a name. A range rather than LIKE, which uses no index on either
/// database.
fn named(search: &Search) -> Option<(String, String)> {
    let beginning = db::key(&search.text);
    db::after(&beginning).map(|end| (beginning, end))
}

/// The verbs of a search's area.
fn verbs(search: &Search) -> Option<(String, String)> {
    let verb = format!("{}.", search.area?.code());
    db::after(&verb).map(|end| (verb, end))
}

/// The conditions of `search`, each of them one that an index answers or that is asked along the list.
/// `wide`: many users are in the scope, and each entry's user is asked instead of looking all of them up.
fn matching(search: &Search, wide: bool, seek: &Seek) -> Query<'static> {
    use audit_entries::dsl;
    let mut query: Query<'static> = dsl::audit_entries.into_boxed();
    let own = |name: &str| dsl::actor_key.eq(db::key(name)).and(dsl::actor_kind.eq(ActorKind::Operator.code()));
    match &search.sight {
        Visible::All => {}
        Visible::Own(name) => query = query.filter(own(name)),
        Visible::Within { containers, own: name } => {
            let list: Vec<i64> = containers.iter().map(|container| container.0).collect();
            let seen = users::table.filter(users::container_id.eq_any(list.clone()));
            let user = dsl::user_id.assume_not_null();
            let is_seen: Box<dyn BoxableExpression<_, _, SqlType = Bool>> = match wide {
                true => Box::new(exists(seen.filter(users::id.eq(user)))),
                false => Box::new(user.eq_any(seen.select(users::id))),
            };
            let of_seen_user = dsl::user_id.is_not_null().and(is_seen);
            // A sum over a task names numbers from outside of the scope, unless all of its users are inside.
            let outside = enrollments::table
                .inner_join(users::table)
                .filter(enrollments::task_id.nullable().eq(dsl::task_id))
                .filter(users::container_id.ne_all(list));
            let of_seen_task = dsl::task_id.is_not_null().and(not(exists(outside)));
            query = query.filter(of_seen_user.or(dsl::user_id.is_null().and(own(name).or(of_seen_task))));
        }
    }
    if let Seek::Few(ids) = seek {
        query = query.filter(dsl::id.eq_any(ids.clone()));
    }
    if let Some((from, to)) = verbs(search) {
        let verb = || db::unindexed::<Text>("audit_entries.verb");
        query = query.filter(verb().ge(from).and(verb().lt(to)));
    }
    if !search.actor.is_empty() {
        let key = db::key(&search.actor);
        query = match seek {
            Seek::Few(_) => query.filter(db::unindexed::<Text>("audit_entries.actor_key").eq(key)),
            Seek::Plain | Seek::Many => query.filter(dsl::actor_key.eq(key)),
        };
    }
    if let Some((from, to)) = named(search) {
        let [actor, subject] = ["audit_entries.actor_key", "audit_entries.subject_key"]
            .map(|column| move || db::unindexed::<Text>(column));
        let actor = actor().ge(from.clone()).and(actor().lt(to.clone()));
        let subject = subject().ge(from.clone()).and(subject().lt(to));
        query = match from.parse::<i64>() {
            Ok(task) => query.filter(db::unindexed::<BigInt>("audit_entries.task_id").eq(task).or(actor).or(subject)),
            Err(_) => query.filter(actor.or(subject)),
        };
    }
    let few = matches!(seek, Seek::Few(_));
    let at = || db::unindexed::<diesel::sql_types::Timestamp>("audit_entries.at");
    if let Some(from) = search.from {
        query = if few { query.filter(at().ge(from)) } else { query.filter(dsl::at.ge(from)) };
    }
    if let Some(until) = search.until {
        query = if few { query.filter(at().lt(until)) } else { query.filter(dsl::at.lt(until)) };
    }
    query
}

/// True if more users are in the scope of who looks than are counted.
fn is_wide(conn: &mut AnyConn, search: &Search) -> Result<bool> {
    let Visible::Within { containers, .. } = &search.sight else { return Ok(false) };
    let list: Vec<i64> = containers.iter().map(|container| container.0).collect();
    Ok(crate::total!(conn, users::table.filter(users::container_id.eq_any(list)).select(users::id))?.more)
}

/// The entries of a span of those that match, newest first, and how many match.
pub fn find(conn: &mut AnyConn, search: &Search, span: impl Into<Span>) -> Result<(Vec<Line>, Total)> {
    let span = span.into();
    let wide = is_wide(conn, search)?;
    let seek = seek(conn, search)?;
    let total = crate::total!(conn, matching(search, wide, &seek).select(audit_entries::id))?;
    let mut query = matching(search, wide, &seek).select(Row::as_select()).offset(span.offset()).limit(span.limit);
    let by_time = search.from.is_some() || search.until.is_some();
    let key: &[&str] = if by_time { &["at"] } else { &[] };
    if let Some(beyond) = span.beyond("audit_entries", key, true, "1 = 1") {
        query = query.filter(sql::<Bool>(&format!("({beyond})")));
    }
    query = match (by_time, span.backwards()) {
        (true, false) => query.order((audit_entries::at.desc(), audit_entries::id.desc())),
        (true, true) => query.order((audit_entries::at.asc(), audit_entries::id.asc())),
        (false, false) => query.order(audit_entries::id.desc()),
        (false, true) => query.order(audit_entries::id.asc()),
    };
    let rows: Vec<Row> = query.load(conn)?;
    Ok((span.in_order(rows).into_iter().map(Line::from).collect(), total))
}

/// The entry of this number, if `search` would find it.
pub fn entry(conn: &mut AnyConn, search: &Search, id: i64) -> Result<Option<Line>> {
    let row: Option<Row> = matching(search, true, &Seek::Plain)
        .filter(audit_entries::id.eq(id))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(Line::from))
}

/// The numbers of the entries before and after `id` that `search` would find.
pub fn beside(conn: &mut AnyConn, search: &Search, id: i64) -> Result<(Option<i64>, Option<i64>)> {
    let number = audit_entries::id;
    let wide = is_wide(conn, search)?;
    let older = matching(search, wide, &Seek::Plain)
        .filter(number.lt(id))
        .order(number.desc())
        .select(number)
        .first(conn)
        .optional()?;
    let newer = matching(search, wide, &Seek::Plain)
        .filter(number.gt(id))
        .order(number.asc())
        .select(number)
        .first(conn)
        .optional()?;
    Ok((older, newer))
}

/// The newest entries on the thing of this name (a serial number), in any case.
pub fn of_subject(conn: &mut AnyConn, subject: &str, limit: i64) -> Result<Vec<Line>> {
    let rows: Vec<Row> = audit_entries::table
        .filter(audit_entries::subject_key.eq(db::key(subject)))
        .order(audit_entries::id.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Line::from).collect())
}

/// The newest refused check of a one-time password after `since` for a User ID that nobody has and that is one of `names`:
/// what was typed, and when.
pub fn refused_as(conn: &mut AnyConn, names: &[String], since: Timestamp) -> Result<Option<(String, Timestamp)>> {
    let keys: Vec<String> = names.iter().map(|name| db::key(name)).collect();
    Ok(audit_entries::table
        .filter(audit_entries::subject_key.eq_any(keys))
        // Entries without a user are many, and are not to be walked.
        .filter(db::unindexed::<Nullable<BigInt>>("audit_entries.user_id").is_null())
        .filter(audit_entries::verb.eq(Verb::AuthenticationCheck.code()))
        .filter(audit_entries::outcome.eq(Outcome::Refused.code()))
        .filter(audit_entries::at.gt(since))
        .order(audit_entries::id.desc())
        .select((audit_entries::subject, audit_entries::at))
        .first(conn)
        .optional()?)
}

/// A check of a one-time password of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// When.
    pub at: Timestamp,
    /// The auth node that asked.
    pub node: String,
    /// It was accepted.
    pub accepted: bool,
}

/// The last `most` checks of one-time passwords of this user, the newest first.
pub fn checks_of(conn: &mut AnyConn, user: UserId, most: i64) -> Result<Vec<Checked>> {
    let rows: Vec<(Timestamp, String, String)> = audit_entries::table
        .filter(audit_entries::user_id.eq(user.0))
        .filter(db::unindexed::<Text>("audit_entries.verb").eq(Verb::AuthenticationCheck.code()))
        .order(audit_entries::id.desc())
        .limit(most)
        .select((audit_entries::at, audit_entries::actor, audit_entries::outcome))
        .load(conn)?;
    let checked = |(at, node, outcome): (Timestamp, String, String)| {
        let accepted = outcome == Outcome::Done.code();
        Checked { at, node, accepted }
    };
    Ok(rows.into_iter().map(checked).collect())
}

/// What the history of a user leaves out: every single check of a one-time password, and the activation code, of which
/// another entry tells what came of it.
const UNTOLD: [Verb; 2] = [Verb::AuthenticationCheck, Verb::EnrollmentAcceptCode];

/// The newest entries on this user that tell something.
pub fn of_user(conn: &mut AnyConn, user: UserId, limit: i64) -> Result<Vec<Line>> {
    let rows: Vec<Row> = audit_entries::table
        .filter(audit_entries::user_id.eq(user.0))
        .filter(audit_entries::verb.ne_all(UNTOLD.map(Verb::code)))
        .order(audit_entries::id.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Line::from).collect())
}

/// What somebody did, as far as telling who they are needs it.
#[derive(Queryable)]
pub struct Deed {
    /// When.
    pub at: Timestamp,
    /// The address they did it from.
    pub address: String,
    /// The subject, without case.
    pub subject_key: String,
}

/// The newest `most` things that the actor of this kind and name did.
pub fn newest_of(conn: &mut AnyConn, kind: ActorKind, name: &str, most: i64) -> Result<Vec<Deed>> {
    use audit_entries::dsl;
    // By the index of (actor_key, id), so that it reads no more than it returns, however much there is.
    Ok(dsl::audit_entries
        .filter(dsl::actor_key.eq(db::key(name)).and(dsl::actor_kind.eq(kind.code())))
        .order(dsl::id.desc())
        .limit(most)
        .select((dsl::at, dsl::address, dsl::subject_key))
        .load(conn)?)
}
