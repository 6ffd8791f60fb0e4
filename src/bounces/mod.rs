//! Taking delivery reports: they find their email and say what became of it after it was accepted.

use report::{Fate, REPORT_BYTES, Read, Report};

use crate::{
    audit::{self, Actor, Entry, Verb},
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    english::shortened,
    error::Result,
    mail::{self, ANSWER_LETTERS, Action, Email, State, status},
};

mod outcome;
pub mod report;
mod store;

pub use outcome::ReportOutcome;

/// Reads a message of the mailbox that bounces come to, and notes what it reports. Only an email that was accepted and
/// is Sent becomes Bounced; an email may be sent again afterwards, and the same report does not mark it twice.
///
/// # Errors
/// `Database` only; nothing is noted then, and the message may be read again.
pub fn take(desk: &Desk, now: Timestamp, actor: &Actor, bytes: &[u8]) -> Result<ReportOutcome> {
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > REPORT_BYTES {
        return Ok(ReportOutcome::TooLong);
    }
    let report = match report::read(bytes) {
        Read::Report(report) => report,
        Read::NoReport => return Ok(ReportOutcome::NoReport),
        Read::Malformed(why) => return Ok(ReportOutcome::Malformed(why)),
    };
    desk.db.write(|conn| {
        for id in &report.message_ids {
            if let Some(email) = mail::by_message_id(conn, id)? {
                return note(conn, now, actor, &email, &report);
            }
        }
        Ok(ReportOutcome::NotOurs)
    })
}

fn note(conn: &mut AnyConn, now: Timestamp, actor: &Actor, email: &Email, report: &Report) -> Result<ReportOutcome> {
    // An address that was typed for this email alone is known nowhere any more: then the worst of the fates counts.
    let Some(fate) = report.fate(&email.shown_to) else { return Ok(ReportOutcome::NoReport) };
    let said = said(email, fate);
    if !store::insert(conn, now, email.id, &report.digest, fate, &said)? {
        return Ok(ReportOutcome::Known(email.id));
    }
    let why = status::words(&fate.status).map_or_else(|| said.clone(), str::to_owned);
    let bounced = fate.action == Action::Failed
        && email.state == State::Sent
        && store::set_bounced(conn, now, email.id, &fate.status, &said)?;
    let mut entry = if bounced {
        Entry::refused(actor, Verb::MailBounce, format!("Email to {} bounced: {said}", email.shown_to))
    } else {
        let sentence = format!("Delivery report on the email to {}: {}", email.shown_to, fate.action.label());
        Entry::done(actor, Verb::MailReport, sentence)
    };
    entry = entry.fact("Message", email.kind.label());
    // In the history of the task stands what changed something.
    if let (true, Some(task)) = (bounced, email.task) {
        entry = entry.task(task);
    }
    if let Some(user) = email.user {
        entry = entry.user(user, &email.facts.user_id);
    }
    audit::record(conn, now, &entry)?;
    Ok(if bounced { ReportOutcome::Bounced(email.id, why) } else { ReportOutcome::Noted(email.id, fate.action) })
}

/// What is kept of what the mail server said. Of an email to an address that was typed for it alone, only the code: the
/// words name the address, which is kept nowhere (PRODUCT.md §2).
fn said(email: &Email, fate: &Fate) -> String {
    let plain = status::words(&fate.status).unwrap_or("No reason was given");
    if email.alternate || fate.diagnostic.is_empty() {
        return format!("{} {plain}", fate.status).trim().to_owned();
    }
    // A filter that dislikes a link repeats it, and the code may stand in it.
    let words = fate.diagnostic.split(' ').map(|word| if word.contains("/enroll/") { "•••" } else { word });
    let words = words.collect::<Vec<_>>().join(" ");
    let told = status::enhanced(&words).is_some_and(|code| code == fate.status) || fate.status.is_empty();
    shortened(&if told { words } else { format!("{} {words}", fate.status) }, ANSWER_LETTERS)
}
