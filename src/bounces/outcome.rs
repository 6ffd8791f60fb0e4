//! What came of a message of the mailbox.

use super::report::REPORT_BYTES;
use crate::{ids::EmailId, mail::Action};

/// What came of a message of the mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportOutcome {
    /// The email is Bounced now.
    Bounced(EmailId, String),
    /// The report was noted with the email, whose state it does not change.
    Noted(EmailId, Action),
    /// This very report was noted before.
    Known(EmailId),
    /// It is about no email of ours.
    NotOurs,
    /// It is no delivery report.
    NoReport,
    /// It is one, but this is wrong with it.
    Malformed(&'static str),
    /// It is longer than [`REPORT_BYTES`].
    TooLong,
}

impl ReportOutcome {
    /// What is printed of it.
    pub fn label(&self) -> String {
        match self {
            ReportOutcome::Bounced(email, why) => format!("email {email} bounced: {why}"),
            ReportOutcome::Noted(email, action) => format!("email {email}: {}", action.label().to_lowercase()),
            ReportOutcome::Known(email) => format!("email {email}: this report was read before"),
            ReportOutcome::NotOurs => "skipped: it is about no email of this installation".into(),
            ReportOutcome::NoReport => "skipped: no delivery report".into(),
            ReportOutcome::Malformed(why) => format!("skipped: a malformed delivery report, {why}"),
            ReportOutcome::TooLong => format!("skipped: longer than {} KiB", REPORT_BYTES / 1024),
        }
    }

    /// True if something was done with it, now or before.
    pub fn is_taken(&self) -> bool {
        matches!(self, ReportOutcome::Bounced(..) | ReportOutcome::Noted(..) | ReportOutcome::Known(_))
    }
}
