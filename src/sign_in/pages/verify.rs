//! `/sign-in/verify`: the one-time password.

use actix_web::http::StatusCode;
use askama::Template;

use super::{
    let_in,
    sign_in::{too_many, wait_words},
};
use crate::{
    error::Error,
    sign_in,
    web::{Answer, Fault, Fields, Visitor, fault::Frame, page, page_with, see_other, session},
};

#[derive(Template)]
#[template(path = "sign-in/verify.html")]
struct VerifyPage {
    frame: Frame,
    user_id: String,
    error: String,
}

/// The form, for someone whose password was right just now.
pub async fn show(visitor: Visitor) -> Answer {
    match user_id(&visitor).await? {
        Some(user_id) => page(&VerifyPage { frame: visitor.frame(), user_id, error: String::new() }),
        None => Ok(see_other("/sign-in")),
    }
}

/// Checks what was typed.
pub async fn submit(visitor: Visitor, fields: Fields) -> Answer {
    let (Some(pending), Some(user_id)) = (session::pending(&visitor), user_id(&visitor).await?) else {
        return Ok(see_other("/sign-in"));
    };
    let (otp, operator) = (fields.text("otp"), pending.operator);
    let form = |error: String| VerifyPage { frame: visitor.frame(), user_id: user_id.clone(), error };
    let known = visitor.known.clone();
    let second = visitor
        .call(move |desk, who, now| sign_in::with_one_time_password(desk, who, now, known.as_deref(), operator, &otp))
        .await;
    match second {
        Ok(true) => let_in(&visitor, operator, &user_id, &pending.back),
        Ok(false) => page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &form("This one-time password is not right. Each is accepted once: wait for the next one.".into()),
        ),
        Err(Fault(Error::TooMany(seconds))) => too_many(seconds, &form(wait_words(seconds))),
        Err(fault) => Err(fault),
    }
}

async fn user_id(visitor: &Visitor) -> Result<Option<String>, Fault> {
    let Some(pending) = session::pending(visitor) else { return Ok(None) };
    visitor.call(move |desk, _, _| desk.db.read(|conn| sign_in::verifying(conn, pending.operator))).await
}
