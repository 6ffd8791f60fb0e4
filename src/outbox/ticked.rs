//! Emails that were ticked in the list, or all that match: nothing is done to one that changed since the page was
//! shown, and all that is done is one transaction.

use std::collections::BTreeMap;

use crate::{
    audit::{self, Entry},
    clock::Timestamp,
    db::{AnyConn, ROWS_A_STATEMENT},
    desk::Desk,
    english::counted,
    error::{Error, Result},
    ids::{EmailId, TaskId},
    mail::{self, Email, Filter, View},
    operators::Who,
    outbox::{
        self, EmailInContext,
        again::{self, Basis, Change, Refusal, Step},
    },
    ticked::Ticked,
};

/// Emails that are read, changed and noted at a time: the memory in use does not grow with the outbox.
const EMAILS_AT_A_TIME: usize = ROWS_A_STATEMENT;

/// Emails that the page names before it says how many more there are.
const NAMED: usize = 10;

/// A view, and what was looked for in it.
#[derive(Clone, Debug)]
pub struct Query {
    /// The view.
    pub view: View,
    /// What was looked for in it.
    pub filter: Filter,
}

/// The emails that were ticked, or the view that stands for all it shows.
pub type TickedEmails = Ticked<EmailId, Query>;

/// What finds the ticked emails.
fn query(ticked: &TickedEmails) -> Query {
    match ticked {
        Ticked::These(ids) => {
            Query { view: View::All, filter: Filter { only: Some(ids.clone()), ..Filter::default() } }
        }
        Ticked::Matching(query) => query.clone(),
    }
}

/// What is done to the ticked emails, or would be.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// Emails that wait again.
    pub queued: usize,
    /// Those of them that go to another address than before.
    pub readdressed: usize,
    /// Emails that are tried now.
    pub hastened: usize,
    /// Emails that are canceled.
    pub canceled: usize,
    /// The first emails it is done to.
    pub first: Vec<Email>,
    /// How many are left as they are, and why, the most first.
    pub left_out: Vec<(&'static str, i64)>,
    /// The tasks of users whom a Resend from there would help, with how many emails they had.
    pub tasks: BTreeMap<TaskId, i64>,
}

impl Preview {
    /// How many it is done to.
    pub fn count(&self) -> usize {
        self.queued + self.hastened + self.canceled
    }

    /// Those it is done to that the page does not name.
    pub fn more(&self) -> usize {
        self.count() - self.first.len()
    }

    /// How many are left as they are.
    pub fn left(&self) -> i64 {
        self.left_out.iter().map(|(_, count)| count).sum()
    }

    fn leave(&mut self, why: &'static str, count: i64) {
        match self.left_out.iter_mut().find(|(known, _)| *known == why) {
            Some((_, known)) => *known += count,
            None => self.left_out.push((why, count)),
        }
    }

    fn note(&mut self, email: &Email, step: &Step) {
        match step {
            Step::Queue(other) => {
                self.queued += 1;
                self.readdressed += usize::from(other.is_some());
            }
            Step::Hasten => self.hastened += 1,
            Step::Cancel => self.canceled += 1,
        }
        if self.first.len() < NAMED {
            self.first.push(email.clone());
        }
    }
}

/// What `change` would do to the ticked emails.
///
/// # Errors
/// `Forbidden`; `Invalid` if nothing was ticked.
pub fn preview(desk: &Desk, who: &Who, now: Timestamp, ticked: &TickedEmails, change: Change) -> Result<Preview> {
    outbox::need(who)?;
    desk.db.read(|conn| {
        let basis = outbox::basis(conn, now, &desk.settings)?;
        let query = query(ticked);
        let ids = mail::ids_in_states(conn, now, who.scope.containers(), &query.filter, query.view, change.states())?;
        let mut preview = others(conn, who, &basis, &query, change)?;
        for part in ids.chunks(EMAILS_AT_A_TIME) {
            decide(conn, &basis, part, change, now, &mut preview)?;
        }
        finish(preview)
    })
}

/// Does `change` to the ticked emails, as far as they are still what they were at `shown_at`, when the page said what would
/// happen. All in one transaction; guards and order of locks as for one email.
///
/// # Errors
/// `Forbidden`; `Invalid` if nothing was ticked; `Conflict` if there is nothing left to do.
pub fn apply(
    desk: &Desk,
    who: &Who,
    now: Timestamp,
    ticked: &TickedEmails,
    change: Change,
    shown_at: Timestamp,
) -> Result<Preview> {
    outbox::need(who)?;
    desk.db.write_alone(|conn| {
        let basis = outbox::basis(conn, now, &desk.settings)?;
        let query = query(ticked);
        let ids = mail::ids_in_states(conn, now, who.scope.containers(), &query.filter, query.view, change.states())?;
        let mut preview = others(conn, who, &basis, &query, change)?;
        outbox::hold(conn, &ids)?;
        for part in ids.chunks(EMAILS_AT_A_TIME) {
            let steps = decide(conn, &basis, part, change, shown_at, &mut preview)?;
            outbox::apply(conn, now, &steps)?;
            let entries = steps.iter().map(|(email, step)| outbox::entry(who, email, step, outbox::verb(change, true)));
            audit::record_all(conn, now, entries)?;
        }
        let preview = finish(preview)?;
        if preview.count() == 0 {
            return Err(Error::Conflict("None of these emails is still as it was. Nothing was done.".into()));
        }
        let sentence = match change {
            Change::SendAgain => format!("Sent {} again", emails(preview.count())),
            Change::Cancel => format!("Canceled {}", emails(preview.count())),
        };
        audit::record(conn, now, &Entry::done(&who.actor, outbox::verb(change, false), sentence))?;
        Ok(preview)
    })
}

/// "1 email", "12 emails".
pub fn emails(count: usize) -> String {
    counted(count, "email")
}

/// The ticked ones in states to which `change` does nothing: they are counted and not read.
fn others(conn: &mut AnyConn, who: &Who, basis: &Basis, query: &Query, change: Change) -> Result<Preview> {
    let mut preview = Preview::default();
    for (state, count) in mail::counts_by_state(conn, basis.now, who.scope.containers(), &query.filter, query.view)? {
        if !change.states().contains(&state) {
            preview.leave(Refusal::of_state(change, state, basis).of_many(), count);
        }
    }
    Ok(preview)
}

/// Decides about these emails as they are now.
fn decide(
    conn: &mut AnyConn,
    basis: &Basis,
    ids: &[EmailId],
    change: Change,
    shown_at: Timestamp,
    preview: &mut Preview,
) -> Result<Vec<(Email, Step)>> {
    let mut emails = mail::latest_of(conn, ids)?;
    emails.sort_by_key(|email| email.id);
    let mut steps = Vec::new();
    // What is canceled is canceled whatever stands around it.
    let in_context = match change {
        Change::SendAgain => outbox::in_context(conn, emails)?,
        Change::Cancel => emails.into_iter().map(EmailInContext::alone).collect(),
    };
    for EmailInContext { email, context: around } in in_context {
        let decided = if email.changed_at() > shown_at {
            Err(Refusal::Changed)
        } else {
            again::judge(change, &email, &around, basis)
        };
        match decided {
            Ok(step) => {
                preview.note(&email, &step);
                steps.push((email, step));
            }
            Err(refusal) => {
                if let (Refusal::NoCode, Some(task)) = (&refusal, email.task)
                    && again::can_resend(&email, &around, basis)
                {
                    *preview.tasks.entry(task).or_default() += 1;
                }
                preview.leave(refusal.of_many(), 1);
            }
        }
    }
    Ok(steps)
}

fn finish(mut preview: Preview) -> Result<Preview> {
    if preview.count() == 0 && preview.left_out.is_empty() {
        return Err(Error::mistake("email", "Tick at least one email."));
    }
    preview.left_out.sort_by_key(|(_, count)| -count);
    Ok(preview)
}
