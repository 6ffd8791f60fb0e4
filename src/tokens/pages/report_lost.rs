//! `/tokens/{serial}/report-lost`: what it does to the token, and the button; and *It was found*, which undoes it.

use actix_web::{http::StatusCode, web::Path};
use askama::Template;

use crate::{
    clock::moment,
    error::{Error, Mistakes},
    mail,
    operators::{Permission, may},
    tokens::{
        self, Token,
        lifecycle::{Change, is_in_use},
        pages::path,
    },
    users::{self, User},
    web::{self, Answer, Chrome, Fault, Fields, Flash, Permitted, address, segment},
};

#[derive(Template)]
#[template(path = "tokens/report-lost.html")]
struct Page {
    chrome: Chrome,
    token: Token,
    path: String,
    back: String,
    user: User,
    last_used: String,
    /// Those of the user's tokens that go on working.
    others: Vec<String>,
    may_replace: bool,
    reason: String,
    notify: bool,
    mistakes: Mistakes,
}

/// Where the tables lead back to: the user's tokens.
pub(super) fn methods(user: Option<&User>, token: &Token) -> String {
    user.map_or_else(|| path(&token.serial), |user| format!("/users/{}/authentication-methods", segment(&user.user_id)))
}

/// GET
pub async fn show(p: Permitted<may::ReportLost>, serial: Path<String>) -> Answer {
    web::page(&build(&p, &serial, String::new(), true, Mistakes::default()).await?)
}

/// POST
pub async fn submit(p: Permitted<may::ReportLost>, serial: Path<String>, fields: Fields) -> Answer {
    let (reason, notify) = (fields.text("reason"), fields.ticked("notify"));
    let (name, typed) = (serial.clone(), reason.clone());
    let outcome = p
        .call(move |desk, who, now| {
            let token = tokens::report_lost(desk, who, now, &name, &typed, notify)?;
            let user = desk.db.read(|conn| token.user.map(|user| users::find_by_id(conn, user)).transpose())?;
            Ok((token, user))
        })
        .await;
    match outcome {
        Ok((token, user)) => {
            let told = user.as_ref().is_some_and(|user| notify && !user.email.is_empty());
            let email = if told { mail::promise::one(&p.desk.settings, "The email") } else { String::new() };
            let detail = format!("It signs nobody in any more. {email}");
            p.flash(&Flash::good(format!("Reported {} as lost.", token.serial), detail.trim()));
            Ok(web::see_other(&methods(user.as_ref(), &token)))
        }
        Err(fault) => {
            let page = build(&p, &serial, reason, notify, fault.mistakes_or_rule("reason")?).await?;
            web::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// POST `/tokens/{serial}/found`
pub async fn found(p: Permitted<may::ReplaceToken>, serial: Path<String>, fields: Fields) -> Answer {
    let name = serial.clone();
    let token = p.call(move |desk, who, now| tokens::found(desk, who, now, &name)).await?;
    p.flash(&Flash::good(format!("{} was found.", token.serial), "Its one-time passwords are accepted again."));
    let back = fields.text("back");
    let to = if back.is_empty() { path(&token.serial) } else { address::local_path(&back).to_owned() };
    Ok(web::see_other(&to))
}

async fn build(
    p: &Permitted<may::ReportLost>,
    serial: &str,
    reason: String,
    notify: bool,
    mistakes: Mistakes,
) -> Result<Page, Fault> {
    let serial = serial.to_owned();
    let asks = mistakes.all().is_empty();
    let ((token, user, all), chrome) = p
        .view(move |desk, who, _| {
            desk.db.read(|conn| {
                let token = tokens::find(conn, who, &serial)?.token;
                // What is refused now comes back with the reason; asked anew, it is said at once.
                if asks {
                    Change::ReportLost.of(&token).map_err(Error::Refused)?;
                }
                let nobodys = || Error::Refused(format!("Nobody has {}.", token.serial));
                let user = users::find_by_id(conn, token.user.ok_or_else(nobodys)?)?;
                let all = tokens::of_user(conn, user.id)?;
                Ok((token, user, all))
            })
        })
        .await?;
    let works = |other: &&Token| other.id != token.id && is_in_use(other.state) && Change::Suspend.is_possible(other);
    let others = all.iter().filter(works).map(|other| other.serial.clone()).collect();
    let last_used = token.last_used_at.map(|at| moment(p.desk.settings.zone, p.now, at)).unwrap_or_default();
    Ok(Page {
        chrome,
        path: path(&token.serial),
        back: methods(Some(&user), &token),
        last_used,
        others,
        may_replace: p.may(Permission::ReplaceToken),
        reason,
        notify,
        mistakes,
        token,
        user,
    })
}
