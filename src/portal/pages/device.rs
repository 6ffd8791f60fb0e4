//! `/enroll/{handle}/device`: the serial number of a hardware token, and a one-time password from it.

use actix_web::http::StatusCode;
use askama::Template;

use crate::{
    portal::{
        self, Step,
        pages::{Guest, PortalFrame, Wrong, ended},
    },
    web::{Answer, Fields, page, page_with, see_other},
};

#[derive(Template)]
#[template(path = "portal/device.html")]
struct Device {
    frame: PortalFrame,
    action: String,
    serial: String,
    serial_error: &'static str,
    otp: String,
    otp_error: &'static str,
    wrong: Option<Wrong>,
}

fn device(guest: &Guest) -> Device {
    Device {
        frame: guest.frame.clone(),
        action: guest.path("/device"),
        serial: String::new(),
        serial_error: "",
        otp: String::new(),
        otp_error: "",
        wrong: None,
    }
}

/// Shows the form.
pub async fn show(guest: Guest) -> Answer {
    match guest.call(portal::show_device).await? {
        Step::Done(..) => page(&device(&guest)),
        other => ended::instead(&guest, &other),
    }
}

/// Takes serial number and one-time password.
pub async fn claim(guest: Guest, fields: Fields) -> Answer {
    let (serial, otp) = (fields.text("serial"), fields.text("otp"));
    let typed = Device { serial: serial.clone(), otp: otp.clone(), ..device(&guest) };
    match guest.call(move |desk, now, visit| portal::claim_device(desk, now, visit, &serial, &otp)).await? {
        Step::Done(..) => Ok(see_other(&guest.path("/done"))),
        Step::Wrong(view) => {
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &Device { wrong: Some(Wrong::of(&view)), ..typed })
        }
        Step::Empty(_) => {
            let serial_error = if typed.serial.is_empty() { "Enter the serial number." } else { "" };
            let otp_error =
                if typed.otp.is_empty() { "Enter the one-time password that the device shows." } else { "" };
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &Device { serial_error, otp_error, ..typed })
        }
        other => ended::instead(&guest, &other),
    }
}
