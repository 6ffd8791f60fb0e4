//! The steps of the first start, and the facts that tell which of them are done.

use crate::clock::Timestamp;

pub use super::step::Step;

/// How far the mail server was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mail {
    /// None is set.
    NotSet,
    /// Nothing was sent by it.
    Untried,
    /// A test email waits for its answer.
    Trying,
    /// The test email was refused, for now or for good; with its answer.
    Refused(String),
    /// An email was accepted then; with the answer to the test email, if it was that.
    Accepted(Timestamp, String),
}

/// A fact that no other table tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// When.
    pub at: Timestamp,
    /// The UserID of an operator, or "command line".
    pub by: String,
}

/// What was seen, as far as the list asks for it.
#[derive(Clone, Debug)]
pub struct Facts {
    /// How far the mail server was tried.
    pub mail: Mail,
    /// The mail server as operators know it.
    pub mail_server: String,
    /// The address of whoever looks; a test email goes there.
    pub own_address: String,
    /// `help_desk` is set.
    pub help_desk: bool,
    /// `time_zone` is set.
    pub time_zone: bool,
    /// Users in scope, counted up to [`store::first_start::COUNTED`].
    pub users: i64,
    /// Devices in scope, counted likewise.
    pub devices: i64,
    /// Operators who can sign in.
    pub operators: i64,
    /// Auth nodes.
    pub nodes: i64,
    /// When one of them last asked.
    pub node_asked_at: Option<Timestamp>,
    /// The last backup, or since when the organization makes its own.
    pub backup: Option<Noted>,
    /// The database is PostgreSQL: its backups are not ours to see.
    pub postgres: bool,
    /// No task was ever made.
    pub empty: bool,
}

impl Facts {
    /// True if the step was seen to be done; one whose fact is lost is open again.
    pub fn is_done(&self, step: Step) -> bool {
        match step {
            Step::MailServer => matches!(self.mail, Mail::Accepted(..)),
            Step::HelpDesk => self.help_desk,
            Step::TimeZone => self.time_zone,
            Step::Users => self.users > 0,
            Step::HardwareTokens => self.devices > 0,
            Step::SecondOperator => self.operators > 1,
            Step::AuthNode => self.node_asked_at.is_some(),
            Step::Backup => self.backup.is_some(),
        }
    }

    /// How many of the needed steps are done, and how many there are.
    pub fn done(&self) -> (usize, usize) {
        let needed = Step::ALL.into_iter().filter(|step| step.is_needed());
        (needed.clone().filter(|step| self.is_done(*step)).count(), needed.count())
    }

    /// True if no needed step is open: the list goes away.
    pub fn is_complete(&self) -> bool {
        let (done, of) = self.done();
        done == of
    }
}
