//! `/sign-in`: UserID and password; `/sign-out`.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderName},
    },
    web::Query,
};
use askama::Template;
use serde::Deserialize;

use crate::web::address;
use crate::{
    error::Error,
    sign_in::{self, First, pages::let_in},
    web::{
        Answer, Fault, Fields, Visitor,
        fault::Frame,
        page, page_with, see_other,
        session::{self, Pending},
    },
};

/// Said of unknown, wrong and suspended alike.
const NOT_RIGHT: &str = "User ID or password is not right.";

#[derive(Template)]
#[template(path = "sign-in/sign-in.html")]
struct SignInPage {
    frame: Frame,
    user_id: String,
    back: String,
    error: String,
    two_steps: bool,
    demo: bool,
}

/// Where to go afterwards.
#[derive(Deserialize)]
pub struct Asked {
    back: Option<String>,
}

fn template(visitor: &Visitor, user_id: String, back: &str, error: String) -> SignInPage {
    SignInPage {
        frame: visitor.frame(),
        user_id,
        back: address::local_path(back).to_owned(),
        error,
        two_steps: visitor.desk.settings.require_second_factor,
        demo: visitor.desk.settings.demo,
    }
}

/// The form.
pub async fn show(visitor: Visitor, query: Query<Asked>) -> Answer {
    page(&template(&visitor, String::new(), query.back.as_deref().unwrap_or_default(), String::new()))
}

/// Checks what was typed.
pub async fn submit(visitor: Visitor, fields: Fields) -> Answer {
    let (user_id, password) = (fields.text("user_id"), fields.raw("password").to_owned());
    let back = address::local_path(&fields.text("back")).to_owned();
    let typed = user_id.clone();
    let known = visitor.known.clone();
    let first = visitor
        .call(move |desk, who, now| sign_in::with_password(desk, who, now, known.as_deref(), &typed, &password))
        .await;
    let half = |operator| Pending { operator, back: back.clone() };
    match first {
        Ok(First::SignedIn(operator)) => let_in(&visitor, operator, &user_id, &back),
        Ok(First::Verify(operator)) => {
            session::half_sign_in(&visitor.session, &half(operator), &visitor)?;
            Ok(see_other("/sign-in/verify"))
        }
        Ok(First::SetUp(operator)) => {
            session::half_sign_in(&visitor.session, &half(operator), &visitor)?;
            Ok(see_other("/sign-in/set-up"))
        }
        Ok(First::Wrong) => {
            let form = template(&visitor, user_id, &back, NOT_RIGHT.into());
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
        }
        Err(Fault(Error::TooMany(seconds))) => {
            too_many(seconds, &template(&visitor, user_id, &back, wait_words(seconds)))
        }
        Err(fault) => Err(fault),
    }
}

/// What someone who has to wait is told.
pub(super) fn wait_words(seconds: u64) -> String {
    match seconds {
        1 => "Too many tries. Wait 1 second, then try again.".into(),
        2..=90 => format!("Too many tries. Wait {seconds} seconds, then try again."),
        _ => format!("Too many tries. Wait {} minutes, then try again.", seconds.div_ceil(60)),
    }
}

/// The form again, with the time to wait for programs too.
pub(super) fn too_many(seconds: u64, form: &impl Template) -> Answer {
    let mut answer = page_with(StatusCode::TOO_MANY_REQUESTS, form)?;
    answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
    Ok(answer)
}

/// Ends the session; without one there is nothing to end.
pub async fn sign_out(visitor: Visitor) -> Result<HttpResponse, Fault> {
    if let Some(operator) = session::operator(&visitor.session) {
        visitor.call(move |desk, who, now| sign_in::sign_out(desk, who, now, operator)).await?;
    }
    visitor.session.purge();
    let mut answer = see_other("/sign-in");
    // Pages say no-store; this is for browsers and proxies that kept one all the same (ASVS 5.0, 14.3.1). Not "cookies":
    // that would forget the theme, and that the browser is known.
    answer
        .headers_mut()
        .insert(HeaderName::from_static("clear-site-data"), header::HeaderValue::from_static("\"cache\""));
    Ok(answer)
}
