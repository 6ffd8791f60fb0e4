//! `/users/{user id}`: User Detail.

use actix_web::web::Path;
use askama::Template;

use crate::{
    clock,
    operators::{Permission, may},
    tasks::address::{self, LinksOf},
    users::{
        self, User,
        pages::{Person, list::token_words},
    },
    web::{self, Answer, Chrome, Fields, Flash, Permitted},
};

#[derive(Template)]
#[template(path = "users/detail.html")]
struct Page {
    chrome: Chrome,
    person: Person,
    user: User,
    tokens: String,
    created: String,
    disabled: String,
    may_edit: bool,
    may_provision: bool,
    /// Links that have ended with an older address, if there are any.
    ended: Option<EndedLinks>,
}

/// What is said of links that have ended with an older address, and what the button sends.
struct EndedLinks {
    words: String,
    changed: String,
    left_out: Vec<String>,
    /// True if somebody can be sent to, and the operator may.
    can_resend: bool,
    shown: String,
}

/// GET
pub async fn show(p: Permitted<may::SeeUsers>, user_id: Path<String>) -> Answer {
    let ((user, tokens, ended), chrome) = p
        .view(move |desk, who, now| {
            desk.db.read(|conn| {
                let user = users::find(conn, who, &user_id)?;
                let tokens = users::active_tokens(conn, &[user.id])?;
                let ended = address::preview(desk, conn, who, now, LinksOf::User(user.id))?;
                Ok((user, tokens, ended))
            })
        })
        .await?;
    let zone = p.desk.settings.zone;
    let tokens: Vec<String> = tokens.iter().map(|(_, kind, count)| token_words(kind, *count)).collect();
    web::page(&Page {
        chrome,
        person: Person::new(&user),
        tokens: tokens.join(", "),
        created: clock::moment(zone, p.now, user.created_at),
        disabled: user.disabled_at.map(|at| clock::moment(zone, p.now, at)).unwrap_or_default(),
        may_edit: p.may(Permission::EditUsers),
        may_provision: p.may(Permission::Provision) && user.is_enabled(),
        ended: (ended.links() > 0).then(|| EndedLinks {
            words: address::words(ended.links()),
            changed: user.email_changed_at.map(|at| clock::moment(zone, p.now, at)).unwrap_or_default(),
            left_out: ended.left_out.iter().map(|(_, why)| why.clone()).collect(),
            can_resend: !ended.ready.is_empty() && p.may(Permission::Resend),
            shown: ended.shown,
        }),
        user,
    })
}

/// POST `/users/{user id}/disable`
pub async fn disable(p: Permitted<may::EditUsers>, user_id: Path<String>) -> Answer {
    let user = p.call(move |desk, who, now| users::disable(desk, who, now, &user_id)).await?;
    p.flash(&Flash::good(format!("Disabled {}.", user.name()), "They can neither enroll nor be provisioned."));
    Ok(web::see_other(&Person::new(&user).path))
}

/// POST `/users/{user id}/enable`
pub async fn enable(p: Permitted<may::EditUsers>, user_id: Path<String>, fields: Fields) -> Answer {
    let user = p.call(move |desk, who, now| users::enable(desk, who, now, &user_id)).await?;
    p.flash(&Flash::good(format!("Enabled {}.", user.name()), ""));
    let back = fields.text("back");
    let to = if back.is_empty() { Person::new(&user).path } else { web::address::local_path(&back).to_owned() };
    Ok(web::see_other(&to))
}
