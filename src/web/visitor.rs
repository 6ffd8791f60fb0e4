//! Someone who has not signed in, on a page that is open to everyone.

use std::future::{Ready, ready};

use actix_session::{Session, SessionExt};
use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};

use crate::{
    audit::ActorKind,
    clock::Timestamp,
    desk::Desk,
    error::Result,
    operators::Who,
    web::{Fault, cookies, fault::Frame, request},
};

/// Characters of the browser's name that are kept with a session.
const LONGEST_AGENT: usize = 200;

/// Someone who has not signed in, and the desk they stand at.
pub struct Visitor {
    /// Nobody known, with the address and the request.
    pub who: Who,
    /// The desk.
    pub desk: Desk,
    /// The time of this request.
    pub now: Timestamp,
    /// The session.
    pub session: Session,
    /// What the browser calls itself.
    pub agent: String,
    /// What the browser is known by, if somebody signed in in it before.
    pub known: Option<String>,
    http: HttpRequest,
}

impl Visitor {
    /// Carries out `f` on a thread that may block.
    pub async fn call<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Desk, &Who, Timestamp) -> Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let (desk, who, now) = (self.desk.clone(), self.who.clone(), self.now);
        Ok(actix_web::web::block(move || f(&desk, &who, now)).await??)
    }

    /// What pages outside the console's shell show around their card.
    pub fn frame(&self) -> Frame {
        Frame::of(&self.http)
    }
}

impl FromRequest for Visitor {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(http: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(desk) = http.app_data::<Data<Desk>>() else {
            return ready(Err(Fault::internal("the app has no desk")));
        };
        let agent = http.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        ready(Ok(Visitor {
            who: Who::outsider(ActorKind::Unknown, "unknown", &request::address(http), &request::id(http)),
            now: desk.now(),
            desk: desk.get_ref().clone(),
            session: http.get_session(),
            agent: agent.chars().take(LONGEST_AGENT).collect(),
            known: cookies::KNOWN.of(http),
            http: http.clone(),
        }))
    }
}
