//! Which tasks the list is asked for, and in which order: a seek where few match, a walk along the index of the order where
//! many do. Either reads about as much as is shown, however many tasks there are.

use chrono::NaiveDate;
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{Bool, Text},
};

use super::inside;
use crate::{
    db::{
        self, AnyConn, Span, Total,
        total::{CAP, are_few},
    },
    error::Result,
    ids::ContainerId,
    schema::{emails, tasks},
    tasks::{
        list::{Column, Order, Query, View},
        status::last_soon_day,
    },
};

type Backend = <AnyConn as diesel::Connection>::Backend;
type Boxed = tasks::BoxedQuery<'static, Backend>;
type Condition = Box<dyn BoxableExpression<tasks::table, Backend, SqlType = Bool>>;

/// Emails in trouble, in the words of the index `emails_trouble`, which is not found through bound values.
pub const IN_TROUBLE: &str = "(emails.state IN ('Deferred', 'Failed', 'Bounced')) IS TRUE";

/// The tasks in which someone who has yet to enroll was not reached by the newest email, but for the closing bracket. CROSS:
/// emails in trouble are fewer than enrollments, and read first.
fn with_trouble() -> String {
    format!(
        "tasks.id IN (SELECT e.task_id FROM emails CROSS JOIN enrollments e WHERE {IN_TROUBLE} \
         AND e.id = emails.enrollment_id AND e.last_email_id = emails.id AND e.removed_at IS NULL AND e.enrolled_at IS NULL"
    )
}

/// What is asked of the list.
pub struct Matching<'a> {
    query: &'a Query,
    today: NaiveDate,
    scope: Option<&'a [ContainerId]>,
    /// The tasks that the text finds, if they are few.
    named: Option<Vec<i64>>,
    /// The tasks that the view may hold by what lies in the scope, if they are few.
    sought: Option<Vec<i64>>,
    /// Those that match, if something narrows the list and they are few.
    few: Option<Vec<i64>>,
    /// More match than are counted: the index of the order is walked, and what does not match is passed over.
    walks: bool,
}

impl<'a> Matching<'a> {
    /// What is asked, before it is looked how many match. `scope`: only what of the tasks lies in these containers; an order
    /// by what lies in them has no index, see `scoped`.
    fn new(conn: &mut AnyConn, query: &'a Query, today: NaiveDate, scope: Option<&'a [ContainerId]>) -> Result<Self> {
        let named = if query.q.is_empty() { None } else { named(conn, &query.q, scope)? };
        let mut matching = Matching { query, today, scope, named, sought: None, few: None, walks: false };
        if let (Some(scope), Some(part)) = (scope, matching.part()) {
            matching.sought = inside::few_with(conn, scope, &part)?;
        }
        Ok(matching)
    }

    /// The same, with how many match.
    pub fn of(
        conn: &mut AnyConn,
        query: &'a Query,
        today: NaiveDate,
        scope: Option<&'a [ContainerId]>,
    ) -> Result<(Self, Total)> {
        let mut matching = Matching::new(conn, query, today, scope)?;
        if !query.narrows() {
            let total = matching.count(conn)?;
            matching.walks = total.more;
            return Ok((matching, total));
        }
        let ids: Vec<i64> = matching.filtered().select(tasks::id).limit(CAP + 1).load(conn)?;
        let total = Total::of(i64::try_from(ids.len()).unwrap_or(CAP));
        (matching.few, matching.walks) = if total.more { (None, true) } else { (Some(ids), false) };
        Ok((matching, total))
    }

    /// How many tasks match a query.
    pub fn total(conn: &mut AnyConn, query: &Query, today: NaiveDate, scope: Option<&[ContainerId]>) -> Result<Total> {
        Matching::new(conn, query, today, scope)?.count(conn)
    }

    /// What is true of some part of each task of the view, in the words of an index of the parts.
    fn part(&self) -> Option<String> {
        let (today, soon) = (self.today, last_soon_day(self.today));
        match self.query.view {
            View::Stopping => Some(format!("c.latest_stop_on >= '{today}' AND c.latest_stop_on <= '{soon}'")),
            View::Past => Some(format!("c.latest_stop_on < '{today}'")),
            View::Locked => Some("c.locked > 0".into()),
            View::Open | View::Mail | View::Mine => None,
        }
    }

    fn count(&self, conn: &mut AnyConn) -> Result<Total> {
        crate::total!(conn, self.filtered().select(tasks::id))
    }

    /// The tasks that match, in no order.
    fn filtered(&self) -> Boxed {
        let Query { view, q, operator, authentication_type, stop, me, .. } = self.query;
        let mut tasks = open();
        if let Some(scope) = self.scope {
            tasks = tasks.filter(sql::<Bool>(&inside::open_in(scope)));
        }
        let (today, soon) = (self.today, last_soon_day(self.today));
        match view {
            View::Open => {}
            View::Stopping => tasks = self.stops(tasks, Some(today), Some(soon)),
            View::Past => tasks = self.stops(tasks, None, self.today.pred_opt()),
            View::Locked => {
                // As the index has it.
                tasks = tasks.filter(sql::<Bool>("tasks.locked > 0"));
                if let Some(scope) = self.scope {
                    tasks = tasks.filter(sql::<Bool>(&inside::locked_in(scope)));
                }
            }
            View::Mail => {
                let inside = self.scope.map_or(String::new(), |scope| format!(" AND {}", inside::went_to(scope)));
                tasks = tasks.filter(sql::<Bool>(&format!("{}{inside})", with_trouble())));
            }
            View::Mine => tasks = self.made_by(tasks, me),
        }
        if !operator.is_empty() {
            tasks = self.made_by(tasks, operator);
        }
        if let Some(kind) = authentication_type {
            tasks = match self.walks {
                true => {
                    tasks.filter(sql::<Bool>(&format!("COALESCE(tasks.authentication_type, '') = '{}'", kind.code())))
                }
                false => tasks.filter(tasks::authentication_type.eq(kind.code())),
            };
        }
        if let Some(within) = stop {
            let (from, to) = within.days(today);
            tasks = self.stops(tasks, Some(from), Some(to));
        }
        for ids in self.named.iter().chain(&self.sought) {
            tasks = tasks.filter(tasks::id.eq_any(ids.clone()));
        }
        if q.is_empty() { tasks } else { tasks.filter(text(q, self.scope)) }
    }

    /// Of one operator. Beside the order's index no other is offered to the database.
    fn made_by(&self, tasks: Boxed, key: &str) -> Boxed {
        if self.walks && self.query.order.column != Column::Operator {
            let by = sql::<Bool>("COALESCE(tasks.operator_key, '') = ").bind::<Text, _>(key.to_owned());
            return tasks.filter(by);
        }
        // The bound that all numbers keep lets SQLite see that the index of open tasks answers more of it than that of all.
        tasks.filter(tasks::operator_key.eq(key.to_owned())).filter(tasks::id.gt(0))
    }

    /// With a Stop Date from the first day to the last, as far as they are given.
    fn stops(&self, mut tasks: Boxed, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Boxed {
        let stop_on = match self.scope {
            Some(scope) => inside::stop_in(scope),
            None if self.walks && self.query.order.column != Column::Stop => {
                "COALESCE(tasks.latest_stop_on, tasks.start_on)".into()
            }
            None => "tasks.latest_stop_on".into(),
        };
        for (compared, day) in [(">=", from), ("<=", to)] {
            if let Some(day) = day {
                tasks = tasks.filter(sql::<Bool>(&format!("{stop_on} {compared} '{day}'")));
            }
        }
        tasks
    }

    /// Of the tasks that match those of a span, by the key of the order, then the number, as the indexes have it.
    pub fn span(&self, span: Span) -> Boxed {
        let mut tasks = match &self.few {
            // Asked to sort few of many, a database may rather walk an index past every task.
            Some(ids) => tasks::table.filter(tasks::id.eq_any(ids.clone())).into_boxed(),
            None => self.filtered(),
        };
        let Order { column, descending } = self.query.order;
        let key: &[&str] = match column {
            Column::Task => &[],
            Column::Operator => &["operator_key"],
            Column::EmailedTo => &["emailed_to_key"],
            Column::Start => &["start_on"],
            Column::Stop => &["latest_stop_on"],
            Column::Count => &["users"],
            Column::Completed => &["used"],
        };
        let seen = self.scope.map_or_else(|| "1 = 1".to_owned(), inside::anchor_in);
        if let Some(beyond) = span.beyond("tasks", key, descending, &seen) {
            tasks = tasks.filter(sql::<Bool>(&format!("({beyond})")));
        }
        let tasks = tasks.offset(span.offset()).limit(span.limit);
        match (column, descending == span.backwards()) {
            (Column::Task, true) => tasks.order(tasks::id.asc()),
            (Column::Task, false) => tasks.order(tasks::id.desc()),
            (Column::Operator, true) => tasks.order((tasks::operator_key.asc(), tasks::id.asc())),
            (Column::Operator, false) => tasks.order((tasks::operator_key.desc(), tasks::id.desc())),
            (Column::EmailedTo, true) => tasks.order((tasks::emailed_to_key.asc(), tasks::id.asc())),
            (Column::EmailedTo, false) => tasks.order((tasks::emailed_to_key.desc(), tasks::id.desc())),
            (Column::Start, true) => tasks.order((tasks::start_on.asc(), tasks::id.asc())),
            (Column::Start, false) => tasks.order((tasks::start_on.desc(), tasks::id.desc())),
            (Column::Stop, true) => tasks.order((tasks::latest_stop_on.asc(), tasks::id.asc())),
            (Column::Stop, false) => tasks.order((tasks::latest_stop_on.desc(), tasks::id.desc())),
            (Column::Count, true) => tasks.order((tasks::users.asc(), tasks::id.asc())),
            (Column::Count, false) => tasks.order((tasks::users.desc(), tasks::id.desc())),
            (Column::Completed, true) => tasks.order((tasks::used.asc(), tasks::id.asc())),
            (Column::Completed, false) => tasks.order((tasks::used.desc(), tasks::id.desc())),
        }
    }
}

/// The open tasks.
pub fn open() -> Boxed {
    tasks::table.filter(tasks::removed_at.is_null()).filter(tasks::enrolled.lt(tasks::users)).into_boxed()
}

/// The range of what begins with a text, as keys are compared.
fn range(q: &str) -> (String, String) {
    (q.to_owned(), db::after(q).unwrap_or_default())
}

/// The number, the operator or the address of the newest email is so, or begins so.
fn text(q: &str, scope: Option<&[ContainerId]>) -> Condition {
    let (from, to) = range(q);
    // A number that is none of a task finds nothing by number.
    let number = tasks::id.eq(q.parse::<i64>().unwrap_or(-1));
    let operator = tasks::operator_key.ge(from.clone()).and(tasks::operator_key.lt(to.clone()));
    let Some(scope) = scope else {
        return Box::new(number.or(operator).or(tasks::emailed_to_key.ge(from).and(tasks::emailed_to_key.lt(to))));
    };
    let newest = inside::newest_email_in(scope);
    let email = sql::<Bool>(&format!("EXISTS (SELECT 1 FROM emails m WHERE m.id = {newest} AND m.shown_to_key >= "))
        .bind::<Text, _>(from)
        .sql(" AND m.shown_to_key < ")
        .bind::<Text, _>(to)
        .sql(")");
    Box::new(number.or(operator).or(email))
}

/// The tasks that a text may find, each way by its index; `None` if they are many.
fn named(conn: &mut AnyConn, q: &str, scope: Option<&[ContainerId]>) -> Result<Option<Vec<i64>>> {
    let (from, to) = range(q);
    let by_operator = open().filter(tasks::operator_key.ge(from.clone())).filter(tasks::operator_key.lt(to.clone()));
    let mut ids: Vec<i64> = by_operator.select(tasks::id).limit(CAP + 1).load(conn)?;
    if !are_few(&ids) {
        return Ok(None);
    }
    let by_email: Vec<i64> = match scope {
        None => {
            let emailed = tasks::emailed_to_key.ge(from).and(tasks::emailed_to_key.lt(to));
            open().filter(emailed).select(tasks::id).limit(CAP + 1).load(conn)?
        }
        Some(scope) => emails::table
            .filter(emails::shown_to_key.ge(from).and(emails::shown_to_key.lt(to)))
            .filter(emails::container_id.eq_any(scope.iter().map(|id| id.0).collect::<Vec<_>>()))
            .filter(emails::task_id.is_not_null())
            .select(emails::task_id.assume_not_null())
            .limit(CAP + 1)
            .load(conn)?,
    };
    if !are_few(&by_email) {
        return Ok(None);
    }
    ids.extend(by_email);
    ids.extend(q.parse::<i64>());
    ids.sort_unstable();
    ids.dedup();
    Ok(Some(ids))
}
