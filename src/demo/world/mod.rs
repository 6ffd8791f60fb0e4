//! A world of any size beside the story, for whoever wants to see the console at theirs: users and tasks of two years, made
//! by the rules of the verbs without calling them, since a million calls take hours.
//!
//! Every row follows from its position, so that nothing is kept in memory and the same size gives the same world. Tasks lie in the
//! order of time; the open ones are among those of the last weeks. A user comes to a task when everybody else was in one:
//! nobody is to enroll the same kind of token in two tasks at once.

use chrono::Duration;

use crate::{
    db::{self, AnyConn},
    demo::{ACCOUNTS, people::CONTAINERS},
    desk::Desk,
    error::{Error, Result},
    ids::{ContainerId, UserId},
    operators::{self, Permission, Scope, Who},
    policy, tokens, users,
};

mod calendar;
mod course;
mod devices;
mod draw;
mod entries;
mod kept;
mod letters;
mod maker;
mod outcome;
mod residents;
pub mod size;
mod store;
mod task;

use calendar::Calendar;
use maker::Maker;
use residents::{Round, resident};
pub use size::Size;
use store::{Slice, TABLES};

pub use store::open_tasks;

/// Users in one statement, and enrollments after which rows are written: some megabytes.
const USERS_AT_ONCE: i64 = 2_000;
const ENROLLMENTS_AT_ONCE: usize = 2_000;

/// Devices in inventory: one for so many tasks, and some more.
const TASKS_A_DEVICE: i64 = 100;
const DEVICES: i64 = 50;

/// How far the making has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// So many users and tasks are there.
    Rows(i64),
    /// All rows are there; the indexes are made.
    Indexes,
}

/// True if a world was made in this database.
pub fn is_made(desk: &Desk) -> Result<bool> {
    desk.db.read(store::is_made)
}

/// Makes a world of this size beside the story, which has its operators and containers; `tell` hears how far it is. Nobody
/// else uses the database meanwhile. All of it is there afterwards, or nothing of it.
///
/// # Errors
/// `Internal` if the story was not played before.
pub fn make(desk: &Desk, size: Size, tell: &mut dyn FnMut(Stage)) -> Result<()> {
    let now = desk.now();
    db::fill(&desk.settings.database_url, &TABLES, |conn| {
        let round = Round::of(&size);
        let mut maker = Maker {
            desk,
            size,
            calendar: Calendar::until(now),
            policy: policy::current(conn)?,
            zone: desk.settings.zone,
            operators: operators_of(conn)?,
            containers: containers(conn)?,
            numbers: store::numbers(conn)?,
            slice: Slice::default(),
            round,
            made: [0; 2],
            all: tokens::AuthenticationType::ALL.map(|kind| size.enrollments(kind, 0)),
        };
        people(conn, &maker, tell)?;
        stock(conn, &mut maker)?;
        for n in 0..size.tasks {
            maker.task(n)?;
            if maker.slice.enrollments.len() >= ENROLLMENTS_AT_ONCE {
                maker.slice.write(conn)?;
                tell(Stage::Rows(size.users + n));
            }
        }
        maker.slice.write(conn)?;
        tell(Stage::Rows(size.users + size.tasks));
        store::note_made(conn, now)?;
        tell(Stage::Indexes);
        Ok(())
    })
}

fn people(conn: &mut AnyConn, maker: &Maker<'_>, tell: &mut dyn FnMut(Stage)) -> Result<()> {
    let begun = maker.calendar.now - Duration::days(size::DAYS + 7);
    let mut first = 0;
    while first < maker.size.users {
        let residents: Vec<_> = (first..maker.size.users.min(first + USERS_AT_ONCE)).map(resident).collect();
        let details = residents.iter().map(residents::Resident::details).collect::<Result<Vec<_>>>()?;
        let containers = residents.iter().map(|resident| maker.containers[resident.container]);
        let new: Vec<_> = details.iter().zip(containers).collect();
        users::insert_all(conn, begun, &new)?;
        let disabled = residents.iter().filter(|resident| resident.disabled);
        let disabled: Vec<_> = disabled.map(|resident| UserId(maker.numbers.user + 1 + resident.n)).collect();
        store::disable(conn, begun, &disabled)?;
        first += USERS_AT_ONCE;
        tell(Stage::Rows(first.min(maker.size.users)));
    }
    let last = store::numbers(conn)?.user;
    if last == maker.numbers.user + maker.size.users {
        return Ok(());
    }
    Err(Error::Internal(format!("the users of the world are not numbered in a row: the last one is {last}")))
}

fn stock(conn: &mut AnyConn, maker: &mut Maker<'_>) -> Result<()> {
    let all = DEVICES + maker.size.tasks / TASKS_A_DEVICE;
    let mut made = 0;
    while made < all {
        let count = (all - made).min(USERS_AT_ONCE);
        tokens::insert_inventory(maker.desk, conn, maker.calendar.now, &devices::inventory(maker, made, count))?;
        made += count;
    }
    maker.numbers = store::Numbers { user: maker.numbers.user, ..store::numbers(conn)? };
    Ok(())
}

/// Those of the demo's operators who make tasks everywhere.
fn operators_of(conn: &mut AnyConn) -> Result<Vec<Who>> {
    let mut list = Vec::new();
    for account in ACCOUNTS {
        let row = operators::row(conn, account.user_id)?.ok_or_else(|| missing(account.user_id))?;
        let at_work = operators::at_work(conn, row.id, "192.0.2.17", "")?;
        let who = at_work.ok_or_else(|| missing(account.user_id))?.who;
        if who.scope == Scope::All && who.may(Permission::Provision) {
            list.push(who);
        }
    }
    Ok(list)
}

fn containers(conn: &mut AnyConn) -> Result<Vec<ContainerId>> {
    let all = CONTAINERS.iter().map(|(name, _)| users::container(conn, name)?.ok_or_else(|| missing(name)));
    all.collect()
}

fn missing(name: &str) -> Error {
    Error::Internal(format!("the world has no {name}: the story was not told before"))
}
