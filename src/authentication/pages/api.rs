//! The API of auth nodes.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{self as actix, Bytes, Data},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    authentication::{
        self,
        proxied::{self, Replied},
    },
    desk::Desk,
    error::Error,
    web::{Answer, Fault, request},
};

/// The longest body, in bytes: two short texts.
const BODY_BYTES: usize = 4 * 1024;

/// What is asked. Other fields are let through, so that an auth node may send more than this version knows.
#[derive(Deserialize)]
struct Question {
    user_id: String,
    otp: String,
}

/// `POST /api/v1/authenticate`: a User ID and a one-time password in, accept or reject out (PRODUCT.md §4). No is never a
/// 2xx: clients such as FreeRADIUS' rlm_rest read the status alone, and take any 2xx for yes.
pub async fn authenticate(http: HttpRequest, desk: Data<Desk>, body: Bytes) -> Answer {
    let (desk, now) = (desk.get_ref().clone(), desk.now());
    let (address, id) = (request::address(&http), request::id(&http));
    let key = request::bearer(&http).map(str::to_owned);
    let question = if body.len() > BODY_BYTES { None } else { read(&body) };
    // The key first: who has none does not learn what a question looks like.
    let outcome = actix::block(move || {
        let caller = match authentication::admit(&desk, now, key.as_deref(), &address, &id) {
            Ok(caller) => caller,
            Err(refused) => {
                if let Some(question) = &question {
                    authentication::note_turned_away(&desk, now, key.as_deref(), &question.user_id)?;
                }
                return Err(refused);
            }
        };
        let Some(question) = question else { return Ok(None) };
        authentication::authenticate(&desk, &caller, now, &question.user_id, &question.otp).map(Some)
    })
    .await?;
    match outcome {
        Ok(Some(true)) => Ok(HttpResponse::Ok().json(json!({ "result": "accept" }))),
        Ok(Some(false)) => Ok(HttpResponse::Forbidden().json(json!({ "result": "reject" }))),
        Ok(None) => Ok(HttpResponse::build(StatusCode::UNPROCESSABLE_ENTITY).json(json!({
            "error": "The body must be JSON with two texts that are not empty, such as \
                      {\"user_id\": \"a.berg\", \"otp\": \"755224\"}."
        }))),
        Err(Error::SignedOut) => Ok(HttpResponse::Unauthorized()
            .insert_header((header::WWW_AUTHENTICATE, "Bearer"))
            .json(json!({ "error": "This needs the key of an auth node, as Authorization: Bearer td_…" }))),
        Err(error) => Err(Fault(error)),
    }
}

/// What FreeRADIUS asks. Other fields are let through.
#[derive(Deserialize)]
struct Proxied {
    user_id: String,
    #[serde(default)]
    otp: String,
    #[serde(default)]
    state: String,
}

/// `POST /api/v1/radius`: the same check for FreeRADIUS' rlm_rest, which reads the status: 204 or 200 accepts or challenges,
/// 401 rejects; what has no answer (wrong key 403, trouble 503, too many 429) is none of these (PRODUCT.md §10).
pub async fn radius(http: HttpRequest, desk: Data<Desk>, body: Bytes) -> Answer {
    let (desk, now) = (desk.get_ref().clone(), desk.now());
    let (address, id) = (request::address(&http), request::id(&http));
    let key = request::bearer(&http).map(str::to_owned);
    let asked: Option<Proxied> = if body.len() > BODY_BYTES { None } else { serde_json::from_slice(&body).ok() };
    let outcome = actix::block(move || {
        let caller = match authentication::admit(&desk, now, key.as_deref(), &address, &id) {
            Ok(caller) => caller,
            Err(refused) => {
                if let Some(asked) = &asked {
                    authentication::note_turned_away(&desk, now, key.as_deref(), &asked.user_id)?;
                }
                return Err(refused);
            }
        };
        let Some(asked) = asked.filter(|asked| !asked.user_id.trim().is_empty()) else { return Ok(None) };
        proxied::ask(&desk, &caller, now, &asked.user_id, &asked.otp, &asked.state).map(Some)
    })
    .await?;
    match outcome {
        Ok(Some(Replied::Accept(attributes))) if attributes.is_empty() => Ok(HttpResponse::NoContent().finish()),
        Ok(Some(Replied::Accept(attributes) | Replied::Challenge(attributes))) => {
            Ok(HttpResponse::Ok().json(attributes))
        }
        Ok(Some(Replied::Reject(attributes))) => Ok(HttpResponse::Unauthorized().json(attributes)),
        Ok(None) => Ok(HttpResponse::build(StatusCode::UNPROCESSABLE_ENTITY)
            .json(json!({ "error": "The body must be JSON with user_id and otp, and state where there is one." }))),
        Err(Error::SignedOut) => Ok(HttpResponse::Forbidden()
            .json(json!({ "error": "This needs the key of an auth node, as Authorization: Bearer td_…" }))),
        Err(error) => Err(Fault(error)),
    }
}

fn read(body: &[u8]) -> Option<Question> {
    let mut question: Question = serde_json::from_slice(body).ok()?;
    // JSON can say U+0000, which PostgreSQL does not keep: nobody is called so, nor by what stands for it.
    for text in [&mut question.user_id, &mut question.otp] {
        *text = text.replace('\0', "\u{FFFD}");
    }
    let good = !question.user_id.trim().is_empty() && !question.otp.trim().is_empty();
    good.then_some(question)
}
