//! What all pages share: session, permission, forms, paging, the shell of the page, errors at the edge.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header},
};
use askama::Template;

pub mod assets;
pub mod body;
pub mod chrome;
pub mod confirm;
pub mod cookies;
pub mod csrf;
pub mod fault;
pub mod form;
pub mod forwarded;
pub mod headers;
pub mod health;
pub mod isolation;
pub mod links;
pub mod list;
pub mod methods;
pub mod nul;
pub mod paging;
pub mod permission;
pub mod presence;
pub mod qr;
pub mod request;
pub mod session;
pub mod shortcuts;
pub mod theme;
pub mod upload;
pub mod visitor;

pub use chrome::{Chrome, Flash};
pub use confirm::Confirm;
pub use fault::Fault;
pub use form::Fields;
pub use links::Links;
pub use list::Asked;
pub use paging::{Pager, Paging};
pub use permission::Permitted;
pub use upload::Upload;
pub use visitor::Visitor;

/// What handlers answer.
pub type Answer = Result<HttpResponse, Fault>;

/// A page with status 200.
pub fn page(template: &impl Template) -> Answer {
    page_with(StatusCode::OK, template)
}

/// A page with another status: 422 for a form that comes back, 410 for a link that has ended.
pub fn page_with(status: StatusCode, template: &impl Template) -> Answer {
    let html = template.render().map_err(|error| Fault::internal(format!("a page was not rendered: {error}")))?;
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(isolation::isolated(html)))
}

/// A file of values separated by commas, to be saved under this name; the body is still to come.
pub fn csv(name: &str) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .content_type("text/csv; charset=utf-8; header=present")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    answer
}

/// Sends the browser on with a GET: after every change (post, redirect, get).
pub fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish()
}

/// `path` with a value from people in it, encoded so that it stays one segment.
pub fn segment(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
