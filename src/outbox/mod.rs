//! What operators do with the emails of the outbox: send again, try now, cancel (PRODUCT.md §6). `mail` holds the emails;
//! whether one may go out again is a matter of the user, the enrollment and the token it tells of.

use std::collections::HashMap;

use chrono::Duration;

use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    config::Settings,
    db::AnyConn,
    desk::Desk,
    error::{Error, Result},
    ids::{EmailId, EnrollmentId, UserId},
    mail::{self, Delivery, Email, Kind, Try},
    operators::{Permission, Who},
    policy, tasks, tokens, users,
};

pub mod again;
pub mod pages;
pub mod ticked;

pub use again::{Basis, Change, EmailContext, Refusal, Step};

/// How long an email that is sent again is tried, in days: as long as a notice is tried at first.
const AGAIN_DAYS: i64 = 7;

/// Emails that tell of something which changes while they wait: the enrollment is held before they are looked at.
const OF_THE_MOMENT: &[Kind] = &[Kind::NewStopDate, Kind::Locked];

/// An email, and what stands around it.
pub struct EmailInContext {
    /// The email.
    pub email: Email,
    /// What stands around it.
    pub context: EmailContext,
}

impl EmailInContext {
    /// An email of which nothing else is asked.
    fn alone(email: Email) -> Self {
        EmailInContext { email, context: EmailContext::default() }
    }
}

/// What is true for all emails now.
pub fn basis(conn: &mut AnyConn, now: Timestamp, settings: &Settings) -> Result<Basis> {
    let today = settings.zone.today(now);
    Ok(Basis { now, today, policy: policy::current(conn)?, mail_leaves: settings.mail_leaves() })
}

/// Reads what stands around these emails, in as many statements for a thousand of them as for one.
pub fn in_context(conn: &mut AnyConn, emails: Vec<Email>) -> Result<Vec<EmailInContext>> {
    let mut enrollments: Vec<EnrollmentId> = emails.iter().filter_map(|email| email.enrollment).collect();
    enrollments.sort_unstable();
    enrollments.dedup();
    let enrollments = tasks::enrollments::of(conn, &enrollments)?;
    let enrollments: HashMap<EnrollmentId, _> =
        enrollments.into_iter().map(|enrollment| (enrollment.id, enrollment)).collect();
    let mut people: Vec<UserId> = emails.iter().filter_map(|email| email.user).collect();
    people.sort_unstable();
    people.dedup();
    let people: HashMap<UserId, _> = users::by_ids(conn, &people)?.into_iter().map(|user| (user.id, user)).collect();
    let serials: Vec<&str> = emails.iter().flat_map(|email| email.facts.serials()).collect();
    let held = tokens::holders(conn, &serials)?;
    Ok(emails
        .into_iter()
        .map(|email| {
            let around = EmailContext {
                enrollment: email.enrollment.and_then(|id| enrollments.get(&id)).cloned(),
                user: email.user.and_then(|id| people.get(&id)).cloned(),
                token: email.facts.serials().find_map(|serial| held.get(&tokens::serial_key(serial))).copied(),
            };
            EmailInContext { email, context: around }
        })
        .collect())
}

/// One email with all there is to know of it.
pub struct EmailDetail {
    /// The email.
    pub in_context: EmailInContext,
    /// Its tries, the newest first.
    pub tries: Vec<Try>,
    /// What delivery reports said of it, the newest first.
    pub reports: Vec<Delivery>,
    /// What is true for all.
    pub basis: Basis,
}

/// One email in the scope of `who`.
///
/// # Errors
/// `NotFound` if there is none, or none in scope, which is the same.
pub fn see(conn: &mut AnyConn, who: &Who, now: Timestamp, settings: &Settings, id: EmailId) -> Result<EmailDetail> {
    let (email, tries) = mail::find(conn, who.scope.containers(), id)?;
    let reports = mail::deliveries(conn, id)?;
    let in_context = in_context(conn, vec![email])?.pop().ok_or_else(|| Error::not_found("email", id.to_string()))?;
    Ok(EmailDetail { in_context, tries, reports, basis: basis(conn, now, settings)? })
}

/// Sends an email again that failed or came back, or tries one now that was deferred; the email as it was, and how it
/// was done.
///
/// # Errors
/// `Forbidden`; `NotFound` out of scope; `Refused` with the reason if it cannot be done.
pub fn send_again(desk: &Desk, who: &Who, now: Timestamp, id: EmailId) -> Result<(Email, Step)> {
    one(desk, who, now, id, Change::SendAgain)
}

/// Cancels an email that waits, and wipes its secrets; the email as it was.
///
/// # Errors
/// As [`send_again`].
pub fn cancel(desk: &Desk, who: &Who, now: Timestamp, id: EmailId) -> Result<Email> {
    one(desk, who, now, id, Change::Cancel).map(|(email, _)| email)
}

fn one(desk: &Desk, who: &Who, now: Timestamp, id: EmailId, change: Change) -> Result<(Email, Step)> {
    need(who)?;
    desk.db.write(|conn| {
        // Who is out of scope learns nothing, not even by waiting for a lock.
        mail::find(conn, who.scope.containers(), id)?;
        hold(conn, &[id])?;
        let detail = see(conn, who, now, &desk.settings, id)?;
        let EmailInContext { email, context: around } = detail.in_context;
        let step = again::judge(change, &email, &around, &detail.basis).map_err(|refusal| {
            let instead = again::instead(&email, &around, &detail.basis);
            Error::Refused(format!("{} {instead}", refusal.label()).trim().to_owned())
        })?;
        apply(conn, now, std::slice::from_ref(&(email.clone(), step.clone())))?;
        audit::record(conn, now, &entry(who, &email, &step, verb(change, false)))?;
        Ok((email, step))
    })
}

/// What every change of the outbox needs.
fn need(who: &Who) -> Result<()> {
    who.need(Permission::SeeOutbox)?;
    who.need(Permission::SendAgain)
}

/// Holds these emails, and before them the enrollments whose change would make them untrue.
fn hold(conn: &mut AnyConn, ids: &[EmailId]) -> Result<()> {
    // One writer: nobody else is there.
    if matches!(conn, AnyConn::Sqlite(_)) {
        return Ok(());
    }
    let enrollments = mail::enrollments_of(conn, ids, OF_THE_MOMENT)?;
    tasks::hold::these(conn, &enrollments)?;
    mail::hold(conn, ids)
}

/// Does to held emails what was decided: all of it, or nothing.
fn apply(conn: &mut AnyConn, now: Timestamp, steps: &[(Email, Step)]) -> Result<()> {
    let of = |wanted: fn(&Step) -> bool| -> Vec<EmailId> {
        steps.iter().filter(|(_, step)| wanted(step)).map(|(email, _)| email.id).collect()
    };
    let other = |(email, step): &(Email, Step)| match step {
        Step::Queue(Some(to)) => Some((email.id, to.clone())),
        _ => None,
    };
    let to: Vec<(EmailId, String)> = steps.iter().filter_map(other).collect();
    let (queue, hasten) = (of(|step| matches!(step, Step::Queue(_))), of(|step| *step == Step::Hasten));
    let cancel = of(|step| *step == Step::Cancel);
    let done = mail::send_again(conn, now, &queue, &to, now + Duration::days(AGAIN_DAYS))?
        + mail::try_now(conn, now, &hasten)?
        + mail::cancel(conn, now, &cancel)?;
    if done == steps.len() { Ok(()) } else { Err(Error::Conflict("It changed at this very moment.".into())) }
}

/// The name of what is done; `each` of one email among many, which another entry sums up.
fn verb(change: Change, each: bool) -> Verb {
    match (change, each) {
        (Change::SendAgain, false) => Verb::MailSendAgain,
        (Change::SendAgain, true) => Verb::MailSendAgainEach,
        (Change::Cancel, false) => Verb::MailCancel,
        (Change::Cancel, true) => Verb::MailCancelEach,
    }
}

fn entry<'a>(who: &'a Who, email: &Email, step: &Step, verb: Verb) -> Entry<'a> {
    let to = &email.shown_to;
    let sentence = match step {
        Step::Queue(other) => format!("Sent the email to {} again", other.as_ref().unwrap_or(to)),
        Step::Hasten => format!("Had the email to {to} tried at once"),
        Step::Cancel => format!("Canceled the email to {to}"),
    };
    let mut entry = Entry::done(&who.actor, verb, sentence)
        .fact("Message", email.kind.label())
        .fact("Email", email.id.to_string())
        .fact("State", email.state.code());
    if let Step::Queue(Some(other)) = step {
        entry = entry.fact("To", format!("{to} → {other}"));
    }
    if let Some(task) = email.task {
        entry = entry.task(task);
    }
    match email.user {
        Some(user) => entry.user(user, &email.facts.user_id),
        None => entry,
    }
}
