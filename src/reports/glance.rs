//! The Snapshot: what is going on, at a glance, as far as the role may see it.

use chrono::{Datelike as _, Days, Duration, NaiveDate};

use crate::{
    authentication::{self, rejections::Unusual},
    clock::Timestamp,
    config::Settings,
    db::{AnyConn, Total},
    error::Result,
    mail, messages,
    operators::{Permission, Scope, Who},
    provision,
    reports::{
        first_start, ground,
        snapshot::{Day, Funnel, Locked, Open, Soon, Stopping},
        store,
    },
    rounds,
    tokens::AuthenticationType,
    users,
};

/// Days ahead that count as the next 48 hours: today, tomorrow and the day after, as in the list of tasks.
const SOON_DAYS: u64 = 2;

/// Tasks shown that stop soon.
const MOST_STOPPING: i64 = 8;

/// Days the chart and the funnel go back, today included.
pub const DAYS_BACK: usize = 30;

/// Fewer hardware tokens left than this need a person.
const FEW_TOKENS: i64 = 10;

/// Hours for which it is said that an auth node rejected more than usual: until everybody has been at work.
const GUESSING_HOURS: i64 = 24;

/// What the role may see of it; `None` is not drawn.
#[derive(Debug, Default)]
pub struct Glance {
    /// No task was ever made: there is nothing to count.
    pub empty: bool,
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
    /// Users whose User IDs have become one with those of others: both User IDs.
    pub twins: Vec<(String, String)>,
    /// Where enrollments stop.
    pub funnel: Option<Funnel>,
    /// Completed enrollments by day.
    pub days: Vec<Day>,
}

/// Looks.
pub fn glance(conn: &mut AnyConn, who: &Who, now: Timestamp, settings: &Settings) -> Result<Glance> {
    let zone = settings.zone;
    let ground = ground(conn, who, now, zone)?;
    let today = ground.today;
    let last_soon_day = today.checked_add_days(Days::new(SOON_DAYS)).unwrap_or(today);
    let mut glance = Glance { last_soon_day, attempts_allowed: ground.attempts_allowed, ..Glance::default() };
    if !settings.demo && first_start::concerns(who) {
        glance.first_start = Some(first_start::facts(conn, who, now, settings)?);
    }
    glance.empty = store::first_start::no_task(conn)?;
    if who.may(Permission::SeeTasks) {
        let since_monday = u64::from(today.weekday().num_days_from_monday());
        let monday = today.checked_sub_days(Days::new(since_monday)).unwrap_or(today);
        glance.open = Some((store::snapshot::open(conn, &ground)?, store::snapshot::started(conn, &ground, monday)?));
        glance.soon = Some(store::snapshot::soon(conn, &ground, last_soon_day)?);
        glance.stopping = store::snapshot::stopping(conn, &ground, last_soon_day, MOST_STOPPING)?;
    }
    if who.may(Permission::SeeUsers) {
        glance.waiting = Some(store::snapshot::waiting(conn, &ground)?);
        glance.locked = Some(store::snapshot::locked(conn, &ground)?);
        glance.twins = users::twins(conn, &who.scope)?;
    }
    if who.may(Permission::EditPolicies) {
        glance.lacking = messages::lacking(settings, conn)?;
    }
    if who.may(Permission::SeeOutbox) {
        let containers = ground.containers.as_deref();
        glance.failures = Some(mail::failures(conn, now, containers)?);
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
    if who.may_any(&[Permission::Provision, Permission::ImportTokens]) {
        let stock = provision::stock(conn, &who.scope, AuthenticationType::HardwareToken, today)?;
        let inventory = stock.inventory.unwrap_or(0);
        // Where hardware tokens are not in use, none being left is nothing to say.
        let in_use = inventory + stock.reserved > 0;
        glance.few_tokens = (in_use && inventory - stock.reserved < FEW_TOKENS).then_some((inventory, stock.reserved));
    }
    if who.may_any(&[Permission::SeeTasks, Permission::Reports]) {
        let back = u64::try_from(DAYS_BACK).unwrap_or(0).saturating_sub(1);
        let from = today.checked_sub_days(Days::new(back)).unwrap_or(today);
        glance.funnel = Some(store::snapshot::funnel(conn, &ground, from)?);
        glance.days = store::snapshot::completed(conn, &ground, zone, DAYS_BACK)?;
    }
    Ok(glance)
}
