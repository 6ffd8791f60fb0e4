//! `/outbox/{id}`: one email with all its tries. Never its text, its link or its code.

use actix_web::web::Path;
use askama::Template;

use super::outbox::{containers, next_words};
use crate::{
    clock,
    error::Error,
    ids::EmailId,
    mail::{self, Email},
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
}

/// The page.
pub async fn show(p: Permitted<may::SeeOutbox>, id: Path<String>) -> Answer {
    let asked = id.into_inner();
    let id = asked.parse().map(EmailId).map_err(|_| Error::not_found("email", asked))?;
    let ((email, tries), chrome) =
        p.view(move |desk, who, _| desk.db.read(|c| mail::find(c, containers(&who.scope), id))).await?;
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
        tries: tries.into_iter().map(|one| (moment(one.at), one.outcome.word(), one.answer)).collect(),
        email,
    })
}
