//! `/tokens/{serial}/replace`: what becomes of the old token, what will happen, and the button that does it.

use actix_web::{http::StatusCode, web::Path};
use askama::Template;

use super::report_lost::methods;
use crate::{
    clock::{distance, moment},
    error::{Error, Mistakes},
    mail,
    operators::{Permission, may},
    provision::{self, Replacement, Replacing, plan::Check},
    tasks::{self, hand_over},
    tokens::{Token, TokenState, pages::path},
    users::User,
    web::{self, Answer, Chrome, Fault, Fields, Flash, Permitted},
};

#[derive(Template)]
#[template(path = "tokens/replace.html")]
struct Page {
    chrome: Chrome,
    token: Token,
    path: String,
    back: String,
    user: User,
    last_used: String,
    stop_on: String,
    days: i64,
    lost: bool,
    hand_over: bool,
    may_hand_over: bool,
    reason: String,
    mistakes: Mistakes,
}

#[derive(Template)]
#[template(path = "tokens/replace-confirm.html")]
struct Confirm {
    chrome: Chrome,
    replacing: Replacing,
    path: String,
    back: String,
    stop_hint: String,
    /// The older task that the user leaves.
    leaves: String,
    lost: bool,
    hand_over: bool,
    is_suspended: bool,
    changed: bool,
}

fn asked(serial: &str, fields: &Fields) -> Replacement {
    Replacement {
        serial: serial.to_owned(),
        lost: fields.text("old") != "keep",
        hand_over: fields.text("delivery") == "hand-over",
        reason: fields.text("reason"),
    }
}

/// GET
pub async fn show(p: Permitted<may::ReplaceToken>, serial: Path<String>) -> Answer {
    web::page(&build(&p, &serial, None, Mistakes::default()).await?)
}

/// POST: what will happen; with what was `shown` of it, it is done.
pub async fn submit(p: Permitted<may::ReplaceToken>, serial: Path<String>, fields: Fields) -> Answer {
    let (asked, shown) = (asked(&serial, &fields), fields.text("shown"));
    if shown.is_empty() {
        return confirm(&p, asked, false).await;
    }
    let (wanted, wanted_by_hand) = (asked.clone(), asked.hand_over);
    match p.call(move |desk, who, now| provision::replace(desk, who, now, &wanted, &shown)).await {
        Ok(task) if wanted_by_hand => {
            let serial = asked.serial.clone();
            let sheet = p
                .call(move |desk, who, now| {
                    let (_, user, _) = desk.db.read(|conn| provision::replaceable(conn, who, &serial))?;
                    let user = user.ok_or_else(|| Error::not_found("user", serial))?;
                    hand_over::hand_over(desk, who, now, task, user.id)
                })
                .await?;
            tasks::pages::hand_over::sheet(&p, sheet).await
        }
        Ok(task) => {
            let told = mail::promise::one(&p.desk.settings, "The email");
            p.flash(&Flash::good(format!("Task {task} replaces {}.", asked.serial), told));
            let to = match p.may(Permission::SeeUsers) {
                true => {
                    p.call(move |desk, who, _| desk.db.read(|conn| provision::replaceable(conn, who, &asked.serial)))
                        .await
                }
                false => return Ok(web::see_other("/")),
            }?;
            Ok(web::see_other(&methods(to.1.as_ref(), &to.0)))
        }
        Err(Fault(Error::Conflict(_))) => confirm(&p, asked, true).await,
        Err(other) => Err(other),
    }
}

/// What will happen; the form again if that cannot be.
async fn confirm(p: &Permitted<may::ReplaceToken>, asked: Replacement, changed: bool) -> Answer {
    let wanted = asked.clone();
    match p.view(move |desk, who, now| provision::preview_replacement(desk, who, now, &wanted)).await {
        Ok((replacing, chrome)) => {
            let today = p.desk.settings.zone.today(p.now);
            let leaves = replacing.plan.lines.iter().find_map(|(_, check)| match check {
                Check::Replaces(task) | Check::IsHandedOver(Some(task)) => Some(task.to_string()),
                _ => None,
            });
            let page = Confirm {
                chrome,
                path: path(&replacing.token.serial),
                back: methods(Some(&replacing.user), &replacing.token),
                stop_hint: distance(today, replacing.plan.choice.stop_on),
                leaves: leaves.unwrap_or_default(),
                lost: asked.lost,
                hand_over: asked.hand_over,
                is_suspended: replacing.token.state == TokenState::Suspended,
                changed,
                replacing,
            };
            web::page_with(if changed { StatusCode::CONFLICT } else { StatusCode::OK }, &page)
        }
        Err(fault) => {
            let mistakes = fault.mistakes_or_rule("old")?;
            let serial = asked.serial.clone();
            web::page_with(StatusCode::UNPROCESSABLE_ENTITY, &build(p, &serial, Some(asked), mistakes).await?)
        }
    }
}

async fn build(
    p: &Permitted<may::ReplaceToken>,
    serial: &str,
    typed: Option<Replacement>,
    mistakes: Mistakes,
) -> Result<Page, Fault> {
    let serial = serial.to_owned();
    let asks = typed.is_none();
    let ((token, user, policy), chrome) = p
        .view(move |desk, who, _| {
            desk.db.read(|conn| {
                let (token, user, why) = provision::replaceable(conn, who, &serial)?;
                match (user, why) {
                    (Some(user), why) if why.is_none() || !asks => Ok((token, user, crate::policy::current(conn)?)),
                    (_, why) => Err(Error::Refused(why.unwrap_or_default())),
                }
            })
        })
        .await?;
    let today = p.desk.settings.zone.today(p.now);
    let stop_on = policy.proposed_stop(today);
    let last_used = token.last_used_at.map(|at| moment(p.desk.settings.zone, p.now, at)).unwrap_or_default();
    let may_hand_over = p.may(Permission::HandOver);
    let only_by_hand = user.email.is_empty() && may_hand_over;
    let (lost, hand_over, reason) = typed.map_or((true, only_by_hand, token.state_reason.clone()), |typed| {
        (typed.lost, typed.hand_over || only_by_hand, typed.reason)
    });
    Ok(Page {
        chrome,
        path: path(&token.serial),
        back: methods(Some(&user), &token),
        last_used,
        stop_on: stop_on.to_string(),
        days: (stop_on - today).num_days(),
        lost,
        hand_over,
        may_hand_over,
        reason,
        mistakes,
        token,
        user,
    })
}
