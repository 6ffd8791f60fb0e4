//! `/tasks/readdressed`: whose links have ended with an older email address, and sending to the new ones: for one user
//! (`?user=`), or for all whose address one import changed (`?at=`, the moment in microseconds).

use actix_web::{http::StatusCode, web::Query};
use askama::Template;
use serde::Deserialize;

use crate::{
    db::AnyConn,
    english::either,
    error::{Error, Result},
    operators::{Permission, Who, may},
    tasks::{
        address::{self, EndedLinks, LinksOf},
        ticked_users,
    },
    users,
    web::{Answer, Chrome, Fault, Fields, Flash, Permitted, page_with, see_other, segment},
};

/// Users that the page names; beyond that it says how many more.
const NAMED: usize = 200;

/// Who is meant by a name that nobody in scope has, or by no import: at this moment, nobody's address was changed.
const NOBODY: LinksOf = LinksOf::ChangedAt(chrono::DateTime::UNIX_EPOCH.naive_utc());

/// The query string, and the fields that the button sends back.
#[derive(Clone, Debug, Deserialize)]
pub struct Asked {
    user: Option<String>,
    at: Option<String>,
}

impl Asked {
    fn whose(&self, conn: &mut AnyConn, who: &Who) -> Result<LinksOf> {
        if let Some(user) = self.user.as_deref().filter(|user| !user.is_empty()) {
            return match users::find(conn, who, user) {
                Ok(user) => Ok(LinksOf::User(user.id)),
                Err(Error::NotFound { .. }) => Ok(NOBODY),
                Err(other) => Err(other),
            };
        }
        let at = self.at.as_deref().and_then(|at| at.parse().ok()).and_then(chrono::DateTime::from_timestamp_micros);
        Ok(at.map_or(NOBODY, |at| LinksOf::ChangedAt(at.naive_utc())))
    }
}

struct Line {
    href: String,
    user_id: String,
    email: String,
    task: i64,
}

#[derive(Template)]
#[template(path = "tasks/readdressed.html")]
struct Page {
    chrome: Chrome,
    user: String,
    at: String,
    links: usize,
    count: usize,
    ready: Vec<Line>,
    more: usize,
    left_out: Vec<String>,
    more_left_out: usize,
    shown: String,
    back: String,
    changed: bool,
}

async fn draw(p: Permitted<may::Resend>, asked: Asked, changed: bool) -> Answer {
    let wanted = asked.clone();
    let (ended, chrome): (EndedLinks, Chrome) = p
        .view(move |desk, who, now| {
            desk.db.read(|conn| {
                let whose = wanted.whose(conn, who)?;
                address::preview(desk, conn, who, now, whose)
            })
        })
        .await?;
    let line = |enrollment: &crate::tasks::enrollment::Enrollment| Line {
        href: format!("/users/{}", segment(&enrollment.user_id)),
        user_id: enrollment.user_id.clone(),
        email: enrollment.email.clone(),
        task: enrollment.task.0,
    };
    let back = back(&p, &asked);
    let status = if changed { StatusCode::CONFLICT } else { StatusCode::OK };
    page_with(
        status,
        &Page {
            chrome,
            links: ended.links(),
            count: ended.ready.len(),
            ready: ended.ready.iter().take(NAMED).map(line).collect(),
            more: ended.ready.len().saturating_sub(NAMED),
            left_out: ended.left_out.iter().take(NAMED).map(|(_, why)| why.clone()).collect(),
            more_left_out: ended.left_out.len().saturating_sub(NAMED),
            shown: ended.shown,
            user: asked.user.unwrap_or_default(),
            at: asked.at.unwrap_or_default(),
            back,
            changed,
        },
    )
}

fn back(p: &Permitted<may::Resend>, asked: &Asked) -> String {
    match asked.user.as_deref().filter(|user| !user.is_empty()) {
        Some(user) if p.may(Permission::SeeUsers) => format!("/users/{}", segment(user)),
        _ if p.may(Permission::SeeUsers) => "/users".into(),
        _ => "/".into(),
    }
}

/// `GET`: who would be sent to, and who not.
pub async fn show(p: Permitted<may::Resend>, asked: Query<Asked>) -> Answer {
    draw(p, asked.into_inner(), false).await
}

/// `POST`: sends.
pub async fn submit(p: Permitted<may::Resend>, form: Fields) -> Answer {
    let text = |name: &str| Some(form.text(name)).filter(|text| !text.is_empty());
    let asked = Asked { user: text("user"), at: text("at") };
    let (wanted, shown) = (asked.clone(), form.text("shown"));
    let sent = p
        .call(move |desk, who, now| {
            let whose = desk.db.read(|conn| wanted.whose(conn, who))?;
            address::resend_to_new(desk, who, now, whose, &shown)
        })
        .await;
    match sent {
        Ok(count) => {
            let fact = match asked.user {
                Some(_) if count == 1 => "Resent to the new address.".into(),
                Some(_) => format!("Resent to the new address, one email for each of {count} tasks."),
                None => {
                    format!(
                        "Resent to the new {} of {}.",
                        either(count, "address", "addresses"),
                        ticked_users::users(count)
                    )
                }
            };
            p.flash(&Flash::good(fact, ""));
            Ok(see_other(&back(&p, &asked)))
        }
        Err(Fault(Error::Conflict(_))) => draw(p, asked, true).await,
        Err(other) => Err(other),
    }
}
