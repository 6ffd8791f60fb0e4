//! Errors at the edge: the one table that turns them into a status and a page.

use std::{cell::RefCell, fmt};

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, StatusCode, header},
    middleware::Next,
    web::Data,
};
use askama::Template;

use crate::web::address;
use crate::web::preferences;
use crate::{
    desk::Desk,
    error::{Error, Mistakes},
    web::{headers, isolation, request, see_other},
};

/// When to come back if there is too much to do, in seconds: whoever had a slot, or the database, is through by then.
const BUSY_SECONDS: u64 = 5;

/// When to come back if the disk is full, in seconds: somebody has to make room.
const FULL_SECONDS: u64 = 60;

/// An [`Error`] on its way to the browser.
#[derive(Debug)]
pub struct Fault(pub Error);

impl Fault {
    /// Anything unforeseen; `text` goes to the log.
    pub fn internal(text: impl Into<String>) -> Self {
        Fault(Error::Internal(text.into()))
    }

    /// The seconds after which the same may go well, for `Retry-After` (RFC 9110 §10.2.3).
    fn retry_after(&self) -> Option<u64> {
        match self.0 {
            Error::TooMany(seconds) => Some(seconds),
            Error::Busy | Error::Away => Some(BUSY_SECONDS),
            Error::DiskFull => Some(FULL_SECONDS),
            _ => None,
        }
    }

    /// The mistakes, if this is a form that has to come back (422); else the fault again, for `?`.
    ///
    /// # Errors
    /// The fault itself if it is anything else.
    pub fn mistakes(self) -> Result<Mistakes, Fault> {
        match self.0 {
            Error::Invalid(mistakes) => Ok(mistakes),
            other => Err(Fault(other)),
        }
    }

    /// As [`Fault::mistakes`]; a rule that does not allow it is a mistake in `field`, where it stands beside what was typed.
    ///
    /// # Errors
    /// The fault itself if it is anything else.
    pub fn mistakes_or_rule(self, field: &'static str) -> Result<Mistakes, Fault> {
        let rule = match self.0 {
            Error::Refused(rule) => Error::mistake(field, rule),
            other => other,
        };
        Fault(rule).mistakes()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<E: Into<Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Fault(error.into())
    }
}

impl From<actix_web::error::BlockingError> for Fault {
    fn from(_: actix_web::error::BlockingError) -> Self {
        Fault::internal("the pool of blocking threads is closed")
    }
}

impl ResponseError for Fault {
    fn status_code(&self) -> StatusCode {
        match self.0 {
            Error::NotFound { .. } => StatusCode::NOT_FOUND,
            Error::Forbidden(_) => StatusCode::FORBIDDEN,
            Error::SignedOut | Error::PasswordDue => StatusCode::UNAUTHORIZED,
            Error::Invalid(_) | Error::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Conflict(_) => StatusCode::CONFLICT,
            Error::Gone(_) => StatusCode::GONE,
            Error::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Error::Busy | Error::Away | Error::DiskFull => StatusCode::SERVICE_UNAVAILABLE,
            Error::Database(_) | Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        HttpResponse::new(self.status_code())
    }
}

/// What the layout of pages outside the console's shell expects.
pub struct Frame {
    /// The organization's name.
    pub org: String,
    /// Host and port people typed.
    pub host: String,
    /// "", "light" or "dark".
    pub theme: &'static str,
}

impl Frame {
    /// The frame of pages for this request.
    pub fn of(http: &HttpRequest) -> Self {
        let settings = http.app_data::<Data<Desk>>().map(|desk| &desk.settings);
        Frame {
            org: settings.map(|settings| settings.organization.clone()).unwrap_or_default(),
            host: settings.map(|settings| settings.host.clone()).unwrap_or_default(),
            theme: preferences::theme(http),
        }
    }
}

/// The page for a status without a page of its own.
#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    frame: Frame,
    status: u16,
    title: String,
    sentence: String,
    ways: Vec<(String, &'static str)>,
    request: String,
}

/// What an error page needs of a request, which cannot be kept while it is answered: routing writes the parts of the
/// path into it, and panics if anyone else holds it.
struct Asked {
    id: String,
    path: String,
    frame: Frame,
    https: bool,
    /// The page of ours that a form was sent from, or that led here.
    sent_from: Option<String>,
    /// True if something was sent, and not only looked at.
    sends: bool,
}

impl Asked {
    fn of(http: &HttpRequest) -> Self {
        Asked {
            id: request::id(http),
            path: http.path().to_owned(),
            frame: Frame::of(http),
            https: http.app_data::<Data<Desk>>().is_some_and(|desk| desk.settings.https),
            sent_from: sent_from(http),
            sends: http.method() != Method::GET,
        }
    }

    /// The page, or for the API the JSON, for `status`; with its reference in the log if it is our fault.
    fn answer(self, status: StatusCode, fault: Option<&Fault>, unforeseen: &str) -> HttpResponse {
        let retry_after = fault.and_then(Fault::retry_after);
        if status.is_server_error() && retry_after.is_some() {
            tracing::warn!(request = %self.id, status = status.as_u16(), "{unforeseen}");
        } else if status.is_server_error() {
            tracing::error!(request = %self.id, status = status.as_u16(), "{unforeseen}");
        }
        let mut answer = HttpResponse::build(status);
        if status == StatusCode::REQUEST_TIMEOUT {
            // Nobody waits for the rest of what did not come in time (RFC 9110 §15.5.9).
            answer.force_close();
        }
        if let Some(seconds) = retry_after {
            answer.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if self.path.starts_with("/api/") {
            let message = match fault {
                Some(Fault(error @ (Error::Busy | Error::Away | Error::DiskFull))) => error.to_string(),
                _ => status.canonical_reason().unwrap_or("error").to_lowercase(),
            };
            return answer.json(serde_json::json!({ "error": message, "request": self.id }));
        }
        let (title, sentence) = words(status, fault);
        let ways = self.ways(fault);
        let page =
            ErrorPage { frame: self.frame, status: status.as_u16(), title, sentence, ways, request: self.id.clone() };
        answer.content_type("text/html; charset=utf-8").body(isolation::isolated(page.render().unwrap_or_default()))
    }

    /// The ways on, the likeliest first. Users in the portal get none: the console is not for them.
    fn ways(&self, fault: Option<&Fault>) -> Vec<(String, &'static str)> {
        if self.path.starts_with("/enroll/") {
            return Vec::new();
        }
        let mut ways = match fault {
            Some(Fault(Error::NotFound { what: "task", .. })) => vec![("/tasks".into(), "Open Provisioning Tasks")],
            Some(Fault(Error::NotFound { what: "user", .. })) => vec![("/users".into(), "Open Assignment")],
            _ => Vec::new(),
        };
        match fault {
            // A rule leads back to where one was, and else to the task that it speaks of.
            Some(Fault(Error::Refused(_))) => {
                let page = self.sent_from.clone().filter(|page| page.split('?').next() != Some(&self.path));
                let task = self.path.strip_prefix("/tasks/").and_then(|rest| rest.split_once('/'));
                ways.extend(page.map(|page| (page, "Back to where you were")));
                ways.extend(task.map(|(number, _)| (format!("/tasks/{number}"), "Open the task")));
            }
            _ if self.sends => ways.extend(self.sent_from.clone().map(|page| (page, "Open the page again"))),
            _ => {}
        }
        ways.push(("/".into(), "Go to the start page"));
        ways
    }
}

/// Turns a [`Fault`] (or a bare status that actix made) into a page, and for the API into JSON.
///
/// # Errors
/// The page for a failure of a layer further in, which has taken the request with it.
pub async fn dress(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let seen = Asked::of(request.request());
    let response = match next.call(request).await {
        Ok(response) => response.map_into_boxed_body(),
        Err(error) => return Err(SessionLost::of(seen, &error).into()),
    };
    let status = response.status();
    let bare = response.response().error().is_some() || response.headers().get(header::CONTENT_TYPE).is_none();
    if !(status.is_client_error() || status.is_server_error()) || !bare {
        return Ok(response);
    }
    let fault = response.response().error().and_then(|error| error.as_error::<Fault>());
    let mut page = match fault {
        Some(Fault(Error::SignedOut)) if !seen.path.starts_with("/api/") => {
            see_other(&address::sign_in_address(response.request()))
        }
        Some(Fault(Error::PasswordDue)) if !seen.path.starts_with("/api/") => see_other(address::ACCOUNT),
        _ => {
            let unforeseen = response.response().error().map(ToString::to_string).unwrap_or_default();
            seen.answer(status, fault, &unforeseen)
        }
    };
    if let Some(allow) = response.headers().get(header::ALLOW) {
        page.headers_mut().insert(header::ALLOW, allow.clone());
    }
    Ok(response.into_response(page))
}

/// The answer to a request whose session could not be read or kept: actix-session then answers with an error alone, which
/// no layer can put into a response any more. It carries the whole page, headers and all.
#[derive(Debug)]
struct SessionLost {
    status: StatusCode,
    /// Taken when actix asks for it, once.
    page: RefCell<Option<HttpResponse>>,
}

impl SessionLost {
    fn of(seen: Asked, error: &actix_web::Error) -> Self {
        let (id, https) = (seen.id.clone(), seen.https);
        let told = whole(error);
        let fault = foreseen(&told);
        let status = fault.as_ref().map_or(error.as_response_error().status_code(), Fault::status_code);
        let mut page = seen.answer(status, fault.as_ref(), &told);
        headers::set(page.headers_mut(), https);
        request::name(page.headers_mut(), &id);
        SessionLost { status, page: RefCell::new(Some(page)) }
    }
}

/// What happened, in one line. The Display of actix-session's errors leaves out what the database said.
fn whole(error: &actix_web::Error) -> String {
    let told = format!("{error:?}");
    let told = told.split("Stack backtrace").next().unwrap_or_default();
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What will go well later, known by its words: actix-session's errors hand on nothing else.
fn foreseen(told: &str) -> Option<Fault> {
    [Error::Busy, Error::Away, Error::DiskFull].into_iter().find(|error| told.contains(&error.to_string())).map(Fault)
}

impl fmt::Display for SessionLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the session could not be read or kept")
    }
}

impl ResponseError for SessionLost {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.page.take().unwrap_or_else(|| HttpResponse::new(self.status))
    }
}

/// The page of ours that a form was sent from.
fn sent_from(http: &HttpRequest) -> Option<String> {
    let ours = &http.app_data::<Data<Desk>>()?.settings.public_url;
    let page = http.headers().get(header::REFERER)?.to_str().ok()?.strip_prefix(ours.as_str())?;
    Some(address::local_path(page).to_owned())
}

/// Title and sentence: what happened, what was kept, what to do.
fn words(status: StatusCode, fault: Option<&Fault>) -> (String, String) {
    match (status, fault.map(|fault| &fault.0)) {
        (_, Some(Error::NotFound { what, name })) if !name.is_empty() => (
            format!("There is no {what} {name}"),
            "The address may be mistyped, or it was removed, or it is outside of your scope.".into(),
        ),
        (StatusCode::NOT_FOUND, _) => {
            ("There is no such page".into(), "The address may be mistyped. Nothing was changed.".into())
        }
        (_, Some(Error::Forbidden(permission))) => (
            "Your role does not allow this".into(),
            format!("It needs the permission “{permission}”. Ask an operator who can change your role. Nothing was changed."),
        ),
        (StatusCode::FORBIDDEN, _) => (
            "This request did not come from a page of this console".into(),
            "Open the page again and send the form from there. Nothing was changed.".into(),
        ),
        (_, Some(Error::Conflict(sentence))) => ("Something changed meanwhile".into(), sentence.clone()),
        (_, Some(Error::Refused(rule))) => ("This cannot be done".into(), format!("{rule} Nothing was changed.")),
        (_, Some(Error::TooMany(seconds))) => (
            "Too many requests".into(),
            format!("Wait {seconds} seconds, then try again. Nothing was changed."),
        ),
        (_, Some(Error::Busy)) => (
            "Tokendesk is busy".into(),
            format!("Too much is going on at this moment. Wait {BUSY_SECONDS} seconds, then try again. Nothing was changed."),
        ),
        (_, Some(Error::Away)) => (
            "The database does not answer".into(),
            format!("It may come back in a moment. Wait {BUSY_SECONDS} seconds, then try again. Nothing was changed."),
        ),
        (_, Some(Error::DiskFull)) => (
            "The disk is full".into(),
            "Tokendesk has no room left to write. Whoever runs it has to make room on the disk of the database; until \
             then you can read, but not change anything or sign in. Nothing was changed."
                .into(),
        ),
        (_, Some(Error::Invalid(mistakes))) => ("This cannot be taken".into(), mistakes.to_string()),
        (_, Some(Error::Gone(sentence))) => ("This is over".into(), sentence.clone()),
        (StatusCode::PAYLOAD_TOO_LARGE, _) => {
            ("That is too large".into(), "Send a smaller file or fewer rows. Nothing was changed.".into())
        }
        (StatusCode::REQUEST_TIMEOUT, _) => (
            "This took too long".into(),
            "The request did not arrive whole in the time it may take. Look at your connection, then try again. Nothing \
             was changed."
                .into(),
        ),
        (StatusCode::METHOD_NOT_ALLOWED, _) => {
            ("This address cannot be opened like this".into(), "Go back and use the button on the page.".into())
        }
        (status, _) if status.is_client_error() => (
            "This request could not be read".into(),
            "Go back, open the page again and repeat what you did. Nothing was changed.".into(),
        ),
        _ => (
            "Something went wrong on our side".into(),
            "What you did may not have been saved; look before you repeat it. Give the reference below to whoever runs \
             Tokendesk: the log says more under it."
                .into(),
        ),
    }
}
