//! `/enroll/{handle}`: what this is about, and the activation code. Not whom: the link alone may have been seen by
//! others, so that no page of it shows a name or User ID before a right code (PRODUCT.md §3).

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use askama::Template;

use crate::{
    portal::{
        self, Step, View,
        pages::{Guest, PortalFrame, Wrong, ended, last_moment},
    },
    web::{Answer, Fault, Fields, page, page_with},
};

#[derive(Template)]
#[template(path = "portal/welcome.html")]
struct Welcome {
    frame: PortalFrame,
    action: String,
    authentication_type: &'static str,
    hardware: bool,
    finish_by: String,
    zone: &'static str,
    code: String,
    error: String,
    wrong: Option<Wrong>,
    again: bool,
}

fn welcome(guest: &Guest, view: &View) -> Welcome {
    let enrollment = &view.enrollment;
    Welcome {
        frame: guest.frame.clone(),
        action: guest.path(""),
        authentication_type: enrollment.authentication_type.plain(),
        hardware: enrollment.authentication_type.needs_inventory(),
        finish_by: last_moment(enrollment.facts.stop_on),
        zone: guest.zone().name(),
        code: String::new(),
        error: String::new(),
        wrong: None,
        again: false,
    }
}

/// Shows the start of a link. Spends nothing: mail scanners open it before the user does.
pub async fn show(http: HttpRequest, guest: Guest) -> Answer {
    let Some(view) = guest.call(portal::open).await? else { return ended::unknown(&guest) };
    match view.end {
        Some(_) => ended::show(&guest, &view),
        None if view.verified => Ok(guest.to_enroll(&view)),
        None => page(&Welcome { again: http.query_string() == "again", ..welcome(&guest, &view) }),
    }
}

/// Takes the activation code.
pub async fn accept(guest: Guest, fields: Fields) -> Answer {
    let code = fields.text("code");
    let typed = code.clone();
    let again = |welcome: Welcome| page_with(StatusCode::UNPROCESSABLE_ENTITY, &Welcome { code: typed, ..welcome });
    match guest.call(move |desk, now, visit| portal::accept_code(desk, now, visit, &code)).await? {
        Step::Done(view, session) => {
            let mut response: HttpResponse = guest.to_enroll(&view);
            response.add_cookie(&guest.cookie(session)).map_err(|error| Fault::internal(error.to_string()))?;
            Ok(response)
        }
        Step::Wrong(view) => {
            let error = "Enter the code exactly as it stands in the newest email.".into();
            again(Welcome { error, wrong: Some(Wrong::of(&view)), ..welcome(&guest, &view) })
        }
        Step::Empty(view) => again(Welcome { error: "Enter the activation code.".into(), ..welcome(&guest, &view) }),
        other => ended::instead(&guest, &other),
    }
}
