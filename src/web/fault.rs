//! Errors at the edge: the one table that turns them into a status and a page.

use std::fmt;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, StatusCode, header},
    middleware::Next,
    web::Data,
};
use askama::Template;

use crate::{
    desk::Desk,
    error::{Error, Mistakes},
    web::{request::RequestId, see_other, session, theme},
};

/// An [`Error`] on its way to the browser.
#[derive(Debug)]
pub struct Fault(pub Error);

impl Fault {
    /// Anything unforeseen; `text` goes to the log.
    pub fn internal(text: impl Into<String>) -> Self {
        Fault(Error::Internal(text.into()))
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
            Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Conflict(_) => StatusCode::CONFLICT,
            Error::Gone(_) => StatusCode::GONE,
            Error::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
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
            theme: theme::of(http),
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

/// Turns a [`Fault`] (or a bare status that actix made) into a page, and for the API into JSON.
///
/// # Errors
/// Only what actix answers on its own.
pub async fn dress(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    // The request is not kept meanwhile: routing writes the parts of the path into it, and panics if anyone else holds it.
    let response = next.call(request).await?.map_into_boxed_body();
    let http = response.request().clone();
    let status = response.status();
    let bare = response.response().error().is_some() || response.headers().get(header::CONTENT_TYPE).is_none();
    if !(status.is_client_error() || status.is_server_error()) || !bare {
        return Ok(response);
    }
    let id = http.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let fault = response.response().error().and_then(|error| error.as_error::<Fault>());
    if status.is_server_error() {
        let text = response.response().error().map(ToString::to_string).unwrap_or_default();
        tracing::error!(request = %id, status = status.as_u16(), "{text}");
    }
    if http.path().starts_with("/api/") {
        let message = status.canonical_reason().unwrap_or("error").to_lowercase();
        let mut answer = HttpResponse::build(status);
        retry_after(&mut answer, fault);
        return Ok(response.into_response(answer.json(serde_json::json!({ "error": message, "request": id }))));
    }
    if let Some(Fault(Error::SignedOut)) = fault {
        let back = session::sign_in_address(&http);
        return Ok(response.into_response(see_other(&back)));
    }
    if let Some(Fault(Error::PasswordDue)) = fault {
        return Ok(response.into_response(see_other(session::ACCOUNT)));
    }
    let (title, sentence) = words(status, fault);
    let page = ErrorPage {
        frame: Frame::of(&http),
        status: status.as_u16(),
        title,
        sentence,
        ways: ways(&http, fault),
        request: id,
    };
    let html = page.render().unwrap_or_default();
    let mut answer = HttpResponse::build(status);
    retry_after(&mut answer, fault);
    let page = answer.content_type("text/html; charset=utf-8").body(html);
    Ok(response.into_response(page))
}

fn retry_after(answer: &mut actix_web::HttpResponseBuilder, fault: Option<&Fault>) {
    if let Some(Fault(Error::TooMany(seconds))) = fault {
        answer.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
}

/// The ways on, the likeliest first. Users in the portal get none: the console is not for them.
fn ways(http: &HttpRequest, fault: Option<&Fault>) -> Vec<(String, &'static str)> {
    if http.path().starts_with("/enroll/") {
        return Vec::new();
    }
    let mut ways = match fault {
        Some(Fault(Error::NotFound { what: "task", .. })) => vec![("/tasks".into(), "Open Provisioning Tasks")],
        Some(Fault(Error::NotFound { what: "user", .. })) => vec![("/users".into(), "Open Assignment")],
        _ => Vec::new(),
    };
    if http.method() != Method::GET
        && let Some(page) = sent_from(http)
    {
        ways.push((page, "Open the page again"));
    }
    ways.push(("/".into(), "Go to the start page"));
    ways
}

/// The page of ours that a form was sent from.
fn sent_from(http: &HttpRequest) -> Option<String> {
    let ours = &http.app_data::<Data<Desk>>()?.settings.public_url;
    let page = http.headers().get(header::REFERER)?.to_str().ok()?.strip_prefix(ours.as_str())?;
    Some(session::local_path(page).to_owned())
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
        (_, Some(Error::TooMany(seconds))) => (
            "Too many requests".into(),
            format!("Wait {seconds} seconds, then try again. Nothing was changed."),
        ),
        (_, Some(Error::Invalid(mistakes))) => ("This cannot be taken".into(), mistakes.to_string()),
        (_, Some(Error::Gone(sentence))) => ("This is over".into(), sentence.clone()),
        (StatusCode::PAYLOAD_TOO_LARGE, _) => {
            ("That is too large".into(), "Send a smaller file or fewer rows. Nothing was changed.".into())
        }
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
