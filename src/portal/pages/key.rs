//! `/enroll/{handle}/key`: the key of an authenticator app, and the one-time password that proves it.

use actix_web::http::StatusCode;
use askama::Template;
use qrcode::{EcLevel, QrCode, render::svg};

use crate::{
    oath,
    portal::{
        self, Step, link,
        pages::{Guest, PortalFrame, Wrong, ended},
    },
    web::{Answer, Fault, Fields, page_with, see_other},
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

/// The picture of `text`: dark on white with the four light modules around it that readers need, also in dark mode.
fn qr(text: &str) -> Result<String, Fault> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|error| Fault::internal(format!("a QR code was not made: {error}")))?;
    let image = code
        .render::<svg::Color<'_>>()
        .quiet_zone(true)
        .module_dimensions(1, 1)
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .build();
    // The XML declaration does not belong in the middle of a page.
    let start = image.find("<svg").unwrap_or_default();
    Ok(image[start..].to_owned())
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
                    qr: qr(&otpauth)?,
                    otpauth,
                    groups: oath::manual_key(seed.bytes()),
                    key,
                    error: error.into(),
                },
            )
        }
        Step::Ended(view) | Step::Wrong(view) | Step::Empty(view) => ended::show(guest, &view),
        Step::NoSession => Ok(guest.to_start()),
        Step::Unknown => ended::unknown(guest),
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
            with_key(&guest, StatusCode::UNPROCESSABLE_ENTITY, "Enter the code that your app shows.").await
        }
        Step::Ended(view) => ended::show(&guest, &view),
        Step::NoSession => Ok(guest.to_start()),
        Step::Unknown => ended::unknown(&guest),
    }
}

#[cfg(test)]
mod tests {
    use super::qr;

    #[test]
    fn the_qr_code_may_stand_in_a_page_under_our_content_security_policy() {
        let image = qr("otpauth://totp/Example:t.adeyemi?secret=ABC").unwrap();
        assert!(image.starts_with("<svg") && image.ends_with("</svg>"));
        assert!(!image.contains("style") && !image.contains("<?xml") && !image.contains("script"));
    }
}
