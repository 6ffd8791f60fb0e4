//! `/operators/new`: Add operator, with a first password that is shown once.

use actix_web::http::StatusCode;
use askama::Template;

use crate::{
    clock::{Timestamp, Zone, long_date},
    operators::{
        self, may,
        operator::first_password_end,
        pages::{form::Form, path},
    },
    web::{self, Answer, Chrome, Fields, Permitted, presence},
};

#[derive(Template)]
#[template(path = "operators/new.html")]
struct Page {
    chrome: Chrome,
    form: Form,
}

/// What hands a first password over: drawn as the answer to the form and never again, so that the password is in no
/// address, no session and no log.
#[derive(Template)]
#[template(path = "operators/first-password.html")]
pub(super) struct FirstPassword {
    pub chrome: Chrome,
    pub user_id: String,
    pub path: String,
    pub password: String,
    /// Until when it is good.
    pub good_until: String,
    pub sign_in: String,
    pub second_factor: bool,
    pub is_new: bool,
}

/// Until when a first password is good that is given now: "Monday 23 November 2026, 14:32".
pub(super) fn good_until(zone: Zone, now: Timestamp) -> String {
    let end = zone.local(first_password_end(now));
    format!("{}, {}", long_date(end.date()), end.format("%H:%M"))
}

/// GET
pub async fn show(p: Permitted<may::ManageOperators>) -> Answer {
    if let Some(question) = presence::before(&p) {
        return Ok(question);
    }
    let (form, chrome) = p.view(|desk, who, _| desk.db.read(|conn| Form::new().with_choices(conn, who))).await?;
    web::page(&Page { chrome, form })
}

/// POST
pub async fn submit(p: Permitted<may::ManageOperators>, fields: Fields) -> Answer {
    if let Some(question) = presence::asked(&p, &fields).await? {
        return Ok(question);
    }
    let mut form = Form::read(&fields);
    let (user_id, details) = (form.user_id.clone(), form.details());
    match p.call(move |desk, who, now| operators::invite(desk, who, now, &user_id, &details)).await {
        Ok(password) => {
            let ((), chrome) = p.view(|_, _, _| Ok(())).await?;
            let settings = &p.desk.settings;
            let good_until = good_until(settings.zone, p.now);
            web::page(&FirstPassword {
                chrome,
                path: path(&form.user_id),
                user_id: form.user_id,
                password,
                good_until,
                sign_in: format!("{}/sign-in", settings.public_url),
                second_factor: settings.require_second_factor,
                is_new: true,
            })
        }
        Err(fault) => {
            form.mistakes = fault.mistakes()?;
            let (form, chrome) = p.view(move |desk, who, _| desk.db.read(|conn| form.with_choices(conn, who))).await?;
            web::page_with(StatusCode::UNPROCESSABLE_ENTITY, &Page { chrome, form })
        }
    }
}
