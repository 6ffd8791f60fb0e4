//! `/users/{user id}/authentication-methods`: why the user cannot enroll, their Provisioning Tasks and tokens.

use actix_web::{
    http::StatusCode,
    web::{Path, Query},
};
use askama::Template;
use chrono::Duration;
use serde::Deserialize;

use crate::{
    audit,
    clock::moment,
    error::Mistakes,
    mail,
    operators::{
        Permission,
        may::{self, Need},
    },
    tasks::{
        self, Enrollment, enrollments, reading, resend,
        status::{hint, status, urgency},
        ticked_users::{self, TickedUsers},
    },
    tokens::{
        LostReport, Token,
        caller::{self, CallerCheck, STANDS_MINUTES},
        lifecycle::{Change, is_in_use},
        pages::{State, path},
    },
    users::{self, pages::Person},
    web::{Answer, Chrome, Permitted, page_with},
    why::{
        self, Remedy,
        pages::{mend::FormBack, panel::Panel},
    },
};

/// Entries of the history that are shown; the audit log has all.
const ENTRIES: i64 = 20;

/// The query string: the task whose enrollment is looked at.
#[derive(Default, Deserialize)]
pub struct Address {
    /// Its number; without it, the one that matters most.
    pub task: Option<String>,
}

/// A line of the history.
struct HistoryLine {
    sign: audit::Sign,
    actor: String,
    sentence: String,
    at: String,
}

/// A line of the Provisioning Tasks table.
struct Outstanding {
    enrollment: Enrollment,
    provisioned_to: String,
    mail_trouble: bool,
    stop_hint: String,
    urgency: &'static str,
    status: &'static str,
    hint: String,
    /// The serial number that it replaces; may be empty.
    replaces: String,
}

/// A line of the Tokens table.
struct TokenLine {
    href: String,
    state: State,
    /// What the operator may do to it from here.
    can_report: bool,
    can_replace: bool,
    can_find: bool,
    last_used: String,
    token: Token,
}

#[derive(Template)]
#[template(path = "users/authentication-methods.html")]
struct Page {
    chrome: Chrome,
    person: Person,
    why: Panel,
    mistakes: Mistakes,
    outstanding: Vec<Outstanding>,
    tokens: Vec<TokenLine>,
    history: Vec<HistoryLine>,
    sees_tasks: bool,
    sees_reports: bool,
    sees_audit: bool,
    may_resend: bool,
    may_provision: bool,
    has_actions: bool,
    /// What came of checking the caller, while it stands: the check, when, and until when it is shown.
    checked: Option<(CallerCheck, String, String)>,
    may_check: bool,
    /// The code that works, as a line of the table.
    code: Option<CodeLine>,
    /// One can be given.
    can_give: bool,
}

/// The line of a temporary code.
struct CodeLine {
    given_by: String,
    until: String,
    last_used: String,
    uses: String,
    may_end: bool,
}

/// GET
pub async fn show(p: Permitted<may::SeeUsers>, user_id: Path<String>, address: Query<Address>) -> Answer {
    draw(p, user_id.into_inner(), address.into_inner(), FormBack::default()).await
}

/// The page, or what comes back of a form of its panel.
pub async fn draw<N: Need>(p: Permitted<N>, user_id: String, address: Address, came: FormBack) -> Answer {
    let task = address.task.as_deref().and_then(|number| reading::number(number).ok());
    let ((diagnosis, enrollments, emails, lines, replacements, unlock_shown, checked), chrome) = p
        .view(move |desk, who, now| {
            let (diagnosis, enrollments, emails, lines, replacements, checked) = desk.db.read(|conn| {
                let user = users::find(conn, who, &user_id)?;
                let enrollments = enrollments::outstanding_of(conn, user.id)?;
                let ids: Vec<_> = enrollments.iter().filter_map(|enrollment| enrollment.last_email).collect();
                let emails = mail::latest_of(conn, &ids)?;
                let lines = audit::of_user(conn, user.id, ENTRIES)?;
                let replacements = tasks::open_replacements(conn, user.id)?;
                let checked = caller::checked(conn, now, user.id)?;
                let diagnosis = why::diagnose(desk, conn, who, now, user, task)?;
                Ok((diagnosis, enrollments, emails, lines, replacements, checked))
            })?;
            // What is unlocked is what was shown.
            let unlock_shown = match (diagnosis.remedy, &diagnosis.facts.enrollment) {
                (Some(Remedy::UnlockEnrollment), Some(enrollment)) => {
                    let preview = ticked_users::preview(
                        desk,
                        who,
                        now,
                        enrollment.task,
                        &TickedUsers::These(vec![enrollment.id]),
                    )?;
                    Some(preview.shown(&desk.keys, resend::UNLOCK))
                }
                _ => None,
            };
            Ok((diagnosis, enrollments, emails, lines, replacements, unlock_shown, checked))
        })
        .await?;
    let (zone, now) = (p.desk.settings.zone, p.now);
    let today = zone.today(now);
    let attempts = diagnosis.facts.policy.attempts_allowed;
    let outstanding = enrollments
        .into_iter()
        .map(|enrollment| {
            let (stop_hint, urgency) = urgency(today, enrollment.facts.stop_on);
            let email = emails.iter().find(|email| Some(email.id) == enrollment.last_email);
            Outstanding {
                provisioned_to: if enrollment.emailed_to.is_empty() {
                    "nobody yet".into()
                } else {
                    mail::shown_address(&enrollment.emailed_to)
                },
                mail_trouble: email.is_some_and(|email| email.state.is_trouble()),
                stop_hint,
                urgency,
                status: status(&enrollment.facts, attempts, today).label(),
                hint: hint(&enrollment.facts, attempts, now, zone),
                replaces: replacements
                    .iter()
                    .find(|(task, ..)| *task == enrollment.task)
                    .map(|(.., serial)| serial.clone())
                    .unwrap_or_default(),
                enrollment,
            }
        })
        .collect();
    let same =
        |a: &audit::Line, b: &audit::Line| a.actor == b.actor && a.sentence == b.sentence && a.refused == b.refused;
    let history = lines.chunk_by(same).map(|run| HistoryLine::of(run, moment(zone, now, run[0].at))).collect();
    let user = &diagnosis.facts.user;
    let tokens: Vec<TokenLine> = diagnosis
        .facts
        .tokens
        .iter()
        .map(|token| {
            let replacing = replacements.iter().any(|(_, old, _)| *old == token.id);
            held(&p, token.clone(), diagnosis.facts.lost_report(token), replacing || !user.is_enabled())
        })
        .collect();
    let person = Person::new(user);
    let by = |name: &str| if name == p.who.name() { "you".to_owned() } else { name.to_owned() };
    let checked = checked.map(|check| {
        let until = check.at + Duration::minutes(STANDS_MINUTES);
        let (at, until) = (moment(zone, now, check.at), moment(zone, now, until));
        (CallerCheck { operator: by(&check.operator), ..check }, at, until)
    });
    let may_give = p.may(Permission::TemporaryCode);
    let code = diagnosis.facts.code.as_ref().filter(|code| code.ended(now).is_none());
    let code = code.map(|code| CodeLine {
        given_by: by(&code.given_by),
        until: moment(zone, now, code.ends_at).to_lowercase(),
        last_used: code.last_used_at.map_or_else(|| "never".into(), |at| moment(zone, now, at)),
        uses: format!("{} of {} uses", code.uses, code.most_uses),
        may_end: may_give,
    });
    let status = if came.mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page_with(
        status,
        &Page {
            chrome,
            why: Panel::new(&diagnosis, &person, &came, unlock_shown),
            mistakes: came.mistakes,
            person,
            outstanding,
            checked,
            may_check: p.may(Permission::CheckCaller) && user.is_enabled(),
            can_give: may_give
                && user.is_enabled()
                && diagnosis.facts.gives_codes
                && code.is_none()
                && ![diagnosis.remedy, diagnosis.beside].contains(&Some(Remedy::GiveTemporaryCode)),
            has_actions: code.as_ref().is_some_and(|code| code.may_end)
                || tokens.iter().any(|line| line.can_report || line.can_replace || line.can_find),
            code,
            tokens,
            history,
            sees_tasks: p.may(Permission::SeeTasks),
            sees_reports: p.may(Permission::Reports),
            sees_audit: p.may(Permission::SeeAudit),
            may_resend: p.may(Permission::Resend),
            may_provision: p.may(Permission::Provision) && user.is_enabled(),
        },
    )
}

impl HistoryLine {
    /// What happened again and again in a row is one line, with the time of the last.
    fn of(run: &[audit::Line], at: String) -> Self {
        let line = &run[0];
        let times = if run.len() > 1 { format!(", {} times", run.len()) } else { String::new() };
        let sign = line.sign();
        // Of what the server does by itself, the sentence says enough.
        if line.actor == audit::Actor::system().name {
            return HistoryLine { sign, actor: String::new(), sentence: format!("{}{times}", line.sentence), at };
        }
        let mut letters = line.sentence.chars();
        let inside: String = letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect();
        HistoryLine { sign, actor: line.actor.clone(), sentence: format!("{inside}{times}"), at }
    }
}

fn held<N: Need>(p: &Permitted<N>, token: Token, report: Option<&LostReport>, is_replaced: bool) -> TokenLine {
    let (zone, now) = (p.desk.settings.zone, p.now);
    let last_used = token.last_used_at.map_or_else(|| "never".into(), |at| moment(zone, now, at));
    let state = State::of(&token, zone, now);
    TokenLine {
        href: path(&token.serial),
        state: match report {
            Some(report) => state.reported(report, p.who.name(), zone, now),
            None => state,
        },
        can_report: p.may(Permission::ReportLost) && Change::ReportLost.is_possible(&token),
        can_replace: p.may(Permission::ReplaceToken) && is_in_use(token.state) && !is_replaced,
        can_find: p.may(Permission::ReplaceToken) && report.is_some(),
        last_used,
        token,
    }
}
