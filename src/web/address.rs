//! Addresses: how they are written, where signing in is, and which are our own.

use actix_web::{HttpRequest, HttpResponse, http::header};

pub use crate::text::in_address as segment;

/// The page of one's own account, where a first password is changed.
pub const ACCOUNT: &str = "/account";

/// True for the page of one's own account and what it sends.
pub fn is_account(path: &str) -> bool {
    path.strip_prefix(ACCOUNT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Where to sign in and come back from to this page; only pages that were opened, not sent, are come back to.
pub fn sign_in_address(request: &HttpRequest) -> String {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if request.method() == actix_web::http::Method::GET && path != "/" {
        format!("/sign-in?back={}", segment(path))
    } else {
        "/sign-in".into()
    }
}

/// `path` if it is an address of this console, else the start page: nobody is sent elsewhere by a form or a link.
pub fn local_path(path: &str) -> &str {
    // Browsers read a backslash as a slash, and skip tabs and line ends.
    let tricky = |letter: char| letter == '\\' || letter.is_control();
    let ours = path.starts_with('/') && !path.starts_with("//") && !path.contains(tricky);
    if ours { path } else { "/" }
}

/// Sends the browser on with a GET: after every change (post, redirect, get).
pub fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish()
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(local_path("/tasks?page=2"), "/tasks?page=2");
        for elsewhere in
            ["https://evil.example", "//evil.example", "/\\evil.example", "", "javascript:alert(1)", "/\t/evil.example"]
        {
            assert_eq!(local_path(elsewhere), "/");
        }
    }
}
