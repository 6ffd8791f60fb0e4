//! Light, dark, or as the system is: a cookie set by a form.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    web::Form,
};

use crate::web::{see_other, session::local_path};

const COOKIE: &str = "theme";

/// The theme of this browser: "light", "dark", or "" for as the system is.
pub fn of(request: &HttpRequest) -> &'static str {
    match request.cookie(COOKIE).as_ref().map(|cookie| cookie.value()) {
        Some("light") => "light",
        Some("dark") => "dark",
        _ => "",
    }
}

/// The form.
#[derive(serde::Deserialize)]
pub struct Choice {
    theme: String,
    back: String,
}

/// Sets the cookie and goes back.
pub async fn choose(form: Form<Choice>) -> HttpResponse {
    let cookie = Cookie::build(COOKIE, form.theme.clone())
        .path("/")
        .same_site(SameSite::Lax)
        .http_only(true)
        .max_age(Duration::days(365))
        .finish();
    let mut response = see_other(local_path(&form.back));
    // A cookie of these parts is always a valid header; without it the theme simply stays.
    let _ = response.add_cookie(&cookie);
    response
}
