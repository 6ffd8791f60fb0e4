//! How large a world is asked for, and what of it lies where.

use crate::{
    demo::world::draw::draw,
    english::{counted, number},
    error::{Error, Result},
    tokens::AuthenticationType::{self, AuthenticatorApp, HardwareToken},
};

/// The most tasks of a world: with 4 KB on the disk for each that is 20 GB, and as much again while it is made.
pub const MOST_TASKS: i64 = 5_000_000;

/// The most users of a world: as many as the most tasks need if all of them are open.
pub const MOST_USERS: i64 = 10_000_000;

/// The fewest users of a world in which nothing else is asked for.
const USUAL_USERS: i64 = 1_000;

/// Users stand in groups of so many, each of one container.
pub const GROUP: i64 = 10;

/// How far back the tasks go, in days, and how long ago the last of them begin, among which are the open ones: no Stop Date
/// is further from its task.
pub const DAYS: i64 = 700;
pub const LAST_DAYS: i64 = 28;

/// How large a world is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Its tasks.
    pub tasks: i64,
    /// Its users.
    pub users: i64,
    /// The tasks in which somebody has yet to enroll.
    pub open: i64,
}

impl Size {
    /// The world that is asked for. Without `users` it has a fifth of the tasks, 1,000 at least, and as many as the open
    /// tasks need: nobody is to enroll the same kind of token in two tasks at once.
    ///
    /// # Errors
    /// `Refused` with a sentence that says which number cannot be.
    pub fn of(tasks: i64, users: Option<i64>, share: f64) -> Result<Self> {
        if !(1..=MOST_TASKS).contains(&tasks) {
            return Err(refused(&format!("--tasks takes a number from 1 to {}.", number(MOST_TASKS))));
        }
        if users.is_some_and(|users| !(GROUP..=MOST_USERS).contains(&users)) {
            return Err(refused(&format!("--users takes a number from {GROUP} to {}.", number(MOST_USERS))));
        }
        if !(0.0..=1.0).contains(&share) {
            return Err(refused("--open takes a share from 0 to 1, such as 0.1 for a tenth of the tasks."));
        }
        // Exact: a number below 2^53.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "a share of at most MOST_TASKS"
        )]
        let open = (tasks as f64 * share).round() as i64;
        let asked = users.unwrap_or((tasks / 5).max(USUAL_USERS));
        let mut size = Size { tasks, users: asked, open };
        // More users make the largest tasks larger, up to a limit.
        while size.needed() > size.users {
            size.users = size.needed();
        }
        if users.is_some() && size.users > asked {
            let (tasks, open) = (counted(tasks, "task"), number(open));
            return Err(refused(&format!("{tasks}, of which {open} are open, need --users {} or more.", size.users)));
        }
        Ok(size)
    }

    /// The tasks that began before the last weeks; none of them is open.
    pub fn older(&self) -> i64 {
        (self.tasks - self.open) * (DAYS - LAST_DAYS) / DAYS
    }

    /// True if somebody has yet to enroll in the `n`th task.
    pub fn is_open(&self, n: i64) -> bool {
        let (at, last) = (n - self.older(), self.tasks - self.older());
        at >= 0 && (at + 1) * self.open / last > at * self.open / last
    }

    /// The kind of token of the `n`th task: one of twelve is for devices.
    pub fn kind(&self, n: i64) -> AuthenticationType {
        if draw(1, n, 12) == 0 { HardwareToken } else { AuthenticatorApp }
    }

    /// The users of the `n`th task: most have one, a tenth two to four, one of 50 five to nineteen, one of 1,000 twenty to
    /// 79, and two of the world, with one more of every 100,000, have a twentieth of all users, up to 4,000.
    pub fn users_of(&self, n: i64) -> i64 {
        let (tasks, all) = (self.tasks, (self.users / 20).clamp(1, 4_000));
        let users = match n {
            _ if n == tasks / 2 || n == tasks - 1 - tasks / 40 || n % 100_000 == 50_000 => all,
            _ if n % 1_000 == 500 => 20 + draw(2, n, 60),
            _ if n % 50 == 7 => 5 + draw(2, n, 15),
            _ if n % 10 == 3 => 2 + draw(2, n, 3),
            _ => 1,
        };
        users.min(all)
    }

    /// Enrollments of this kind from the `n`th task on.
    pub fn enrollments(&self, kind: AuthenticationType, from: i64) -> i64 {
        (from..self.tasks).filter(|n| self.kind(*n) == kind).map(|n| self.users_of(n)).sum()
    }

    /// The users that the tasks of the last weeks need, in whole groups.
    fn needed(&self) -> i64 {
        let most = AuthenticationType::ALL.into_iter().map(|kind| self.enrollments(kind, self.older())).max();
        (most.unwrap_or(0) + GROUP - 1) / GROUP * GROUP
    }
}

fn refused(sentence: &str) -> Error {
    Error::Refused(sentence.to_owned())
}
