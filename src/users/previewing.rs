//! An import in the console: a preview of what would become of each line, and the import of this preview and no other.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    clock::Timestamp,
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::{Error, Result},
    imports::{self, Fingerprint, Kept, Kind, Sent},
    operators::{Permission, Who},
    users::{
        Report,
        import::{File, Outcome, plan::Plan},
        taken,
        user::{ContainerName, Typed, User},
    },
};

/// What is chosen beside the file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Choices {
    /// The container of new users whose line names none.
    pub container: String,
    /// Leave refused lines out; else one stops all of it.
    pub leave_out: bool,
}

/// What would become of a file that is kept.
pub struct Preview {
    /// The handle of the file.
    pub id: String,
    /// The name of the file; empty for lines that were pasted.
    pub file_name: String,
    /// When it was sent.
    pub made_at: Timestamp,
    /// What was chosen beside it.
    pub choices: Choices,
    /// What has to be the same when it is carried out.
    pub fingerprint: String,
    /// The file.
    pub file: File,
    plan: Plan,
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
    /// Lines are refused, and they are not to be left out: nothing was done.
    Refused(Box<Preview>),
    /// It was imported before, then.
    Before(Timestamp),
    /// The preview has ended.
    Ended,
}

/// Keeps a file, and says what would become of it.
///
/// # Errors
/// `Invalid` (field `file`) if the file as a whole cannot be read, (field `container`) if that cannot be taken.
pub fn check(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    file_name: &str,
    bytes: Zeroizing<Vec<u8>>,
    choices: &Choices,
) -> Result<Preview> {
    who.need(Permission::EditUsers)?;
    taken::refuse_guessing(desk, who, now)?;
    // First of all, so that nothing is kept that cannot be read.
    let file = read(&bytes)?;
    let plan = desk.db.read(|conn| plan(conn, who, &file, &choices.container))?;
    let elsewhere = &plan.report.taken_elsewhere;
    taken::note(desk, who, now, "users.import", elsewhere, elsewhere.len())?;
    let text = serde_json::to_string(choices).map_err(|_| Error::Internal("choices are no JSON".into()))?;
    let sent = Sent { file_name: file_name.to_owned(), choices: Zeroizing::new(text), bytes };
    let id = imports::keep(desk, who, now, Kind::Users, &sent)?;
    let kept = Kept { id, sent, made_at: now, done_at: None };
    Ok(Preview::new(&kept, choices.clone(), file, plan))
}

/// The preview of a file that is kept, as the data are now.
///
/// # Errors
/// `Forbidden`, or `Database`.
pub fn find(desk: &Desk, who: &Who, now: Timestamp, id: &str) -> Result<State> {
    who.need(Permission::EditUsers)?;
    desk.db.read(|conn| match imports::find(desk, conn, who, now, Kind::Users, id)? {
        None => Ok(State::Ended),
        Some(Kept { done_at: Some(at), sent, .. }) => Ok(State::Done(at, sent.bytes)),
        Some(kept) => Ok(State::Open(Box::new(preview(conn, who, &kept)?))),
    })
}

/// Imports a file whose preview was `shown`, and nothing else.
///
/// # Errors
/// As [`check`].
pub fn run(desk: &Desk, who: &Who, now: Timestamp, id: &str, shown: &str, leave_out: bool) -> Result<ImportRun> {
    who.need(Permission::EditUsers)?;
    desk.db.write(|conn| {
        db::hold(conn, Lock::Users)?;
        let kept = match imports::find(desk, conn, who, now, Kind::Users, id)? {
            None => return Ok(ImportRun::Ended),
            Some(Kept { done_at: Some(at), .. }) => return Ok(ImportRun::Before(at)),
            Some(kept) => kept,
        };
        let mut preview = preview(conn, who, &kept)?;
        preview.choices.leave_out |= leave_out;
        if preview.fingerprint != shown {
            return Ok(ImportRun::Moved(Box::new(preview)));
        }
        if preview.plan.report.has_refused() && !preview.choices.leave_out {
            return Ok(ImportRun::Refused(Box::new(preview)));
        }
        preview.plan.apply(conn, who, now)?;
        let report = preview.plan.into_report(true);
        imports::finish(desk, conn, now, id, &report.to_csv())?;
        Ok(ImportRun::Done(report))
    })
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

fn plan(conn: &mut AnyConn, who: &Who, file: &File, container: &str) -> Result<Plan> {
    let fallback = ContainerName::parse(container).map_err(|sentence| Error::mistake("container", sentence))?;
    Plan::of(conn, who, file, &fallback)
}

fn preview(conn: &mut AnyConn, who: &Who, kept: &Kept) -> Result<Preview> {
    let choices: Choices = serde_json::from_str(&kept.sent.choices)
        .map_err(|_| Error::Internal(format!("the choices of the import {} are unreadable", kept.id)))?;
    let file = read(&kept.sent.bytes)?;
    let plan = plan(conn, who, &file, &choices.container)?;
    Ok(Preview::new(kept, choices, file, plan))
}

impl Preview {
    fn new(kept: &Kept, choices: Choices, file: File, plan: Plan) -> Self {
        Preview {
            id: kept.id.clone(),
            file_name: kept.sent.file_name.clone(),
            made_at: kept.made_at,
            fingerprint: fingerprint(&choices, &plan),
            choices,
            file,
            plan,
        }
    }

    /// What would become of each line.
    pub fn report(&self) -> &Report {
        &self.plan.report
    }

    /// The users who would be new, in the order of the file.
    pub fn created(&self) -> impl Iterator<Item = Typed> {
        self.plan.created()
    }

    /// The fields that would change: whose, which, as it is, as it would be.
    pub fn changes(&self) -> impl Iterator<Item = (&User, &(&'static str, String, String))> {
        self.plan.changes()
    }

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

/// Of what would become of each line, and of what is there that would be changed.
fn fingerprint(choices: &Choices, plan: &Plan) -> String {
    let mut all = Fingerprint::default();
    all.add(&choices.container);
    for line in &plan.report.lines {
        all.add(&line.number.to_string());
        all.add(&line.user_id);
        all.add(line.outcome.code());
        all.add(&line.outcome.detail());
    }
    plan.report.new_containers.iter().for_each(|name| all.add(name));
    for (user, (field, now, after)) in plan.changes() {
        all.add(&user.user_id);
        all.add(&user.version.to_string());
        [field, now.as_str(), after.as_str()].iter().for_each(|part| all.add(part));
    }
    all.done()
}
