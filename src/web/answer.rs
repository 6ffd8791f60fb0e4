//! What a handler answers with.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header},
};
use askama::Template;

use super::{Fault, isolation};

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
