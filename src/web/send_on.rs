//! What is said by http where the pages are at https: browsers are sent on, and nothing is done.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{ALLOW, LOCATION},
    },
    web::Data,
};

use super::headers;

/// The address all are sent on to: the public one, without a trailing slash.
pub struct PublicUrl(pub String);

/// Sends who reads on to the same page of the public address; whoever asked, and by which name, there is nowhere else.
/// Anything that could change something is refused: its sender should learn that it went over the line for all to read.
pub async fn send_on(request: HttpRequest, public: Data<PublicUrl>) -> HttpResponse {
    let PublicUrl(base) = public.get_ref();
    let mut response = if matches!(*request.method(), Method::GET | Method::HEAD) {
        // A request may name anything as its address, and “@elsewhere” behind a host would be another host.
        let path = request.uri().path_and_query().map(|path| path.as_str()).filter(|path| path.starts_with('/'));
        let address = format!("{base}{}", path.unwrap_or("/"));
        HttpResponse::build(StatusCode::PERMANENT_REDIRECT).insert_header((LOCATION, address)).finish()
    } else {
        HttpResponse::build(StatusCode::METHOD_NOT_ALLOWED)
            .insert_header((ALLOW, "GET, HEAD"))
            .content_type("text/plain; charset=utf-8")
            .body(format!("Nothing is taken here, since anybody on the way could read it. Send it to {base}.\n"))
    };
    headers::set(response.headers_mut(), false);
    response
}
