//! `/sign-in/set-up`: the authenticator app, at the first sign-in.

use actix_web::http::StatusCode;
use askama::Template;

use super::{
    let_in,
    sign_in::{too_many, wait_words},
};
use crate::{
    error::Error,
    sign_in::{self, SetUp},
    web::{Answer, Fault, Fields, Visitor, fault::Frame, page, page_with, qr, see_other, session},
};

#[derive(Template)]
#[template(path = "sign-in/set-up.html")]
struct SetUpPage {
    frame: Frame,
    user_id: String,
    qr: String,
    uri: String,
    manual_key: String,
    error: String,
}

/// The key; the same when the page is loaded again.
pub async fn show(visitor: Visitor) -> Answer {
    match shown(&visitor).await? {
        Some(set_up) => page(&template(&visitor, set_up, String::new())?),
        None => Ok(see_other("/sign-in")),
    }
}

/// Checks the one-time password that proves the app.
pub async fn submit(visitor: Visitor, fields: Fields) -> Answer {
    let (Some(pending), Some(set_up)) = (session::pending(&visitor), shown(&visitor).await?) else {
        return Ok(see_other("/sign-in"));
    };
    let (otp, operator) = (fields.text("otp"), pending.operator);
    let known = visitor.known.clone();
    let proof =
        visitor.call(move |desk, who, now| sign_in::prove(desk, who, now, known.as_deref(), operator, &otp)).await;
    match proof {
        Ok(true) => let_in(&visitor, operator, &set_up.user_id, &pending.back),
        Ok(false) => {
            let error = "This one-time password is not right. Type the one the app shows now; if it stays wrong, look \
                         whether the phone's clock is.";
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &template(&visitor, set_up, error.into())?)
        }
        Err(Fault(Error::TooMany(seconds))) => too_many(seconds, &template(&visitor, set_up, wait_words(seconds))?),
        Err(fault) => Err(fault),
    }
}

async fn shown(visitor: &Visitor) -> Result<Option<SetUp>, Fault> {
    let Some(pending) = session::pending(visitor) else { return Ok(None) };
    visitor.call(move |desk, _, _| sign_in::setting_up(desk, pending.operator)).await
}

fn template(visitor: &Visitor, set_up: SetUp, error: String) -> Result<SetUpPage, Fault> {
    Ok(SetUpPage {
        frame: visitor.frame(),
        user_id: set_up.user_id,
        qr: qr::svg(&set_up.uri)?,
        uri: set_up.uri,
        manual_key: set_up.manual_key,
        error,
    })
}
