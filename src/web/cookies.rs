//! The cookies of this site, all made here: over https each is Secure and has a name that browsers take from
//! nobody else (ASVS 5.0, 3.3.1).

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
    web::Data,
};

use crate::desk::Desk;

/// A cookie by its name over plain http, where browsers refuse the prefixes: a demo, a test.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    plain: &'static str,
    secure: &'static str,
}

/// The operator's session.
pub const SESSION: Named = Named { plain: "session", secure: "__Host-session" };
/// Light or dark.
pub const THEME: Named = Named { plain: "theme", secure: "__Host-theme" };
/// Whether keys do something.
pub const SHORTCUTS: Named = Named { plain: "shortcuts", secure: "__Host-shortcuts" };
/// That this browser has signed somebody in before.
pub const KNOWN: Named = Named { plain: "known", secure: "__Host-known" };
/// An enrollment session. Its path is the link it is good for, which `__Host-` does not allow.
pub const ENROLLMENT: Named = Named { plain: "enrollment", secure: "__Secure-enrollment" };

/// All of them.
pub const ALL: [Named; 5] = [SESSION, THEME, SHORTCUTS, KNOWN, ENROLLMENT];

impl Named {
    /// The name.
    pub fn name(self, https: bool) -> &'static str {
        if https { self.secure } else { self.plain }
    }

    /// What the browser sent under it.
    pub fn of(self, request: &HttpRequest) -> Option<String> {
        let https = request.app_data::<Data<Desk>>().is_some_and(|desk| desk.settings.https);
        request.cookie(self.name(https)).map(|cookie| cookie.value().to_owned())
    }

    /// One to be kept for `age` and sent to addresses under `path`. No script reads it, and no page of another site sends
    /// it along with a form.
    pub fn made(self, https: bool, value: String, path: &str, age: Duration) -> Cookie<'static> {
        Cookie::build(self.name(https), value)
            .path(path.to_owned())
            .secure(https)
            .http_only(true)
            .same_site(SameSite::Lax)
            .max_age(age)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_https_every_cookie_is_secure_and_has_a_name_that_only_we_can_set() {
        for named in ALL {
            let path = if named.secure.starts_with("__Host-") { "/" } else { "/enroll/x" };
            let cookie = named.made(true, "x".into(), path, Duration::days(1)).to_string();
            let prefixed = cookie.starts_with("__Host-") || cookie.starts_with("__Secure-");
            assert!(prefixed && cookie.contains("; Secure") && !cookie.contains("Domain"), "{cookie}");
            assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"), "{cookie}");
            let plain = named.made(false, "x".into(), path, Duration::days(1)).to_string();
            assert!(!plain.contains("__") && !plain.contains("Secure"), "{plain}");
        }
    }
}
