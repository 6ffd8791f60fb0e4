//! What would become of a file, and the import of this preview and no other: the run makes the preview again in its
//! transaction, and does it only if the fingerprint is the one that was shown.

use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{Fingerprint, Kept, Kind, Sent, finish, keep, kept};
use crate::{
    clock::Timestamp,
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Result},
    operators::{Permission, Who},
};

/// What would become of each line of a file of one kind.
pub trait Plan: Sized + Send + 'static {
    /// What the file is of.
    const KIND: Kind;
    /// Who may import it.
    const PERMISSION: Permission;
    /// Imports of one kind come one after the other.
    const LOCK: Lock;
    /// What is chosen beside the file.
    type Choices: Serialize + DeserializeOwned + Clone + Send + 'static;
    /// The file, read.
    type File: Send + 'static;
    /// What came of each line.
    type Report: Send + 'static;

    /// Reads a file.
    ///
    /// # Errors
    /// `Invalid` if the file as a whole cannot be taken.
    fn read(bytes: &[u8], now: Timestamp, choices: &Self::Choices) -> Result<Self::File>;

    /// Looks at every line; changes nothing.
    ///
    /// # Errors
    /// `Invalid` if what was chosen cannot be taken.
    fn of(desk: &Desk, conn: &mut AnyConn, who: &Who, file: &Self::File, choices: &Self::Choices) -> Result<Self>;

    /// True if refused lines are to be left out; else one stops all of it.
    fn leave_out(choices: &Self::Choices) -> bool;

    /// Takes in all that has to be the same when it is carried out.
    fn show(&self, choices: &Self::Choices, shown: &mut Fingerprint);

    /// True if nothing may be done.
    fn is_stopped(&self, leave_out: bool) -> bool;

    /// Writes all of it, with its audit entries.
    ///
    /// # Errors
    /// `Conflict` if somebody imported the same at the same moment.
    fn apply(
        self,
        desk: &Desk,
        conn: &mut AnyConn,
        who: &Who,
        now: Timestamp,
        choices: &Self::Choices,
    ) -> Result<Self::Report>;

    /// The outcomes as a file.
    fn to_csv(report: &Self::Report) -> Vec<u8>;

    /// Refuses who tries names out; called before a file is read.
    ///
    /// # Errors
    /// `TooMany`.
    fn admit(desk: &Desk, who: &Who, now: Timestamp) -> Result<()>;

    /// Notes what it says of names that the operator may not see.
    fn note(&self, desk: &Desk, who: &Who, now: Timestamp) -> Result<()>;
}

/// What would become of a file that is kept.
pub struct Preview<P: Plan> {
    /// The handle of the file.
    pub id: String,
    /// The name of the file; empty for lines that were pasted.
    pub file_name: String,
    /// When it was sent.
    pub made_at: Timestamp,
    /// True if refused lines are left out.
    pub leave_out: bool,
    /// What has to be the same when it is carried out.
    pub fingerprint: String,
    /// The file.
    pub file: P::File,
    /// What would become of each line.
    pub plan: P,
    choices: P::Choices,
}

/// A file that was sent for an import.
pub enum State<P: Plan> {
    /// It may be imported.
    Open(Box<Preview<P>>),
    /// It was imported then; the outcomes as a file.
    Done(Timestamp, Zeroizing<Vec<u8>>),
    /// There is none any more.
    Ended,
}

/// What came of Import.
pub enum ImportRun<P: Plan> {
    /// It was carried out.
    Done(P::Report),
    /// The data moved since the preview was shown, and nothing was done: what would become of it now.
    Moved(Box<Preview<P>>),
    /// Lines are refused, and they are not to be left out: nothing was done.
    Refused(Box<Preview<P>>),
    /// It was imported before, then.
    Before(Timestamp),
    /// The preview has ended.
    Ended,
}

/// Keeps a file, and says what would become of it.
///
/// # Errors
/// As [`Plan::read`] and [`Plan::of`].
pub fn check<P: Plan>(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    file_name: &str,
    bytes: Zeroizing<Vec<u8>>,
    choices: &P::Choices,
) -> Result<Preview<P>> {
    who.need(P::PERMISSION)?;
    P::admit(desk, who, now)?;
    // First of all, so that nothing is kept that cannot be read.
    let file = P::read(&bytes, now, choices)?;
    let plan = desk.db.read(|conn| P::of(desk, conn, who, &file, choices))?;
    plan.note(desk, who, now)?;
    let text = serde_json::to_string(choices).map_err(|_| Error::Internal("choices are no JSON".into()))?;
    let sent = Sent { file_name: file_name.to_owned(), choices: Zeroizing::new(text), bytes };
    let id = keep(desk, who, now, P::KIND, &sent)?;
    let kept = Kept { id, sent, made_at: now, done_at: None };
    Ok(Preview::new(&kept, choices.clone(), file, plan))
}

/// The preview of a file that is kept, as the data are now.
pub fn find<P: Plan>(desk: &Desk, who: &Who, now: Timestamp, id: &str) -> Result<State<P>> {
    who.need(P::PERMISSION)?;
    desk.db.read(|conn| match kept(desk, conn, who, now, P::KIND, id)? {
        None => Ok(State::Ended),
        Some(Kept { done_at: Some(at), sent, .. }) => Ok(State::Done(at, sent.bytes)),
        Some(kept) => Ok(State::Open(Box::new(Preview::of(desk, conn, who, now, &kept)?))),
    })
}

/// Imports a file whose preview was `shown`, and nothing else. The file is wiped with it.
///
/// # Errors
/// As [`check`] and [`Plan::apply`].
pub fn run<P: Plan>(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    id: &str,
    shown: &str,
    leave_out: bool,
) -> Result<ImportRun<P>> {
    who.need(P::PERMISSION)?;
    desk.db.write_alone(|conn| {
        db::hold(conn, P::LOCK)?;
        let kept = match kept(desk, conn, who, now, P::KIND, id)? {
            None => return Ok(ImportRun::Ended),
            Some(Kept { done_at: Some(at), .. }) => return Ok(ImportRun::Before(at)),
            Some(kept) => kept,
        };
        let mut preview = Preview::<P>::of(desk, conn, who, now, &kept)?;
        preview.leave_out |= leave_out;
        if preview.fingerprint != shown {
            return Ok(ImportRun::Moved(Box::new(preview)));
        }
        if preview.plan.is_stopped(preview.leave_out) {
            return Ok(ImportRun::Refused(Box::new(preview)));
        }
        let report = preview.plan.apply(desk, conn, who, now, &preview.choices)?;
        finish(desk, conn, now, id, &P::to_csv(&report))?;
        Ok(ImportRun::Done(report))
    })
}

impl<P: Plan> Preview<P> {
    fn new(kept: &Kept, choices: P::Choices, file: P::File, plan: P) -> Self {
        let mut shown = Fingerprint::default();
        plan.show(&choices, &mut shown);
        Preview {
            id: kept.id.clone(),
            file_name: kept.sent.file_name.clone(),
            made_at: kept.made_at,
            leave_out: P::leave_out(&choices),
            fingerprint: shown.done(),
            file,
            plan,
            choices,
        }
    }

    fn of(desk: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp, kept: &Kept) -> Result<Self> {
        let choices: P::Choices = serde_json::from_str(&kept.sent.choices)
            .map_err(|_| Error::Internal(format!("the choices of the import {} are unreadable", kept.id)))?;
        let file = P::read(&kept.sent.bytes, now, &choices)?;
        let plan = P::of(desk, conn, who, &file, &choices)?;
        Ok(Preview::new(kept, choices, file, plan))
    }
}
