//! Cookies: their names and attributes over http and https, and what is kept of what was sent.

use tokendesk::web::cookies;

use crate::operators::{PASSWORD, add, sign_in};
use crate::{
    on_both,
    support::{World, browser::send},
};

/// All `Set-Cookie` lines of the answer.
fn set_by(answer: reqwest::blocking::RequestBuilder) -> Vec<String> {
    let response = answer.send().expect("the server answers");
    let lines = response.headers().get_all("set-cookie").iter();
    lines.map(|line| line.to_str().expect("a cookie is text").to_owned()).collect()
}

/// Every cookie that the console sets, over whatever `public_url` says.
fn all(world: &World) -> Vec<String> {
    let browser = world.stranger();
    [
        ("/theme", &[("theme", "dark"), ("back", "/")][..]),
        ("/shortcuts", &[("keys", "off")]),
        ("/sign-in", &[("user_id", "k.lindqvist"), ("password", PASSWORD)]),
    ]
    .into_iter()
    .flat_map(|(path, form)| set_by(browser.request(path).form(form)))
    .collect()
}

on_both! {
    fn over_https_every_cookie_is_secure_and_set_by_this_host_alone(world, |s| s.public_url = "https://td.example.org".into()) {
        add(&world, "k.lindqvist", "Operator");
        let set = all(&world);
        for name in ["__Host-theme", "__Host-shortcuts", "__Host-session"] {
            assert!(set.iter().any(|line| line.starts_with(&format!("{name}="))), "{name}: {set:?}");
        }
        for line in &set {
            for wanted in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
                assert!(line.contains(wanted), "{wanted}: {line}");
            }
            assert!(line.starts_with("__Host-") && !line.to_lowercase().contains("domain"), "{line}");
        }
        // One of the plain name, as a neighbor under http could set it, is not read.
        let page = send(world.stranger().bare("/sign-in").header("cookie", "theme=dark").header("sec-fetch-site", "same-origin"));
        assert!(!page.body.contains("data-theme"));
        let page = world.stranger().get_with("/sign-in", "cookie", "__Host-theme=dark").expect(200);
        assert!(page.body.contains("data-theme=\"dark\""));
    }

    fn over_http_they_have_the_names_that_browsers_take_there(world) {
        add(&world, "k.lindqvist", "Operator");
        for line in all(&world) {
            let name = line.split('=').next().unwrap_or_default();
            assert!(cookies::ALL.iter().any(|named| named.name(false) == name), "{line}");
            assert!(!line.contains("Secure") && line.contains("; HttpOnly") && line.contains("; SameSite=Lax"), "{line}");
        }
    }

    fn a_theme_is_light_dark_or_as_the_system_is_and_nothing_else_is_kept(world) {
        let browser = world.stranger();
        for (theme, kept) in [("light", "data-theme=\"light\""), ("dark", "data-theme=\"dark\"")] {
            assert_eq!(browser.post("/theme", &[("theme", theme), ("back", "/sign-in")]).location(), "/sign-in");
            assert!(browser.get("/sign-in").body.contains(kept));
        }
        let long = "x".repeat(9_000);
        for wrong in ["", "Dark", "dark; Domain=x", "blue", &long] {
            let form = [("theme", wrong), ("back", "/")];
            browser.post("/theme", &form).expect(422);
            assert!(set_by(browser.request("/theme").form(&form)).is_empty(), "{wrong}");
        }
        assert!(browser.get("/sign-in").body.contains("data-theme=\"dark\""));
        browser.post("/theme", &[("theme", "system"), ("back", "/")]).expect(303);
        assert!(!browser.get("/sign-in").body.contains("data-theme"));
    }

    fn signing_out_clears_what_browsers_kept(world) {
        add(&world, "k.lindqvist", "Operator");
        let browser = world.stranger();
        sign_in(&browser, "k.lindqvist", PASSWORD);
        assert_eq!(browser.post("/sign-out", &[]).expect(303).header("clear-site-data"), "\"cache\"");
    }
}
