//! The Snapshot: what is going on, at a glance, as far as the role may see it.

use chrono::{Duration, NaiveDate};

use crate::{
    acme,
    authentication::{self, rejections::Unusual},
    clock::Timestamp,
    db::{AnyConn, Total},
    desk::Desk,
    error::Result,
    mail, messages,
    operators::{Permission, Scope, Who},
    reports::{
        basis, first_start, numbers,
        snapshot::{Day, Funnel, Locked, Open, Soon, Stopping},
        store,
    },
    rounds,
    tasks::status::last_soon_day,
    users,
};

/// Fewer hardware tokens left than this need a person.
pub const FEW_TOKENS: i64 = 10;

/// Hours for which it is said that an auth node rejected more than usual: until everybody has been at work.
const GUESSING_HOURS: i64 = 24;

/// What the role may see of it; `None` is not drawn.
#[derive(Debug, Default)]
pub struct Glance {
    /// No task was ever made: there is nothing to count.
    pub empty: bool,
    /// When the large numbers were counted, if that was not at this moment.
    pub counted_at: Option<Timestamp>,
    /// The open tasks, and how many tasks were made this week.
    pub open: Option<(Open, i64)>,
    /// Users still to enroll.
    pub waiting: Option<i64>,
    /// Whose time ends within 48 hours.
    pub soon: Option<Soon>,
    /// The tasks they are in.
    pub stopping: Vec<Stopping>,
    /// The last day that counts as within 48 hours.
    pub last_soon_day: NaiveDate,
    /// Messages of operators that lack what users must learn, and what.
    pub lacking: Vec<(messages::Message, String)>,
    /// Emails that failed and still matter.
    pub failures: Option<Total>,
    /// What a new server still needs, for who may do some of it; never in the demo.
    pub first_start: Option<first_start::Facts>,
    /// How the mail server does.
    pub mail: Option<mail::Health>,
    /// Emails that wait for their first try: all of them where none can leave, else those that are overdue.
    pub waiting_emails: Total,
    /// Users who used up their attempts.
    pub locked: Option<Locked>,
    /// The number of attempts allowed.
    pub attempts_allowed: i64,
    /// Hardware tokens in inventory and those of them that are reserved, if few are left.
    pub few_tokens: Option<(i64, i64)>,
    /// Auth nodes that rejected more than usual in the last 24 hours, the newest first.
    pub guessing: Vec<Unusual>,
    /// What the server does by itself and fails at.
    pub rounds: Vec<rounds::Failing>,
    /// Why no certificate was issued, where the servers order them by themselves; `None` if all is well.
    pub certificate: Option<String>,
    /// Users whose User IDs have become one with those of others: both User IDs.
    pub twins: Vec<(String, String)>,
    /// Where enrollments stop.
    pub funnel: Option<Funnel>,
    /// Completed enrollments by day.
    pub days: Vec<Day>,
}

/// Looks.
pub fn glance(desk: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp) -> Result<Glance> {
    let settings = &desk.settings;
    let zone = settings.zone;
    let basis = basis(conn, who, now, zone)?;
    let today = basis.today;
    let mut glance =
        Glance { last_soon_day: last_soon_day(today), attempts_allowed: basis.attempts_allowed, ..Glance::default() };
    if !settings.demo && first_start::concerns(who) {
        glance.first_start = Some(first_start::facts(conn, who, now, settings)?);
    }
    glance.empty = store::first_start::no_task(conn)?;
    if who.may_any(&[Permission::SeeTasks, Permission::SeeUsers, Permission::Reports]) {
        let (numbers, counted_at) = numbers::of(conn, &basis, zone)?;
        glance.counted_at = counted_at;
        if who.may(Permission::SeeTasks) {
            glance.open = Some((numbers.open, numbers.started));
            glance.soon = Some(numbers.soon);
            glance.stopping = store::snapshot::with_rows(conn, &basis, &numbers.stopping)?;
        }
        if who.may(Permission::SeeUsers) {
            glance.waiting = Some(numbers.waiting);
            glance.locked = Some(numbers.locked);
        }
        if who.may_any(&[Permission::SeeTasks, Permission::Reports]) {
            glance.funnel = Some(numbers.funnel);
            glance.days = numbers.days;
        }
    }
    if who.may(Permission::SeeUsers) {
        glance.twins = users::twins(conn, &who.scope)?;
    }
    if who.may(Permission::EditPolicies) {
        glance.lacking = messages::lacking(settings, conn)?;
    }
    if who.may(Permission::SeeOutbox) {
        let containers = basis.containers.as_deref();
        glance.failures = Some(mail::failures_lately(desk, conn, now, containers)?);
        glance.mail = Some(mail::health(conn)?);
        glance.waiting_emails = if settings.mail_leaves() {
            mail::overdue(conn, now, containers)?
        } else {
            mail::count(conn, now, containers, &mail::Filter::default(), mail::View::State(mail::State::Queued))?
        };
    }
    if who.may(Permission::SeeUsers) && who.scope == Scope::All {
        glance.guessing = authentication::left_the_usual(conn, now - Duration::hours(GUESSING_HOURS))?;
    }
    glance.rounds = rounds::failing(conn)?;
    if let Some(acme) = &settings.acme {
        glance.certificate = acme::trouble::sentence(&acme::standing(conn, acme)?, settings.zone);
    }
    if who.may_any(&[Permission::Provision, Permission::ImportTokens]) {
        // Where hardware tokens are not in use, none being left is nothing to say.
        let stock = super::stock_of(desk, conn, who, now)?;
        glance.few_tokens = stock.filter(|(inventory, reserved)| inventory - reserved < FEW_TOKENS);
    }
    Ok(glance)
}
