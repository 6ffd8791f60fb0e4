//! `/enroll/{handle}/done`: the serial number, and "Try it now".

use actix_web::http::StatusCode;
use askama::Template;

use crate::{
    portal::{
        self, Step, View,
        pages::{Guest, PortalFrame, ended, moment},
    },
    tokens::{Token, TokenState},
    web::{Answer, Fields, page_with, see_other},
};

#[derive(Template)]
#[template(path = "portal/done.html")]
struct Done {
    frame: PortalFrame,
    action: String,
    serial: String,
    user_id: String,
    set_up: String,
    hardware: bool,
    /// It has authenticated: the enrollment is Completed.
    completed: bool,
    /// It takes no one-time passwords, such as after too many wrong ones.
    out_of_use: bool,
    otp: String,
    error: &'static str,
}

fn done(guest: &Guest, view: &View, token: &Token) -> Done {
    Done {
        frame: guest.frame.clone(),
        action: guest.path("/try"),
        serial: token.serial.clone(),
        user_id: view.enrollment.user_id.clone(),
        set_up: view.enrollment.facts.enrolled_at.map(|at| moment(guest.zone(), at)).unwrap_or_default(),
        hardware: view.enrollment.authentication_type.needs_inventory(),
        completed: view.enrollment.facts.used_at.is_some(),
        out_of_use: token.state != TokenState::Active,
        otp: String::new(),
        error: "",
    }
}

async fn with(guest: &Guest, status: StatusCode, otp: String, error: &'static str) -> Answer {
    match guest.call(portal::show_done).await? {
        Step::Done(view, token) => page_with(status, &Done { otp, error, ..done(guest, &view, &token) }),
        other => ended::instead(guest, &other),
    }
}

/// Shows what was enrolled.
pub async fn show(guest: Guest) -> Answer {
    with(&guest, StatusCode::OK, String::new(), "").await
}

/// Takes a second one-time password.
pub async fn try_now(guest: Guest, fields: Fields) -> Answer {
    let otp = fields.text("otp");
    let typed = otp.clone();
    match guest.call(move |desk, now, visit| portal::try_now(desk, now, visit, &otp)).await? {
        Step::Done(..) => Ok(see_other(&guest.path("/done"))),
        Step::Wrong(_) => {
            let error = "That one-time password did not match. Wait for a new one, then try again.";
            with(&guest, StatusCode::UNPROCESSABLE_ENTITY, typed, error).await
        }
        Step::Empty(_) => with(&guest, StatusCode::UNPROCESSABLE_ENTITY, typed, "Enter a new one-time password.").await,
        other => ended::instead(&guest, &other),
    }
}
