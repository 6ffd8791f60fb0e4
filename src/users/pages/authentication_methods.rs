//! `/users/{user id}/authentication-methods`: the user's Provisioning Tasks and tokens.

use actix_web::web::Path;
use askama::Template;

use crate::{
    clock::moment,
    mail,
    operators::{Permission, may},
    policy,
    tasks::{
        enrollment::{hint, status, urgency},
        store::{Place, places},
    },
    tokens::{
        self, Token,
        pages::{Possible, State, path},
    },
    users::{self, pages::Person},
    web::{Answer, Chrome, Permitted, page},
};

/// A line of the Provisioning Tasks table.
struct Outstanding {
    place: Place,
    provisioned_to: String,
    mail_trouble: bool,
    stop_hint: String,
    urgency: &'static str,
    status: &'static str,
    hint: String,
}

/// A line of the Tokens table.
struct Held {
    href: String,
    state: State,
    possible: Possible,
    last_used: String,
    token: Token,
}

#[derive(Template)]
#[template(path = "users/authentication_methods.html")]
struct Page {
    chrome: Chrome,
    person: Person,
    outstanding: Vec<Outstanding>,
    tokens: Vec<Held>,
    sees_tasks: bool,
    may_resend: bool,
    may_provision: bool,
    may_suspend: bool,
    may_unlock: bool,
}

/// GET
///
/// # Errors
/// `NotFound` if there is no such user in scope.
pub async fn show(p: Permitted<may::SeeUsers>, user_id: Path<String>) -> Answer {
    let ((user, places, emails, tokens, attempts), chrome) = p
        .view(move |desk, who, _| {
            desk.db.read(|c| {
                let user = users::find(c, who, &user_id)?;
                let places = places::outstanding_of(c, user.id)?;
                let ids: Vec<_> = places.iter().filter_map(|place| place.last_email).collect();
                let emails = mail::latest_of(c, &ids)?;
                let tokens = tokens::of_user(c, user.id)?;
                Ok((user, places, emails, tokens, policy::current(c)?.attempts_allowed))
            })
        })
        .await?;
    let (zone, now) = (p.desk.settings.zone, p.now);
    let today = zone.today(now);
    let outstanding = places
        .into_iter()
        .map(|place| {
            let (stop_hint, urgency) = urgency(today, place.facts.stop_on);
            let email = emails.iter().find(|email| Some(email.id) == place.last_email);
            Outstanding {
                provisioned_to: if place.emailed_to.is_empty() {
                    "nobody yet".into()
                } else {
                    place.emailed_to.clone()
                },
                mail_trouble: email
                    .is_some_and(|email| matches!(email.state, mail::State::Failed | mail::State::Deferred)),
                stop_hint,
                urgency,
                status: status(&place.facts, attempts, today).word(),
                hint: hint(&place.facts, attempts, now, zone),
                place,
            }
        })
        .collect();
    let tokens = tokens.into_iter().map(|token| held(token, |at| moment(zone, now, at))).collect();
    page(&Page {
        chrome,
        person: Person::new(&user),
        outstanding,
        tokens,
        sees_tasks: p.may(Permission::SeeTasks),
        may_resend: p.may(Permission::Resend),
        may_provision: p.may(Permission::Provision) && user.is_enabled(),
        may_suspend: p.may(Permission::SuspendTokens),
        may_unlock: p.may(Permission::Unlock),
    })
}

fn held(token: Token, moment: impl Fn(crate::clock::Timestamp) -> String) -> Held {
    let last_used = token.last_used_at.map_or_else(|| "never".into(), moment);
    Held { href: path(&token.serial), state: State::of(&token), possible: Possible::of(&token), last_used, token }
}
