//! The preview of an import of tokens. The file holds seeds: it is kept sealed, and wiped when it is imported or after 15
//! minutes.

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{File, Opening, Plan, Report, note_taken, read};
use crate::{
    clock::Timestamp,
    db::{AnyConn, Lock},
    desk::Desk,
    error::{Error, Result},
    imports::{
        self, Fingerprint, Kind,
        taken::{self, Unique},
    },
    operators::{Permission, Who},
};

/// What would become of a file of tokens.
pub type Preview = imports::Preview<Plan>;

/// What is typed beside the file.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct ImportForm {
    /// The container for devices that the file names neither one nor an owner for; empty: the whole organization.
    pub container: String,
    /// Tell the owners by email that their tokens are here.
    #[serde(default)]
    pub tell_owners: bool,
    /// Leave refused ones out; else one stops all of it.
    pub leave_out: bool,
    /// The pre-shared key of an encrypted file, in hexadecimal.
    pub key: String,
    /// The password of one.
    pub password: String,
}

impl Drop for ImportForm {
    fn drop(&mut self) {
        self.key.zeroize();
        self.password.zeroize();
    }
}

impl ImportForm {
    /// What opens the file: a key in hexadecimal, or a password, or nothing.
    ///
    /// # Errors
    /// `Invalid` (field `key`).
    pub fn opening(&self) -> Result<Opening> {
        let key = Zeroizing::new(self.key.split_whitespace().collect::<String>());
        match (key.is_empty(), self.password.is_empty()) {
            (true, true) => Ok(Opening::Nothing),
            (true, false) => Ok(Opening::Password(Zeroizing::new(self.password.clone()))),
            (false, true) => match HEXLOWER_PERMISSIVE.decode(key.as_bytes()) {
                Ok(bytes) => Ok(Opening::Key(Zeroizing::new(bytes))),
                Err(_) => Err(Error::mistake("key", "The key is not hexadecimal.")),
            },
            (false, false) => Err(Error::mistake("key", "Enter the key or the password, not both.")),
        }
    }
}

impl imports::Plan for Plan {
    const KIND: Kind = Kind::Tokens;
    const PERMISSION: Permission = Permission::ImportTokens;
    const LOCK: Lock = Lock::Tokens;
    type Choices = ImportForm;
    type File = File;
    type Report = Report;

    fn read(bytes: &[u8], now: Timestamp, typed: &ImportForm) -> Result<File> {
        read(bytes, now, &typed.opening()?)
    }

    fn of(desk: &Desk, conn: &mut AnyConn, who: &Who, file: &File, typed: &ImportForm) -> Result<Self> {
        Plan::of(desk, conn, who, file, &typed.container, typed.tell_owners)
    }

    fn leave_out(typed: &ImportForm) -> bool {
        typed.leave_out
    }

    /// What would become of each device; it holds no secret.
    fn show(&self, typed: &ImportForm, shown: &mut Fingerprint) {
        shown.add(&typed.container);
        shown.add(&self.report.owners_words());
        for line in &self.report.lines {
            shown.add(&line.number.to_string());
            shown.add(&line.serial);
            shown.add(&line.owner);
            shown.add(line.code());
            shown.add(line.detail());
        }
    }

    fn is_stopped(&self, leave_out: bool) -> bool {
        Plan::is_stopped(self, leave_out)
    }

    fn apply(self, desk: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp, typed: &ImportForm) -> Result<Report> {
        Plan::apply(self, desk, conn, who, now, &typed.container)
    }

    fn to_csv(report: &Report) -> Vec<u8> {
        report.to_csv()
    }

    fn admit(desk: &Desk, who: &Who, now: Timestamp) -> Result<()> {
        taken::refuse_guessing(desk, who, now, Unique::SerialNumber)
    }

    fn note(&self, desk: &Desk, who: &Who, now: Timestamp) -> Result<()> {
        note_taken(desk, who, now, &self.report)
    }
}
