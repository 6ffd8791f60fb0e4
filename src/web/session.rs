//! The operator's session: actix-session over our own table, so that ending one takes effect at once everywhere.

use actix_session::{
    Session, SessionMiddleware,
    config::{CookieContentSecurity, PersistentSession},
    storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError},
};
use actix_web::{
    HttpRequest,
    cookie::{Key, SameSite, time::Duration},
};

use crate::{
    desk::Desk,
    ids::OperatorId,
    keys::Purpose,
    operators::sessions::{self, OPERATOR, State},
    web::segment,
};

/// The name of the cookie: `__Host-` makes browsers refuse it from other hosts and over plain http.
const SECURE_COOKIE: &str = "__Host-session";
/// The name over plain http (a demo, a test), where browsers refuse the prefix.
const PLAIN_COOKIE: &str = "session";

/// Rows of the sessions table behind actix-session.
pub struct Rows {
    desk: Desk,
}

impl Rows {
    async fn run<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Desk) -> crate::error::Result<T> + Send + 'static,
    ) -> Result<T, crate::error::Error> {
        let desk = self.desk.clone();
        match actix_web::web::block(move || f(&desk)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(crate::error::Error::Internal("the pool of blocking threads is closed".into())),
        }
    }
}

impl SessionStore for Rows {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let key = key.as_ref().to_owned();
        self.run(move |desk| sessions::load(desk, &key, desk.now())).await.map_err(|e| LoadError::Other(e.into()))
    }

    async fn save(&self, state: State, _: &Duration) -> Result<SessionKey, SaveError> {
        let key = self
            .run(move |desk| sessions::insert(desk, &state, desk.now()))
            .await
            .map_err(|e| SaveError::Other(e.into()))?;
        SessionKey::try_from(key).map_err(|e| SaveError::Other(e.into()))
    }

    async fn update(&self, key: SessionKey, state: State, _: &Duration) -> Result<SessionKey, UpdateError> {
        let same = key.as_ref().to_owned();
        self.run(move |desk| sessions::update(desk, &same, &state)).await.map_err(|e| UpdateError::Other(e.into()))?;
        Ok(key)
    }

    // The limits are kept by `sessions::load`, from the times in the row.
    async fn update_ttl(&self, _: &SessionKey, _: &Duration) -> Result<(), BoxedReport> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), BoxedReport> {
        let key = key.as_ref().to_owned();
        Ok(self.run(move |desk| sessions::delete(desk, &key)).await?)
    }
}

/// The error type that actix-session's trait asks for.
type BoxedReport = anyhow::Error;

/// The key that signs the cookie, so that a made-up session id does not reach the database.
pub fn cookie_key(desk: &Desk) -> Key {
    let mut secret = desk.keys.hash(Purpose::OperatorSession, b"cookie signature 1");
    secret.extend(desk.keys.hash(Purpose::OperatorSession, b"cookie signature 2"));
    Key::from(&secret)
}

/// The name of the cookie.
pub fn cookie_name(https: bool) -> &'static str {
    if https { SECURE_COOKIE } else { PLAIN_COOKIE }
}

/// The middleware that gives handlers a [`Session`].
pub fn middleware(desk: &Desk) -> SessionMiddleware<Rows> {
    let https = desk.settings.https;
    let hours = i64::from(desk.settings.session_hours);
    SessionMiddleware::builder(Rows { desk: desk.clone() }, cookie_key(desk))
        .cookie_name(cookie_name(https).into())
        .cookie_secure(https)
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_content_security(CookieContentSecurity::Signed)
        .session_lifecycle(PersistentSession::default().session_ttl(Duration::hours(hours)))
        .build()
}

/// The operator signed in to this session.
pub fn operator(session: &Session) -> Option<OperatorId> {
    session.get::<i64>(OPERATOR).ok().flatten().map(OperatorId)
}

/// Where to sign in and come back from to this page; only pages that were opened, not sent, are come back to.
pub fn sign_in_address(request: &HttpRequest) -> String {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if request.method() == actix_web::http::Method::GET && path != "/" {
        format!("/sign-in?back={}", segment(path))
    } else {
        "/sign-in".into()
    }
}

/// `path` if it is an address of this console, else the start page: nobody is sent elsewhere by a form or a link.
pub fn local_path(path: &str) -> &str {
    let ours = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t']);
    if ours { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(local_path("/tasks?page=2"), "/tasks?page=2");
        for elsewhere in
            ["https://evil.example", "//evil.example", "/\\evil.example", "", "javascript:alert(1)", "/\t/evil.example"]
        {
            assert_eq!(local_path(elsewhere), "/");
        }
    }
}
