//! How far a user of the world comes in a task, and when.

use chrono::{Duration, NaiveDate};

use crate::{
    clock::{Timestamp, Zone},
    demo::world::{
        calendar::Calendar,
        draw::{draw, of_hundred},
        task::WorldTask,
    },
    policy::Policy,
    tasks::status::RemovedWhy,
};

/// Of a hundred users of an open task but its last: those who have enrolled. The last one has not.
const ENROLLED: i64 = 60;

/// Of a hundred: who used the token; of those who did not enroll, who is Locked, who has failed once or more, who has opened
/// the link; who was sent a second email.
const USED: i64 = 95;
const LOCKED: i64 = 4;
const FAILED: i64 = 6;
const OPENED: i64 = 30;
const RESENT: i64 = 5;

/// Of a hundred users: whom an operator took out of a task; with a removed task went those who had not enrolled.
const TAKEN_OUT: i64 = 2;
const NOT_IN_TIME: i64 = 30;

/// Of a hundred who did not even open the link: why. The rest just did nothing.
const REFUSED: i64 = 5;
const BOUNCED: i64 = 3;
const DEFERRED: i64 = 5;

/// The hour of reminders in the organization's time zone.
const REMINDERS_AT: i64 = 8;

/// Within how many days users enroll.
const DAYS_TO_ENROLL: i64 = 3;

/// What becomes of the emails to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// They are accepted.
    Accepted,
    /// They are refused for good.
    Refused,
    /// They come back.
    Bounced,
    /// The last one is refused for now, if it is new enough to be tried still.
    Deferred,
    /// The first one was not sent before it was canceled.
    Canceled,
}

/// How far a user came.
#[derive(Clone, Debug)]
pub struct Course {
    /// The last day on which they may enroll.
    pub stop_on: NaiveDate,
    /// Emails after the first: when Resend was pressed, and the days and moments of reminders.
    pub resent_at: Option<Timestamp>,
    pub reminded: Vec<(NaiveDate, Timestamp)>,
    /// What becomes of their emails.
    pub arrival: Arrival,
    /// What they did.
    pub opened_at: Option<Timestamp>,
    pub accepted_at: Option<Timestamp>,
    pub enrolled_at: Option<Timestamp>,
    pub used_at: Option<Timestamp>,
    /// Failed attempts, and when the last was.
    pub failures: i64,
    pub missed_at: Option<Timestamp>,
    /// When and why they were taken out.
    pub removed: Option<(Timestamp, RemovedWhy)>,
}

impl Course {
    /// That of the `m`th user of `task`.
    pub fn of(task: &WorldTask, m: i64, calendar: &Calendar, policy: &Policy, zone: Zone) -> Self {
        let (key, is_last) = (task.n * 10_007 + m, m + 1 == task.users);
        let at = |permille| calendar.between(task.created_at, Duration::days(DAYS_TO_ENROLL), permille);
        let mut course = Course {
            stop_on: task.stop_on,
            resent_at: of_hundred(40, key, RESENT).then(|| at(50)),
            reminded: Vec::new(),
            arrival: Arrival::Accepted,
            opened_at: None,
            accepted_at: None,
            enrolled_at: None,
            used_at: None,
            failures: 0,
            missed_at: None,
            removed: None,
        };
        let late = task.removed_at.filter(|_| is_last || of_hundred(41, key, NOT_IN_TIME));
        if let Some(removed_at) = late {
            course.removed = Some((removed_at, RemovedWhy::TaskRemoved));
        } else if m > 0 && !is_last && of_hundred(42, key, TAKEN_OUT) {
            course.removed = Some((at(300), RemovedWhy::Removed));
            if of_hundred(43, key, 50) {
                (course.resent_at, course.arrival) = (None, Arrival::Canceled);
            }
        } else if task.open && (is_last || !of_hundred(44, key, ENROLLED)) {
            course.wait(key, &at, policy);
            course.remind(task, calendar, policy, zone);
        } else {
            course.enroll(key, &at, calendar);
        }
        course
    }

    /// When the last email with a link was written.
    pub fn emailed_at(&self, task: &WorldTask) -> Timestamp {
        self.reminded.last().map(|(_, at)| *at).or(self.resent_at).unwrap_or(task.created_at)
    }

    fn enroll(&mut self, key: i64, at: &impl Fn(i64) -> Timestamp, calendar: &Calendar) {
        let permille = 100 + draw(45, key, 800);
        let enrolled_at = at(permille);
        self.opened_at = Some(at(permille * 8 / 10));
        self.accepted_at = Some(at(permille * 9 / 10));
        self.enrolled_at = Some(enrolled_at);
        let used_at = calendar.between(enrolled_at, Duration::days(1), 100 + draw(46, key, 800));
        self.used_at = of_hundred(47, key, USED).then_some(used_at);
    }

    fn wait(&mut self, key: i64, at: &impl Fn(i64) -> Timestamp, policy: &Policy) {
        self.failures = match draw(48, key, 100) {
            n if n < LOCKED => policy.attempts_allowed,
            n if n < LOCKED + FAILED => 1 + draw(49, key, policy.attempts_allowed - 1),
            _ => 0,
        }
        .min(policy.attempts_allowed);
        if self.failures > 0 {
            self.missed_at = Some(at(600));
        }
        if self.failures > 0 || of_hundred(50, key, OPENED) {
            self.opened_at = Some(at(400));
            return;
        }
        self.arrival = match draw(51, key, 100) {
            n if n < REFUSED => Arrival::Refused,
            n if n < REFUSED + BOUNCED => Arrival::Bounced,
            n if n < REFUSED + BOUNCED + DEFERRED => Arrival::Deferred,
            _ => Arrival::Accepted,
        };
        if self.arrival != Arrival::Accepted {
            self.resent_at = None;
        }
    }

    /// The reminders that the server has sent by now.
    fn remind(&mut self, task: &WorldTask, calendar: &Calendar, policy: &Policy, zone: Zone) {
        if self.failures >= policy.attempts_allowed {
            return;
        }
        for reminder in policy.reminders(self.stop_on) {
            let morning = zone.end_of(reminder.on - Duration::days(1)) + Duration::hours(REMINDERS_AT);
            let is_new = |at: Timestamp| zone.today(at) < reminder.on;
            if morning <= calendar.now && is_new(task.created_at) && self.resent_at.is_none_or(is_new) {
                self.reminded.push((reminder.on, morning));
            }
        }
    }
}
