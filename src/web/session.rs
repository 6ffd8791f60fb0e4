//! The operator's session: actix-session over our own table, so that ending one takes effect at once everywhere.

use std::cell::RefCell;

use actix_session::{
    Session, SessionMiddleware,
    config::{CookieContentSecurity, PersistentSession},
    storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError},
};
use actix_web::{
    body::MessageBody,
    cookie::{Key, SameSite, time::Duration},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

use crate::{
    clock::{Timestamp, unix_seconds},
    desk::Desk,
    ids::OperatorId,
    keys::Purpose,
    operators::{
        self, Working,
        sessions::{self, OPERATOR, PENDING, State},
    },
    sign_in::presence,
    web::{Fault, Visitor, cookies, request},
};

/// Since when someone is half signed in, in seconds since 1970.
const PENDING_SINCE: &str = "pending_since";
/// Where someone half signed in was going.
const BACK: &str = "back";
/// When the operator last proved who they are, in seconds since 1970.
pub const CONFIRMED: &str = "confirmed_at";
/// How long the one-time password may take, in seconds: time to find the phone, not to leave the desk.
const PENDING_SECONDS: i64 = 10 * 60;

tokio::task_local! {
    /// The request at hand.
    static ARRIVED: Arrived;
}

/// A request that may have a session.
struct Arrived {
    origin: Origin,
    /// The operator of its session.
    working: RefCell<Option<Working>>,
}

#[derive(Clone, Default)]
struct Origin {
    address: String,
    request: String,
}

/// Makes room for what is read together with the session of a request. To stand around [`middleware`].
///
/// # Errors
/// What comes from within.
pub async fn arrive<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let origin = Origin { address: request::address(request.request()), request: request::id(request.request()) };
    ARRIVED.scope(Arrived { origin, working: RefCell::default() }, next.call(request)).await
}

/// The operator signed in to the session of the request at hand, as they are now: read with the session, on the same
/// connection. `None` if nobody is, or no longer.
pub fn working() -> Option<Working> {
    ARRIVED.try_with(|arrived| arrived.working.borrow().clone()).ok().flatten()
}

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
        let origin = ARRIVED.try_with(|arrived| arrived.origin.clone()).unwrap_or_default();
        let loaded = self.run(move |desk| {
            sessions::load(desk, &key, desk.now(), |conn, state| {
                match state.get(OPERATOR).and_then(|id| id.parse().ok()) {
                    Some(id) => operators::at_work(conn, OperatorId(id), &origin.address, &origin.request),
                    None => Ok(None),
                }
            })
        });
        let loaded = loaded.await.map_err(|e| LoadError::Other(e.into()))?;
        Ok(loaded.map(|(state, working)| {
            let _ = ARRIVED.try_with(|arrived| arrived.working.replace(working));
            state
        }))
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

/// The middleware that gives handlers a [`Session`].
pub fn middleware(desk: &Desk) -> SessionMiddleware<Rows> {
    let https = desk.settings.https;
    let hours = i64::from(desk.settings.session_hours);
    SessionMiddleware::builder(Rows { desk: desk.clone() }, cookie_key(desk))
        .cookie_name(cookies::SESSION.name(https).into())
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

/// Someone whose password was right and whose one-time password is still to come.
pub struct Pending {
    /// The operator.
    pub operator: OperatorId,
    /// Where they were going.
    pub back: String,
}

/// Signs the operator in to this session under a new id: one that was planted in the browser before is worth nothing.
///
/// # Errors
/// `Internal` if a value cannot be kept.
pub fn sign_in(session: &Session, operator: OperatorId, visitor: &Visitor) -> Result<(), Fault> {
    renew(session, visitor)?;
    keep(session, OPERATOR, operator.0)
}

/// Keeps that the operator has just proved who they are.
///
/// # Errors
/// `Internal` if it cannot be kept.
pub fn confirm(session: &Session, now: Timestamp) -> Result<(), Fault> {
    keep(session, CONFIRMED, unix_seconds(now))
}

/// True if they did so a few minutes ago. Signing in is not enough: it is what a stolen session has behind it.
pub fn is_confirmed(session: &Session, now: Timestamp) -> bool {
    session.get::<i64>(CONFIRMED).ok().flatten().is_some_and(|proved| presence::holds(proved, now))
}

/// Keeps who is half signed in, which is not signed in.
///
/// # Errors
/// `Internal` if a value cannot be kept.
pub fn half_sign_in(session: &Session, pending: &Pending, visitor: &Visitor) -> Result<(), Fault> {
    renew(session, visitor)?;
    keep(session, PENDING, pending.operator.0)?;
    keep(session, PENDING_SINCE, unix_seconds(visitor.now))?;
    keep(session, BACK, &pending.back)
}

/// Who is half signed in, unless it was too long ago.
pub fn pending(visitor: &Visitor) -> Option<Pending> {
    let since = visitor.session.get::<i64>(PENDING_SINCE).ok()??;
    if unix_seconds(visitor.now) - since >= PENDING_SECONDS {
        return None;
    }
    let operator = visitor.session.get::<i64>(PENDING).ok()?.map(OperatorId)?;
    let back = visitor.session.get::<String>(BACK).ok()?.unwrap_or_default();
    Some(Pending { operator, back })
}

/// Empties the session and gives it a new id.
fn renew(session: &Session, visitor: &Visitor) -> Result<(), Fault> {
    session.clear();
    session.renew();
    keep(session, "address", &visitor.who.actor.address)?;
    keep(session, "agent", &visitor.agent)
}

fn keep(session: &Session, name: &str, value: impl serde::Serialize) -> Result<(), Fault> {
    session.insert(name, value).map_err(|error| Fault::internal(format!("the session does not keep {name}: {error}")))
}
