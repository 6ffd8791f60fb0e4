//! `/tokens/{serial}/revoke`: taking a token from its user, with a page of its own, since it cannot be reversed.

use actix_web::{http::StatusCode, web::Path};
use askama::Template;

use crate::{
    error::{Error, Mistakes},
    operators::may,
    tokens::{
        self, Token, TokenState,
        lifecycle::{self, Change, Fate},
        pages::{State, path},
    },
    users::{self, User},
    web::{self, Answer, Chrome, Fault, Fields, Flash, Permitted},
};

#[derive(Template)]
#[template(path = "tokens/revoke.html")]
struct Page {
    chrome: Chrome,
    token: Token,
    path: String,
    state: State,
    user: Option<User>,
    /// The user gets an email.
    tells: bool,
    fates: Vec<Choice>,
    reason: String,
    mistakes: Mistakes,
}

/// A fate that can be chosen.
struct Choice {
    value: &'static str,
    words: &'static str,
    hint: &'static str,
    chosen: bool,
}

/// GET
pub async fn show(p: Permitted<may::SuspendTokens>, serial: Path<String>) -> Answer {
    web::page(&build(&p, &serial, None, String::new(), Mistakes::default()).await?)
}

/// POST
pub async fn submit(p: Permitted<may::SuspendTokens>, serial: Path<String>, fields: Fields) -> Answer {
    let reason = fields.text("reason");
    let fate = Fate::from_code(&fields.text("fate"));
    let seen = TokenState::from_code(&fields.text("state"));
    let outcome = match (fate, seen) {
        (Some(fate), Some(seen)) => {
            let (name, reason) = (serial.clone(), reason.clone());
            p.call(move |desk, who, now| tokens::revoke(desk, who, now, &name, seen, fate, &reason)).await
        }
        _ => Err(Error::mistake("fate", "Choose what becomes of it.").into()),
    };
    match outcome {
        Ok(token) => {
            p.flash(&Flash::good(format!("Revoked {}.", token.serial), format!("It is {} now.", token.state.label())));
            Ok(web::see_other(&path(&token.serial)))
        }
        Err(fault) => {
            let page = build(&p, &serial, fate, reason, fault.mistakes_or_rule("fate")?).await?;
            web::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

async fn build(
    p: &Permitted<may::SuspendTokens>,
    serial: &str,
    fate: Option<Fate>,
    reason: String,
    mistakes: Mistakes,
) -> Result<Page, Fault> {
    let serial = serial.to_owned();
    let ((token, user), chrome) = p
        .view(move |desk, who, _| {
            desk.db.read(|conn| {
                let token = tokens::find(conn, who, &serial)?.token;
                let user = token.user.map(|user| users::find_by_id(conn, user)).transpose()?;
                Ok((token, user))
            })
        })
        .await?;
    let fates = Fate::ALL
        .into_iter()
        .filter(|one| Change::Revoke(*one).is_possible(&token))
        .map(|one| {
            let (words, hint) = match one {
                Fate::Inventory => ("Back to inventory", "It is here and works. Another user can enroll it."),
                Fate::Lost => ("Lost", "Nobody knows where it is. It stops working."),
                Fate::Faulty => ("Faulty", "It is broken, or no longer in use. It stops working."),
            };
            Choice { value: one.code(), words, hint, chosen: fate == Some(one) }
        })
        .collect();
    let tells = lifecycle::concerns_user(token.state) && user.as_ref().is_some_and(|user| !user.email.is_empty());
    Ok(Page {
        chrome,
        path: path(&token.serial),
        state: State::of(&token, p.desk.settings.zone, p.now),
        tells,
        fates,
        reason,
        mistakes,
        token,
        user,
    })
}
