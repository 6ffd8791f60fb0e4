//! `/account`: who one is here, one's own password, and one's own sessions.

use actix_web::http::StatusCode;
use askama::Template;

use crate::web::address;
use crate::{
    clock,
    error::{Error, Mistakes},
    operators::{self, Operator, may, pages::SessionLine, password, sessions},
    sign_in::account::{self, Account},
    web::{Answer, Chrome, Fault, Fields, Flash, Permitted, page_with, presence, see_other, session},
};

#[derive(Template)]
#[template(path = "sign-in/account.html")]
struct AccountPage {
    chrome: Chrome,
    operator: Operator,
    scope: String,
    last_sign_in: String,
    sessions: Vec<SessionLine>,
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
            session::confirm(&p.session, p.now)?;
            p.flash(&Flash::good("Your password was changed.", "You are signed out everywhere else."));
            Ok(see_other(address::ACCOUNT))
        }
        Err(Fault(Error::Invalid(mistakes))) => form(&p, StatusCode::UNPROCESSABLE_ENTITY, mistakes).await,
        Err(fault) => Err(fault),
    }
}

/// Ends the session that the button names, or all but this one.
pub async fn end_sessions(p: Permitted<may::SignedIn>, fields: Fields) -> Answer {
    if let Some(question) = presence::asked(&p, &fields).await? {
        return Ok(question);
    }
    let (here, mark) = (here(&p), fields.text("mark"));
    let mark = (!mark.is_empty()).then_some(mark);
    let ended = p.call(move |desk, who, now| operators::end_own(desk, who, now, &here, mark.as_deref())).await?;
    p.flash(&match ended {
        0 => Flash::good("Nothing to end.", "It was over already."),
        1 => Flash::good("1 session was ended.", ""),
        count => Flash::good(format!("{count} sessions were ended."), ""),
    });
    Ok(see_other(address::ACCOUNT))
}

/// The mark of this session.
fn here(p: &Permitted<may::SignedIn>) -> String {
    p.session.get(sessions::MARK).ok().flatten().unwrap_or_default()
}

async fn form(p: &Permitted<may::SignedIn>, status: StatusCode, mistakes: Mistakes) -> Answer {
    let ((Account { operator, scope }, open), chrome) = p
        .view(|desk, who, now| {
            desk.db.read(|conn| {
                let own = account::own(conn, who)?;
                let open = sessions::open_of(desk, conn, own.operator.id, now)?;
                Ok((own, open))
            })
        })
        .await?;
    let (zone, here) = (p.desk.settings.zone, here(p));
    let sessions = open.into_iter().map(|one| SessionLine::new(one, zone, p.now, &here)).collect();
    let last_sign_in = operator.last_sign_in_at.map(|at| clock::moment(zone, p.now, at)).unwrap_or_default();
    let (shortest, longest) = (password::SHORTEST, password::LONGEST);
    page_with(status, &AccountPage { chrome, operator, scope, last_sign_in, sessions, mistakes, shortest, longest })
}
