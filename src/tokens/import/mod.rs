//! Importing tokens from a CSV or a PSKC file or one of `otpauth` addresses, to the inventory or to their owners: all of it or
//! nothing, or the good ones alone.

use crate::{
    audit::Verb,
    clock::Timestamp,
    db::{self, Lock},
    desk::Desk,
    error::Result,
    imports::taken::{self, Unique},
    operators::{Permission, Who},
};

mod app_key;
mod cipher;
mod columns;
mod device;
mod distinguished_name;
mod migration;
mod owners;
mod plan;
pub mod preview;
mod pskc;
mod report;
mod table;
mod uris;
mod xml;

pub use columns::{COLUMNS, PassedOver};
pub use pskc::Opening;
pub use report::{Format, LineOutcome, Report};

use plan::read;
pub use plan::{File, Plan, making_words};

pub use device::MOST_DEVICES;

pub use device::MOST_BYTES;

pub use owners::MOST_OF_A_USER;

/// What is asked for beside the file.
pub struct Choices {
    /// What opens an encrypted file.
    pub opening: Opening,
    /// The container for devices that the file names neither one nor an owner for; empty: the whole organization.
    pub container: String,
    /// Tell the owners by email that their tokens are here.
    pub tell_owners: bool,
    /// Import the good ones if others are refused; else one refused line refuses all.
    pub good_ones: bool,
    /// Only say what would become of it.
    pub dry_run: bool,
}

/// Imports a file of devices. Seeds are sealed at once and are in no outcome, log or audit entry.
///
/// # Errors
/// `Invalid` if the file as a whole cannot be taken (field `file`, `key`, `password` or `container`), `Conflict` if
/// one of the serial numbers was imported by someone else at the same moment, `TooMany` after many that are taken out of
/// scope.
pub fn import(desk: &Desk, who: &Who, now: Timestamp, bytes: &[u8], choices: &Choices) -> Result<Report> {
    who.need(Permission::ImportTokens)?;
    taken::refuse_guessing(desk, who, now, Unique::SerialNumber)?;
    let file = read(bytes, now, &choices.opening)?;
    if choices.dry_run {
        let report = desk
            .db
            .read(|conn| Ok(Plan::of(desk, conn, who, &file, &choices.container, choices.tell_owners)?.report))?;
        note_taken(desk, who, now, &report)?;
        return Ok(report);
    }
    let report = desk.db.write_alone(|conn| {
        db::hold(conn, Lock::Tokens)?;
        let plan = Plan::of(desk, conn, who, &file, &choices.container, choices.tell_owners)?;
        if plan.is_stopped(choices.good_ones) {
            return Ok(plan.report);
        }
        plan.apply(desk, conn, who, now, &choices.container)
    })?;
    note_taken(desk, who, now, &report)?;
    Ok(report)
}

/// Writes down what was refused because it is taken out of scope.
fn note_taken(desk: &Desk, who: &Who, now: Timestamp, report: &Report) -> Result<()> {
    let taken = &report.taken_elsewhere;
    taken::note(desk, who, now, Unique::SerialNumber, Verb::TokensImport, taken, taken.len())
}
