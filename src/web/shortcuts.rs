//! `/shortcuts`: the keys of the console, and the switch that turns them off (WCAG 2.2, 2.1.4 Character Key Shortcuts).

use actix_web::{HttpResponse, cookie::time::Duration, web::Data};
use askama::Template;

use crate::{
    desk::Desk,
    operators::may,
    web::{Answer, Chrome, Fields, Permitted, cookies, page, see_other},
};

use super::preferences::OFF;

/// Where the page is.
pub const SHORTCUTS: &str = "/shortcuts";

#[derive(Template)]
#[template(path = "shortcuts.html")]
struct Page {
    chrome: Chrome,
    /// The letter after "g", and where it leads.
    entries: Vec<(&'static str, &'static str)>,
}

/// The page.
pub async fn show(p: Permitted<may::SignedIn>) -> Answer {
    let ((), chrome) = p.view(|_, _, _| Ok(())).await?;
    let items = chrome.nav.iter().flat_map(|group| &group.items);
    let entries = items.filter(|item| !item.key.is_empty()).map(|item| (item.key, item.label)).collect();
    page(&Page { entries, chrome })
}

/// Turns the keys on or off for this browser.
pub async fn choose(desk: Data<Desk>, form: Fields) -> HttpResponse {
    let keys = if form.text("keys") == OFF { OFF } else { "on" };
    let cookie = cookies::SHORTCUTS.made(desk.settings.https, keys.into(), "/", Duration::days(365));
    let mut response = see_other(SHORTCUTS);
    // A cookie of these parts is always a valid header; without it the keys simply stay as they are.
    let _ = response.add_cookie(&cookie);
    response
}
