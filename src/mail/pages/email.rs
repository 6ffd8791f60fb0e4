//! `/outbox/{id}`: one email with all its tries. Never its text, its link or its code.

use actix_web::web::Path;
use askama::Template;

use super::outbox::{containers, next_words, plain_words};
use crate::{
    clock,
    error::Error,
    ids::EmailId,
    mail::{self, Email, status},
    operators::{Permission, may},
    web::{Answer, Chrome, Permitted, page, segment},
};

#[derive(Template)]
#[template(path = "mail/email.html")]
struct EmailPage {
    chrome: Chrome,
    email: Email,
    posted: String,
    next: String,
    give_up: String,
    user_href: String,
    see_tasks: bool,
    tries: Vec<(String, &'static str, String)>,
    reports: Vec<Told>,
    reason: &'static str,
}

/// A delivery report.
struct Told {
    at: String,
    action: &'static str,
    said: String,
    plain: &'static str,
}

/// The page.
pub async fn show(p: Permitted<may::SeeOutbox>, id: Path<String>) -> Answer {
    let asked = id.into_inner();
    let id = asked.parse().map(EmailId).map_err(|_| Error::not_found("email", asked))?;
    let ((email, tries, reports), chrome) = p
        .view(move |desk, who, _| {
            desk.db.read(|c| {
                let (email, tries) = mail::find(c, containers(&who.scope), id)?;
                Ok((email, tries, mail::deliveries(c, id)?))
            })
        })
        .await?;
    let zone = p.desk.settings.zone;
    let moment = |at| clock::moment(zone, p.now, at);
    let seen = p.may(Permission::SeeUsers) && !email.facts.user_id.is_empty();
    page(&EmailPage {
        chrome,
        posted: moment(email.created_at),
        next: next_words(&email, zone, p.now),
        give_up: zone.local(email.give_up_at).format("%Y-%m-%d %H:%M").to_string(),
        user_href: if seen { format!("/users/{}", segment(&email.facts.user_id)) } else { String::new() },
        see_tasks: p.may(Permission::SeeTasks),
        reason: plain_words(&email),
        reports: reports
            .into_iter()
            .map(|report| Told {
                at: moment(report.at),
                action: report.action.words(),
                plain: status::words(&report.status).unwrap_or_default(),
                said: report.said,
            })
            .collect(),
        tries: tries.into_iter().map(|one| (moment(one.at), one.outcome.word(), one.answer)).collect(),
        email,
    })
}
