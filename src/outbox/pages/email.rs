//! `/outbox/{id}`: one email with all its tries, what the user did with it, and what can be done with it. Never its text,
//! its link or its code.

use actix_web::{http::StatusCode, web::Path};
use askama::Template;

use super::{
    list::{next_words, plain_words, resend_href},
    ticked::list_again,
};
use crate::{
    clock::{self, Timestamp, Zone},
    error::{Error, Result},
    ids::EmailId,
    mail::{Email, State, promise, status},
    operators::{Permission, may, may::Need},
    outbox::{
        self, EmailDetail, EmailInContext, Step,
        again::{self, Change, EmailContext, Refusal},
    },
    tokens::AuthenticationType,
    web::{Answer, Chrome, Fault, Fields, Flash, Permitted, page_with, see_other, segment},
};

#[derive(Template)]
#[template(path = "outbox/email.html")]
struct EmailPage {
    chrome: Chrome,
    email: Email,
    posted: String,
    next: String,
    give_up: String,
    user_href: String,
    see_tasks: bool,
    tries: Vec<(String, &'static str, String)>,
    reports: Vec<DeliveryLine>,
    reason: &'static str,
    steps: Vec<Done>,
    can: Can,
    /// What was asked for and could not be done.
    problem: String,
}

/// A delivery report.
struct DeliveryLine {
    at: String,
    action: &'static str,
    said: String,
    plain: &'static str,
}

/// A step of the user with this email: not done yet without a time.
struct Done {
    words: &'static str,
    at: String,
    hint: &'static str,
}

/// What can be done with the email by who looks.
struct Can {
    /// The words on the button that sends it again; empty if it cannot be.
    again: &'static str,
    cancel: bool,
    /// Where Resend is, if that helps instead.
    resend: String,
    /// The email that replaced it.
    newer: Option<EmailId>,
    /// Why it cannot be sent again, and what to do instead; or where it goes.
    words: String,
}

fn id(asked: &str) -> Result<EmailId> {
    asked.parse().map(EmailId).map_err(|_| Error::not_found("email", asked))
}

/// The page.
pub async fn show(p: Permitted<may::SeeOutbox>, asked: Path<String>) -> Answer {
    draw(p, id(&asked)?, StatusCode::OK, String::new()).await
}

/// Sends it again, or tries it now.
pub async fn send_again(p: Permitted<may::ChangeOutbox>, asked: Path<String>, form: Fields) -> Answer {
    let id = id(&asked)?;
    match p.call(move |desk, who, now| outbox::send_again(desk, who, now, id)).await {
        Ok((email, step)) => {
            let to = email.shown_to;
            let leaves = p.desk.settings.mail_leaves();
            p.flash(&match step {
                _ if !leaves => Flash::good(promise::one(&p.desk.settings, &format!("The email to {to}")), ""),
                Step::Hasten => Flash::good(format!("The email to {to} is tried now."), ""),
                Step::Queue(Some(other)) => Flash::good(
                    format!("The email is on its way again, to {other}."),
                    format!("The profile has another address by now than {to}."),
                ),
                _ => Flash::good(format!("The email to {to} is on its way again."), ""),
            });
            Ok(see_other(&after(id, &form)))
        }
        Err(Fault(Error::Refused(why))) => draw(p, id, StatusCode::UNPROCESSABLE_ENTITY, why).await,
        Err(Fault(Error::Conflict(why))) => draw(p, id, StatusCode::CONFLICT, why).await,
        Err(other) => Err(other),
    }
}

/// Cancels it.
pub async fn cancel(p: Permitted<may::ChangeOutbox>, asked: Path<String>, form: Fields) -> Answer {
    let id = id(&asked)?;
    match p.call(move |desk, who, now| outbox::cancel(desk, who, now, id)).await {
        Ok(email) => {
            let kept = if email.kind.carries_link() { "The link and the activation code in it are wiped." } else { "" };
            p.flash(&Flash::good(format!("The email to {} is canceled.", email.shown_to), kept));
            Ok(see_other(&after(id, &form)))
        }
        Err(Fault(Error::Refused(why))) => draw(p, id, StatusCode::UNPROCESSABLE_ENTITY, why).await,
        Err(Fault(Error::Conflict(why))) => draw(p, id, StatusCode::CONFLICT, why).await,
        Err(other) => Err(other),
    }
}

/// Back to the list if the button was pressed there, else to the email.
fn after(id: EmailId, form: &Fields) -> String {
    if form.ticked("back") { list_again(form) } else { format!("/outbox/{id}") }
}

async fn draw<N: Need>(p: Permitted<N>, id: EmailId, code: StatusCode, problem: String) -> Answer {
    let (detail, chrome) =
        p.view(move |desk, who, now| desk.db.read(|conn| outbox::see(conn, who, now, &desk.settings, id))).await?;
    let can = can(&detail, p.may(Permission::SendAgain), p.may(Permission::Resend));
    let EmailDetail { in_context: EmailInContext { email, context: around }, tries, reports, .. } = detail;
    let zone = p.desk.settings.zone;
    let moment = |at| clock::moment(zone, p.now, at);
    let known = p.may(Permission::SeeUsers) && !email.facts.user_id.is_empty();
    let body = EmailPage {
        chrome,
        posted: moment(email.created_at),
        next: next_words(&email, zone, p.now, p.desk.settings.mail_leaves()),
        give_up: zone.local(email.give_up_at).format("%Y-%m-%d %H:%M").to_string(),
        user_href: if known { format!("/users/{}", segment(&email.facts.user_id)) } else { String::new() },
        see_tasks: p.may(Permission::SeeTasks),
        reason: plain_words(&email),
        reports: reports
            .into_iter()
            .map(|report| DeliveryLine {
                at: moment(report.at),
                action: report.action.label(),
                plain: status::words(&report.status).unwrap_or_default(),
                said: report.said,
            })
            .collect(),
        tries: tries.into_iter().map(|one| (moment(one.at), one.outcome.code(), one.answer)).collect(),
        steps: steps(&email, &around, p.now, zone),
        can,
        problem,
        email,
    };
    page_with(code, &body)
}

fn can(detail: &EmailDetail, change: bool, resend: bool) -> Can {
    let EmailDetail { in_context: EmailInContext { email, context: around }, basis, .. } = detail;
    let again = again::judge(Change::SendAgain, email, around, basis);
    let cancel = change && again::judge(Change::Cancel, email, around, basis).is_ok();
    let newer = match &again {
        Err(Refusal::Superseded(newer)) => Some(*newer),
        _ => None,
    };
    let words = match &again {
        Ok(Step::Queue(Some(to))) => format!("Sent again, it goes to {to}: the profile has another address by now."),
        Ok(Step::Queue(None)) => "Sent again, it goes to the same address under the same Message-ID.".into(),
        Ok(_) => String::new(),
        Err(refusal) => format!("{} {}", refusal.label(), again::instead(email, around, basis)).trim().to_owned(),
    };
    let helps = resend && email.state != State::Queued && again::can_resend(email, around, basis);
    Can {
        again: match (change, &again) {
            (true, Ok(Step::Hasten)) => "Try now",
            (true, Ok(_)) => "Send again",
            _ => "",
        },
        cancel,
        resend: resend_href(email).filter(|_| helps).unwrap_or_default(),
        newer,
        words,
    }
}

/// What the user did with the link in this email, in order; nothing if it has none, never went out, or is not the newest.
fn steps(email: &Email, around: &EmailContext, now: Timestamp, zone: Zone) -> Vec<Done> {
    let Some(enrollment) = around.enrollment.as_ref().filter(|enrollment| enrollment.last_email == Some(email.id))
    else {
        return Vec::new();
    };
    if !email.kind.carries_link() || email.sent_at.is_none() {
        return Vec::new();
    }
    // What was noted before this email was written belongs to an older one.
    let since = |at: &Option<Timestamp>| at.filter(|at| *at >= email.created_at);
    let step = |words, at: Option<Timestamp>, hint| Done {
        words,
        at: at.map(|at| clock::moment(zone, now, at)).unwrap_or_default(),
        hint,
    };
    let mut steps = vec![
        step("Link opened", since(&enrollment.opened_at), "No more than a hint: a mail scanner can open it too."),
        step("Activation code accepted", since(&enrollment.code_accepted_at), ""),
    ];
    if enrollment.authentication_type == AuthenticationType::AuthenticatorApp {
        steps.push(step("Key shown", enrollment.key_shown_at, ""));
    }
    steps.push(step("Enrolled", enrollment.facts.enrolled_at, ""));
    steps.push(step("Used", enrollment.facts.used_at, ""));
    steps
}
