//! `/shortcuts`: the keys of the console, and the switch that turns them off (WCAG 2.2, 2.1.4 Character Key Shortcuts).

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
};
use askama::Template;

use crate::{
    operators::may,
    web::{Answer, Chrome, Fields, Permitted, page, see_other},
};

/// Where the page is.
pub const SHORTCUTS: &str = "/shortcuts";

const COOKIE: &str = "shortcuts";
const OFF: &str = "off";

/// True unless this browser was told to leave keys alone.
pub fn are_on(request: &HttpRequest) -> bool {
    request.cookie(COOKIE).is_none_or(|cookie| cookie.value() != OFF)
}

#[derive(Template)]
#[template(path = "shortcuts.html")]
struct Page {
    chrome: Chrome,
    /// The letter after "g", and where it leads.
    places: Vec<(&'static str, &'static str)>,
}

/// The page.
///
/// # Errors
/// `Database` only.
pub async fn show(p: Permitted<may::SignedIn>) -> Answer {
    let ((), chrome) = p.view(|_, _, _| Ok(())).await?;
    let items = chrome.nav.iter().flat_map(|group| &group.items);
    let places = items.filter(|item| !item.key.is_empty()).map(|item| (item.key, item.label)).collect();
    page(&Page { places, chrome })
}

/// Turns the keys on or off for this browser.
pub async fn choose(form: Fields) -> HttpResponse {
    let cookie = Cookie::build(COOKIE, if form.text("keys") == OFF { OFF } else { "on" })
        .path("/")
        .same_site(SameSite::Lax)
        .http_only(true)
        .max_age(Duration::days(365))
        .finish();
    let mut response = see_other(SHORTCUTS);
    // A cookie of these parts is always a valid header; without it the keys simply stay as they are.
    let _ = response.add_cookie(&cookie);
    response
}
