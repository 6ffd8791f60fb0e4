//! Cross-site request forgery: a request that changes something must come from a page of ours.
//!
//! Browsers say where a request comes from in `Sec-Fetch-Site` (and older ones in `Origin`), which a page of another
//! site cannot change; session cookies are `SameSite=Lax` besides. A request with neither header is refused.

use actix_web::{
    ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, StatusCode},
    middleware::Next,
    web::Data,
};

use crate::desk::Desk;

/// The answer to a request from elsewhere.
#[derive(Debug)]
struct FromElsewhere;

impl std::fmt::Display for FromElsewhere {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a request that changes something came from another site")
    }
}

impl ResponseError for FromElsewhere {
    fn status_code(&self) -> StatusCode {
        StatusCode::FORBIDDEN
    }
}

/// Lets through what only reads, what comes from our own pages, and the API, which uses no cookies.
///
/// # Errors
/// 403 for what comes from elsewhere; else what the handlers answer.
pub async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if reads || request.path().starts_with("/api/") || moves_the_demo_clock(&request) || from_our_page(&request) {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    Ok(request.error_response(FromElsewhere))
}

/// The clock of a demo is moved by any client, with no session to be misused; only a page of another site is not let in.
fn moves_the_demo_clock(request: &ServiceRequest) -> bool {
    let is_demo = request.app_data::<Data<Desk>>().is_some_and(|desk| desk.settings.demo);
    let site = request.headers().get("sec-fetch-site").map(|value| value.as_bytes());
    is_demo && request.path() == "/demo/clock" && site != Some(b"cross-site")
}

fn from_our_page(request: &ServiceRequest) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = header("sec-fetch-site") {
        return site == "same-origin";
    }
    let ours = request.app_data::<Data<Desk>>().map(|desk| desk.settings.public_url.as_str());
    header("origin").is_some() && header("origin") == ours
}
