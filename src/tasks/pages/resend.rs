//! `/users/{user id}/tasks/{number}/edit`: Resend to one user; Give more time where the Stop Date has passed; or what to
//! do instead.

use actix_web::{http::StatusCode, web::Path};
use askama::Template;

use crate::{
    clock::{Timestamp, distance, long_date, moment},
    db,
    desk::Desk,
    english::continued,
    error::{Error, Mistakes, Result},
    ids::{TaskId, UserId},
    mail,
    messages::{self, message::Message},
    operators::{Permission, Who, may},
    policy::{self, Policy},
    tasks::{
        Status,
        enrollment::Enrollment,
        more_time, reading,
        resend::{self, Resent},
        status::status,
        ticked_users::{self, TickedUsers},
    },
    users::{self, User, user::Email},
    web::{Answer, Chrome, Fields, Flash, Permitted, page_with, see_other, segment},
};

/// An email within so many minutes is spoken of before another one is sent (PRODUCT.md §2).
const RECENT_MINUTES: i64 = 10;

/// What is known before a Resend.
struct Context {
    user: User,
    enrollment: Enrollment,
    policy: Policy,
    last: Option<mail::Email>,
    sent: i64,
    letter: mail::Letter,
    unlock_shown: Option<String>,
}

#[derive(Template)]
#[template(path = "tasks/resend.html")]
struct Page {
    chrome: Chrome,
    href: String,
    user_id: String,
    name: String,
    task: String,
    refusal: Option<String>,
    /// The Stop Date has passed: the button is Give more time.
    expired: bool,
    email: String,
    /// When the last message was refused, where it went, and the mail server's answer.
    last_bad: Option<(String, String, String)>,
    sent_so_far: String,
    subject: String,
    paragraphs: Vec<Vec<String>>,
    last_recent: String,
    stop_now: String,
    stop_now_hint: String,
    stop_after: String,
    stop_after_hint: String,
    days: i64,
    failures: i64,
    attempts: i64,
    mistakes: Mistakes,
    sees_policy: bool,
    unlock_shown: Option<String>,
    reason: String,
    may_resend: bool,
    may_hand_over: bool,
}

fn know(desk: &Desk, who: &Who, now: Timestamp, user_id: &str, number: &str) -> Result<Context> {
    let task = reading::number(number)?;
    let today = desk.settings.zone.today(now);
    let (user, enrollment, policy, last, sent, wording) = desk.db.read(|conn| {
        let user = users::find(conn, who, user_id)?;
        let enrollment = resend::enrollment(conn, who, task, user.id)?;
        let ids: Vec<_> = enrollment.last_email.into_iter().collect();
        let last = mail::latest_of(conn, &ids)?.pop();
        let sent = mail::count_with_link(conn, enrollment.id)?;
        let message =
            Message { kind: mail::Kind::Enrollment, authentication_type: Some(enrollment.authentication_type) };
        let wording = messages::current(desk, conn, message)?.wording;
        Ok((user, enrollment, policy::current(conn)?, last, sent, wording))
    })?;
    // The link and the code are made when it is sent.
    let secret = mail::Secret { handle: Some("…".into()), code: Some("•••".into()), ..mail::Secret::default() };
    let facts = resend::email_facts(&enrollment, resend::stop_after(&enrollment, &policy, today));
    let letter = mail::letter::render(&desk.settings, mail::Kind::Enrollment, &facts, Some(&secret), Some(&wording))?;
    let locked = enrollment.removed_at.is_none()
        && enrollment.task_removed_at.is_none()
        && status(&enrollment.facts, policy.attempts_allowed, today) == Status::Locked;
    let unlock_shown = if locked && who.may(Permission::Unlock) {
        let preview = ticked_users::preview(desk, who, now, task, &TickedUsers::These(vec![enrollment.id]))?;
        Some(preview.shown(&desk.keys, resend::UNLOCK))
    } else {
        None
    };
    Ok(Context { user, enrollment, policy, last, sent, letter, unlock_shown })
}

/// Resend, or Unlock: whoever may do either opens the page.
async fn draw<N: may::Need>(
    p: Permitted<N>,
    path: (String, String),
    typed: Option<String>,
    reason: String,
    mistakes: Mistakes,
) -> Answer {
    let (user_id, number) = path;
    let (known, chrome) = p.view(move |desk, who, now| know(desk, who, now, &user_id, &number)).await?;
    let Context { user, enrollment, policy, last, sent, letter, unlock_shown } = known;
    let (zone, now) = (p.desk.settings.zone, p.now);
    let today = zone.today(now);
    let after = resend::stop_after(&enrollment, &policy, today);
    let failed = last.as_ref().filter(|email| email.state.is_trouble());
    let recent = last.as_ref().filter(|email| (now - email.created_at).num_minutes() < RECENT_MINUTES);
    let status_code = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let expired = more_time::refusal(&enrollment, &policy, today).is_none();
    let refusal = if expired { None } else { resend::refusal(&enrollment, &policy, today) };
    page_with(
        status_code,
        &Page {
            chrome,
            href: format!("/users/{}", segment(&user.user_id)),
            user_id: user.user_id.clone(),
            name: user.name(),
            task: enrollment.task.to_string(),
            refusal,
            expired,
            email: typed.unwrap_or_else(|| user.email.clone()),
            last_bad: failed.map(|email| {
                let at = email.last_answer_at.unwrap_or(email.created_at);
                (continued(&moment(zone, now, at)), email.shown_to.clone(), email.last_answer.clone())
            }),
            sent_so_far: match (sent, last.as_ref()) {
                (1, Some(last)) => format!("Sent once so far, {}", continued(&moment(zone, now, last.created_at))),
                (2.., Some(last)) => {
                    format!("Sent {sent} times so far, last {}", continued(&moment(zone, now, last.created_at)))
                }
                _ => "Not sent yet".into(),
            },
            paragraphs: paragraphs(&letter.text),
            subject: letter.subject,
            last_recent: recent
                .filter(|_| failed.is_none())
                .map(|email| {
                    format!(
                        "An email went out {}; it is {}.",
                        continued(&moment(zone, now, email.created_at)),
                        email.state.label()
                    )
                })
                .unwrap_or_default(),
            stop_now: enrollment.facts.stop_on.to_string(),
            stop_now_hint: distance(today, enrollment.facts.stop_on),
            stop_after: after.to_string(),
            stop_after_hint: format!("{}, {}", long_date(after), distance(today, after)),
            days: policy.days_to_enroll,
            failures: enrollment.facts.failures,
            attempts: policy.attempts_allowed,
            mistakes,
            sees_policy: p.may(Permission::EditPolicies),
            unlock_shown,
            reason,
            may_resend: p.may(Permission::Resend),
            may_hand_over: p.may(Permission::HandOver),
        },
    )
}

/// The text of an email for a narrow column: lines that were broken for a mail program flow, those of a list and those
/// after a colon stay.
fn paragraphs(text: &str) -> Vec<Vec<String>> {
    let lines: Vec<&str> = text.trim().lines().filter(|line| line.trim_end() != "--").collect();
    let list = |part: &[&str]| part.iter().any(|line| line.starts_with(' ')) || part[0].ends_with(':');
    lines
        .split(|line| line.trim().is_empty())
        .filter(|part| !part.is_empty())
        .map(|part| match list(part) {
            true => part.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect(),
            false => vec![part.join(" ")],
        })
        .collect()
}

/// `GET`: Resend, or what to do instead.
pub async fn show(p: Permitted<may::Resend>, path: Path<(String, String)>) -> Answer {
    draw(p, path.into_inner(), None, String::new(), Mistakes::default()).await
}

/// `POST`: sends it.
pub async fn submit(p: Permitted<may::Resend>, path: Path<(String, String)>, form: Fields) -> Answer {
    send(p, path.into_inner(), form, resend::resend).await
}

/// `POST …/more-time`: the Stop Date moves on, and a fresh email goes out.
pub async fn give_more_time(p: Permitted<may::Resend>, path: Path<(String, String)>, form: Fields) -> Answer {
    send(p, path.into_inner(), form, more_time::give_more_time).await
}

/// A verb that writes to one user, at the address typed; `None`: at that of the profile.
type Resending = fn(&Desk, &Who, Timestamp, TaskId, UserId, Option<&str>) -> Result<Resent>;

async fn send(p: Permitted<may::Resend>, path: (String, String), form: Fields, resending: Resending) -> Answer {
    let typed = form.text("email");
    let ((user_id, number), to) = (path.clone(), typed.clone());
    let sent = p
        .call(move |desk, who, now| {
            let task = reading::number(&number)?;
            let user = desk.db.read(|conn| users::find(conn, who, &user_id))?;
            let address = Email::parse(&to).map_err(|sentence| Error::mistake("email", sentence))?;
            if to.is_empty() {
                return Err(Error::mistake("email", "Type an address such as name@example.org."));
            }
            let alternate = db::key(&to) != db::key(&user.email);
            resending(desk, who, now, task, user.id, alternate.then_some(address.as_str()))
        })
        .await;
    match sent {
        Ok(resent) => {
            let fact = mail::promise::one(&p.desk.settings, &format!("An email to {}", resent.shown_to));
            p.flash(&Flash::good(fact, format!("The Stop Date is {}.", resent.stop_on)));
            Ok(see_other(&format!("/users/{}/authentication-methods", segment(&path.0))))
        }
        // The page says what to do instead; what was typed stays for when it can be done.
        Err(fault) => draw(p, path, Some(typed), String::new(), fault.mistakes_or_rule("email")?).await,
    }
}

/// `POST …/unlock`: sets the failed attempts back to zero and sends a fresh email.
pub async fn unlock(p: Permitted<may::Unlock>, path: Path<(String, String)>, form: Fields) -> Answer {
    let path = path.into_inner();
    let (reason, shown) = (form.text("reason"), form.text("shown"));
    let ((user_id, number), why) = (path.clone(), reason.clone());
    let done = p
        .call(move |desk, who, now| {
            let task = reading::number(&number)?;
            let enrollment = desk.db.read(|conn| {
                let user = users::find(conn, who, &user_id)?;
                resend::enrollment(conn, who, task, user.id)
            })?;
            resend::unlock(desk, who, now, task, &TickedUsers::These(vec![enrollment.id]), &why, &shown)
        })
        .await;
    match done {
        Ok(_) => {
            let detail = mail::promise::one(&p.desk.settings, "A fresh email");
            p.flash(&Flash::good(format!("{} is unlocked.", path.0), detail));
            Ok(see_other(&format!("/users/{}/authentication-methods", segment(&path.0))))
        }
        Err(fault) => draw(p, path, None, reason, fault.mistakes()?).await,
    }
}
