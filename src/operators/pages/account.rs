//! `/account`: who one is here, and one's own password.

use actix_web::http::StatusCode;
use askama::Template;

use crate::{
    clock,
    error::{Error, Mistakes},
    operators::{
        Operator,
        account::{self, Account},
        may, password,
    },
    web::{Answer, Chrome, Fault, Fields, Flash, Permitted, page_with, see_other, session},
};

#[derive(Template)]
#[template(path = "operators/account.html")]
struct AccountPage {
    chrome: Chrome,
    operator: Operator,
    scope: String,
    last_sign_in: String,
    mistakes: Mistakes,
    shortest: usize,
    longest: usize,
}

/// One's own facts and the form.
pub async fn show(p: Permitted<may::SignedIn>) -> Answer {
    form(&p, StatusCode::OK, Mistakes::default()).await
}

/// Changes the password.
pub async fn change_password(p: Permitted<may::SignedIn>, fields: Fields) -> Answer {
    let [current, new, again] = ["current", "new", "again"].map(|name| fields.raw(name).to_owned());
    if new != again {
        let mut mistakes = Mistakes::default();
        mistakes.add("again", "The two new passwords differ.");
        return form(&p, StatusCode::UNPROCESSABLE_ENTITY, mistakes).await;
    }
    let outcome = p.call(move |desk, who, now| account::change_password(desk, who, now, &current, &new)).await;
    match outcome {
        Ok(()) => {
            // All sessions were ended; this one goes on under a new id.
            p.session.renew();
            p.flash(&Flash::good("Your password was changed.", "You are signed out everywhere else."));
            Ok(see_other(session::ACCOUNT))
        }
        Err(Fault(Error::Invalid(mistakes))) => form(&p, StatusCode::UNPROCESSABLE_ENTITY, mistakes).await,
        Err(fault) => Err(fault),
    }
}

async fn form(p: &Permitted<may::SignedIn>, status: StatusCode, mistakes: Mistakes) -> Answer {
    let (Account { operator, scope }, chrome) = p.view(|desk, who, _| desk.db.read(|c| account::own(c, who))).await?;
    let zone = p.desk.settings.zone;
    let last_sign_in = operator.last_sign_in_at.map(|at| clock::moment(zone, p.now, at)).unwrap_or_default();
    let (shortest, longest) = (password::SHORTEST, password::LONGEST);
    page_with(status, &AccountPage { chrome, operator, scope, last_sign_in, mistakes, shortest, longest })
}
