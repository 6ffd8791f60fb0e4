//! Counts that a server of an older version did not keep, made right. While the servers of an installation are replaced one
//! after the other, older ones work beside newer ones, and change enrollments without what a later version counts of them.

use chrono::Duration;

use super::{recount, store::differing};
use crate::{clock::Timestamp, db::Db, desk::Desk, error::Result};

/// Tasks that are compared in one statement: some milliseconds, or a tenth of a second where they have many users.
const TASKS_AT_ONCE: i64 = 500;

/// For so many hours after the upgrade an older server may still work beside this one.
const OLDER_HOURS: i64 = 24;

/// Compares all tasks with their enrollments, some at a time, and counts those anew that differ; answers how many did. Ends
/// early when the server is to end.
pub fn restore(desk: &Desk) -> Result<usize> {
    let (mut after, mut restored) = (0, 0);
    while let Some(end) = desk.db.read(|conn| differing::end(conn, after, TASKS_AT_ONCE))? {
        for task in desk.db.read(|conn| differing::differing(conn, after, end))? {
            desk.db.write(|conn| recount(conn, task))?;
            tracing::warn!(task = task.0, "the counts of a task were made anew: an older version had changed it");
            restored += 1;
        }
        if desk.stopping.is_cancelled() {
            break;
        }
        after = end;
    }
    Ok(restored)
}

/// As [`restore`], as often as an older server may have written: when this version first has the database, and, where
/// more than one server may have it, again and again for a day.
pub fn restore_beside_older(desk: &Desk, now: Timestamp) -> Result<()> {
    let name = format!("counts of {}", Db::newest_migration(desk.db.is_postgres())?);
    let first = desk.db.read(|conn| differing::compared_at(conn, &name))?;
    let still = |first: Timestamp| desk.db.is_postgres() && now < first + Duration::hours(OLDER_HOURS);
    if first.is_none_or(still) {
        restore(desk)?;
        desk.db.write(|conn| differing::note_compared(conn, &name, now))?;
    }
    Ok(())
}
