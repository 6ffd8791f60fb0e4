//! `/enroll/{handle}/key`: the key of an authenticator app, and the one-time password that proves it.

use actix_web::http::StatusCode;
use askama::Template;

use crate::{
    oath,
    portal::{
        self, Step, link,
        pages::{Guest, PortalFrame, Wrong, ended},
    },
    web::{Answer, Fields, page_with, qr, see_other},
};

#[derive(Template)]
#[template(path = "portal/key.html")]
struct Key {
    frame: PortalFrame,
    action: String,
    /// An SVG made here, so that it may stand in the page as it is.
    qr: String,
    otpauth: String,
    key: String,
    groups: String,
    error: String,
}

#[derive(Template)]
#[template(path = "portal/key-wrong.html")]
struct KeyWrong {
    frame: PortalFrame,
    action: String,
    otp: String,
    wrong: Wrong,
}

async fn with_key(guest: &Guest, status: StatusCode, error: &str) -> Answer {
    match guest.call(portal::show_key).await? {
        Step::Done(view, seed) => {
            let otpauth = link::otpauth(&guest.frame.org, &view.enrollment.user_id, &seed);
            let key = seed.base32().to_string();
            page_with(
                status,
                &Key {
                    frame: guest.frame.clone(),
                    action: guest.path("/key"),
                    qr: qr::unlabeled(&otpauth)?,
                    otpauth,
                    groups: oath::manual_key(seed.bytes()),
                    key,
                    error: error.into(),
                },
            )
        }
        other => ended::instead(guest, &other),
    }
}

/// Shows the key: the same one at each reload, until it is proven.
pub async fn show(guest: Guest) -> Answer {
    with_key(&guest, StatusCode::OK, "").await
}

/// Takes the one-time password.
pub async fn prove(guest: Guest, fields: Fields) -> Answer {
    let otp = fields.text("otp");
    let typed = otp.clone();
    match guest.call(move |desk, now, visit| portal::prove(desk, now, visit, &otp)).await? {
        Step::Done(..) => Ok(see_other(&guest.path("/done"))),
        Step::Wrong(view) => page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &KeyWrong { frame: guest.frame.clone(), action: guest.path("/key"), otp: typed, wrong: Wrong::of(&view) },
        ),
        Step::Empty(_) => {
            with_key(&guest, StatusCode::UNPROCESSABLE_ENTITY, "Enter the one-time password that your app shows.").await
        }
        other => ended::instead(&guest, &other),
    }
}
