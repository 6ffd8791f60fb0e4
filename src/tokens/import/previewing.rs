//! An import in the console: a preview of what would become of each device, and the import of this preview and no other. The
//! file holds seeds: it is kept sealed, and wiped when it is imported or after 15 minutes.

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{Opening, Plan, Report, read, taken_meanwhile};
use crate::{
    clock::Timestamp,
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Result},
    imports::{self, Fingerprint, Kept, Kind, Sent},
    operators::{Permission, Who},
};

/// What is typed beside the file.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Typed {
    /// The container for devices that the file names none for; empty: the whole organization.
    pub container: String,
    /// Leave refused ones out; else one stops all of it.
    pub leave_out: bool,
    /// The pre-shared key of an encrypted file, in hexadecimal.
    pub key: String,
    /// The password of one.
    pub password: String,
}

impl Drop for Typed {
    fn drop(&mut self) {
        self.key.zeroize();
        self.password.zeroize();
    }
}

impl Typed {
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

/// What would become of a file that is kept.
pub struct Preview {
    /// The handle of the file.
    pub id: String,
    /// The name of the file.
    pub file_name: String,
    /// When it was sent.
    pub made_at: Timestamp,
    /// True if refused ones are left out.
    pub leave_out: bool,
    /// What has to be the same when it is carried out.
    pub fingerprint: String,
    /// What would become of each device.
    pub report: Report,
}

/// A file that was sent for an import.
pub enum State {
    /// It may be imported.
    Open(Box<Preview>),
    /// It was imported then; the outcomes as a file.
    Done(Timestamp, Zeroizing<Vec<u8>>),
    /// There is none any more.
    Ended,
}

/// What came of Import.
pub enum ImportRun {
    /// It was carried out.
    Done(Report),
    /// The data moved since the preview was shown, and nothing was done: what would become of it now.
    Moved(Box<Preview>),
    /// Some are refused, and they are not to be left out: nothing was done.
    Refused(Box<Preview>),
    /// It was imported before, then.
    Before(Timestamp),
    /// The preview has ended.
    Ended,
}

/// Keeps a file, and says what would become of it.
///
/// # Errors
/// `Invalid` if the file as a whole cannot be taken (field `file`, `key`, `password` or `container`).
pub fn check(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    file_name: &str,
    bytes: Zeroizing<Vec<u8>>,
    typed: &Typed,
) -> Result<Preview> {
    who.need(Permission::ImportTokens)?;
    // First of all, so that nothing is kept that cannot be read.
    let file = read(&bytes, now, &typed.opening()?)?;
    let plan = desk.db.read(|conn| Plan::of(conn, who, &file, &typed.container))?;
    let text = serde_json::to_string(typed).map_err(|_| Error::Internal("choices are no JSON".into()))?;
    let sent = Sent { file_name: file_name.to_owned(), choices: Zeroizing::new(text), bytes };
    let id = imports::keep(desk, who, now, Kind::Tokens, &sent)?;
    let kept = Kept { id, sent, made_at: now, done_at: None };
    Ok(Preview::new(&kept, typed, plan.report))
}

/// The preview of a file that is kept, as the data are now.
///
/// # Errors
/// `Forbidden`, or `Database`.
pub fn find(desk: &Desk, who: &Who, now: Timestamp, id: &str) -> Result<State> {
    who.need(Permission::ImportTokens)?;
    desk.db.read(|conn| match imports::find(desk, conn, who, now, Kind::Tokens, id)? {
        None => Ok(State::Ended),
        Some(Kept { done_at: Some(at), sent, .. }) => Ok(State::Done(at, sent.bytes)),
        Some(kept) => {
            let (typed, plan) = plan(conn, who, now, &kept)?;
            Ok(State::Open(Box::new(Preview::new(&kept, &typed, plan.report))))
        }
    })
}

/// Imports a file whose preview was `shown`, and nothing else. The file is wiped with it.
///
/// # Errors
/// As [`check`]; `Conflict` if one of the serial numbers was imported by someone else at the same moment.
pub fn run(desk: &Desk, who: &Who, now: Timestamp, id: &str, shown: &str, leave_out: bool) -> Result<ImportRun> {
    who.need(Permission::ImportTokens)?;
    let outcome = desk.db.write(|conn| {
        db::hold(conn, Lock::Tokens)?;
        let kept = match imports::find(desk, conn, who, now, Kind::Tokens, id)? {
            None => return Ok(ImportRun::Ended),
            Some(Kept { done_at: Some(at), .. }) => return Ok(ImportRun::Before(at)),
            Some(kept) => kept,
        };
        let (mut typed, plan) = plan(conn, who, now, &kept)?;
        typed.leave_out |= leave_out;
        let preview = Preview::new(&kept, &typed, plan.report.clone());
        if preview.fingerprint != shown {
            return Ok(ImportRun::Moved(Box::new(preview)));
        }
        if plan.report.refused() > 0 && !typed.leave_out || plan.good.is_empty() {
            return Ok(ImportRun::Refused(Box::new(preview)));
        }
        let report = plan.apply(desk, conn, who, now, &typed.container)?;
        imports::finish(desk, conn, now, id, &report.to_csv())?;
        Ok(ImportRun::Done(report))
    });
    outcome.map_err(taken_meanwhile)
}

fn plan(conn: &mut AnyConn, who: &Who, now: Timestamp, kept: &Kept) -> Result<(Typed, Plan)> {
    let typed: Typed = serde_json::from_str(&kept.sent.choices)
        .map_err(|_| Error::Internal(format!("the choices of the import {} are unreadable", kept.id)))?;
    let file = read(&kept.sent.bytes, now, &typed.opening()?)?;
    let plan = Plan::of(conn, who, &file, &typed.container)?;
    Ok((typed, plan))
}

impl Preview {
    fn new(kept: &Kept, typed: &Typed, report: Report) -> Self {
        Preview {
            id: kept.id.clone(),
            file_name: kept.sent.file_name.clone(),
            made_at: kept.made_at,
            leave_out: typed.leave_out,
            fingerprint: fingerprint(&typed.container, &report),
            report,
        }
    }
}

/// Of what would become of each device; it holds no secret.
fn fingerprint(container: &str, report: &Report) -> String {
    let mut all = Fingerprint::default();
    all.add(container);
    for line in &report.lines {
        all.add(&line.number.to_string());
        all.add(&line.serial);
        all.add(line.code());
        all.add(line.detail());
    }
    all.done()
}
