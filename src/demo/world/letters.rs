//! The emails to a user in a task, with their links, tries and delivery reports.

use chrono::{Duration, NaiveDate};

use crate::{
    clock::Timestamp,
    db,
    demo::world::{
        maker::{Case, Maker},
        outcome::{Outcome, Posted},
        store::rows::{EmailRow, LinkRow, ReportRow, TryRow},
    },
    english::full_name,
    error::{Error, Result},
    mail::{self, Action, Facts, Kind, Secret, State},
    tasks::links,
};

/// The newest tasks of the world, whose emails wait for their first try.
const WAITING: i64 = 20;

/// How long an email that carries no link is tried at least, in days.
const LETTER_DAYS: i64 = 3;

/// Why emails come back.
const BOUNCE: (&str, &str) = ("5.1.1", "550 5.1.1 No such user here");

impl Maker<'_> {
    /// Makes the emails of `case`: the number of the last with a link, and that of the last of all. Of its links only the
    /// last one still works.
    pub(super) fn letters(&mut self, case: &Case<'_>, serial: Option<&str>) -> Result<(i64, i64)> {
        let course = case.course;
        let mut list = vec![(case.task.created_at, Kind::Enrollment)];
        list.extend(course.resent_at.map(|at| (at, Kind::Enrollment)));
        list.extend(course.reminded.iter().map(|(_, at)| (*at, Kind::Reminder)));
        let is_new = case.task.open && case.task.n >= self.size.tasks - WAITING && course.opened_at.is_none();
        let give_up_at = self.zone.end_of(course.stop_on);
        for (n, (at, kind)) in list.iter().enumerate() {
            let link = self.link(case, *at, list.get(n + 1).map(|(at, _)| *at));
            let posted = Posted { at: *at, give_up_at, is_first: n == 0, is_last: n + 1 == list.len(), is_new };
            self.email(case, *kind, posted, Some(link), None)?;
        }
        let with_link = self.numbers.email;
        // Of older times the emails without a link are left out: they would double the outbox and change no screen.
        if case.task.n >= self.size.older() {
            let last = match (course.enrolled_at, course.missed_at) {
                (Some(at), _) => Some((at, Kind::Enrolled)),
                (None, Some(at)) if course.failures >= self.policy.attempts_allowed => Some((at, Kind::Locked)),
                _ => None,
            };
            if let Some((at, kind)) = last {
                let give_up_at = give_up_at.max(at + Duration::days(LETTER_DAYS));
                let posted = Posted { at, give_up_at, is_first: false, is_last: true, is_new: false };
                self.email(case, kind, posted, None, serial)?;
            }
        }
        Ok((with_link, self.numbers.email))
    }

    fn link(&mut self, case: &Case<'_>, created_at: Timestamp, superseded_at: Option<Timestamp>) -> Secret {
        self.numbers.link += 1;
        let length = usize::try_from(self.policy.code_length).unwrap_or(10);
        let (handle, code) = (self.desk.random.handle(), self.desk.random.unmistakable(length));
        self.slice.links.push(LinkRow {
            id: self.numbers.link,
            enrollment_id: case.enrollment,
            code_hash: links::hash(&self.desk.keys, &handle, &code),
            handle: handle.clone(),
            created_at,
            superseded_at,
        });
        let carries_code = self.policy.link_carries_code;
        Secret { handle: Some(handle), code: Some(code), carries_code, alternate_to: None }
    }

    fn email(
        &mut self,
        case: &Case<'_>,
        kind: Kind,
        posted: Posted,
        secret: Option<Secret>,
        serial: Option<&str>,
    ) -> Result<()> {
        self.numbers.email += 1;
        let (id, resident) = (self.numbers.email, case.resident);
        let outcome = Outcome::of(posted, case.course.arrival, self.calendar.now);
        // The number in front, so that each is the last in the index of Message-IDs.
        let random = data_encoding::HEXLOWER.encode(&self.desk.random.bytes::<12>());
        let message_id = format!("<{id:08x}{random}@{}>", mail::own_host(&self.desk.settings));
        let sealed = secret.filter(|_| outcome.state.is_waiting());
        let sealed = sealed.map(|secret| mail::seal(self.desk, &message_id, &secret)).transpose()?;
        self.note_tries(id, &outcome);
        let (last_answer, last_answer_at) = outcome.answer();
        self.slice.emails.push(EmailRow {
            id,
            message_id,
            kind: kind.code(),
            shown_to_key: db::key(&resident.email),
            shown_to: resident.email.clone(),
            alternate: false,
            user_id: case.user,
            user_key: db::key(&resident.user_id),
            container_id: case.container.0,
            task_id: case.task_id,
            enrollment_id: case.enrollment,
            facts: facts(case, case.course.stop_on, serial)?,
            sealed,
            state: outcome.state.code(),
            tries: i64::try_from(outcome.tries.len()).unwrap_or(0),
            created_at: posted.at,
            next_try_at: outcome.next_try_at,
            give_up_at: posted.give_up_at,
            sent_at: outcome.sent_at,
            last_answer,
            last_answer_at,
            sender: if kind == Kind::Reminder { "system".into() } else { case.who.name().to_owned() },
            bounced_at: outcome.bounced_at,
            bounce_status: if outcome.bounced_at.is_some() { BOUNCE.0 } else { "" },
        });
        Ok(())
    }

    fn note_tries(&mut self, email_id: i64, outcome: &Outcome) {
        let tries = outcome.tries.iter();
        self.slice.tries.extend(tries.map(|(at, state, answer)| TryRow {
            email_id,
            at: *at,
            outcome: state.code(),
            answer,
        }));
        if let (State::Bounced, Some(at)) = (outcome.state, outcome.bounced_at) {
            let (status, diagnostic) = BOUNCE;
            let (action, digest) = (Action::Failed.code(), format!("{email_id:064x}"));
            self.slice.reports.push(ReportRow { email_id, at, action, status, diagnostic, digest });
        }
    }
}

fn facts(case: &Case<'_>, stop_on: NaiveDate, serial: Option<&str>) -> Result<String> {
    let resident = case.resident;
    let facts = Facts {
        first_name: resident.first.into(),
        name: full_name(resident.first, resident.last),
        user_id: resident.user_id.clone(),
        authentication_type: case.task.kind.plain().into(),
        task: Some(case.task_id),
        stop_on: Some(stop_on),
        requester: case.who.name().into(),
        serial: serial.map(str::to_owned),
        ..Facts::default()
    };
    serde_json::to_string(&facts).map_err(|error| Error::Internal(format!("the facts of an email: {error}")))
}
