//! What stands around every page: defense against other sites, headers, the pages of errors.

use actix_web::http::Method;
use tokendesk::{app, operators::BuiltIn};

use super::{PASSWORD, add, is_signed_in, routes::sample};
use crate::{on_both, support::browser::send};

on_both! {
    fn a_form_from_elsewhere_is_refused(world) {
        add(&world, "k.lindqvist", "Operator");
        let form = [("user_id", "k.lindqvist"), ("password", PASSWORD)];
        let browser = world.stranger();
        let refused = |headers: &[(&str, &str)]| {
            let mut request = browser.bare("/sign-in").form(&form);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            send(request).expect(403).says("did not come from a page of this console").says("Error 403, request");
            assert!(!is_signed_in(&browser));
        };
        refused(&[]);
        refused(&[("sec-fetch-site", "cross-site")]);
        refused(&[("sec-fetch-site", "same-site")]);
        refused(&[("sec-fetch-site", "none")]);
        refused(&[("origin", "https://evil.example")]);
        refused(&[("origin", "null")]);
        // What the browser says of the site goes before what it says of the origin.
        refused(&[("sec-fetch-site", "cross-site"), ("origin", &world.url)]);
        let page = send(browser.bare("/sign-in").form(&form).header("origin", &world.url));
        assert_eq!(page.location(), "/");
        assert!(is_signed_in(&browser));
    }

    fn every_answer_carries_the_protecting_headers(world) {
        let operator = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let stranger = world.stranger();
        for route in app::routes(world.desk.settings.demo) {
            if route.method != Method::GET {
                continue;
            }
            for browser in [&operator, &stranger] {
                let page = browser.get(&sample(route.path));
                let policy = page.header("content-security-policy");
                assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{}: {policy}", route.path);
                assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"));
                assert_eq!(page.header("x-content-type-options"), "nosniff", "{}", route.path);
                assert_eq!(page.header("referrer-policy"), "same-origin", "{}", route.path);
                assert!(!page.header("cache-control").is_empty(), "{}", route.path);
                assert_eq!(page.header("x-request-id").len(), 12, "{}", route.path);
                let inline = ["<script>", "<style", " style=", " onclick=", "javascript:"];
                assert!(!inline.iter().any(|word| page.body.contains(word)), "{} has inline code", route.path);
            }
        }
    }

    fn an_unknown_address_has_a_page_with_ways_on(world) {
        let page = world.signed_in("k.lindqvist", BuiltIn::Operator).get("/no/such/page").expect(404);
        let page = page.says("There is no such page").says("Go to the start page").says("Error 404, request");
        let id = page.header("x-request-id").to_owned();
        page.says(&id);
        let page = world.stranger().get("/enroll/a/b/c/no-such-page").expect(404);
        page.does_not_say("start page");
    }

    fn a_refusal_names_the_permission_and_is_in_the_audit_log(world) {
        let browser = world.signed_in("p.manager", BuiltIn::ProvisioningManager);
        browser.get("/audit").expect(403).says("It needs the permission “audit log”");
        assert!(world.dump("audit_entries").contains("Refused GET /audit"));
    }

    fn a_form_too_large_or_unreadable_is_refused_with_a_page(world) {
        let browser = world.stranger();
        let large = "x".repeat(300_000);
        let page = browser.post("/sign-in", &[("user_id", &large)]);
        assert!(page.status == 413, "{}", page.status);
        page.says("too large");
        let page = send(browser.request("/sign-in").header("content-type", "application/x-www-form-urlencoded").body("%ff%fe"));
        assert!(page.status == 400 || page.status == 422, "{}", page.status);
    }
}
