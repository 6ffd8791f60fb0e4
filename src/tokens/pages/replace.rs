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
    is_suspended: bool,
    changed: bool,
}

fn asked(serial: &str, fields: &Fields) -> Replacement {
    Replacement { serial: serial.to_owned(), lost: fields.text("old") != "keep", reason: fields.text("reason") }
}

/// GET
pub async fn show(p: Permitted<may::ReplaceToken>, serial: Path<String>) -> Answer {
    web::page(&build(&p, &serial, None, Mistakes::default()).await?)
}

/// POST: what will happen; with what was `shown` of it, it is done.
pub async fn submit(p: Permitted<may::ReplaceToken>, serial: Path<String>, fields: Fields) -> Answer {
    let (asked, shown) = (asked(&serial, &fields), fields.text("shown"));
    if shown.is_empty() || fields.ticked("again") {
        return confirm(&p, asked, false).await;
    }
    let wanted = asked.clone();
    match p.call(move |desk, who, now| provision::replace(desk, who, now, &wanted, &shown)).await {
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
                Check::Replaces(task) => Some(task.to_string()),
                _ => None,
            });
            let page = Confirm {
                chrome,
                path: path(&replacing.token.serial),
                back: methods(Some(&replacing.user), &replacing.token),
                stop_hint: distance(today, replacing.plan.choice.stop_on),
                leaves: leaves.unwrap_or_default(),
                lost: asked.lost,
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
    let (lost, reason) = typed.map_or((true, token.state_reason.clone()), |typed| (typed.lost, typed.reason));
    Ok(Page {
        chrome,
        path: path(&token.serial),
        back: methods(Some(&user), &token),
        last_used,
        stop_on: stop_on.to_string(),
        days: (stop_on - today).num_days(),
        lost,
        reason,
        mistakes,
        token,
        user,
    })
}
