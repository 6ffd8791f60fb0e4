//! Light, dark, or as the system is: a cookie set by a form.

use actix_web::{cookie::time::Duration, web::Data};

use crate::{
    desk::Desk,
    error::Error,
    web::{Answer, Fields, address::local_path, cookies, see_other},
};

use super::preferences::CHOICES;

/// Sets the cookie and goes back.
pub async fn choose(desk: Data<Desk>, form: Fields) -> Answer {
    let typed = form.text("theme");
    let Some(theme) = CHOICES.into_iter().find(|choice| *choice == typed) else {
        return Err(Error::mistake("theme", "Choose Light, Dark or System.").into());
    };
    let cookie = cookies::THEME.made(desk.settings.https, theme.into(), "/", Duration::days(365));
    let mut response = see_other(local_path(&form.text("back")));
    // A cookie of these parts is always a valid header; without it the theme simply stays.
    let _ = response.add_cookie(&cookie);
    Ok(response)
}
