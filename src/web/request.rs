//! The id of a request, where it comes from, and its line in the log.

use std::time::Instant;

use actix_web::{
    HttpMessage, HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    web::Data,
};

use crate::{desk::Desk, web::forwarded};

/// The id of a request: on error pages, in the log and in the audit log.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// The id of this request, empty outside of the middleware.
pub fn id(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default()
}

/// The address the request came from, as it is counted and written down; empty if it came from nowhere (a test).
/// `X-Forwarded-For` is believed only from a proxy named in the settings.
pub fn address(request: &HttpRequest) -> String {
    let Some(peer) = request.peer_addr().map(|peer| peer.ip()) else { return String::new() };
    let trusted = request.app_data::<Data<Desk>>().map(|desk| desk.settings.trusted_proxies.as_slice()).unwrap_or(&[]);
    let lines = request.headers().get_all("x-forwarded-for").map(HeaderValue::as_bytes);
    forwarded::client(peer, lines, trusted).to_string()
}

/// The key in `Authorization: Bearer …`, if there is one.
pub fn bearer(request: &HttpRequest) -> Option<&str> {
    let (scheme, key) = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// Gives the request its id and writes one line about it, and counts it. The query string is left out: it holds what people typed.
#[allow(clippy::disallowed_methods, reason = "the time a request took is not a time that rules go by")]
pub async fn trace(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let started = Instant::now();
    let desk = request.app_data::<Data<Desk>>().cloned();
    let id = desk.as_ref().map(|desk| data_encoding::HEXLOWER.encode(&desk.random.bytes::<6>())).unwrap_or_default();
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let path = request.path().to_owned();
    let from = address(request.request());
    let outcome = next.call(request).await;
    let status = match &outcome {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    let took = started.elapsed();
    if let Some(desk) = &desk {
        desk.meter.note_request(status.as_u16(), took);
    }
    tracing::info!(
        request = %id,
        method = %method,
        path = %path,
        status = status.as_u16(),
        ms = took.as_millis() as u64,
        from = %from,
        "request"
    );
    let mut response = outcome?;
    name(response.headers_mut(), &id);
    Ok(response)
}

/// Tells the browser the id of its request.
pub fn name(headers: &mut HeaderMap, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
}
