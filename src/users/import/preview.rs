//! The preview of an import of users: what would become of each line, and what is there that would be changed.

use serde::{Deserialize, Serialize};

use super::{File, Outcome, Report, plan::Plan};
use crate::{
    audit::Verb,
    clock::Timestamp,
    db::{AnyConn, Lock},
    desk::Desk,
    error::{Error, Result},
    imports::{
        self, Fingerprint, Kind,
        taken::{self, Unique},
    },
    operators::{Permission, Who},
    users::user::ContainerName,
};

/// What would become of a file of users.
pub type Preview = imports::Preview<Plan>;

/// What is chosen beside the file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Choices {
    /// The container of new users whose line names none.
    pub container: String,
    /// Leave refused lines out; else one stops all of it.
    pub leave_out: bool,
}

impl imports::Plan for Plan {
    const KIND: Kind = Kind::Users;
    const PERMISSION: Permission = Permission::EditUsers;
    const LOCK: Lock = Lock::Users;
    type Choices = Choices;
    type File = File;
    type Report = Report;

    fn read(bytes: &[u8], _now: Timestamp, _choices: &Choices) -> Result<File> {
        read(bytes)
    }

    fn of(_desk: &Desk, conn: &mut AnyConn, who: &Who, file: &File, choices: &Choices) -> Result<Self> {
        Plan::of(conn, who, file, &fallback(&choices.container)?)
    }

    fn leave_out(choices: &Choices) -> bool {
        choices.leave_out
    }

    fn show(&self, choices: &Choices, shown: &mut Fingerprint) {
        shown.add(&choices.container);
        for line in &self.report.lines {
            shown.add(&line.number.to_string());
            shown.add(&line.user_id);
            shown.add(line.outcome.code());
            shown.add(&line.outcome.detail());
        }
        self.report.new_containers.iter().for_each(|name| shown.add(name));
        for (user, (field, now, after)) in self.changes() {
            shown.add(&user.user_id);
            shown.add(&user.version.to_string());
            [field, now.as_str(), after.as_str()].iter().for_each(|part| shown.add(part));
        }
    }

    fn is_stopped(&self, leave_out: bool) -> bool {
        self.report.has_refused() && !leave_out
    }

    fn apply(self, _: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp, _: &Choices) -> Result<Report> {
        Plan::apply(&self, conn, who, now)?;
        Ok(self.into_report(true))
    }

    fn to_csv(report: &Report) -> Vec<u8> {
        report.to_csv()
    }

    fn admit(desk: &Desk, who: &Who, now: Timestamp) -> Result<()> {
        taken::refuse_guessing(desk, who, now, Unique::UserId)
    }

    fn note(&self, desk: &Desk, who: &Who, now: Timestamp) -> Result<()> {
        let elsewhere = &self.report.taken_elsewhere;
        taken::note(desk, who, now, Unique::UserId, Verb::UsersImport, elsewhere, elsewhere.len())
    }
}

/// The container of new users whose line names none.
///
/// # Errors
/// `Invalid` (field `container`).
pub fn fallback(container: &str) -> Result<ContainerName> {
    ContainerName::parse(container).map_err(|sentence| Error::mistake("container", sentence))
}

/// Reads a file, if it is within the limits.
///
/// # Errors
/// `Invalid` (field `file`).
pub fn read(bytes: &[u8]) -> Result<File> {
    let wrong = |sentence| Error::mistake("file", sentence);
    imports::limits::check(bytes).map_err(wrong)?;
    File::read(bytes).map_err(wrong)
}

impl Preview {
    /// The lines that are left alone: number, User ID, reason.
    pub fn passed_over(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        self.plan.report.lines.iter().filter_map(|line| match &line.outcome {
            Outcome::PassedOver(why) => Some((line.number, line.user_id.as_str(), why.as_str())),
            _ => None,
        })
    }

    /// The refused lines: number, User ID, reason, and the cells of the line.
    pub fn refused(&self) -> impl Iterator<Item = (usize, &str, &str, String)> {
        self.plan.report.lines.iter().zip(&self.file.lines).filter_map(|(outcome, line)| match &outcome.outcome {
            Outcome::Refused(why) => {
                let text = self.file.cells(line).join("; ");
                Some((outcome.number, outcome.user_id.as_str(), why.as_str(), text))
            }
            _ => None,
        })
    }
}
