//! U+0000, which is in no text that people write, which PostgreSQL does not keep, and with which C programs end a text.
//! Addresses with it are refused here; [`Fields`](crate::web::Fields) drops it from forms.

use actix_web::{
    HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

/// How it is written in an address; as a byte of its own HTTP does not allow it.
const ENCODED: &str = "%00";

/// Refuses an address with U+0000: such a path names nothing (404), such a query means nothing (400).
pub async fn refuse(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if request.uri().path().contains(ENCODED) {
        return Ok(request.into_response(HttpResponse::NotFound().finish()));
    }
    if request.query_string().contains(ENCODED) {
        return Ok(request.into_response(HttpResponse::BadRequest().finish()));
    }
    next.call(request).await.map(ServiceResponse::map_into_boxed_body)
}

/// `text` without it.
pub fn without(mut text: String) -> String {
    text.retain(|letter| letter != '\0');
    text
}
