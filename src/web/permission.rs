//! Permission as a type: a handler that takes `Permitted<may::Resend>` cannot be reached without it.

use std::{future::Future, marker::PhantomData, pin::Pin};

use actix_session::{Session, SessionExt};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};

use crate::web::address;
use crate::web::preferences;
use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    desk::Desk,
    error::{Error, Result},
    operators::{self, Permission, Scope, Who, may::Need},
    web::{
        Fault,
        chrome::{self, Chrome, Flash},
        session,
    },
};

/// Someone signed in whose role holds what `N` says, and the desk they work at.
pub struct Permitted<N> {
    /// Who.
    pub who: Who,
    /// The desk.
    pub desk: Desk,
    /// The time of this request.
    pub now: Timestamp,
    /// The session, for flashes and sign-out.
    pub session: Session,
    path: String,
    theme: &'static str,
    keys: bool,
    counts: Option<chrome::Counts>,
    need: PhantomData<N>,
}

impl<N: Need> Permitted<N> {
    /// Carries out `f` (a verb, a query) on a thread that may block.
    pub async fn call<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Desk, &Who, Timestamp) -> Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let (desk, who, now) = (self.desk.clone(), self.who.clone(), self.now);
        Ok(actix_web::web::block(move || f(&desk, &who, now)).await??)
    }

    /// As [`Permitted::call`], with the shell of the page besides.
    pub async fn view<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Desk, &Who, Timestamp) -> Result<T> + Send + 'static,
    ) -> Result<(T, Chrome), Fault> {
        let counts = self.counts;
        let (value, numbers) = self
            .call(move |desk, who, now| {
                let value = f(desk, who, now)?;
                let numbers = match counts {
                    Some(chrome::Counts(count)) => desk.db.read(|conn| count(desk, conn, who, now))?,
                    None => chrome::Numbers::default(),
                };
                Ok((value, numbers))
            })
            .await?;
        Ok((value, self.chrome(numbers)))
    }

    /// Shows `flash` on the next page.
    pub fn flash(&self, flash: &Flash) {
        chrome::put_flash(&self.session, flash);
    }

    /// The address of this page, with its query string.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// True if the role holds `permission`.
    pub fn may(&self, permission: Permission) -> bool {
        self.who.may(permission)
    }

    fn chrome(&self, numbers: chrome::Numbers) -> Chrome {
        Chrome {
            theme: self.theme,
            keys: self.keys,
            ..Chrome::new(&self.desk.settings, &self.who, &self.path, numbers, chrome::take_flash(&self.session))
        }
    }
}

impl<N: Need> FromRequest for Permitted<N> {
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Fault>>>>;

    fn from_request(http: &HttpRequest, _: &mut Payload) -> Self::Future {
        let http = http.clone();
        Box::pin(async move {
            let desk = http.app_data::<Data<Desk>>().ok_or_else(|| Fault::internal("the app has no desk"))?;
            let desk = desk.get_ref().clone();
            let session = http.get_session();
            let working = session::working().ok_or(Error::SignedOut)?;
            let now = desk.now();
            let path = http.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
            if working.must_change_password && !address::is_account(http.path()) {
                return Err(Error::PasswordDue.into());
            }
            let who = working.who;
            // Of the permissions the first is named: it is the one that opens all of the page.
            let missing = N::NEEDS.iter().find(|any_of| !who.may_any(any_of)).and_then(|any_of| any_of.first());
            let missing = missing.map(|permission| permission.label());
            let partly = N::EVERYWHERE && who.scope != Scope::All;
            if let Some(missing) = missing.or(partly.then_some(operators::ALL_CONTAINERS)) {
                let refused = format!("Refused {} {}", http.method(), http.path());
                let worker = desk.clone();
                let noted = actix_web::web::block(move || {
                    let entry =
                        Entry::refused(&who.actor, Verb::ConsoleOpen, refused).fact("Permission missing", missing);
                    worker.db.write(|conn| audit::record(conn, now, &entry))
                });
                noted.await??;
                return Err(Error::Forbidden(missing).into());
            }
            Ok(Permitted {
                who,
                desk,
                now,
                session,
                path,
                theme: preferences::theme(&http),
                keys: preferences::has_shortcuts(&http),
                counts: http.app_data::<chrome::Counts>().copied(),
                need: PhantomData,
            })
        })
    }
}
