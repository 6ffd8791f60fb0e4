//! `/account/confirm`: Confirm that it is you. Asked before something that a console left open must not be enough for
//! (`operators::presence`), once in some minutes.
//!
//! A page that leads to such a thing asks before it is opened and comes back to it ([`before`]). A form that arrives without
//! a proof is answered with the question ([`asked`]): it goes to the address the form went to, with everything that was typed,
//! so that nothing is lost. It works without a script.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::Query,
};
use askama::Template;
use serde::Deserialize;

use crate::web::address;
use crate::{
    error::Error,
    operators::may::{self, Need},
    sign_in::{account, presence},
    web::{Answer, Chrome, Fault, Fields, Permitted, page_with, see_other, segment, session},
};

/// Where it is.
pub const CONFIRM: &str = "/account/confirm";

/// The field of the proof.
const PROOF: &str = "proof";

/// The field that tells password managers whose password is asked for.
const USERNAME: &str = "username";

/// Where one may come back to: what stands below these addresses asks for a proof, and nothing else does.
const BACK: [&str; 3] = [address::ACCOUNT, "/operators", "/auth-nodes"];

#[derive(Template)]
#[template(path = "presence.html")]
struct Page {
    chrome: Chrome,
    /// Where the proof is sent.
    action: String,
    /// What was typed before, to be sent with it.
    typed: Vec<(String, String)>,
    /// Where Cancel leads.
    back: String,
    label: &'static str,
    hint: &'static str,
    minutes: i64,
    error: String,
}

/// Where to go afterwards.
#[derive(Deserialize)]
pub struct Address {
    back: Option<String>,
}

fn back(typed: &str) -> &str {
    let path = address::local_path(typed);
    let module = path.split(['?', '#']).next().unwrap_or_default();
    let below = |start: &str| module.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    // Not back to the question itself.
    if BACK.into_iter().any(below) && module != CONFIRM { path } else { address::ACCOUNT }
}

/// The question, before a page is opened.
pub async fn show(p: Permitted<may::SignedIn>, address: Query<Address>) -> Answer {
    let back = back(address.back.as_deref().unwrap_or_default()).to_owned();
    if session::is_confirmed(&p.session, p.now) {
        return Ok(see_other(&back));
    }
    let typed = vec![("back".to_owned(), back)];
    question(&p, StatusCode::OK, CONFIRM, typed, String::new()).await
}

/// Takes the proof, and goes on to the page.
pub async fn submit(p: Permitted<may::SignedIn>, fields: Fields) -> Answer {
    let back = back(&fields.text("back")).to_owned();
    let typed = vec![("back".to_owned(), back.clone())];
    match prove(&p, &fields, CONFIRM, typed).await? {
        Some(answer) => Ok(answer),
        None => Ok(see_other(&back)),
    }
}

/// For a page that leads to what needs a proof: the way to the question, if there is none that holds.
pub fn before<N: Need>(p: &Permitted<N>) -> Option<HttpResponse> {
    let holds = session::is_confirmed(&p.session, p.now);
    (!holds).then(|| see_other(&format!("{CONFIRM}?back={}", segment(p.path()))))
}

/// For a form that needs a proof: the question, if there is none that holds and `fields` bring none. What is done goes on
/// where this is `None`.
pub async fn asked<N: Need>(p: &Permitted<N>, fields: &Fields) -> Result<Option<HttpResponse>, Fault> {
    if session::is_confirmed(&p.session, p.now) {
        return Ok(None);
    }
    let of_ours = |name: &str| name == PROOF || name == USERNAME;
    let typed: Vec<(String, String)> = fields.pairs().iter().filter(|(name, _)| !of_ours(name)).cloned().collect();
    if fields.ticked(PROOF) {
        return prove(p, fields, p.path(), typed).await;
    }
    question(p, StatusCode::FORBIDDEN, p.path(), typed, String::new()).await.map(Some)
}

/// Checks the proof and keeps that it was given; the question again if it is wrong.
async fn prove<N: Need>(
    p: &Permitted<N>,
    fields: &Fields,
    action: &str,
    typed: Vec<(String, String)>,
) -> Result<Option<HttpResponse>, Fault> {
    let proof = fields.raw(PROOF).to_owned();
    match p.call(move |desk, who, now| presence::confirm(desk, who, now, &proof)).await {
        Ok(true) => {
            session::confirm(&p.session, p.now)?;
            Ok(None)
        }
        Ok(false) => {
            let error = "This is not right. A one-time password is accepted once: if it was, wait for the next.".into();
            question(p, StatusCode::UNPROCESSABLE_ENTITY, action, typed, error).await.map(Some)
        }
        Err(Fault(Error::TooMany(seconds))) => {
            let error = format!("Too many tries. Wait {seconds} seconds, then try again.");
            let mut answer = question(p, StatusCode::TOO_MANY_REQUESTS, action, typed, error).await?;
            answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
            Ok(Some(answer))
        }
        Err(fault) => Err(fault),
    }
}

async fn question<N: Need>(
    p: &Permitted<N>,
    status: StatusCode,
    action: &str,
    typed: Vec<(String, String)>,
    error: String,
) -> Answer {
    let (own, chrome) = p.view(|desk, who, _| desk.db.read(|conn| account::own(conn, who))).await?;
    let origin = typed.iter().find(|(name, _)| name == "back").map_or(action, |(_, value)| value.as_str());
    // The page that asks, or the address a form went to, would lead to the question again: Cancel leads one up from it.
    let back = match back(origin).rsplit_once('/') {
        Some((up, _)) if !up.is_empty() => up.to_owned(),
        _ => back(origin).to_owned(),
    };
    let (label, hint) = match own.operator.has_second_factor {
        true => (
            "One-time password, or your password",
            "The 6 digits that your authenticator app shows, or the password you sign in with.",
        ),
        false => ("Your password", "The one you sign in with."),
    };
    let action = action.to_owned();
    page_with(status, &Page { chrome, action, typed, back, label, hint, minutes: presence::MINUTES, error })
}

#[cfg(test)]
mod tests {
    use super::back;

    #[test]
    fn one_comes_back_to_what_asks_for_a_proof_and_to_nothing_else() {
        for path in ["/account", "/operators/m.okafor/password", "/auth-nodes/1/key", "/operators?page=2"] {
            assert_eq!(back(path), path);
        }
        for elsewhere in [
            "", "/", "/tasks", "/operatorsx", "/account/confirm", "/account/confirm?back=/account",
            "//evil.example/account", "https://evil.example/operators", "/\\evil.example", "/sign-out",
        ] {
            assert_eq!(back(elsewhere), "/account", "{elsewhere}");
        }
    }
}
