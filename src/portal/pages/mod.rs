//! The pages of the portal, `/enroll/{handle}` and below. They work on a phone, without a script.

use std::{future::Ready, future::ready};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    cookie::{Cookie, time::Duration},
    dev::Payload,
    web::{self as actix, Data},
};
use chrono::{Datelike, NaiveDate};

use crate::web::preferences;
use crate::{
    clock::{Timestamp, Zone},
    desk::Desk,
    error::Result,
    portal::{View, Visit, link},
    tokens::AuthenticationType,
    web::{Fault, cookies, request, see_other, segment},
};

pub mod device;
pub mod done;
pub mod ended;
pub mod key;
pub mod welcome;

/// What the layout of the portal expects.
#[derive(Clone)]
pub struct PortalFrame {
    /// The organization's name.
    pub org: String,
    /// How users reach the help desk.
    pub help: String,
    /// "", "light" or "dark".
    pub theme: &'static str,
}

/// Whoever opened a page of the portal.
pub struct Guest {
    desk: Desk,
    now: Timestamp,
    visit: Visit,
    frame: PortalFrame,
}

impl Guest {
    /// Carries out `f` on a thread that may block.
    async fn call<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Desk, Timestamp, &Visit) -> Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let (desk, now, visit) = (self.desk.clone(), self.now, self.visit.clone());
        Ok(actix::block(move || f(&desk, now, &visit)).await??)
    }

    /// An address of this link: "" for its start, "/key" and so on.
    fn path(&self, rest: &str) -> String {
        format!("/enroll/{}{rest}", segment(&self.visit.handle))
    }

    /// To where the token is enrolled, by its type.
    fn to_enroll(&self, view: &View) -> HttpResponse {
        see_other(&self.path(match view.enrollment.authentication_type {
            AuthenticationType::AuthenticatorApp => "/key",
            AuthenticationType::HardwareToken => "/device",
        }))
    }

    /// To the start, which says that the time ran out.
    fn to_start(&self) -> HttpResponse {
        see_other(&self.path("?again"))
    }

    fn cookie(&self, session: String) -> Cookie<'static> {
        let age = Duration::minutes(link::SESSION_MINUTES);
        cookies::ENROLLMENT.made(self.desk.settings.https, session, &self.path(""), age)
    }

    fn zone(&self) -> Zone {
        self.desk.settings.zone
    }
}

impl FromRequest for Guest {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(http: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(desk) = http.app_data::<Data<Desk>>() else {
            return ready(Err(Fault::internal("the app has no desk")));
        };
        let settings = &desk.settings;
        let help = match settings.help_desk.as_str() {
            "" => "Ask the help desk of your organization.".to_owned(),
            words => format!("Help desk: {words}"),
        };
        ready(Ok(Guest {
            now: desk.now(),
            visit: Visit {
                handle: http.match_info().get("handle").unwrap_or_default().to_owned(),
                session: cookies::ENROLLMENT.of(http),
                address: request::address(http),
                request: request::id(http),
            },
            frame: PortalFrame { org: settings.organization.clone(), help, theme: preferences::theme(http) },
            desk: desk.get_ref().clone(),
        }))
    }
}

/// What a form says after a wrong attempt.
struct Wrong {
    left: i64,
    of: i64,
}

impl Wrong {
    fn of(view: &View) -> Self {
        Wrong { left: view.attempts_left(), of: view.attempts_allowed }
    }
}

/// "Fri 20 Nov 2026, 14:41" in the organization's zone.
fn moment(zone: Zone, at: Timestamp) -> String {
    zone.local(at).format("%a %-d %b %Y, %H:%M").to_string()
}

/// "Fri 27 Nov 2026, 23:59": the user may enroll until the end of the Stop Date.
fn last_moment(stop_on: NaiveDate) -> String {
    stop_on.format("%a %-d %b %Y, 23:59").to_string()
}

/// "27 November".
fn day(date: NaiveDate) -> String {
    format!("{} {}", date.day(), date.format("%B"))
}
