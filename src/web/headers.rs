//! Response headers that keep pages from being misused (OWASP ASVS 5.0, chapter on web frontend security).

use actix_web::{
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
};

/// No inline style or script anywhere; `data:` is for the tick and caret images of form controls.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Sets the headers on every response, and keeps pages out of shared caches and the Back button's after sign-out.
pub async fn protect(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let https = request.app_data::<actix_web::web::Data<crate::desk::Desk>>().is_some_and(|desk| desk.settings.https);
    let mut response = next.call(request).await?;
    set(response.headers_mut(), https);
    Ok(response)
}

/// As [`protect`], on one response.
pub fn set(headers: &mut HeaderMap, https: bool) {
    for (name, value) in HEADERS {
        // A page that needs another policy (an email in a frame) has set it itself.
        let name = HeaderName::from_static(name);
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if https {
        headers.insert(
            HeaderName::from_static("strict-transport-security"),
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
    let cache = HeaderName::from_static("cache-control");
    if !headers.contains_key(&cache) {
        headers.insert(cache, HeaderValue::from_static("no-store"));
    }
}
