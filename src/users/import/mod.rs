//! Users from a file: what becomes of each line, and the verb that does it.

use crate::{
    audit::Verb,
    clock::Timestamp,
    db::{self, Lock},
    desk::Desk,
    error::Result,
    imports::taken::{self, Unique},
    operators::{Permission, Who},
};

mod column;
mod encoding;
mod file;
mod line;
mod outcome;
pub mod plan;
pub mod preview;

pub use column::{COLUMNS, Column};
pub use file::{File, Line, Numbers};
pub use outcome::{LineOutcome, Outcome, Report};

/// How a file is imported.
#[derive(Clone, Debug)]
pub struct Import {
    /// The container of new users whose line names none.
    pub container: String,
    /// Say what would become of each line, and change nothing.
    pub dry_run: bool,
    /// Import the valid lines even if others are refused; otherwise one invalid line stops the import.
    pub good_lines: bool,
}

/// Creates the users of a file, and updates those who are there, in one transaction.
///
/// # Errors
/// `Invalid` (field `file`) if the file as a whole cannot be read, (field `container`) if that cannot be taken.
pub fn import(desk: &Desk, who: &Who, now: Timestamp, bytes: &[u8], how: &Import) -> Result<Report> {
    who.need(Permission::EditUsers)?;
    taken::refuse_guessing(desk, who, now, Unique::UserId)?;
    let file = preview::read(bytes)?;
    let fallback = preview::fallback(&how.container)?;
    let report = if how.dry_run {
        desk.db.read(|conn| Ok(plan::Plan::of(conn, who, &file, &fallback)?.into_report(false)))?
    } else {
        desk.db.write_alone(|conn| {
            db::hold(conn, Lock::Users)?;
            let plan = plan::Plan::of(conn, who, &file, &fallback)?;
            if plan.report.has_refused() && !how.good_lines {
                return Ok(plan.into_report(false));
            }
            plan.apply(conn, who, now)?;
            Ok(plan.into_report(true))
        })?
    };
    taken::note(
        desk,
        who,
        now,
        Unique::UserId,
        Verb::UsersImport,
        &report.taken_elsewhere,
        report.taken_elsewhere.len(),
    )?;
    Ok(report)
}
